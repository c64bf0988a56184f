//! The command line of a node. Every command gives an [`Answer`]: what is printed, and the exit
//! code. Listings have `--json`: one document with stable keys in snake_case, described with each
//! command's report.
//!
//! The program of a hub carries the same commands: it hands their arguments to [`run_from`].

pub mod attach;
pub mod backup;
pub mod bundle;
pub mod carry;
pub mod complaint;
pub mod custody;
pub mod doctor;
pub mod enrol;
pub mod erase;
pub mod files;
pub mod link;
pub mod local;
pub mod operator;
pub mod order;
pub mod oversight;
pub mod progress;
pub mod quarantine;
pub mod records;
pub mod restore;
pub mod run;
pub mod standard;
pub mod status;
pub mod table;
pub mod upkeep;
pub mod verify;

use std::error::Error as StdError;
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use serde::Serialize;

use crate::config::{EXAMPLE, NodeConfig};
use crate::process::config::ConfigError;
use crate::store::{Database, Store, StoreError};

/// All is well.
pub const OK: u8 = 0;
/// The command failed.
pub const FAILED: u8 = 1;
/// `verify`, `doctor` or another check found something.
pub const DIFFERENT: u8 = 2;
/// The command line is not understood (`EX_USAGE`).
pub const USAGE: u8 = 64;
/// The configuration cannot be used (`EX_CONFIG`): starting again does not help.
pub const CONFIG: u8 = 78;

const EXAMPLES: &str = "\
例 · Examples:
  sanheyi-node config example > node.toml      写出配置示例 · write an example configuration
  sanheyi-node config check                    检查配置、密钥与证书 · check it, keys and certificates too
  sanheyi-node enrol --hub … --token-file FILE  凭令牌入网 · become a platform's node by a token
  sanheyi-node run                             运行（读取 ./node.toml）· run by ./node.toml
  sanheyi-node status                          链路与回执概况 · the link, and what became of entries
  sanheyi-node link                            链路状态：为何，自何时，怎么办 · how the link stands, why, what to do
  sanheyi-node doctor                          体检：哪里不对，怎么办 · what is wrong, and what to do
  sanheyi-node records --dataset case.case --limit 20
  sanheyi-node quarantine list                 未被接受的条目，怎么办 · what was not accepted, and what to do
  sanheyi-node order list --overdue            逾期的督办 · orders with something overdue
  sanheyi-node complaint list --open           未结的投诉 · complaints that are not over
  sanheyi-node custody list                    移交与提议 · what is offered, and who has what
  sanheyi-node attach 申请表.pdf               附件入库 · store a file that a record names
  sanheyi-node erase --help                    删除正文 · erase bodies; proofs stay
  sanheyi-node verify --json                   逐字节核验存储 · check the store from its bytes
  sanheyi-node backup                          立即加密备份 · an encrypted backup now; also list, verify, drill
  sanheyi-node upkeep status                   维护：合并、清理、归档 · merging, clean-up, the archive
  sanheyi-node support-bundle --out b.tar.zst  支持包：求助时用，无个人信息 · for whoever helps, nothing personal
  sanheyi-node carry export --to up.carry      写出摆渡文件 · write a file for a one-way gate
  sanheyi-node operator add zhang --role admin     页面操作员 · who may sign in to the pages
  sanheyi-node standard dictionary             数据字典 · the data dictionary; also schemas, templates, checks

退出码 · Exit codes:
   0  正常 · all is well
   1  失败 · the command failed
   2  核验、体检或标准检查发现问题 · verify, doctor or standard check found something wrong
  64  命令行有误 · the command line is not understood
  78  配置有误 · the configuration cannot be used";

