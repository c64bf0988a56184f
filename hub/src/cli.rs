//! The command line of a hub. Every command gives an [`Answer`]: what is printed, and the exit
//! code. `sanheyi-hub node …` carries the node's whole command line, so that one file is enough for
//! a small place.

mod attach;
mod authority;
mod backup;
mod bundle;
mod carry;
mod city;
mod complaint;
mod copy_store;
mod desk;
mod dispatch;
mod doctor;
mod link;
mod migrate;
mod operator;
mod order;
pub(crate) mod oversight;
mod platform;
mod policy;
mod publish;
mod quarantine;
mod restore;
mod run;
mod status;
mod tenant;
mod upkeep;
mod verify;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};
use sanheyi_exchange_spec::gate::Edition;
use sanheyi_node::cli::{self as node, Answer, DIFFERENT, OK};
use sanheyi_node::process::clock::SystemClock;
use sanheyi_node::process::entropy::OsEntropy;
use sanheyi_node::process::lifecycle::Shutdown;
use sanheyi_node::store::{Address, Database};

use crate::app::signing_key;
use crate::config::{CheckedConfig, EXAMPLE};
use crate::demo::{self, DemoArgs};
use crate::exchange::ExchangeParts;

const EXAMPLES: &str = "\
例 · Examples:
  sanheyi-hub demo                             一条命令看全过程 · the whole federation, for a year, from one command
  sanheyi-hub init --folder hub --name hub.example.cn
  sanheyi-hub run --config hub/hub.toml        运行 · run
  sanheyi-hub platform add --config hub/hub.toml jintan --title-zh 金坛 --title-en Jintan \\
      --address hub.example.cn:7443 --server-name hub.example.cn --out jintan
  sanheyi-hub platform add --config hub/hub.toml tianning --hosted --title-zh 天宁 --title-en Tianning
  sanheyi-hub status --config hub/hub.toml     各平台大小与回执、告警 · sizes, receipts, alerts
  sanheyi-hub link list --config hub/hub.toml  链路状态：正常、积压、离线、停滞、扣留 · how every line stands
  sanheyi-hub doctor --config hub/hub.toml     体检：哪里不对，怎么办 · what is wrong, and what to do
  sanheyi-hub quarantine list --config hub/hub.toml --platform jintan
  sanheyi-hub policy explain --config hub/hub.toml --platform wujin --send case.case
  sanheyi-hub order list --config hub/hub.toml --overdue   逾期的督办 · orders with something overdue
  sanheyi-hub publish code-list --config hub/hub.toml power_kind.json --dry-run
  sanheyi-hub city totals --config hub/hub.toml --purpose '季度通报'
  sanheyi-hub verify --config hub/hub.toml     逐字节核验存储 · check the store from its bytes
  sanheyi-hub backup --config hub/hub.toml     立即加密备份 · an encrypted backup now; also list, verify, drill
  sanheyi-hub support-bundle --config hub/hub.toml --out b.tar.zst   支持包，无个人信息 · for whoever helps
  sanheyi-hub carry import --config hub/hub.toml up.carry --answer down.carry
  sanheyi-hub operator add zhang --role admin --config hub/hub.toml   页面操作员 · who may sign in to the pages
  sanheyi-hub standard dictionary --lang en    数据字典 · the data dictionary; also schemas, templates, checks
  sanheyi-hub node run --config jintan/node.toml

退出码 · Exit codes:
   0  正常 · all is well
   1  失败 · the command failed
   2  发现问题 · verify, doctor, copy-store, demo or standard check found something wrong
  64  命令行有误 · the command line is not understood
  78  配置有误 · the configuration cannot be used";

