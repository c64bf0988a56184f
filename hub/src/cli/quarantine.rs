//! `quarantine`: what the gate did not accept, and what an operator does about it.

mod list;
mod review;
mod show;

use clap::{Args, Subcommand};
use jiff::civil::Date;
use sanheyi_exchange_spec::calendar::midnight;
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::cli::Answer;

use crate::quarantine::{EntryName, Filter, State};

/// What `quarantine --help` ends with.
pub(crate) const HELP: &str = "\
例 · Examples:
  sanheyi-hub quarantine list --platform jintan --rule code.unknown
  sanheyi-hub quarantine list --state all --limit 1000 --json
  sanheyi-hub quarantine show jintan case.case/JS048100JT0000000217/1
  sanheyi-hub quarantine show jintan case.case/JS048100JT0000000217/1 --personal --purpose '核对申请人'
  sanheyi-hub quarantine release --rule code.unknown --dry-run     先看会怎样 · what it would do
  sanheyi-hub quarantine release --rule code.unknown --yes         代码表更正后，成批复判 · after the list was put right
  sanheyi-hub quarantine return --platform jintan --field title --note '标题过长，请改短' --days 5 --yes
  sanheyi-hub quarantine counts                                    合计应为零差 · the sums, which must agree

放行 release：按现行代码表、日历、策略与标准版本重新判定；通过者改判接受并通知报送平台，未通过者仍隔离。谁都不能越过闸口。
退回 return：向报送平台发信，请其在期限内更正；更正的版本被接受后自动了结。
超过一条须加 --yes；--dry-run 不写任何内容，与实际执行所报数目相同。可随时中断，再次执行即可接续；重复执行不改变结果。
release judges again by what is in force now; what passes is accepted and its author told, the rest stays. Nobody overrules the
gate. return asks the author for a correction, which settles it by itself once it is accepted. More than one entry needs --yes;
--dry-run writes nothing and tells the same counts. It may be interrupted and given again; the same again changes nothing.
退出码 · Exit codes: 0 正常 · all is well; 1 失败，或须加 --yes · failed, or --yes is needed; 2 合计不符，或复核未完 · the sums
differ, or a review has not come to its end.
JSON of list: [platform, journal, sequence, standing, state, dataset, record, revision, cleared, received, reasons [field, rule,
level, zh, en], returned (null, or asked, days, due, note), settled_by, released, cursor (for --after)]";

#[derive(Debug, Subcommand)]
pub(crate) enum QuarantineCommand {
    /// 列出，按平台与先后 · List, by platform, oldest first
    List(list::ListArgs),
    /// 查看一条：理由、表头、正文 · One entry: reasons, header, body
    Show(show::ShowArgs),
    /// 放行复判：由闸口按现行规则重判 · Have the gate judge again, by what is in force now
    Release(review::ReleaseArgs),
    /// 退回更正：请报送平台更正 · Ask the author for a correction
    Return(review::ReturnArgs),
    /// 合计：隔离 = 待处理 + 已退回 + 已更正 + 已撤回 · The sums, which must agree
    Counts(list::CountsArgs),
}

/// Which entries.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Which {
    /// 只看一个平台 · One platform only
    #[arg(long)]
    platform: Option<PlatformId>,
    /// 只看一个数据集 · One dataset only, such as case.case
    #[arg(long, value_name = "NAME")]
    dataset: Option<String>,
    /// 只看一条记录 · One record only
    #[arg(long, value_name = "ID")]
    record: Option<String>,
    /// 只看一个版本 · One revision only
    #[arg(long, value_name = "N")]
    revision: Option<u64>,
    /// 只看一条规则 · One rule only, such as string.max_len
    #[arg(long)]
    rule: Option<String>,
    /// 只看一个字段，含其内部 · One field only, or what lies inside it
    #[arg(long, value_name = "PATH")]
    field: Option<String>,
    /// 该日起收到的 · Received on this day or later (Beijing), such as 2010-11-23
    #[arg(long, value_name = "DAY", value_parser = day)]
    since: Option<Timestamp>,
}

impl Which {
    fn filter(&self, state: State) -> Filter {
        let Self { platform, dataset, record, revision, rule, field, since } = self.clone();
        Filter { platform, dataset, record, revision, rule, field, since, state }
    }
}

fn day(text: &str) -> Result<Timestamp, String> {
    let day = text.parse::<Date>();
    day.map(midnight).map_err(|_| "应为日期，如 2010-11-23 · it should be a day".to_owned())
}

/// An entry as it is named on a command line.
fn named(platform: &PlatformId, text: &str) -> anyhow::Result<EntryName> {
    Ok(EntryName::read(platform, text)?)
}

pub(crate) async fn quarantine(command: QuarantineCommand) -> anyhow::Result<Answer> {
    match command {
        QuarantineCommand::List(args) => list::list(args).await,
        QuarantineCommand::Show(args) => show::show(args).await,
        QuarantineCommand::Release(args) => review::release(args).await,
        QuarantineCommand::Return(args) => review::returned(args).await,
        QuarantineCommand::Counts(args) => list::counts(args).await,
    }
}
