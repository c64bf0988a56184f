//! Several processes on one store. SQLite lets one write at a time, PostgreSQL all of them; what is
//! there afterwards is the same.

use sanheyi_exchange_spec::entry::HeaderView;
use sanheyi_exchange_spec::ids::JournalId;
use sanheyi_exchange_spec::keyring::Keyring;
use sanheyi_exchange_spec::segment::SegmentWriter;
use sanheyi_exchange_spec::suite::Digest;
use sanheyi_node::branch::{LiveJournal, Sealed, verify};
use sanheyi_node::store::{IndexRow, Place, Store, StoreError};
use sanheyi_tests::fixtures::{COMPLAINT, MORNING};
use sanheyi_tests::patience::within;
use sanheyi_tests::world::id;

use super::ground::{Ground, UP, entry, open_journal};

/// Appends of each writer.
const APPENDS: u64 = 200;

async fn reopen(store: &Store, journal: &JournalId) -> LiveJournal {
    let row = store.journal_get(journal).await.unwrap().unwrap();
    LiveJournal::open(store, row).await.unwrap()
}

/// One append of one entry, with its index row.
async fn append(
    store: &Store,
    journal: &mut LiveJournal,
    packer: &mut SegmentWriter,
    entry: &Sealed,
) -> Result<(), StoreError> {
    let advance = journal.append(packer, std::slice::from_ref(entry), MORNING).unwrap();
    let place = Place {
        journal: journal.number(),
        sequence: advance.first(),
        standing: None,
        digest: entry.digest,
    };
    let index = IndexRow::new(&HeaderView::parse(&entry.header).unwrap(), &place);
    let mut tx = store.begin("journal_append").await?;
    tx.journal_write(store, &advance);
    tx.record_add(store, vec![index]).await?;
    tx.commit().await?;
    journal.settle(advance);
    Ok(())
}

/// A process: it appends its own entries, and reads the journal again whenever another was first.
/// Answers how often that was, and what it appended.
async fn process(store: Store, journal: JournalId, name: char) -> (u64, Vec<Digest>) {
    let mut live = reopen(&store, &journal).await;
    let mut packer = SegmentWriter::new().unwrap();
    let (mut races, mut appended) = (0, Vec::new());
    for number in 0..APPENDS {
        let entry = entry(&format!("{name}{number:04}"), 1);
        loop {
            match append(&store, &mut live, &mut packer, &entry).await {
                Ok(()) => break appended.push(entry.digest),
                Err(StoreError::Raced("journal")) => {
                    races += 1;
                    live = reopen(&store, &journal).await;
                }
                Err(other) => panic!("{name}{number}: {other}"),
            }
        }
    }
    (races, appended)
}

pub(crate) async fn two_processes_that_append_to_one_journal_lose_and_double_nothing(
    ground: &Ground,
) {
    let (one, two) = (ground.jintan().await, ground.jintan().await);
    let at = open_journal(&one, UP).await;
    let journal = &at.head.journal;
    let writing = [
        tokio::spawn(process(one.clone(), journal.clone(), 'A')),
        tokio::spawn(process(two, journal.clone(), 'B')),
    ];
    let mut due: Vec<Digest> = Vec::new();
    for process in writing {
        let (_, appended) = within("a process has appended", process).await.unwrap();
        due.extend(appended);
    }

    let live = reopen(&one, journal).await;
    assert_eq!(live.head().size, 2 * APPENDS);
    let mut stored = Vec::new();
    for sequence in 0..2 * APPENDS {
        stored.push(one.entry_get(at.number, sequence).await.unwrap().unwrap().digest);
    }
    stored.sort_unstable();
    due.sort_unstable();
    assert_eq!(stored, due);
    // Root, tiles and index once more, from the bytes alone.
    let reports = verify(&one, &Keyring::default()).await.unwrap();
    assert!(reports.iter().all(|report| report.difference.is_none()), "{reports:?}");
    assert_eq!(reports[0].entries, 2 * APPENDS);
}

pub(crate) async fn two_platforms_are_written_side_by_side(ground: &Ground) {
    let database = ground.open().await;
    let stores = ["jintan", "wujin"].map(|name| database.of(&id(name)));
    let mut writing = Vec::new();
    for store in &stores {
        let journal = format!("{}>changzhou/normal/{}", store.platform(), "01".repeat(16));
        let at = open_journal(store, &journal).await;
        writing.push(tokio::spawn(process(store.clone(), at.head.journal, 'A')));
    }
    for (process, store) in writing.into_iter().zip(&stores) {
        let (races, appended) = within("a platform is written", process).await.unwrap();
        assert_eq!((races, appended.len() as u64), (0, APPENDS));
        let history = store.record_history(COMPLAINT, "A0199", 9).await.unwrap();
        assert_eq!(history.len(), 1);
        let reports = verify(store, &Keyring::default()).await.unwrap();
        assert!(reports.iter().all(|report| report.difference.is_none()), "{reports:?}");
    }
}
