//! `erase`: bodies of own records (删除正文). It first says what would go, who was shown it, and what
//! stays; it erases only when it is told so.

mod shown;

use anyhow::{Context as _, bail};
use clap::{ArgGroup, Args};
use sanheyi_exchange_spec::erasure::{self, Erasure};
use sanheyi_exchange_spec::ids::{DatasetName, RecordId};

pub use self::shown::{EraseReport, ShownRevision, ShownTo, shown_as};
use super::oversight::{Ground, When};
use super::{Answer, Listing};
use crate::branch::Erase;
use crate::gateway::erasures;

/// What `erase --help` ends with.
pub const HELP: &str = "\
例 · Examples:
  … erase --dataset case.case --record JS048200JT0000000217 --revision 1 \\
      --reason 保存期限届满 --basis 档案保管期限表第三条 --by 数据管理科          只说明，不删除 · shows only, erases nothing
  … erase --dataset case.case --record JS048200JT0000000217 --all \\
      --reason 保存期限届满 --basis 档案保管期限表第三条 --by 数据管理科 --yes    删除所有各版 · erases every revision

节点须在运行；删除并记入日志后才答复，每版一条。正文不可恢复；首部、摘要与一切证明仍在，核验照常通过。
The node must run; it answers when the body is gone and the journal says so, one entry for each revision. A body does not
come back; header, digest and every proof stay, and verify passes as before. 市级平台与收到转送的平台随后删除各自的正文。
The hub and whoever was forwarded it erase theirs when they have that entry. 备份和摆渡文件不随之删除；
不再被任何记录引用的附件由维护随后删除（upkeep）。 Backups and carry files are not reached; attachments that no other record
names go with the next upkeep.
中途中断时重新执行：已删除的各版不再重复。 After an interruption run it again: what is erased stays so.

JSON: dataset, record, done, files
  revisions  [revision, sequence, digest, occurred, operation, bytes, state (whole, erased), chosen, erasure]
  shown_to   [platform, why (policy, addressee, joint, custody), by, permitted]";

/// Revisions of one record that are looked at.
const REVISIONS: u64 = 10_000;

/// What `erase` is told, and how to show it.
#[derive(Clone, Debug, Args)]
pub struct EraseArgs {
    /// Whose records.
    #[command(flatten)]
    pub listing: Listing,
    /// What is to go, and why.
    #[command(flatten)]
    pub told: EraseTold,
}

/// What is to go, and why.
#[derive(Clone, Debug, Args)]
#[command(group(ArgGroup::new("which").required(true).args(["revision", "all"])))]
pub struct EraseTold {
    /// 数据集 · Dataset of the record
    #[arg(long)]
    pub dataset: DatasetName,
    /// 记录编号 · The record
    #[arg(long)]
    pub record: RecordId,
    /// 只删除这一版 · This revision only
    #[arg(long, value_name = "N")]
    pub revision: Option<u64>,
    /// 删除各版 · Every revision
    #[arg(long)]
    pub all: bool,
    /// 理由，不得含个人信息 · Why; nothing personal
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// 依据的法规或保管期限 · By which law or schedule
    #[arg(long, value_name = "TEXT")]
    pub basis: String,
    /// 决定的科室或职务 · Who decided, named in office
    #[arg(long, value_name = "OFFICE")]
    pub by: String,
    /// 确认删除，否则只说明 · Erase; without it, only say what would go
    #[arg(long)]
    pub yes: bool,
}

/// Says what would be erased, or erases it.
///
/// # Errors
/// If there is no such entry, its body is gone, or the node refuses.
pub async fn erase(args: &EraseArgs) -> anyhow::Result<Answer> {
    let ground = Ground::open(&args.listing.at, When::default().instant()).await?;
    let done = carried_out(&ground, &args.told).await;
    shown_as(&ground.closed(done).await?, args.listing.json)
}

/// What would be erased in these rows; with `yes` it is, revision by revision, the first one first.
///
/// # Errors
/// As [`erase`]. Revisions that came before the one that failed are erased.
pub async fn carried_out(ground: &Ground, told: &EraseTold) -> anyhow::Result<EraseReport> {
    let EraseTold { dataset, record, reason, basis, by, .. } = told;
    let (mut report, bodies) = shown::planned(ground, told, REVISIONS).await?;
    let Some(last) = report.revisions.last() else {
        bail!(
            "本平台没有 {dataset} 记录 {record}，请核对编号 · \
             this platform has no {dataset} {record}: check the number"
        );
    };
    let last = last.revision;
    if let Some(missing) = told.revision.filter(|one| !report.has(*one)) {
        bail!(
            "{dataset} 记录 {record} 没有第 {missing} 版，最后一版是第 {last} 版 · \
             {dataset} {record} has no revision {missing}; its last is {last}"
        );
    }
    let Some(first) = report.to_erase().next() else {
        bail!(
            "{dataset} 记录 {record} 所选各版的正文均已删除 · \
             the bodies chosen of {dataset} {record} are erased already"
        );
    };
    let said = Erasure {
        dataset: dataset.clone(),
        record: record.clone(),
        revision: first.revision,
        digest: first.digest.parse()?,
        reason: reason.clone(),
        basis: basis.clone(),
        decided_by: by.clone(),
    };
    said.check().with_context(|| {
        format!(
            "删除说明不合格式（记入 {0}，--reason、--basis、--by 各须填写） · it cannot be said so in {0}: see --reason, --basis and --by",
            erasure::DATASET
        )
    })?;
    report.shown_to = shown::shown_to(ground, told, &bodies).await?;
    if told.yes {
        for one in report.revisions.iter_mut().filter(|one| one.is_to_erase()) {
            let what = Erase {
                dataset: dataset.clone(),
                record: record.clone(),
                revision: one.revision,
                reason: reason.clone(),
                basis: basis.clone(),
                decided_by: by.clone(),
            };
            one.erasure = Some(erasures::erase(&ground.socket, &what).await?);
            one.state = shown::ERASED;
        }
        report.done = true;
    }
    Ok(report)
}
