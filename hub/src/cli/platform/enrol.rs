//! `platform add` without files, `platform token`, `approve`, `reject`, `enrolments`: machines that
//! make their own keys.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use sanheyi_exchange_spec::gate::Edition;
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::suite::Digest;
use sanheyi_node::cli::Answer;
use sanheyi_node::cli::local::{rfc3339, shown};
use sanheyi_node::cli::table::{Align, Table};
use sanheyi_node::process::clock::{Clock as _, SystemClock};
use sanheyi_node::process::entropy::OsEntropy;
use sanheyi_node::process::secret::write_secret;
use sanheyi_node::process::tls::subject::{names_of_pem, pin_of_chain};
use sanheyi_node::store::Database;
use serde::Serialize;

use super::super::authority::beside;
use super::super::{At, Listing};
use crate::app::signing_key;
use crate::config::CheckedConfig;
use crate::enrolment::{Enrolments, LISTED, NewToken, VALID_HOURS, is_over};
use crate::exchange::{EVERYTHING, ExchangeParts};
use crate::store::{EnrolmentRow, enrolment_list, open};

/// What `platform token --help` ends with.
pub(crate) const HELP: &str = "\
例 · Examples:
  sanheyi-hub platform token jintan                    令牌过期或遗失后再发 · again, when one has ended or was lost
  sanheyi-hub platform token jintan --token-file jintan.token
                                                       写入文件，不显示 · into a file to hand over, and not shown
  sanheyi-hub platform token jintan --replace          机器已丢失：新机器入网时吊销旧证书
                                                       a machine is lost: its certificates are revoked when the new one enrols

令牌只显示这一次，只能用一次，到期作废；市级平台只存其摘要。新机器的日志从市级平台取回，纪元自动交接。
A token is shown once, is good once, and ends; the hub keeps a digest of it. A new machine takes its journals over from the hub.";

/// Standard input, as `enrol --token-file` names it.
const STDIN: &str = "-";