/// 三合一市级平台 · The hub of Sanheyi: exchanges with its branches and judges what they send.
#[derive(Debug, Parser)]
#[command(name = "sanheyi-hub", version, after_help = EXAMPLES, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 生成证书、密钥与配置 · Make the authority, keys and configuration of a new hub
    Init(run::InitArgs),
    /// 运行，直到收到 SIGTERM 或 SIGINT · Run until SIGTERM or SIGINT
    Run(At),
    /// 登记与列出平台 · Register and list platforms
    #[command(subcommand)]
    Platform(platform::PlatformCommand),
    /// 托管平台 · Tenants, whose branches live in the hub
    #[command(subcommand)]
    Tenant(tenant::TenantCommand),
    /// 根证书：查看、轮换 · The certificate authority: show it, replace it without stopping
    #[command(subcommand, after_help = authority::HELP)]
    Authority(authority::AuthorityCommand),
    /// 各平台的大小与回执、告警、备份 · Platforms: sizes, receipts, what is stopped; alerts, backups
    #[command(after_help = status::HELP)]
    Status(Listing),
    /// 各平台的链路：状态、积压、心跳、时钟差 · How every platform's line stands, why, and what to do
    #[command(subcommand, after_help = link::HELP)]
    Link(link::LinkCommand),
    /// 体检：哪里不对，为何要紧，怎么办 · What is wrong, why it matters, what to do
    #[command(after_help = node::doctor::HELP)]
    Doctor(doctor::HubDoctor),
    /// 支持包：求助时交给他人，不含个人信息 · One file for whoever helps, nothing personal in it
    #[command(after_help = node::bundle::HELP)]
    SupportBundle(bundle::HubBundle),
    /// 逐字节核验存储 · Check the store from its bytes alone
    Verify(Listing),
    /// 隔离区：查看、放行复判、退回更正 · What the gate did not accept, and what is done about it
    #[command(subcommand, after_help = quarantine::HELP)]
    Quarantine(quarantine::QuarantineCommand),
    /// 督办：签发、查看 · Orders of supervision: issue them, see how they stand
    #[command(subcommand, after_help = order::HELP)]
    Order(order::OrderCommand),
    /// 投诉：转办、查看 · Complaints: send them to platforms, see how they stand
    #[command(subcommand, after_help = complaint::HELP)]
    Complaint(complaint::ComplaintCommand),
    /// 签发：市级平台可写的其他记录 · Dispatch anything else that the hub may write
    #[command(after_help = dispatch::HELP)]
    Dispatch(dispatch::DispatchArgs),
    /// 发布：代码表、日历、通报等 · Publish to all: code lists, calendars, bulletins and so on
    #[command(subcommand, after_help = publish::HELP)]
    Publish(publish::PublishCommand),
    /// 策略：谁可报送、查看什么，为什么 · Policies: who may send and see what, and why
    #[command(subcommand, after_help = policy::HELP)]
    Policy(policy::PolicyCommand),
    /// 市级总览：跨平台查看，均记入审计 · Look over all platforms; every look is written down
    #[command(subcommand, after_help = city::HELP)]
    City(city::CityCommand),
    /// 附件入库，供签发的条目引用 · Store a file that an entry of the hub's own names
    #[command(after_help = attach::HELP)]
    Attach(attach::AttachArgs),
    /// 摆渡：导入网闸后区县的文件并答复 · Take in and answer files from behind one-way gates
    #[command(subcommand, after_help = carry::HELP)]
    Carry(carry::CarryCommand),
    /// 维护：合并小段、清理附件、归档审计 · Upkeep: merge small segments, clean up, archive
    #[command(subcommand, after_help = node::upkeep::HELP)]
    Upkeep(upkeep::UpkeepCommand),
    /// 备份：立即备份、列出、核验、演练 · Back up now; list, verify, drill
    #[command(after_help = backup::HELP)]
    Backup(backup::BackupArgs),
    /// 从备份恢复到空目录 · Restore from a backup into an empty folder
    #[command(after_help = restore::HELP)]
    Restore(restore::RestoreArgs),
    /// 更新存储结构 · Bring the schema of the store up to date
    #[command(after_help = migrate::HELP)]
    Migrate(Listing),
    /// 将存储迁至另一数据库 · Move the store to another database, every root recomputed
    #[command(after_help = copy_store::HELP)]
    CopyStore(copy_store::CopyArgs),
    /// 页面的操作员：添加、角色、口令、停用 · Who may sign in to the pages
    #[command(subcommand, after_help = node::operator::HELP)]
    Operator(node::operator::OperatorCommand<Listing>),
    /// 配置示例与检查 · Print an example configuration, or check one
    #[command(subcommand)]
    Config(ConfigCommand),
    /// 演示全过程 · A hub with tenants, three nodes and a year of cases, from one command
    Demo(DemoArgs),
    /// 标准：数据字典、模板、检查 · The standard: dictionary, schemas, templates, checks
    #[command(subcommand, after_help = node::standard::HELP)]
    Standard(node::standard::StandardCommand),
    /// 节点命令 · The node's command line
    #[command(disable_help_flag = true)]
    Node(NodeArgs),
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// 打印配置示例 · Print an example, every key with its meaning
    Example,
    /// 检查配置 · Check a configuration and the files that it names
    Check(At),
}

/// Whose hub it is.
#[derive(Clone, Debug, Args)]
pub(crate) struct At {
    /// 配置文件 · The configuration
    #[arg(long, value_name = "FILE", default_value = "hub.toml")]
    pub(crate) config: PathBuf,
    /// 存储地址，代替配置中的地址 · Where the store lies, instead of what the configuration says
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) store: Option<String>,
}

