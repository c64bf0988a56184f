//! A gate with everything in memory, for the tests of the demonstration: the same verdicts as the
//! hub's, without a hub.

use std::collections::BTreeMap;

use sanheyi_exchange_spec::entry::{Header, HeaderView};
use sanheyi_exchange_spec::gate::{
    Candidate, Content, Edition, Facts, Head, Key, Needs, Standing, Verdict, Version,
    bears_content, judge, needs,
};
use sanheyi_exchange_spec::ids::Lane;
use sanheyi_exchange_spec::limits::SALT_BYTES;
use sanheyi_exchange_spec::suite::{Digest, Salt, Suite};
use sanheyi_proto::{STANDARD, Violations, dataset};

use super::year::Written;

/// What the gate of one platform has judged.
#[derive(Default)]
pub(super) struct Gate {
    heads: BTreeMap<(String, String), Head>,
    digests: BTreeMap<(String, String, u64), Digest>,
    contents: BTreeMap<(String, String), Content>,
    waiting: Vec<(Written, Option<Digest>)>,
    scratch: Violations,
}

impl Gate {
    /// Judges an entry that follows the head of its record, as a branch of ours writes it.
    pub(super) fn next(&mut self, written: &Written) -> Verdict {
        let follows = self.digest(written, written.revision - 1);
        self.judge(written, follows)
    }

    /// Judges an entry.
    pub(super) fn judge(&mut self, written: &Written, follows: Option<Digest>) -> Verdict {
        let verdict = self.verdict(written, follows);
        if verdict.standing == Standing::Pending {
            self.waiting.push((written.clone(), follows));
        }
        verdict
    }

    /// Judges again what was pending; answers what has another standing now.
    pub(super) fn again(&mut self) -> Vec<(String, Verdict)> {
        let mut changed = Vec::new();
        for (written, follows) in std::mem::take(&mut self.waiting) {
            let verdict = self.judge(&written, follows);
            if verdict.standing != Standing::Pending {
                changed.push((written.record, verdict));
            }
        }
        changed
    }

    fn digest(&self, written: &Written, revision: u64) -> Option<Digest> {
        let key = (written.dataset.to_owned(), written.record.clone(), revision);
        self.digests.get(&key).copied()
    }

    fn verdict(&mut self, written: &Written, follows: Option<Digest>) -> Verdict {
        let body = Some(&written.body[..]);
        let bytes = Header {
            dataset: written.dataset.parse().unwrap(),
            record: written.record.parse().unwrap(),
            revision: written.revision,
            follows,
            custody_epoch: 0,
            operation: written.operation,
            standard: STANDARD,
            occurred: written.occurred,
            recorded: written.occurred,
            body_digest: Suite::Intl.body(&Salt([0; SALT_BYTES]), &written.body),
        }
        .encode();
        let header = HeaderView::parse(&bytes).unwrap();
        let mut asked = Needs::default();
        needs(&header, body, &Edition::CURRENT, &mut asked);
        let facts = self.facts(&asked);
        let lane = dataset(header.dataset).map_or(Lane::Normal, |known| known.lane.into());
        let entry = Candidate { header: &header, body, lane };
        let verdict = judge(&entry, &Edition::CURRENT, &facts, &mut self.scratch);
        self.learn(&header, body, Suite::Intl.leaf(&bytes), verdict.standing);
        verdict
    }

    fn facts(&self, asked: &Needs) -> Facts {
        let mut facts = Facts::default();
        for key in &asked.records {
            facts.know_record(key, self.heads.get(&of(key)).copied());
        }
        for (key, revision) in &asked.revisions {
            let (dataset, record) = of(key);
            let digest = self.digests.get(&(dataset, record, *revision)).copied();
            facts.know_revision(key, *revision, digest);
        }
        for key in &asked.contents {
            let content = self.contents.get(&of(key)).cloned();
            if let Some(content) = content.or_else(|| Content::empty(key.dataset)) {
                facts.know_content(key, content);
            }
        }
        facts
    }

    fn learn(
        &mut self,
        header: &HeaderView<'_>,
        body: Option<&[u8]>,
        digest: Digest,
        standing: Standing,
    ) {
        let key = (header.dataset.to_owned(), header.record.to_owned());
        self.digests.insert((key.0.clone(), key.1.clone(), header.revision), digest);
        self.heads.insert(key.clone(), Head { revision: header.revision, standing });
        if bears_content(header.dataset) && standing == Standing::Accepted {
            let empty = || Content::empty(header.dataset).unwrap();
            self.contents.entry(key).or_insert_with(empty).add(&Version::of(header, body));
        }
    }
}

fn of(key: &Key) -> (String, String) {
    (key.dataset.to_owned(), key.record.clone())
}
