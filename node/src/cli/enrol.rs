//! `enrol`: this machine becomes a platform's node.

use std::fs::File;
use std::io::{self, Read, Write as _};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use sanheyi_exchange_spec::enrolment::Token;
use serde::Serialize;

use super::Answer;
use crate::backup::first_words;
use crate::config::NodeConfig;
use crate::enrol::{ASK_EVERY, CONFIG, Done, EnrolParts, Step, enrol as run_enrol, enrol_again};
use crate::process::clock::SystemClock;
use crate::process::entropy::OsEntropy;
use crate::process::secret::Zeroizing;
use crate::process::tls;

/// What `enrol --help` ends with.
pub const HELP: &str = "\
例 · Example:
  sanheyi-node enrol --hub hub.example.cn:7443 --token-file token.txt --folder /etc/sanheyi
  sanheyi-node enrol --hub hub.example.cn:7443 --token-file - --folder /etc/sanheyi   粘贴令牌后按 Ctrl-D · paste it, then Ctrl-D
  sanheyi-node enrol --again --token-file token.txt --folder /etc/sanheyi             证书被吊销或过期后 · revoked, or ended

密钥在本机生成，从不外传；令牌只用一次，由市级平台 `platform add` 给出。须人工批准时会一直等待，可随时中断，再次运行同一命令
即从原处继续。完成后按提示启动节点。
The keys are made here and never leave. A token is good once; the hub's `platform add` prints it. Where a person has to approve, the
command waits; it may be stopped at any moment, and the same command again goes on. At the end it says how to start the node.
JSON: platform, config, takes_over (日志数 · journals taken over), already
退出码 · Exit codes: 0 已入网 · enrolled; 1 未入网，所留文件供再次运行 · not enrolled, what is left is for the next run; 64.";

/// Standard input, as a file name.
const STDIN: &str = "-";
/// Most that is read of a file with a token, in bytes: a token is far shorter, and another file
/// that was named by mistake is not read to its end.
const TOKEN_BYTES: u64 = 4096;

/// What `enrol` is told.
#[derive(Clone, Debug, Args)]
pub struct EnrolArgs {
    /// 市级平台的交换端口；再次入网时默认同配置 · The hub, host:port; once more: as configured
    #[arg(long, value_name = "HOST:PORT", required_unless_present = "again")]
    hub: Option<String>,
    /// 再次入网：证书已吊销或过期时换发，存储与签名密钥不变；先停止节点 · Once more, for another
    /// certificate where this one was revoked or has ended; store and signing key stay. Stop the
    /// node first
    #[arg(long)]
    again: bool,
    /// 入网令牌所在文件，“-”为标准输入；不在命令行上给出，以免同机其他用户看到 · A file with the
    /// enrolment token, `-` for standard input; never on a command line, which other users see
    #[arg(long, value_name = "FILE")]
    token_file: PathBuf,
    /// 市级平台证书中的名称，默认取 --hub 的主机名 · Name in the hub's certificate [default: the host of --hub]
    #[arg(long)]
    server_name: Option<String>,
    /// 节点目录：密钥、证书、node.toml、数据 · Folder of the node: keys, certificates, node.toml, data
    #[arg(long, value_name = "DIR", default_value = ".")]
    folder: PathBuf,
    /// 输出 JSON · Print one JSON document
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report {
    platform: String,
    config: String,
    takes_over: usize,
    already: bool,
}

/// The token, from wherever it is.
fn token(args: &EnrolArgs) -> anyhow::Result<Token> {
    let path = &args.token_file;
    let mut text = Zeroizing::new(String::new());
    let input: Box<dyn Read> = match path.as_os_str() == STDIN {
        true => Box::new(io::stdin()),
        false => {
            let failed = || format!("无法读取 {0} / cannot read {0}", path.display());
            Box::new(File::open(path).with_context(failed)?)
        }
    };
    let wrong = || {
        format!(
            "{0} 不是入网令牌；请原样保存 platform add 给出的 shy1-… 一行 / {0} holds no enrolment token: keep the line shy1-… of \
             `platform add` as it is",
            path.display()
        )
    };
    input.take(TOKEN_BYTES).read_to_string(&mut text).with_context(wrong)?;
    text.trim().parse().with_context(wrong)
}

/// Enrols this machine.
///
/// # Errors
/// If it is not enrolled; see [`crate::enrol::EnrolError`].
pub async fn enrol(args: &EnrolArgs) -> anyhow::Result<Answer> {
    tls::install_provider();
    let (hub, server_name) = way(args)?;
    let parts = EnrolParts {
        hub,
        server_name,
        token: token(args)?,
        folder: args.folder.clone(),
        ask_every: ASK_EVERY,
        clock: Arc::new(SystemClock),
        entropy: Arc::new(OsEntropy),
    };
    let mut last = None;
    let tell = |step| {
        // The same line every few seconds tells nobody anything.
        if last.as_ref() != Some(&step) {
            say(&step);
            last = Some(step);
        }
    };
    let done = match args.again {
        true => enrol_again(&parts, tell).await?,
        false => run_enrol(&parts, tell).await?,
    };
    let Done { platform, config, takes_over, already } = done;
    if !already && !args.again {
        // Beside the answer: it is read by a person, whoever reads the rest.
        let _ = write!(io::stderr(), "{}", first_words(&args.folder));
    }
    let report = Report {
        platform: platform.to_string(),
        config: config.display().to_string(),
        takes_over,
        already,
    };
    Answer::report(&report, args.json, text)
}

/// Where the hub is, and the name in its certificate: as told, else as configured.
fn way(args: &EnrolArgs) -> anyhow::Result<(String, String)> {
    let configured = match args.again {
        true => Some(NodeConfig::load(&args.folder.join(CONFIG))?.uplink),
        false => None,
    };
    let told = args.server_name.clone();
    Ok(match (&args.hub, configured) {
        (None, Some(uplink)) => (uplink.address, told.unwrap_or(uplink.server_name)),
        (hub, _) => {
            let hub = hub.clone().context("--hub")?;
            let host = hub.rsplit_once(':').map_or(hub.as_str(), |(host, _)| host);
            let host = host.trim_matches(['[', ']']).to_owned();
            (hub, told.unwrap_or(host))
        }
    })
}

/// Where the answer is read by a program, this goes beside it.
fn say(step: &Step) {
    let text = match step {
        Step::Asking { fingerprint } => {
            format!("申请指纹 · fingerprint of the request: {fingerprint}")
        }
        Step::Waiting { fingerprint } => format!(
            "等待市级平台管理员批准，请告知其指纹 · waiting for the hub's operator to approve; tell them the fingerprint: {fingerprint}"
        ),
        Step::Again { why } => format!("稍后再试 · trying again: {why}"),
    };
    // Nobody is left to hear it if standard error is closed.
    let _ = writeln!(io::stderr(), "{text}");
}

fn text(report: &Report) -> String {
    let Report { platform, config, takes_over, already } = report;
    let mut text = match already {
        true => format!(
            "本目录已入网为 {platform}，未作改动；证书被吊销或过期时用 --again 换发 · this folder is enrolled as {platform}; nothing was \
             changed. For another certificate where this one was revoked or has ended: --again\n"
        ),
        false => format!("已入网：{platform} · enrolled as {platform}\n"),
    };
    if *takes_over > 0 {
        text.push_str(&format!(
            "首次连接时将从市级平台取回 {takes_over} 个日志 · {takes_over} journals come back from the hub with the first connection\n"
        ));
    }
    text.push_str(&format!("下一步 · next: sanheyi-node run --config {config}\n"));
    text
}
