//! `operator`: who may sign in to the pages. A hub has the same commands for its own.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use serde::Serialize;

use super::table::{Align, Table};
use super::{Answer, Listing, local};
use crate::config::NodeConfig;
use crate::process::clock::{Clock as _, SystemClock};
use crate::process::entropy::OsEntropy;
use crate::process::secret::{Zeroizing, read_secret};
use crate::process::{folder, terminal, user};
use crate::store::{Database, OperatorRow, Store};
use crate::web::operator::{self, Act, Acts};
use crate::web::password;
use crate::web::viewer::Role;

/// What `operator --help` ends with.
pub const HELP: &str = "\
例 · Examples:
  … operator add zhang --role admin              添加管理员，口令在终端输入 · the password is asked for
  … operator add li --role viewer --generate     生成口令，只显示一次 · one is made and shown once
  … operator add wang --role operator --password-file wang.txt
  … operator list --json
  … operator role li operator                    改角色 · another role
  … operator unlock li                           解除锁定 · may try again at once
  … operator disable li                          停用，其登录随即结束 · their sessions end at once

角色 · Roles: viewer（查看）, operator（操作）, admin（管理）
口令至少 12 个字符；从不写在命令行上：在终端输入，或 --password-file（权限 0600），或标准输入。
A password has at least 12 characters and never stands on the command line: it is typed, or comes from --password-file (mode 0600), or
from standard input. 连续 5 次不对，用户名锁定 15 分钟。 Five wrong ones lock a name for 15 minutes.
可在运行时执行，立即生效，均记入审计。 · It may be done while the process runs, counts at once, and is written into the audit.

JSON: operators [name, role, state (active, renew, locked, disabled), failures, created, last]
  add, password: name, password (null unless it was made)";

/// Where the operators of a process are kept.
pub struct House {
    /// The rows of the platform that runs.
    pub store: Store,
    /// Its data folder.
    pub data: PathBuf,
}

/// How a command line says whose operators it is about.
pub trait Housed: Args {
    /// Whether a JSON document is asked for.
    fn json(&self) -> bool;

    /// Opens the store beside the process that may be running.
    ///
    /// # Errors
    /// If configuration or store cannot be used.
    fn house(&self) -> impl Future<Output = anyhow::Result<House>> + Send;
}

/// Commands about operators.
#[derive(Clone, Debug, Subcommand)]
pub enum OperatorCommand<L: Housed> {
    /// 添加操作员 · Add an operator
    Add(Told<L, AddTold>),
    /// 列出操作员 · List operators
    List(L),
    /// 修改角色 · Give an operator another role
    Role(Told<L, RoleTold>),
    /// 重置口令，其登录随即结束 · Set another password; sessions end at once
    Password(Told<L, PasswordTold>),
    /// 停用，其登录随即结束 · May no longer sign in; sessions end at once
    Disable(Told<L, NameTold>),
    /// 重新启用 · May sign in again
    Enable(Told<L, NameTold>),
    /// 解除锁定 · May try again at once
    Unlock(Told<L, NameTold>),
}

/// A command, and how to show what became of it.
#[derive(Clone, Debug, Args)]
pub struct Told<L: Housed, T: Args> {
    /// Whose operators.
    #[command(flatten)]
    pub listing: L,
    /// What is said.
    #[command(flatten)]
    pub told: T,
}

/// Who is meant.
#[derive(Clone, Debug, Args)]
pub struct NameTold {
    /// 用户名 · The name
    pub name: String,
}

/// Who is added.
#[derive(Clone, Debug, Args)]
pub struct AddTold {
    /// 用户名：小写字母、数字、. - _ · The name: lower-case letters, digits, . - _
    pub name: String,
    /// 角色 · The role
    #[arg(long, value_parser = role)]
    pub role: Role,
    /// Where the password comes from.
    #[command(flatten)]
    pub word: Word,
}

/// Another role.
#[derive(Clone, Debug, Args)]
pub struct RoleTold {
    /// 用户名 · The name
    pub name: String,
    /// 角色 · The role
    #[arg(value_parser = role)]
    pub role: Role,
}