/// 三合一平台节点 · A node of Sanheyi: runs one platform's branch and shows how it stands.
#[derive(Debug, Parser)]
#[command(name = "sanheyi-node", version, after_help = EXAMPLES, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 运行节点，直到收到 SIGTERM 或 SIGINT · Run the node until SIGTERM or SIGINT
    #[command(after_help = run::HELP)]
    Run(At),
    /// 查看链路、积压与回执 · Show the link, what is behind, and what became of entries
    #[command(after_help = status::HELP)]
    Status(Listing),
    /// 链路：状态、积压、心跳、时钟差 · How the link to the hub stands, why, and what to do
    #[command(after_help = link::HELP)]
    Link(Listing),
    /// 体检：哪里不对，为何要紧，怎么办 · What is wrong, why it matters, what to do
    #[command(after_help = doctor::HELP)]
    Doctor(doctor::NodeDoctor),
    /// 支持包：求助时交给他人，不含个人信息 · One file for whoever helps, nothing personal in it
    #[command(after_help = bundle::HELP)]
    SupportBundle(bundle::BundleArgs),
    /// 逐字节核验存储 · Check the store from its bytes alone
    #[command(after_help = verify::HELP)]
    Verify(Listing),
    /// 列出记录及其状态 · List records and how they stand
    #[command(after_help = records::HELP)]
    Records(records::RecordsArgs),
    /// 隔离区：未被接受的条目，为何，怎么办 · Own entries that were not accepted, why, what to do
    #[command(subcommand, after_help = quarantine::HELP)]
    Quarantine(quarantine::QuarantineCommand),
    /// 督办：查看、回复、办结 · Orders of supervision: see them, reply, say how they ended
    #[command(subcommand, after_help = order::HELP)]
    Order(order::OrderCommand),
    /// 投诉：查看、处理 · Complaints: see them, write down what is done
    #[command(subcommand, after_help = complaint::HELP)]
    Complaint(complaint::ComplaintCommand),
    /// 保管权：移交、接收、拒绝、撤回 · Custody: offer a record to another platform, or take one over
    #[command(subcommand, after_help = custody::HELP)]
    Custody(custody::CustodyCommand),
    /// 附件：入库、列出、取出 · Files that records name: store, list, write out
    #[command(after_help = attach::HELP)]
    Attach(attach::AttachArgs),
    /// 入网：本机生成密钥，凭令牌成为平台节点 · Become a platform's node, by a token of the hub
    #[command(after_help = enrol::HELP)]
    Enrol(enrol::EnrolArgs),
    /// 删除正文：先说明，确认后删除 · Erase bodies of own records: shown first, done with --yes
    #[command(after_help = erase::HELP)]
    Erase(erase::EraseArgs),
    /// 备份：立即备份、列出、核验、演练 · Back up now; list, verify, drill
    #[command(after_help = backup::HELP)]
    Backup(backup::BackupArgs),
    /// 从备份恢复到空目录 · Restore from a backup into an empty folder
    #[command(after_help = restore::HELP)]
    Restore(restore::RestoreArgs),
    /// 维护：合并小段、清理附件、归档审计 · Upkeep: merge small segments, clean up, archive
    #[command(subcommand, after_help = upkeep::HELP)]
    Upkeep(upkeep::UpkeepCommand),
    /// 摆渡：隔着网闸以文件交换 · Exchange by files, behind a one-way gate
    #[command(subcommand, after_help = carry::HELP)]
    Carry(carry::CarryCommand),
    /// 页面的操作员：添加、角色、口令、停用 · Who may sign in to the pages
    #[command(subcommand, after_help = operator::HELP)]
    Operator(operator::OperatorCommand<Listing>),
    /// 标准：数据字典、模板、检查 · The standard: dictionary, schemas, templates, checks
    #[command(subcommand, after_help = standard::HELP)]
    Standard(standard::StandardCommand),
    /// 配置示例与检查 · Print an example configuration, or check one
    #[command(subcommand)]
    Config(ConfigCommand),
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// 打印配置示例 · Print an example, every key with its meaning
    Example,
    /// 检查配置、密钥与证书 · Check a configuration with its keys and certificates
    Check(At),
}

/// Whose node it is.
#[derive(Clone, Debug, Args)]
pub struct At {
    /// 配置文件 · The configuration
    #[arg(long, value_name = "FILE", default_value = "node.toml")]
    pub config: PathBuf,
}

/// Whose node it is, and how to show it.
#[derive(Clone, Debug, Args)]
pub struct Listing {
    /// Whose node it is.
    #[command(flatten)]
    pub at: At,
    /// 输出 JSON · Print one JSON document
    #[arg(long)]
    pub json: bool,
}

/// What a command came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// For standard output.
    pub text: String,
    /// The exit code.
    pub code: u8,
}

/// The program `sanheyi-node`.
pub fn main() -> ExitCode {
    run_from(std::env::args_os())
}

/// Runs the command line `args`, the first of which is the program's name.
pub fn run_from<I, T>(args: I) -> ExitCode
where
    I: IntoIterator<Item = T>,
    T: Into<OsString> + Clone,
{
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let answer = match runtime {
        Ok(runtime) => runtime.block_on(answer(args)),
        Err(error) => Err(error.into()),
    };
    conclude(answer)
}

/// Shows what a command came to, or complains; gives the exit code to the system.
pub fn conclude(answer: anyhow::Result<Answer>) -> ExitCode {
    let code = match answer {
        Ok(Answer { text, code }) => show(text.as_bytes()).map_or(FAILED, |()| code),
        Err(error) => complain(error.as_ref()),
    };
    ExitCode::from(code)
}

