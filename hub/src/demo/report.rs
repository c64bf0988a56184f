//! What came of it: read from the stores alone, roots computed again from the bytes.

mod acts;
mod named;
mod rows;
mod table;

use std::time::Duration;

use anyhow::bail;
use indicatif::{MultiProgress, ProgressBar};
use sanheyi_exchange_spec::gate::Standing;
use sanheyi_node::cli::table::grouped;
use sanheyi_node::process::clock::{self, Clock};

use self::rows::Hub;
use super::acts::{Told, codes};
use super::foreign::Answered;
use super::parties::{Federation, Member, member_answered, node_store};
use super::refused::Refused;
use super::say::say;
use super::writer::{Ledger, WhileCut};
use crate::store::{author_keys, former_key_list, platform_list};

/// What came of it all, beside what stands in the stores.
pub(super) struct Outcome {
    pub(super) answered: Answered,
    pub(super) refused: Refused,
    pub(super) acts: Vec<Told>,
}

/// How long the federation may take to catch up once all is written.
const CATCH_UP: Duration = Duration::from_secs(100);
/// How often is looked whether it has.
const LOOK: Duration = Duration::from_millis(250);

/// Waits until every entry is answered by a receipt that its branch holds, and says so.
pub(super) async fn wait_until_caught_up(
    federation: &Federation,
    written: &[Ledger],
    bars: &MultiProgress,
    clock: &dyn Clock,
) -> anyhow::Result<()> {
    let bar = bars.add(ProgressBar::new(total(written)));
    bar.set_prefix("回执 receipts");
    let began = clock.now();
    wait(federation, written, clock, |answered| bar.set_position(answered)).await?;
    bar.finish_and_clear();
    let millis = clock.now().micros_since(began) / 1000;
    say(&format!(
        "全部条目已有回执，收尾 {millis} 毫秒 · all answered, {millis} ms after the last write"
    ));
    Ok(())
}

/// The same in silence.
pub(super) async fn wait_until_answered(
    federation: &Federation,
    written: &[Ledger],
    clock: &dyn Clock,
) -> anyhow::Result<()> {
    wait(federation, written, clock, |_| ()).await
}

fn total(written: &[Ledger]) -> u64 {
    written.iter().map(|ledger| ledger.entries).sum()
}

async fn wait(
    federation: &Federation,
    written: &[Ledger],
    clock: &dyn Clock,
    seen: impl Fn(u64),
) -> anyhow::Result<()> {
    let (total, began) = (total(written), clock.now());
    loop {
        let mut answered = federation.hosted_answered().await?;
        for member in federation.members().iter().filter(|member| !member.is_hosted()) {
            let store = node_store(member).await?;
            answered += member_answered(&store).await?;
            store.database().close().await;
        }
        seen(answered.min(total));
        if answered >= total {
            return Ok(());
        }
        if clock.now().micros_since(began) > i64::try_from(CATCH_UP.as_micros())? {
            bail!("only {answered} of {total} entries are answered after {CATCH_UP:?}");
        }
        clock::pause(LOOK).await;
    }
}

/// Prints the tables; answers whether everything agrees.
pub(super) async fn print(
    federation: &Federation,
    written: &[Ledger],
    outcome: &Outcome,
) -> anyhow::Result<bool> {
    let Outcome { answered, refused, acts } = outcome;
    let (id, store) = (&federation.setup.hub, &federation.store);
    let platforms = platform_list(store).await?;
    let former = former_key_list(store).await?;
    let keys = author_keys(&platforms, &former, id, federation.setup.hub_key()?);
    let hub = Hub { id, store, platforms, keys };
    let mut rows = Vec::new();
    for ledger in written {
        let member = federation.member(&ledger.platform)?;
        rows.push(if member.is_hosted() {
            hub.tenant(member, ledger).await?
        } else {
            hub.node(member, ledger).await?
        });
    }
    rows.push(hub.guest(federation.foreign(), answered).await?);
    table::print(&rows, &federation.setup.hub);
    for ledger in written {
        if let Some(cut) = ledger.cut {
            say_cut(&federation.member(&ledger.platform)?.title, cut);
        }
    }
    let by_list = codes::tell(federation, written, |ledger| {
        let row = rows.iter().find(|row| row.platform == ledger.platform);
        row.map_or(0, |row| row.rule(Standing::Quarantined, codes::RULE))
    })?;
    // All are said, whatever the one is.
    let named = [
        named::answered(answered),
        named::refused(refused),
        named::as_designed(&rows, written, answered),
        acts::say_all(acts.iter().take(1).chain([&by_list]).chain(acts.iter().skip(1))),
    ];
    let agreed =
        rows.iter().all(|row| row.root.is_ok() && row.lag == 0) && named.iter().all(|one| *one);
    say(if agreed {
        "\n一致：节点本地根 = 市级根，托管平台的根 = 已接纳的根，均由存储的字节重算\nAGREED: every node's root = its root at the hub, every tenant's = the root\n  admitted, all recomputed from the bytes in the stores"
    } else {
        "\n不一致 · DIFFERENCES FOUND"
    });
    Ok(agreed)
}

fn say_cut(title: &str, WhileCut { written, hosted }: WhileCut) {
    let (written, hosted) = (grouped(written), grouped(hosted));
    say(&format!(
        "{title}：断线期间照常写入 {written} 条，恢复后补齐；\n      同期托管平台 {hosted} 条得到回执\n  wrote {written} entries while its line was cut, and caught up;\n  meanwhile {hosted} entries of tenants were answered"
    ));
}

/// Says how to look around in a federation that stays up.
pub(super) fn stay(federation: &Federation) {
    let hub = federation.setup.folder.join("hub.toml");
    say("\n联邦继续运行，Ctrl-C 停止并清理 · the federation stays up; Ctrl-C stops and removes it");
    say("可另开终端查看 · look around from another terminal:");
    let program = std::env::current_exe()
        .map_or_else(|_| "sanheyi-hub".to_owned(), |path| path.display().to_string());
    for command in ["status", "verify", "platform list", "policy list", "order list"] {
        say(&format!("  {program} {command} --config {}", hub.display()));
    }
    for folder in federation.members().iter().filter_map(Member::folder) {
        say(&format!("  {program} node status --config {}", folder.join("node.toml").display()));
    }
}
