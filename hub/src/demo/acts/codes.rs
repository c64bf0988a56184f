//! A code list that the city publishes while one line is cut: from a day in that time on documents
//! are no longer delivered by post. Who has the list is refused where it hands in, and writes what
//! is allowed; who lags behind goes on as before, and is told so by the gate.

use anyhow::Context as _;
use jiff::civil::{Date, date};
use prost::Message as _;
use sanheyi_exchange_spec::calendar::midnight;
use sanheyi_exchange_spec::dictionary::Dictionary;
use sanheyi_exchange_spec::dictionary::json::{Unknown, to_json};
use sanheyi_exchange_spec::ids::Audience;
use sanheyi_exchange_spec::rulebook::builtin_entries;
use sanheyi_node::cli::table::grouped;
use sanheyi_node::store::{JournalRow, Store};
use sanheyi_proto::exchange::v1 as wire;
use sanheyi_proto::standard::v1::{CodeList, Delivery, DeliveryWay};

use super::command::{program, until};
use super::told::Told;
use crate::demo::line::Line;
use crate::demo::parties::{Federation, Member, node_store};
use crate::demo::writer::Ledger;
use crate::demo::year::Written;

/// When the city publishes it.
pub(in crate::demo) const PUBLISHED: Date = date(2010, 6, 1);
/// From when on it is in force.
pub(in crate::demo) const IN_FORCE: Date = date(2010, 7, 1);
/// The rule by which the code is refused from then on.
pub(in crate::demo) const RULE: &str = "code.not_in_force";

const LIST: &str = "codes.code_list";
const ID: &str = "delivery_way";
const VERSION: u32 = 2;
/// What the list calls the code that ends.
const POST: &str = "by post";
const DELIVERY: &str = "case.delivery";

/// What a district's departments make of a code that has ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::demo) struct Ended {
    /// Drafts that the branch refused for it. From the first on they know better.
    pub(in crate::demo) refused: u64,
    /// Entries that were written with it all the same, when it was over.
    pub(in crate::demo) written: u64,
}

// === impl Ended ===

impl Ended {
    /// Writes what is allowed, once they know.
    pub(in crate::demo) fn mind(&self, batch: &mut [Written]) {
        if self.refused > 0 {
            batch.iter_mut().for_each(electronic);
        }
    }

    /// Learns from a refusal; answers whether there was something to learn.
    pub(in crate::demo) fn learn(&mut self, refused: &[wire::Refused]) -> bool {
        let mut reasons = refused.iter().flat_map(|one| &one.reasons);
        let learns = self.refused == 0 && reasons.all(|one| one.rule == RULE);
        if learns {
            self.refused = refused.len() as u64;
        }
        learns
    }

    /// Counts what was written.
    pub(in crate::demo) fn count(&mut self, batch: &[Written]) {
        self.written += batch.iter().filter(|one| posted(one).is_some()).count() as u64;
    }
}

/// A delivery by post on a day on which that is over.
fn posted(one: &Written) -> Option<Delivery> {
    if one.dataset != DELIVERY || one.occurred < midnight(IN_FORCE) {
        return None;
    }
    let delivery = Delivery::decode(one.body.clone()).ok()?;
    (delivery.way() == DeliveryWay::Post).then_some(delivery)
}

fn electronic(one: &mut Written) {
    if let Some(posted) = posted(one) {
        let way = DeliveryWay::Electronic.into();
        let (tracking_no, sent_at) = (String::new(), None);
        one.body = Delivery { way, tracking_no, sent_at, ..posted }.encode_to_vec().into();
    }
}

/// The list without the post.
fn without_post() -> anyhow::Result<CodeList> {
    let lists = builtin_entries().into_iter().filter(|one| one.dataset == LIST);
    let mut lists = lists.filter_map(|one| CodeList::decode(one.body.as_slice()).ok());
    let list = lists.find(|list| list.id == ID).context(ID)?;
    let mut list = CodeList { version: VERSION, valid_from: IN_FORCE.to_string(), ..list };
    list.entries.retain(|entry| entry.title_en != POST);
    Ok(list)
}

/// Publishes it, as an operator does; then everybody whose line is up hears of it.
pub(in crate::demo) async fn publish(federation: &Federation) -> anyhow::Result<()> {
    let dictionary = Dictionary::new()?;
    let json =
        to_json(dictionary.dataset(LIST)?, &without_post()?.encode_to_vec(), Unknown::Refuse)?;
    let file = federation.setup.folder.join("delivery_way.json");
    std::fs::write(&file, json)?;
    let words = ["publish", "code-list", &file.display().to_string()].map(str::to_owned);
    program(&words, &federation.setup.folder.join("hub.toml")).await?;
    for member in federation.members() {
        if member.line().is_some_and(Line::is_up) {
            heard(federation, member).await?;
        }
    }
    Ok(())
}