/// Reads a command line of either program. One that is not understood, or that asks for help, is an
/// answer already given.
///
/// # Errors
/// With that answer.
pub fn parse<C, I, T>(args: I) -> Result<C, Answer>
where
    C: Parser,
    I: IntoIterator<Item = T>,
    T: Into<OsString> + Clone,
{
    C::try_parse_from(args).map_err(|error| {
        // Help and version come this way, too. Where nobody listens nothing can be said.
        let _ = error.print();
        let code = if error.use_stderr() { USAGE } else { OK };
        Answer { text: String::new(), code }
    })
}

/// Carries out a command line.
///
/// # Errors
/// Of the command; a command line that is not understood is no error but an answer already given.
pub async fn answer<I, T>(args: I) -> anyhow::Result<Answer>
where
    I: IntoIterator<Item = T>,
    T: Into<OsString> + Clone,
{
    let command = match parse::<Cli, _, _>(args) {
        Ok(cli) => cli.command,
        Err(said) => return Ok(said),
    };
    match command {
        Command::Run(at) => run::run(&at).await,
        Command::Status(listing) => status::status(&listing).await,
        Command::Link(listing) => link::link(&listing).await,
        Command::Doctor(args) => Box::pin(doctor::doctor(&args)).await,
        Command::SupportBundle(args) => Box::pin(bundle::bundle(&args)).await,
        Command::Verify(listing) => verify::verify(&listing).await,
        Command::Records(args) => records::records(&args).await,
        Command::Quarantine(command) => quarantine::quarantine(&command).await,
        Command::Order(command) => Box::pin(order::order(&command)).await,
        Command::Complaint(command) => Box::pin(complaint::complaint(&command)).await,
        Command::Custody(command) => custody::custody(&command).await,
        Command::Attach(args) => attach::attach(&args).await,
        Command::Enrol(args) => Box::pin(enrol::enrol(&args)).await,
        Command::Erase(args) => erase::erase(&args).await,
        Command::Backup(args) => Box::pin(backup::backup(&args)).await,
        Command::Restore(args) => Box::pin(restore::restore(&args)).await,
        Command::Upkeep(command) => Box::pin(upkeep::upkeep(&command)).await,
        Command::Carry(command) => carry::carry(&command).await,
        Command::Operator(command) => Box::pin(operator::operator(&command)).await,
        Command::Standard(command) => standard::standard(&command),
        Command::Config(ConfigCommand::Example) => Ok(Answer::ok(EXAMPLE.to_owned())),
        Command::Config(ConfigCommand::Check(at)) => run::check(&at),
    }
}

fn show(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        // `… | head` has read enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        shown => shown,
    }
}

/// Says an error with all its causes; answers the exit code.
fn complain(error: &(dyn StdError + 'static)) -> u8 {
    let mut text = format!("错误 · error: {error}\n");
    let mut code = FAILED;
    let mut next = Some(error);
    while let Some(cause) = next {
        if cause.is::<ConfigError>() {
            code = CONFIG;
        }
        next = cause.source();
        if let Some(deeper) = next {
            text.push_str(&format!("  原因 · because: {deeper}\n"));
        }
    }
    // Nobody is left to hear it if standard error is closed.
    let _ = io::stderr().write_all(text.as_bytes());
    code
}

// === impl Answer ===

impl Answer {
    /// All is well.
    pub fn ok(text: String) -> Self {
        Self { text, code: OK }
    }

    /// A report as JSON, or as text.
    ///
    /// # Errors
    /// If the report cannot be written as JSON.
    pub fn report<R: Serialize>(
        report: &R,
        json: bool,
        text: fn(&R) -> String,
    ) -> anyhow::Result<Self> {
        if !json {
            return Ok(Self::ok(text(report)));
        }
        let mut text = serde_json::to_string_pretty(report)?;
        text.push('\n');
        Ok(Self::ok(text))
    }
}

// === impl At ===

impl At {
    /// The configuration, and the store beside the node that may be running.
    async fn open(&self) -> anyhow::Result<(NodeConfig, Store)> {
        let config = NodeConfig::load(&self.config)?;
        let database = Database::open_read_only(config.database()).await?;
        let store = database.of(&config.platform);
        Ok((config, store))
    }
}

/// Closes what [`At::open`] opened.
async fn closed<T>(store: &Store, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
    store.database().close().await;
    outcome
}

#[cfg(test)]
mod tests;