/// Whose hub it is, and how to show it.
#[derive(Clone, Debug, Args)]
pub(crate) struct Listing {
    #[command(flatten)]
    pub(crate) at: At,
    /// 输出 JSON · Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Clone, Debug, Args)]
struct NodeArgs {
    /// 节点命令及参数 · The node's command and its arguments
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<OsString>,
}

/// The program `sanheyi-hub`.
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
    match runtime {
        Ok(runtime) => node::conclude(runtime.block_on(answer(args))),
        Err(error) => node::conclude(Err(error.into())),
    }
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
    let command = match node::parse::<Cli, _, _>(args) {
        Ok(cli) => cli.command,
        Err(said) => return Ok(said),
    };
    match command {
        Command::Init(args) => run::init(args),
        Command::Run(at) => run::run(&at).await,
        Command::Platform(command) => platform::platform(command).await,
        Command::Authority(command) => Box::pin(authority::authority(command)).await,
        Command::Tenant(command) => Box::pin(tenant::tenant(command)).await,
        Command::Status(listing) => status::status(&listing).await,
        Command::Link(command) => link::link(command).await,
        Command::Doctor(args) => Box::pin(doctor::doctor(&args)).await,
        Command::SupportBundle(args) => Box::pin(bundle::bundle(&args)).await,
        Command::Verify(listing) => verify::verify(&listing).await,
        Command::Quarantine(command) => Box::pin(quarantine::quarantine(command)).await,
        Command::Policy(command) => policy::policy(command).await,
        Command::Order(command) => Box::pin(order::order(command)).await,
        Command::Complaint(command) => Box::pin(complaint::complaint(command)).await,
        Command::Publish(command) => Box::pin(publish::publish(command)).await,
        Command::Dispatch(args) => Box::pin(dispatch::dispatch(args)).await,
        Command::City(command) => city::city(command).await,
        Command::Attach(args) => attach::attach(&args).await,
        Command::Carry(command) => carry::carry(command).await,
        Command::Upkeep(command) => Box::pin(upkeep::upkeep(command)).await,
        Command::Backup(args) => Box::pin(backup::backup(&args)).await,
        Command::Restore(args) => Box::pin(restore::restore(&args)).await,
        Command::Migrate(listing) => migrate::migrate(&listing).await,
        Command::CopyStore(args) => copy_store::copy_store(args).await,
        Command::Operator(command) => Box::pin(node::operator::operator(&command)).await,
        Command::Config(ConfigCommand::Example) => Ok(Answer::ok(EXAMPLE.to_owned())),
        Command::Config(ConfigCommand::Check(at)) => run::check(&at),
        Command::Demo(args) => demonstrate(args).await,
        Command::Standard(command) => node::standard::standard(&command),
        Command::Node(NodeArgs { args }) => {
            let name = OsString::from("sanheyi-hub node");
            node::answer(std::iter::once(name).chain(args)).await
        }
    }
}

async fn demonstrate(args: DemoArgs) -> anyhow::Result<Answer> {
    sanheyi_node::process::tls::install_provider();
    let agreed = demo::run(args, Shutdown::on_signals()?).await?;
    let code = if agreed { OK } else { DIFFERENT };
    Ok(Answer { text: String::new(), code })
}

/// What an exchange is made of that a command opens beside a hub, or where none runs.
fn parts(config: &CheckedConfig, database: &Database) -> anyhow::Result<ExchangeParts> {
    Ok(ExchangeParts {
        hub: config.hub.clone(),
        database: database.clone(),
        key: signing_key(&config.signing)?,
        clock: Arc::new(SystemClock),
        entropy: Arc::new(OsEntropy),
        edition: Edition::CURRENT,
    })
}

/// Where the branch of a platform lives, in a table.
const fn home(hosted: bool) -> &'static str {
    if hosted { "托管 hosted" } else { "节点 node" }
}

/// An address given on the command line; a path is taken from where the command was started.
fn address(option: &'static str, text: &str) -> anyhow::Result<Address> {
    Address::parse(text, Path::new(".")).context(option)
}

impl At {
    /// The configuration, with the store that the command line names.
    pub(crate) fn load(&self) -> anyhow::Result<CheckedConfig> {
        let config = CheckedConfig::load(&self.config)?;
        Ok(match &self.store {
            Some(text) => config.with_store(address("--store", text)?),
            None => config,
        })
    }

    /// The configuration, and the store beside the hub that may be running.
    pub(crate) async fn open(&self) -> anyhow::Result<(CheckedConfig, Database)> {
        let config = self.load()?;
        let database = Database::open_read_only(config.database()).await?;
        Ok((config, database))
    }
}
