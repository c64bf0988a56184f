//! `doctor`: what is wrong, why it matters, what to do next.

use std::sync::Arc;

use clap::Args;
use sanheyi_exchange_spec::health::Severity;

use super::{Answer, At, DIFFERENT};
use crate::doctor::report::{DoctorReport, text};
use crate::doctor::{Examined, node};
use crate::process::clock::SystemClock;
use crate::process::disk::SystemDisk;

/// What `doctor --help` ends with.
pub const HELP: &str = "\
例 · Examples:
  doctor
  doctor --quick                               一秒内，供容器探测 · within a second, for containers
  doctor --json | jq '.findings[] | {name, subject, remedy_zh}'

运行或停止时均可执行，不改变任何内容。--quick 不连接网络，不逐字节核验。
It may be asked while the service runs and while it does not, and changes nothing. With --quick
nothing is dialled, and bytes are not read. 数据库 5 秒内不应答即报 store.silent · A database that says nothing for 5 s is store.silent.
JSON: checks [name]
  findings [name, severity (notice, warning, critical), subject, since, what_zh, what_en, why_zh,
            why_en, remedy_zh, remedy_en], the gravest first
退出码 · Exit codes: 0 无警告 · notices at most; 2 有警告或严重问题 · something is wrong.
--quick 只在有严重问题时以 2 结束：市级平台离线等警告重启无济于事，容器探测不应因此重启服务。
With --quick it ends with 2 only where something is critical: no restart helps against a warning, such as a hub that is
offline, and a container's health check must not cause one.";

/// How the doctor looks.
#[derive(Clone, Copy, Debug, Args)]
pub struct DoctorArgs {
    /// 只做一秒内的检查 · Only what answers within a second
    #[arg(long)]
    pub quick: bool,
    /// 输出 JSON · Print one JSON document
    #[arg(long)]
    pub json: bool,
}

/// Whose node, and how.
#[derive(Clone, Debug, Args)]
pub struct NodeDoctor {
    /// Whose node it is.
    #[command(flatten)]
    pub at: At,
    /// How.
    #[command(flatten)]
    pub how: DoctorArgs,
}

/// Examines a node.
///
/// # Errors
/// If the report cannot be written as JSON.
pub async fn doctor(args: &NodeDoctor) -> anyhow::Result<Answer> {
    let (clock, disk) = (Arc::new(SystemClock), Arc::new(SystemDisk));
    shown(node::examine(&args.at.config, args.how.quick, clock, disk).await, args.how)
}

/// Shows what was found.
///
/// # Errors
/// If the report cannot be written as JSON.
pub fn shown(examined: Examined, how: DoctorArgs) -> anyhow::Result<Answer> {
    let report = DoctorReport::from(examined);
    let answer = Answer::report(&report, how.json, text)?;
    // Who probes a container starts it anew: that is for what is critical.
    let bound = if how.quick { Severity::Critical } else { Severity::Warning };
    let ill = report.worst.is_some_and(|worst| worst >= bound);
    Ok(if ill { Answer { code: DIFFERENT, ..answer } } else { answer })
}
