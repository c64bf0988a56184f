//! What came of it: read from the stores alone, roots computed again from the bytes.

mod named;
mod rows;
mod table;

use std::time::Duration;

use anyhow::{anyhow, bail};
use indicatif::{MultiProgress, ProgressBar};
use sanheyi_node::cli::table::grouped;
use sanheyi_node::process::clock::{self, Clock};
use sanheyi_node::store::{Database, Store};

use self::rows::Hub;
use super::foreign::Answered;
use super::parties::{Federation, Member, member_answered};
use super::refused::Refused;
use super::say::say;
use super::writer::{Ledger, WhileCut};
use crate::store::{author_keys, platform_list};

/// How long the federation may take to catch up once all is written.
const CATCH_UP: Duration = Duration::from_secs(100);
/// How often is looked whether it has.
const LOOK: Duration = Duration::from_millis(250);

/// Waits until every entry is answered by a receipt that its branch holds.
pub(super) async fn wait_until_caught_up(
    federation: &Federation,
    written: &[Ledger],
    bars: &MultiProgress,
    clock: &dyn Clock,
) -> anyhow::Result<()> {
    let total: u64 = written.iter().map(|ledger| ledger.entries).sum();
    let bar = bars.add(ProgressBar::new(total));
    bar.set_prefix("回执 receipts");
    let began = clock.now();
    loop {
        let mut answered = federation.hosted_answered().await?;
        for member in federation.members().iter().filter(|member| !member.is_hosted()) {
            let store = node_store(member).await?;
            answered += member_answered(&store).await?;
            store.database().close().await;
        }
        bar.set_position(answered.min(total));
        if answered >= total {
            bar.finish_and_clear();
            let millis = clock.now().micros_since(began) / 1000;
            say(&format!(
                "全部条目已有回执，收尾 {millis} 毫秒 · all answered, {millis} ms after the last write"
            ));
            return Ok(());
        }
        if clock.now().micros_since(began) > i64::try_from(CATCH_UP.as_micros())? {
            bail!("only {answered} of {total} entries are answered after {CATCH_UP:?}");
        }
        clock::pause(LOOK).await;
    }
}

async fn node_store(member: &Member) -> anyhow::Result<Store> {
    let folder = member.folder().ok_or_else(|| anyhow!("{} has no node", member.platform))?;
    let database = Database::open_read_only(&folder.join("data/node.sqlite")).await?;
    Ok(database.of(&member.platform))
}

/// Prints the tables; answers whether everything agrees.
pub(super) async fn print(
    federation: &Federation,
    written: &[Ledger],
    answered: &Answered,
    refused: &Refused,
) -> anyhow::Result<bool> {
    let (id, store) = (&federation.setup.hub, &federation.store);
    let platforms = platform_list(store).await?;
    let keys = author_keys(&platforms, id, federation.setup.hub_key()?);
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
    // All are said, whatever the one is.
    let named =
        [named::answered(answered), named::refused(refused), named::as_designed(&rows, answered)];
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
    for command in ["status", "verify", "platform list"] {
        say(&format!("  {program} {command} --config {}", hub.display()));
    }
    for folder in federation.members().iter().filter_map(Member::folder) {
        say(&format!("  {program} node status --config {}", folder.join("node.toml").display()));
    }
}