/// Another password.
#[derive(Clone, Debug, Args)]
pub struct PasswordTold {
    /// 用户名 · The name
    pub name: String,
    /// Where it comes from.
    #[command(flatten)]
    pub word: Word,
}

/// Where a password comes from: the terminal or standard input, if nothing is said.
#[derive(Clone, Debug, Args)]
pub struct Word {
    /// 从文件读取口令，权限 0600 · Read it from a file of mode 0600
    #[arg(long, value_name = "FILE", conflicts_with = "generate")]
    pub password_file: Option<PathBuf>,
    /// 生成口令，显示一次，首次登录须更换 · Make one and show it once; it must be changed at the first sign-in
    #[arg(long)]
    pub generate: bool,
}

/// The listing; these are the keys of `--json`.
#[derive(Clone, Debug, Serialize)]
pub struct OperatorsReport {
    /// By name.
    pub operators: Vec<ShownOperator>,
}

/// One operator.
#[derive(Clone, Debug, Serialize)]
pub struct ShownOperator {
    /// The name.
    pub name: String,
    /// `viewer`, `operator` or `admin`.
    pub role: String,
    /// `active`, `renew` (must change the password), `locked` or `disabled`.
    pub state: &'static str,
    /// Wrong passwords since the last success.
    pub failures: u64,
    /// When they were added.
    pub created: Option<String>,
    /// When they last signed in; null: never.
    pub last: Option<String>,
}

/// A password that was set; these are the keys of `--json`.
#[derive(Clone, Debug, Serialize)]
struct SetReport {
    name: String,
    password: Option<String>,
}

fn role(text: &str) -> Result<Role, String> {
    Role::parse(text).ok_or_else(|| {
        let names: Vec<_> = Role::ALL.iter().map(|role| role.as_str()).collect();
        format!("应为以下之一 · must be one of: {}", names.join(", "))
    })
}

/// Carries out a command about operators.
///
/// # Errors
/// If the store cannot be used, or it is refused: with the reason.
pub async fn operator<L: Housed>(command: &OperatorCommand<L>) -> anyhow::Result<Answer> {
    use OperatorCommand::{Add, Disable, Enable, List, Password, Role, Unlock};
    match command {
        List(listing) => list(listing).await,
        Add(Told { listing, told: AddTold { name, role, word } }) => {
            set(listing, name, word, Some(*role)).await
        }
        Password(Told { listing, told: PasswordTold { name, word } }) => {
            set(listing, name, word, None).await
        }
        Role(Told { listing, told: RoleTold { name, role } }) => {
            act(listing, name, Act::Role(*role)).await
        }
        Disable(Told { listing, told }) => act(listing, &told.name, Act::Disable).await,
        Enable(Told { listing, told }) => act(listing, &told.name, Act::Enable).await,
        Unlock(Told { listing, told }) => act(listing, &told.name, Act::Unlock).await,
    }
}

async fn list<L: Housed>(listing: &L) -> anyhow::Result<Answer> {
    let House { store, .. } = listing.house().await?;
    let rows = store.operator_list().await;
    store.database().close().await;
    let operators = rows?.iter().map(shown).collect();
    Answer::report(&OperatorsReport { operators }, listing.json(), text)
}

fn shown(row: &OperatorRow) -> ShownOperator {
    let state = match (row.is_disabled(), row.is_locked(SystemClock.now()), row.renew) {
        (true, ..) => "disabled",
        (_, true, _) => "locked",
        (_, _, true) => "renew",
        _ => "active",
    };
    ShownOperator {
        name: row.name.clone(),
        role: row.role.clone(),
        state,
        failures: row.failures,
        created: local::rfc3339(row.created),
        last: local::rfc3339(row.last),
    }
}

