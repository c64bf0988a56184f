//! The home of a tenant, opened by hand beside a hub that stands still: what the branch of today
//! would refuse can be written there, as a branch of yesterday did.

use sanheyi_exchange_spec::entry::HeaderView;
use sanheyi_exchange_spec::segment::SegmentWriter;
use sanheyi_hub::store::open;
use sanheyi_node::branch::{LiveJournal, Sealed};
use sanheyi_node::store::{IndexRow, Place, Store};
use sanheyi_tests::fixtures::{MORNING, complaint_no, sealed};
use sanheyi_tests::world::{World, id};

/// A tenant's home.
pub(crate) struct Home {
    pub(crate) store: Store,
    pub(crate) journal: LiveJournal,
}

/// A complaint without a body that keeps the rules.
pub(crate) fn faulty_complaint(serial: u64) -> Sealed {
    sealed(&complaint_no(serial), 1, b"")
}

impl Home {
    /// Opens it; the hub must not run.
    pub(crate) async fn open(world: &World, name: &str) -> Self {
        let database = open(&world.setup().store, &world.setup().hub).await.unwrap();
        let store = database.of(&id(name));
        let rows = store.journal_list().await.unwrap();
        let own = rows.into_iter().find(|row| row.home && row.head.journal.author == id(name));
        let journal = LiveJournal::open(&store, own.unwrap()).await.unwrap();
        Self { store, journal }
    }

    /// Appends entries whatever they say.
    pub(crate) async fn append(&mut self, entries: &[Sealed]) {
        let mut packer = SegmentWriter::new().unwrap();
        let advance = self.journal.append(&mut packer, entries, MORNING).unwrap();
        let index = (advance.first()..).zip(entries).map(|(sequence, entry)| {
            let journal = self.journal.number();
            let place = Place { journal, sequence, standing: None, digest: entry.digest };
            IndexRow::new(&HeaderView::parse(&entry.header).unwrap(), &place)
        });
        let mut tx = self.store.begin("test").await.unwrap();
        tx.journal_write(&self.store, &advance);
        tx.record_add(&self.store, index.collect()).await.unwrap();
        tx.commit().await.unwrap();
        self.journal.settle(advance);
    }

    pub(crate) async fn close(self) {
        self.store.database().close().await;
    }
}
