//! The branch over the store: the same engine on both databases.

use std::sync::Arc;

use sanheyi_exchange_spec::ids::Lane;
use sanheyi_exchange_spec::keyring::Keyring;
use sanheyi_node::branch::{Adoption, Appended, Branch, BranchConfig, SubmitError, verify};
use sanheyi_node::process::clock::ManualClock;
use sanheyi_node::process::entropy::SeededEntropy;
use sanheyi_node::store::{JournalRow, SegmentRow, Staged, Store, StoreError};
use sanheyi_tests::fixtures::{
    COMPLAINT, MORNING, complaint_no, new_complaint, new_complaints, next_complaint,
};
use sanheyi_tests::patience::within;
use sanheyi_tests::world::id;
use tokio::task::JoinHandle;

use super::ground::Ground;

/// A branch whose writer runs.
struct Home {
    branch: Branch,
    writer: JoinHandle<Result<(), StoreError>>,
}

impl Home {
    async fn open(ground: &Ground, seed: u64) -> Self {
        let config = BranchConfig { platform: id("jintan"), hub: id("changzhou") };
        let (clock, chance) = (ManualClock::new(MORNING), SeededEntropy::new(seed));
        let opened = Branch::open(config, ground.jintan().await, Arc::new(clock), Arc::new(chance));
        let (branch, writer) = opened.await.unwrap();
        Self { branch, writer: tokio::spawn(writer) }
    }

    fn store(&self) -> &Store {
        self.branch.store()
    }

    async fn close(self) {
        let database = self.store().database().clone();
        drop(self.branch);
        within("the writer ends", self.writer).await.unwrap().unwrap();
        database.close().await;
    }
}

/// The journal of complaints.
async fn journal(store: &Store) -> JournalRow {
    let rows = store.journal_list().await.unwrap();
    rows.into_iter().find(|row| row.home && row.head.journal.lane == Lane::Normal).unwrap()
}

/// Computes everything again from the bytes; answers how many entries there are.
async fn verified(store: &Store) -> u64 {
    let reports = verify(store, &Keyring::default()).await.unwrap();
    assert!(reports.iter().all(|report| report.difference.is_none()), "{reports:?}");
    reports.iter().map(|report| report.entries).sum()
}

/// Submits one complaint; again, if another process was first too often.
async fn submit(branch: &Branch, serial: u64) -> Appended {
    loop {
        match branch.submit(vec![new_complaint(serial)]).await {
            Ok(appended) => return appended[0],
            Err(SubmitError::Store(StoreError::Raced(_))) => {}
            Err(other) => panic!("{other}"),
        }
    }
}

pub(crate) async fn what_is_submitted_is_durable_indexed_and_verified(ground: &Ground) {
    let home = Home::open(ground, 1).await;
    let first = home.branch.submit(new_complaints(1..300)).await.unwrap();
    let second = home.branch.submit(vec![next_complaint(7, &first[6], "改")]).await.unwrap();
    assert_eq!((second[0].sequence, second[0].revision), (299, 2));
    let before = home.store().journal_list().await.unwrap();
    home.close().await;

    let home = Home::open(ground, 2).await;
    assert_eq!(home.store().journal_list().await.unwrap(), before);
    let history = home.store().record_history(COMPLAINT, &complaint_no(7), 9).await.unwrap();
    let seen: Vec<_> = history.iter().map(|one| one.found.place.digest).collect();
    assert_eq!(seen, [first[6].digest, second[0].digest]);
    let number = journal(home.store()).await.number;
    let shown = home.store().entry_get(number, 299).await.unwrap().unwrap();
    assert_eq!((shown.digest, shown.header.follows), (second[0].digest, Some(first[6].digest)));
    home.branch.submit(new_complaints(300..301)).await.unwrap();
    assert_eq!(verified(home.store()).await, 301);
}