/// How a token is made.
#[derive(Clone, Debug, Args)]
pub(crate) struct TokenHow {
    /// 令牌有效小时数，1 – 720 · For how many hours the token is good
    #[arg(long, value_name = "HOURS", default_value_t = VALID_HOURS)]
    valid_hours: u32,
    /// 把令牌写入此新文件（仅本人可读），不再显示 · Write the token into this new file, which only its
    /// owner may read, and do not show it
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

/// What `platform token` is told.
#[derive(Clone, Debug, Args)]
pub(crate) struct TokenArgs {
    #[command(flatten)]
    at: At,
    /// 平台标识 · The platform
    platform: PlatformId,
    #[command(flatten)]
    how: TokenHow,
    /// 新证书发出时吊销该平台的旧证书 · Revoke its earlier certificates when the new one is granted
    #[arg(long)]
    replace: bool,
    /// 节点连接市级平台的地址，写入提示的命令 · Where the node reaches the hub, for the command that is shown
    #[arg(long, value_name = "HOST:PORT")]
    address: Option<String>,
    /// 输出 JSON · Print one JSON document
    #[arg(long)]
    json: bool,
}

/// What `platform approve` and `platform reject` are told.
#[derive(Clone, Debug, Args)]
pub(crate) struct DecideArgs {
    #[command(flatten)]
    at: At,
    /// 平台标识 · The platform
    platform: PlatformId,
    /// 机房报来的申请指纹；不符则不办理 · The fingerprint that the machine shows: only if it is this one
    #[arg(long, value_name = "HEX")]
    fingerprint: Option<Digest>,
}

/// A platform to be enrolled.
pub(super) struct First {
    pub(super) at: At,
    pub(super) platform: PlatformId,
    pub(super) titles: (String, String),
    pub(super) may_send: Vec<String>,
    pub(super) how: TokenHow,
    pub(super) address: Option<String>,
    pub(super) json: bool,
}

/// A token that was made; these are the keys of `--json`.
#[derive(Serialize)]
struct Made {
    platform: String,
    /// Null where it went into a file.
    token: Option<String>,
    token_file: Option<String>,
    ends: Option<String>,
    command: String,
    #[serde(skip)]
    shown: String,
}

/// An enrolment in the listing; these are the keys of `--json`.
#[derive(Serialize)]
struct Listed {
    platform: String,
    token: String,
    state: &'static str,
    over: bool,
    replaces: bool,
    created: Option<String>,
    ends: Option<String>,
    asked: Option<String>,
    fingerprint: Option<String>,
    address: Option<String>,
    software: Option<String>,
    decided: Option<String>,
    #[serde(skip)]
    cells: [String; 6],
}

/// Enrolments beside a hub that may be running, and who asks.
async fn enrolments(
    config: &CheckedConfig,
    database: &Database,
) -> anyhow::Result<(Enrolments, String)> {
    let (certificates, who) = beside(config, database, Arc::new(SystemClock)).await?;
    let parts = ExchangeParts {
        hub: config.hub.clone(),
        database: database.clone(),
        key: signing_key(&config.signing)?,
        clock: Arc::new(SystemClock),
        entropy: Arc::new(OsEntropy),
        edition: Edition::CURRENT,
    };
    Ok((Enrolments::new(parts, certificates, config.enrolment.approval), who))
}

/// A platform that makes its own keys: a token for its first machine.
pub(super) async fn first(first: First) -> anyhow::Result<Answer> {
    let First { at, platform, titles, may_send, how, address, json } = first;
    let titles = Some(titles);
    let wish = Wish { platform, titles, may_send, how, replaces: false };
    make(&at, wish, address, json).await
}

/// Another token.
pub(super) async fn token(args: &TokenArgs) -> anyhow::Result<Answer> {
    let (platform, how) = (args.platform.clone(), args.how.clone());
    let may_send = vec![EVERYTHING.to_owned()];
    let wish = Wish { platform, titles: None, may_send, how, replaces: args.replace };
    make(&args.at, wish, args.address.clone(), args.json).await
}

struct Wish {
    platform: PlatformId,
    titles: Option<(String, String)>,
    may_send: Vec<String>,
    how: TokenHow,
    replaces: bool,
}

async fn make(at: &At, wish: Wish, address: Option<String>, json: bool) -> anyhow::Result<Answer> {
    let config = at.load()?;
    let file = wish.how.token_file.clone();
    // Before there is a token: one that cannot be kept is made for nobody.
    if let Some(file) = file.as_ref().filter(|file| file.exists()) {
        let file = file.display();
        anyhow::bail!("{file} 已存在，请换一个文件名 / {file} is there already: name a new file");
    }
    let path = &config.tls.certificate;
    let chain = std::fs::read_to_string(path)
        .with_context(|| format!("无法读取 · cannot read {}", path.display()))?;
    let pin = pin_of_chain(&chain)?;
    let database = open(&config.database(), &config.hub).await?;
    let made = async {
        let (enrolments, who) = enrolments(&config, &database).await?;
        let Wish { platform, titles, may_send, how, replaces } = wish;
        let hours = how.valid_hours;
        let new = NewToken { platform, titles, may_send, hours, replaces, pin, who };
        anyhow::Ok(enrolments.token(&new).await?)
    }
    .await;
    database.close().await;
    let (token, row) = made?;
    let names = names_of_pem(&chain).unwrap_or_default();
    let name = names.into_iter().next().unwrap_or_else(|| "localhost".to_owned());
    let host = if name.contains(':') { format!("[{name}]") } else { name.clone() };
    let port = config.listen.port();
    let hub = address.unwrap_or_else(|| format!("{host}:{port}"));
    let dialled = hub.rsplit_once(':').map_or(hub.as_str(), |(host, _)| host).to_owned();
    let named = match dialled.trim_matches(['[', ']']) == name {
        true => String::new(),
        false => format!(" --server-name {name}"),
    };
    let text = token.reveal();
    if let Some(file) = &file {
        write_secret(file, format!("{text}\n").as_bytes())?;
    }
    // The command never has the token: whoever uses that machine sees command lines.
    let named_file = file.as_ref().and_then(|file| file.file_name());
    let from = named_file.map_or(STDIN.into(), |name| name.to_string_lossy());
    let made = Made {
        platform: row.platform.to_string(),
        command: format!("sanheyi-node enrol --hub {hub}{named} --token-file {from}"),
        token: file.is_none().then_some(text),
        token_file: file.map(|file| file.display().to_string()),
        ends: rfc3339(row.expires),
        shown: shown(row.expires),
    };
    Answer::report(&made, json, told)
}

fn told(made: &Made) -> String {
    let Made { platform, token, token_file, command, shown, .. } = made;
    let (said, paste) = match (token, token_file) {
        (Some(token), _) => (
            format!(
                "{platform} 的入网令牌，只显示这一次，只能用一次，{shown} 前有效\n\
                 enrolment token of {platform}; it is shown once, is good once, and until {shown}\n\n  {token}\n"
            ),
            "，粘贴令牌后按 Ctrl-D · ; paste the token, then Ctrl-D",
        ),
        (None, file) => {
            let file = file.as_deref().unwrap_or_default();
            let said = format!(
                "{platform} 的入网令牌已写入 {file}，只能用一次，{shown} 前有效\n\
                 the enrolment token of {platform} is in {file}; it is good once, and until {shown}\n"
            );
            (said, "，令牌文件请经可信途径带去 · ; bring the file there by a way that you trust")
        }
    };
    format!("{said}\n在节点的机器上运行 · run on the node's machine{paste}:\n  {command}\n")
}

/// Lets the machine in that waits.
pub(super) async fn approve(args: &DecideArgs) -> anyhow::Result<Answer> {
    let row = decide(args, true).await?;
    Ok(Answer::ok(format!(
        "已批准 {0}（{1}），节点将在数秒内完成入网 · {0} is approved ({1}): its machine completes within seconds\n",
        row.platform,
        fingerprint(&row)
    )))
}

/// Sends the machine away that waits.
pub(super) async fn reject(args: &DecideArgs) -> anyhow::Result<Answer> {
    let row = decide(args, false).await?;
    Ok(Answer::ok(format!(
        "已拒绝 {0}（{1}）；如需再办请发新令牌 · {0} is rejected ({1}): another try needs another token\n",
        row.platform,
        fingerprint(&row)
    )))
}

async fn decide(args: &DecideArgs, approve: bool) -> anyhow::Result<EnrolmentRow> {
    let config = args.at.load()?;
    let database = open(&config.database(), &config.hub).await?;
    let decided = async {
        let (enrolments, who) = enrolments(&config, &database).await?;
        let (platform, meant) = (&args.platform, args.fingerprint);
        anyhow::Ok(match approve {
            true => enrolments.approve(platform, meant, &who).await?,
            false => enrolments.reject(platform, meant, &who).await?,
        })
    }
    .await;
    database.close().await;
    decided
}

fn fingerprint(row: &EnrolmentRow) -> String {
    row.asked.as_ref().map(|asked| asked.request.to_string()).unwrap_or_default()
}

/// Tokens and what became of them.
pub(super) async fn list(listing: &Listing) -> anyhow::Result<Answer> {
    let (_, database) = listing.at.open().await?;
    let rows = enrolment_list(&database, None, LISTED).await;
    database.close().await;
    let now = SystemClock.now();
    let listed: Vec<_> = rows?.iter().map(|row| one(row, is_over(row, now))).collect();
    Answer::report(&listed, listing.json, |listed| {
        let left = Align::Left;
        let mut table = Table::new(&[
            ("平台 PLATFORM", left),
            ("状态 STATE", left),
            ("有效至 ENDS", left),
            ("申请 ASKED", left),
            ("来自 FROM", left),
            ("指纹 FINGERPRINT", left),
        ]);
        listed.iter().for_each(|row| table.row(row.cells.clone()));
        table.render()
    })
}

fn one(row: &EnrolmentRow, over: bool) -> Listed {
    let asked = row.asked.as_ref();
    let state = match (over, row.state.as_str()) {
        (true, _) => "已过期 ended".to_owned(),
        (_, "open") => "待用 open".to_owned(),
        (_, "waiting") => "待批准 waiting".to_owned(),
        (_, "granted") => "已入网 granted".to_owned(),
        (_, "rejected") => "已拒绝 rejected".to_owned(),
        (_, other) => format!("已作废 {other}"),
    };
    let none = || "—".to_owned();
    let cells = [
        row.platform.to_string(),
        state,
        shown(row.expires),
        asked.map_or_else(none, |asked| shown(asked.at)),
        asked.map_or_else(none, |asked| asked.address.clone()),
        asked.map_or_else(none, |asked| asked.request.to_string()),
    ];
    Listed {
        platform: row.platform.to_string(),
        token: row.token.to_string(),
        state: row.state.as_str(),
        over,
        replaces: row.replaces,
        created: rfc3339(row.created),
        ends: rfc3339(row.expires),
        asked: asked.and_then(|asked| rfc3339(asked.at)),
        fingerprint: asked.map(|asked| asked.request.to_string()),
        address: asked.map(|asked| asked.address.clone()),
        software: asked.map(|asked| asked.software.clone()),
        decided: row.decided.and_then(rfc3339),
        cells,
    }
}
