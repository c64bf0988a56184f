//! Erasures (删除) at the gate: an author may say of an entry that stands in its own journal that
//! its body is gone. The hub then erases its copy, and whoever was shown the body does the same.

use super::facts::{Facts, Key, Needs};
use super::{Edition, Verdict, Wait};
use crate::conflict;
use crate::entry::{HeaderView, Operation};
use crate::erasure::{self, Erasure};
use crate::reason::Reason;

/// Whether an entry is an erasure.
pub(super) fn is_erasure(header: &HeaderView<'_>) -> bool {
    header.dataset == erasure::DATASET
}

/// What an erasure has to be held against: the entry that it names.
pub(super) fn asks(body: Option<&[u8]>, edition: &Edition, needs: &mut Needs) {
    let erasure = body.and_then(|body| Erasure::decode(body).ok());
    let Some(erasure) = erasure else { return };
    if let Some(key) = key(&erasure, edition) {
        needs.revisions.insert((key, erasure.revision));
    }
}

/// The verdict on an erasure: it is well formed, and the entry that it names is there.
pub(super) fn judge(
    header: &HeaderView<'_>,
    body: Option<&[u8]>,
    edition: &Edition,
    facts: &Facts,
) -> Verdict {
    let Some(erasure) = body.and_then(|body| Erasure::decode(body).ok()) else {
        return refused(
            "erasure.form",
            "删除条目的正文不合格式，未予执行".to_owned(),
            "the body of this erasure is not one: nothing is erased".to_owned(),
        );
    };
    let named = header.record == erasure.record_id();
    if !named || header.operation != Operation::Put || header.revision != 1 {
        return refused(
            "erasure.form",
            "删除条目须以所删条目的摘要为记录编号，且只有第一版，未予执行".to_owned(),
            "an erasure is named by the digest of what it erases, and has one revision: nothing is erased"
                .to_owned(),
        );
    }
    let Erasure { dataset, record, revision, .. } = &erasure;
    let Some(key) = key(&erasure, edition) else {
        let reason = Reason::new(
            "dataset",
            "dataset.unknown",
            format!("本级尚不认识数据集 {dataset}，升级后再判"),
            format!("dataset {dataset} is not known here yet and is judged after an upgrade"),
        );
        return Verdict::pending(vec![reason], Wait::Dataset(dataset.to_string()));
    };
    if facts.revision(key.dataset, &key.record, *revision) == Some(erasure.digest) {
        return Verdict::accepted();
    }
    refused(
        "erasure.absent",
        format!("{dataset} 记录 {record} 第 {revision} 版没有该摘要的条目，未予删除，请核对后重写"),
        format!(
            "there is no entry with that digest as revision {revision} of {dataset} {record}: nothing is erased; check what is meant"
        ),
    )
}

fn refused(rule: &'static str, zh: String, en: String) -> Verdict {
    Verdict::quarantined(vec![Reason::new("", rule, zh, en)])
}

/// The record whose body is erased, under the name that facts have for its dataset.
fn key(erasure: &Erasure, edition: &Edition) -> Option<Key> {
    let dataset = match erasure.dataset.as_str() {
        conflict::DATASET => conflict::DATASET,
        name => edition.dataset(name)?.name,
    };
    Some(Key { dataset, record: erasure.record.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::Header;
    use crate::gate::{Candidate, Standing, judge, needs};
    use crate::ids::Lane;
    use crate::suite::{Digest, Salt, Suite};
    use crate::time::Timestamp;
    use sanheyi_proto::Violations;

    const RECORD: &str = "JS048200SC0000000001";

    fn erasure(dataset: &str) -> Erasure {
        Erasure {
            dataset: dataset.parse().unwrap(),
            record: RECORD.parse().unwrap(),
            revision: 2,
            digest: Digest::new([7; 32]),
            reason: "保存期限届满".into(),
            basis: "档案保管期限表第三条".into(),
            decided_by: "数据管理科".into(),
        }
    }

    fn verdict(record: &str, body: Option<&[u8]>, known: Option<Digest>) -> Verdict {
        let header = Header {
            dataset: erasure::DATASET.parse().unwrap(),
            record: record.parse().unwrap(),
            revision: 1,
            follows: None,
            custody_epoch: 0,
            operation: Operation::Put,
            standard: 3,
            occurred: Timestamp::default(),
            recorded: Timestamp::default(),
            body_digest: Suite::Intl.body(&Salt([1; 16]), b""),
        };
        let bytes = header.encode();
        let view = HeaderView::parse(&bytes).unwrap();
        let mut asked = Needs::default();
        needs(&view, body, &Edition::CURRENT, &mut asked);
        let mut facts = Facts::default();
        for (key, revision) in &asked.revisions {
            facts.know_revision(key, *revision, known);
        }
        let entry = Candidate { header: &view, body, lane: Lane::Normal };
        judge(&entry, &Edition::CURRENT, &facts, &mut Violations::new())
    }

    fn rule(verdict: &Verdict) -> (Standing, &str) {
        (verdict.standing, verdict.reasons.first().map_or("", |reason| reason.rule.as_ref()))
    }

    #[test]
    fn an_erasure_names_an_entry_that_is_there() {
        for dataset in ["case.case", conflict::DATASET] {
            let erasure = erasure(dataset);
            let (record, body) = (erasure.record_id(), erasure.encode());
            let there = verdict(&record, Some(&body), Some(erasure.digest));
            assert_eq!(there, Verdict::accepted(), "{dataset}");
            for known in [None, Some(Digest::new([8; 32]))] {
                let absent = verdict(&record, Some(&body), known);
                assert_eq!(rule(&absent), (Standing::Quarantined, "erasure.absent"));
            }
        }
    }

    #[test]
    fn an_erasure_of_another_form_is_kept_and_not_done() {
        let erasure = erasure("case.case");
        let (record, body) = (erasure.record_id(), erasure.encode());
        let known = Some(erasure.digest);
        for (record, body) in [
            (record.as_str(), Some(b"\xff".as_slice())),
            (record.as_str(), None),
            (RECORD, Some(body.as_slice())),
        ] {
            let wrong = verdict(record, body, known);
            assert_eq!(rule(&wrong), (Standing::Quarantined, "erasure.form"));
        }
    }

    #[test]
    fn an_erasure_in_a_dataset_to_come_waits_for_it() {
        let erasure = erasure("case.tomorrow");
        let waits = verdict(&erasure.record_id(), Some(&erasure.encode()), None);
        assert_eq!(rule(&waits), (Standing::Pending, "dataset.unknown"));
        assert_eq!(waits.waits, Some(Wait::Dataset("case.tomorrow".into())));
    }
}