fn text(report: &OperatorsReport) -> String {
    if report.operators.is_empty() {
        return "还没有操作员 · no operators yet: operator add NAME --role admin\n".to_owned();
    }
    let left = Align::Left;
    let mut table = Table::new(&[
        ("用户名 NAME", left),
        ("角色 ROLE", left),
        ("状态 STATE", left),
        ("最近登录 LAST", left),
    ]);
    for one in &report.operators {
        let state = match one.state {
            "disabled" => "已停用 disabled",
            "locked" => "已锁定 locked",
            "renew" => "须换口令 renew",
            _ => "可用 active",
        };
        let last = one.last.as_deref().map_or_else(
            || "—".to_owned(),
            |last| last.chars().take(19).map(|one| if one == 'T' { ' ' } else { one }).collect(),
        );
        table.row([one.name.clone(), one.role.clone(), state.to_owned(), last]);
    }
    table.render()
}

/// Adds an operator of `role`, or gives one another password.
async fn set<L: Housed>(
    listing: &L,
    name: &str,
    word: &Word,
    role: Option<Role>,
) -> anyhow::Result<Answer> {
    // Said before anybody types a password for nothing.
    if !operator::is_name(name) {
        return Err(operator::OperatorError::Name.into());
    }
    let password = word.read(name)?;
    let house = listing.house().await?;
    let who = house.who()?;
    let acts = acts(&house, &who);
    let renew = word.generate;
    let done = match role {
        Some(role) => operator::add(&acts, name, role, password.clone(), renew).await,
        None => operator::set_password(&acts, name, password.clone(), renew).await,
    };
    house.store.database().close().await;
    done?;
    let made = renew.then(|| password.as_str().to_owned());
    let report = SetReport { name: name.to_owned(), password: made };
    Answer::report(&report, listing.json(), |report| match &report.password {
        Some(password) => format!(
            "口令只显示这一次，首次登录须更换 · shown this once; it must be changed at the first sign-in\n{password}\n"
        ),
        None => format!("已设定 · done: {}\n", report.name),
    })
}

async fn act<L: Housed>(listing: &L, name: &str, act: Act) -> anyhow::Result<Answer> {
    let house = listing.house().await?;
    let who = house.who()?;
    let done = operator::act(&acts(&house, &who), name, act).await;
    house.store.database().close().await;
    done?;
    let report = SetReport { name: name.to_owned(), password: None };
    Answer::report(&report, listing.json(), |report| format!("已完成 · done: {}\n", report.name))
}

fn acts<'a>(house: &'a House, who: &'a str) -> Acts<'a> {
    Acts { store: &house.store, clock: &SystemClock, entropy: &OsEntropy, who, role: "" }
}

// === impl House ===

impl House {
    /// Who runs this command, as the audit has it.
    ///
    /// # Errors
    /// If the data folder cannot be written.
    pub fn who(&self) -> anyhow::Result<String> {
        let data = &self.data;
        let uid = user::uid(data).with_context(|| {
            format!("无法写入 {0} · cannot write {0}, as its operator can", data.display())
        })?;
        Ok(format!("cli:{uid}"))
    }
}

// === impl Word ===

impl Word {
    /// The password.
    fn read(&self, name: &str) -> anyhow::Result<Zeroizing<String>> {
        let password = if self.generate {
            password::made(&OsEntropy)
        } else if let Some(path) = &self.password_file {
            let bytes = read_secret(path)?;
            let text = std::str::from_utf8(bytes.trim_ascii_end()).context("UTF-8")?;
            Zeroizing::new(text.to_owned())
        } else {
            let typed = terminal::ask("口令 · Password: ")?;
            if terminal::is_there() && *terminal::ask("再输一次 · Once more: ")? != *typed {
                bail!("两次输入不同，请重试 · they differ: try again");
            }
            typed
        };
        password::check(name, &password)?;
        Ok(password)
    }
}

// === impl Housed ===

impl Housed for Listing {
    fn json(&self) -> bool {
        self.json
    }

    async fn house(&self) -> anyhow::Result<House> {
        let config = NodeConfig::load(&self.at.config)?;
        // Operators may be added before the node has ever run.
        folder::private(&config.data)?;
        let database = Database::open(config.database(), &[]).await?;
        Ok(House { store: database.of(&config.platform), data: config.data })
    }
}