pub(crate) async fn a_group_of_many_submissions_loses_none(ground: &Ground) {
    let home = Home::open(ground, 1).await;
    let submitting: Vec<_> = (0..200)
        .map(|serial| {
            let branch = home.branch.clone();
            tokio::spawn(async move { submit(&branch, serial).await })
        })
        .collect();
    let mut sequences = Vec::new();
    for one in submitting {
        sequences.push(within("it is submitted", one).await.unwrap().sequence);
    }
    sequences.sort_unstable();
    assert_eq!(sequences, (0..200).collect::<Vec<_>>());
    assert_eq!(verified(home.store()).await, 200);
}

pub(crate) async fn what_no_longer_stands_is_refused(ground: &Ground) {
    let home = Home::open(ground, 1).await;
    let first = home.branch.submit(vec![new_complaint(1)]).await.unwrap();
    home.branch.submit(vec![next_complaint(1, &first[0], "改")]).await.unwrap();
    home.close().await;

    // Nothing is remembered: only the index knows.
    let home = Home::open(ground, 2).await;
    for stale in [new_complaint(1), next_complaint(1, &first[0], "再改")] {
        let outcome = home.branch.submit(vec![new_complaint(2), stale]).await;
        let Err(SubmitError::Refused(refused)) = outcome else { panic!("{outcome:?}") };
        assert_eq!(refused.iter().map(|one| one.index).collect::<Vec<_>>(), [1]);
    }
    assert_eq!(home.store().record_history(COMPLAINT, &complaint_no(2), 1).await.unwrap(), []);
    assert_eq!(verified(home.store()).await, 2);
}

/// A machine that was lost had written 3; its hub has them. The one in its place wrote 4 and 5.
pub(crate) async fn the_hubs_copy_becomes_the_prefix_and_own_entries_follow(ground: &Ground) {
    let elsewhere = Ground::file();
    let lost = Home::open(&elsewhere, 1).await;
    let home = Home::open(ground, 1).await;
    for branch in [&lost.branch, &home.branch] {
        branch.submit(new_complaints(1..3)).await.unwrap();
    }
    lost.branch.submit(vec![new_complaint(3)]).await.unwrap();
    let own = home.branch.submit(new_complaints(4..6)).await.unwrap();
    let (theirs, ours) = (journal(lost.store()).await, journal(home.store()).await);
    assert_eq!(theirs.head.journal, ours.head.journal, "of one seed");

    let (store, number) = (home.store(), ours.number);
    let hub = lost.store().segment_from(theirs.number, 2, 9).await.unwrap();
    assert_eq!(hub.iter().map(SegmentRow::past).collect::<Vec<_>>(), [3]);
    let mut tx = store.begin("staged_put").await.unwrap();
    tx.staged_put(store, number, Staged::Hub, &hub).await.unwrap();
    tx.commit().await.unwrap();
    let adoption =
        Adoption { journal: ours.head.journal.clone(), shared: 2, size: 3, root: theirs.head.root };
    assert_eq!(home.branch.adopt(adoption).await.unwrap(), 5);
    for (entry, sequence) in own.iter().zip(3..) {
        let shown = store.entry_get(number, sequence).await.unwrap().unwrap();
        assert_eq!(shown.digest, entry.digest, "byte for byte");
    }
    assert_eq!(store.record_history(COMPLAINT, &complaint_no(3), 9).await.unwrap().len(), 1);
    assert_eq!(home.branch.submit(vec![new_complaint(6)]).await.unwrap()[0].sequence, 5);
    assert_eq!(verified(store).await, 6);
}

pub(crate) async fn two_processes_with_one_branch_lose_nothing(ground: &Ground) {
    let homes = [Home::open(ground, 1).await, Home::open(ground, 2).await];
    let writing = homes.each_ref().map(|home| home.branch.clone());
    let writing = writing.into_iter().zip([0, 1000]).map(|(branch, base)| {
        tokio::spawn(async move {
            for serial in base..base + 60 {
                submit(&branch, serial).await;
            }
        })
    });
    for one in writing.collect::<Vec<_>>() {
        within("a process has submitted", one).await.unwrap();
    }
    assert_eq!(journal(homes[0].store()).await.head.size, 120);
    assert_eq!(verified(homes[1].store()).await, 120);
}