/// Waits until a node has all that the hub has said to everybody.
pub(in crate::demo) async fn heard(federation: &Federation, member: &Member) -> anyhow::Result<()> {
    let said = broadcast(&federation.store.of(&federation.setup.hub)).await?;
    let said = said.context("the hub has no broadcast")?.head.size;
    let store = node_store(member).await?;
    let heard = until("the broadcast", async || {
        let there = broadcast(&store).await?.map_or(0, |row| row.head.size);
        Ok((there >= said).then_some(()))
    });
    let heard = heard.await;
    store.database().close().await;
    heard
}

/// The broadcast as a store has it.
pub(super) async fn broadcast(store: &Store) -> anyhow::Result<Option<JournalRow>> {
    let rows = store.journal_list().await?;
    Ok(rows.into_iter().rfind(|row| row.head.journal.audience == Audience::All))
}

/// What came of it: who was refused at the branch, who wrote on and was quarantined. `quarantined`
/// is what the gate says of a platform.
pub(in crate::demo) fn tell(
    federation: &Federation,
    written: &[Ledger],
    quarantined: impl Fn(&Ledger) -> u64,
) -> anyhow::Result<Told> {
    let mut told = Told::new("断线期间的新代码表", "a new code list while a line was cut");
    told.say(format!(
        "{ID} 第 {VERSION} 版，{PUBLISHED} 发布，自 {IN_FORCE} 起不再有“邮寄送达”\n  version {VERSION}, published {PUBLISHED}, without “by post” from {IN_FORCE} on"
    ));
    let mut branches = 0;
    for ledger in written {
        let Ended { refused, written } = ledger.ended;
        branches += u64::from(refused > 0);
        let late = quarantined(ledger);
        let title = &federation.member(&ledger.platform)?.title;
        told.check(late == written, format!("{title}: {written} written late, {late} quarantined"));
        told.check(ledger.cut.is_some() || written == 0, format!("{title}: was not cut off"));
        if ledger.cut.is_some() {
            told.check(written > 0, format!("{title}: nothing was written late"));
            told.say(format!(
                "{title}：断线中照写 {written} 条，恢复后如实隔离 {late} 条，此后本级拒收 {refused} 条\n  wrote {written} while cut off, {late} quarantined by {RULE};\n  once it had the list, {refused} refused at its branch"
            ));
        }
    }
    let refused: u64 = written.iter().map(|one| one.ended.refused).sum();
    told.check(branches == written.len() as u64, format!("only {branches} branches refused"));
    told.say(format!(
        "本级拒收 {} 条，{branches} 个平台，均改写后写入\n  {} drafts refused at {branches} branches, then written as allowed",
        grouped(refused),
        grouped(refused)
    ));
    Ok(told)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::year::{District, Plan, districts, tenants, year};

    fn deliveries(district: &District) -> Vec<Written> {
        let plan = Plan { seed: 3, cases_per_day: 1 };
        let all = year(district, &plan).flat_map(|day| day.batches).flatten();
        all.filter(|one| one.dataset == DELIVERY).collect()
    }

    #[test]
    fn the_new_list_lacks_the_post_alone() {
        let list = without_post().unwrap();
        let builtin = sanheyi_exchange_spec::codes::lists().iter().find(|one| &*one.id == ID);
        assert_eq!(list.entries.len() + 1, builtin.unwrap().entries.len());
        assert_eq!((list.version, list.valid_from.as_str()), (VERSION, "2010-07-01"));
    }

    #[test]
    fn whoever_was_refused_writes_what_is_allowed_from_then_on() {
        let [_, liyang, _] = districts();
        let mut all = deliveries(&liyang);
        let before: Vec<_> = all.clone();
        let mut ended = Ended::default();
        ended.mind(&mut all);
        assert_eq!(all, before, "nobody has said anything yet");
        ended.count(&all);
        assert!(ended.written > 0);

        let reason = |rule: &str| wire::Reason { rule: rule.into(), ..wire::Reason::default() };
        let refused = |rule| vec![wire::Refused { index: 0, reasons: vec![reason(rule)] }];
        assert!(!Ended::default().learn(&refused("wire")));
        let mut ended = Ended::default();
        assert!(ended.learn(&refused(RULE)) && !ended.learn(&refused(RULE)));
        ended.mind(&mut all);
        ended.count(&all);
        assert_eq!(ended, Ended { refused: 1, written: 0 });
        let kept = |one: &&Written| one.occurred < midnight(IN_FORCE);
        let early = |all: &[Written]| all.iter().filter(kept).cloned().collect::<Vec<_>>();
        assert_eq!(early(&all), early(&before), "what was written before its day stands");
    }

    #[test]
    fn every_district_posts_something_while_the_line_is_cut() {
        let end = midnight(date(2010, 1, 1))
            .plus_micros(i64::from(crate::demo::CUT.end - 1) * 86_400_000_000);
        for district in districts().into_iter().chain(tenants()) {
            let posted = |one: &&Written| posted(one).is_some();
            let all = deliveries(&district);
            assert!(all.iter().find(posted).is_some_and(|one| one.occurred < end));
        }
    }
}
