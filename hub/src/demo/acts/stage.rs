//! What all acts need: the parties by name, their commands, their intakes, their stores; and a list
//! of what was handed in, for the ledgers.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, anyhow, bail};
use bytes::Bytes;
use sanheyi_exchange_spec::gate::Standing;
use sanheyi_node::process::clock::Clock;
use sanheyi_node::store::Store;
use sanheyi_proto::exchange::v1 as wire;
use serde_json::Value;

use super::command::{program, until};
use super::told::Told;
use crate::demo::parties::{Federation, Member, node_store, wait_for_intake};
use crate::demo::writer::{Ledger, draft};
use crate::demo::year::Written;

/// The federation as the acts use it.
pub(super) struct Stage<'a> {
    pub(super) federation: &'a Federation,
    pub(super) clock: &'a dyn Clock,
    nodes: BTreeMap<String, Store>,
    /// Platform, dataset and revision of what was appended.
    handed_in: Mutex<Vec<(String, String, u64)>>,
}

/// A revision, as its author's branch answered it.
pub(super) type Head = (u64, Bytes);

// === impl Stage ===

impl<'a> Stage<'a> {
    pub(super) async fn open(
        federation: &'a Federation,
        clock: &'a dyn Clock,
    ) -> anyhow::Result<Self> {
        let mut nodes = BTreeMap::new();
        for member in federation.members().iter().filter(|member| !member.is_hosted()) {
            nodes.insert(member.platform.to_string(), node_store(member).await?);
        }
        Ok(Self { federation, clock, nodes, handed_in: Mutex::default() })
    }

    /// Closes the stores, and enters into the ledgers what was handed in.
    pub(super) async fn close(self, ledgers: &mut [Ledger]) -> anyhow::Result<()> {
        for store in self.nodes.values() {
            store.database().close().await;
        }
        let handed_in = self.handed_in.into_inner().unwrap_or_else(PoisonError::into_inner);
        for (platform, dataset, revision) in handed_in {
            let ledger = ledgers.iter_mut().find(|one| one.platform.as_str() == platform);
            let known = sanheyi_proto::dataset(&dataset).with_context(|| dataset.clone())?;
            ledger.with_context(|| platform)?.count(known.name, revision);
        }
        Ok(())
    }

    pub(super) fn member(&self, platform: &str) -> anyhow::Result<&'a Member> {
        self.federation.member(&platform.parse()?)
    }

    /// What a node has.
    pub(super) fn node(&self, platform: &str) -> anyhow::Result<&Store> {
        self.nodes.get(platform).ok_or_else(|| anyhow!("{platform} has no node"))
    }

    /// What the hub has of a platform.
    pub(super) fn at_hub(&self, platform: &str) -> anyhow::Result<Store> {
        Ok(self.federation.store.of(&platform.parse()?))
    }

    /// A command at the hub.
    pub(super) async fn hub_says(&self, words: &[&str]) -> anyhow::Result<Value> {
        let words: Vec<_> = words.iter().map(|&word| word.to_owned()).collect();
        program(&words, &self.federation.setup.folder.join("hub.toml")).await
    }

    /// A command at a node.
    pub(super) async fn node_says(&self, platform: &str, words: &[&str]) -> anyhow::Result<Value> {
        let words: Vec<_> = ["node"].iter().chain(words).map(|&word| word.to_owned()).collect();
        let folder = self.member(platform)?.folder();
        let folder = folder.with_context(|| format!("{platform} has no node"))?;
        program(&words, &folder.join("node.toml")).await
    }

    /// A command at a node by which it hands something in.
    pub(super) async fn node_writes(&self, platform: &str, words: &[&str]) -> anyhow::Result<()> {
        let said = self.node_says(platform, words).await?;
        let (dataset, revision) = (said["dataset"].as_str(), said["revision"].as_u64());
        let (Some(dataset), Some(revision)) = (dataset, revision) else {
            bail!("{} answered {said}", words.join(" "));
        };
        self.note(platform, dataset, revision);
        Ok(())
    }

    /// Hands one draft in at a branch.
    pub(super) async fn try_submit(
        &self,
        platform: &str,
        one: &Written,
        follows: Head,
    ) -> anyhow::Result<wire::SubmitResponse> {
        let client = wait_for_intake(self.member(platform)?).await?;
        let answer = client.submit(vec![draft(one.clone(), follows)]).await?;
        for appended in &answer.appended {
            self.note(platform, one.dataset, appended.revision);
        }
        Ok(answer)
    }

    /// The same, and it is taken.
    pub(super) async fn submit(
        &self,
        platform: &str,
        one: &Written,
        follows: Head,
    ) -> anyhow::Result<Head> {
        let answer = self.try_submit(platform, one, follows).await?;
        match answer.appended.into_iter().next() {
            Some(appended) => Ok((appended.revision, appended.digest)),
            None => bail!("{platform} refused {}: {:?}", one.record, answer.refused),
        }
    }

    /// Waits until the gate has judged a revision of a platform's record; answers how it stands.
    async fn judged(
        &self,
        platform: &str,
        (dataset, record): (&str, &str),
        revision: u64,
    ) -> anyhow::Result<Standing> {
        let store = self.at_hub(platform)?;
        until("a verdict", async || {
            let history = store.record_history(dataset, record, 16).await?;
            let found = history.into_iter().find(|one| one.found.revision == revision);
            Ok(found.and_then(|one| one.standing))
        })
        .await
    }

    /// The same, and notes it if that is anything but accepted.
    pub(super) async fn accepted(
        &self,
        platform: &str,
        one: &Written,
        told: &mut Told,
    ) -> anyhow::Result<Standing> {
        let of = (one.dataset, one.record.as_str());
        let standing = self.judged(platform, of, one.revision).await?;
        let otherwise = || format!("{} {} is {}", one.dataset, one.record, standing.en());
        told.check(standing == Standing::Accepted, otherwise());
        Ok(standing)
    }

    fn note(&self, platform: &str, dataset: &str, revision: u64) {
        let mut list = self.handed_in.lock().unwrap_or_else(PoisonError::into_inner);
        list.push((platform.to_owned(), dataset.to_owned(), revision));
    }
}
