//! `support-bundle`: one file for whoever is asked for help, without anything personal.

use std::path::{Path, PathBuf};
use std::slice::from_ref;
use std::sync::Arc;

use clap::Args;
use serde::Serialize;

use super::table::{Align, Table, grouped};
use super::{Answer, At, status};
use crate::bundle::{Bundle, BundleError, MANIFEST, Written, folders, hidden, parts, rows};
use crate::config::NodeConfig;
use crate::doctor::node::examine;
use crate::health::VERSION;
use crate::process::clock::{Clock as _, SystemClock};
use crate::process::disk::{Disk as _, SystemDisk};
use crate::process::host::{Machine, machine};
use crate::process::said::with_causes;
use crate::store::Database;

/// What `support-bundle --help` ends with.
pub const HELP: &str = "\
例 · Examples:
  support-bundle --out bundle.tar.zst          全部检查，可在运行中执行 · beside the service that runs
  support-bundle --out bundle.tar.zst --quick  不连接网络，不逐字节核验 · nothing is dialled, bytes are not read
  zstd -d < bundle.tar.zst | tar x             查看内容，先看 manifest.json · look into it, manifest.json first

不含正文、记录编号、姓名、证件号码、电话、登录地址、口令、令牌和密钥。文件权限 0600，已有的文件不会被覆盖。
It has no bodies, record numbers, names, identity numbers, phones, addresses of sessions, passwords, tokens or keys.
Its mode is 0600, and a file that is there is never overwritten.
JSON: file, bytes
  manifest  program, made, contents [name, bytes, why_zh, why_en], missing [name, because], never_zh, never_en
退出码 · Exit codes: 0 已写入 · it is written; 1 未写入，没有留下文件 · it is not, and no file is left.";

/// What is put where.
#[derive(Clone, Debug, Args)]
pub struct Take {
    /// 写入的文件，不覆盖 · The file to write; never over another
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// 只做一秒内的体检 · Only the checks of the doctor that answer within a second
    #[arg(long)]
    pub quick: bool,
    /// 输出 JSON · Print one JSON document
    #[arg(long)]
    pub json: bool,
}

/// Whose node, and where to.
#[derive(Clone, Debug, Args)]
pub struct BundleArgs {
    /// Whose node it is.
    #[command(flatten)]
    pub at: At,
    /// Where to.
    #[command(flatten)]
    pub take: Take,
}

/// The machine and the program on it.
#[derive(Serialize)]
struct Host {
    program: &'static str,
    build: Build,
    machine: Machine,
    disk: Option<Space>,
}

#[derive(Serialize)]
struct Build {
    system: &'static str,
    architecture: &'static str,
    debug: bool,
}

#[derive(Serialize)]
struct Space {
    total_bytes: u64,
    free_bytes: u64,
    free_percent: u64,
}

/// Makes the bundle of a node.
///
/// # Errors
/// If the file is there, or cannot be written; what cannot be read is noted in the manifest.
pub async fn bundle(args: &BundleArgs) -> anyhow::Result<Answer> {
    let (path, take) = (&args.at.config, &args.take);
    let (clock, disk) = (Arc::new(SystemClock), Arc::new(SystemDisk));
    let mut bundle = Bundle::create(&take.out, VERSION, clock.now())?;
    let config = NodeConfig::load(path);
    stand(&mut bundle, VERSION, path, config.as_ref().ok().map(|config| config.data.as_path()))?;
    let examined = examine(path, take.quick, clock, disk).await;
    bundle.put(&parts::DOCTOR, &hidden::doctor(examined.into()))?;
    match &config {
        Ok(config) => match Database::open_read_only(config.database()).await {
            Ok(database) => {
                let store = database.of(&config.platform);
                let put = async {
                    bundle.take(&parts::STATUS, status::report(config, &store).await)?;
                    let known = [config.platform.clone(), config.hub.clone()];
                    rows::put(&mut bundle, &store, from_ref(&store), &[], &known).await
                };
                let put = put.await;
                database.close().await;
                put?;
            }
            Err(error) => unread(&mut bundle, &with_causes(&error)),
        },
        // What is wrong with it, the doctor's report says at its place.
        Err(_) => unread(&mut bundle, "configuration"),
    }
    shown(bundle, take.json)
}

/// Puts in what stands without a store: machine, configuration, folders.
///
/// # Errors
/// If it cannot be written as JSON.
pub fn stand(
    bundle: &mut Bundle,
    program: &'static str,
    path: &Path,
    data: Option<&Path>,
) -> Result<(), BundleError> {
    let space = data.and_then(|data| SystemDisk.space(data).ok()).map(|space| Space {
        total_bytes: space.total_bytes,
        free_bytes: space.free_bytes,
        free_percent: space.free_percent(),
    });
    let build = Build {
        system: std::env::consts::OS,
        architecture: std::env::consts::ARCH,
        debug: cfg!(debug_assertions),
    };
    bundle.put(&parts::HOST, &Host { program, build, machine: machine(), disk: space })?;
    bundle.configuration(path);
    bundle.put(&parts::FILES, &folders::listed(data, path))
}

/// Notes that nothing could be read out of the store.
pub fn unread(bundle: &mut Bundle, because: &str) {
    for part in &parts::OF_STORE {
        bundle.missing(part, because);
    }
}

/// Writes the bundle, and says what is in it.
///
/// # Errors
/// If it cannot be written.
pub fn shown(bundle: Bundle, json: bool) -> anyhow::Result<Answer> {
    Answer::report(&bundle.finish()?, json, text)
}

fn text(written: &Written) -> String {
    let Written { file, bytes, manifest } = written;
    let mut table = Table::new(&[
        ("文件 FILE", Align::Left),
        ("字节 BYTES", Align::Right),
        ("内容 WHAT", Align::Left),
    ]);
    let what = "内容清单与用途 what is in it, and why".to_owned();
    table.row([MANIFEST.to_owned(), "–".to_owned(), what]);
    for one in &manifest.contents {
        let what = format!("{} · {}", one.why_zh, one.why_en);
        table.row([one.name.to_owned(), grouped(one.bytes), what]);
    }
    let mut text = format!("已写入 · written: {file}（{} 字节 bytes）\n", grouped(*bytes));
    text.push_str(&table.render());
    for one in &manifest.missing {
        text.push_str(&format!("缺少 · missing: {}: {}\n", one.name, one.because));
    }
    text.push_str(&format!("{}\n{}\n", manifest.never_zh, manifest.never_en));
    text
}
