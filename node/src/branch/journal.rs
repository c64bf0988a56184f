//! A journal in memory: its head and the right edge of its tree. What is prepared here becomes true
//! when the transaction that writes it commits; until then the journal is as it was.

use bytes::Bytes;
use sanheyi_exchange_spec::entry::{Body, Header, HeaderView};
use sanheyi_exchange_spec::ids::JournalId;
use sanheyi_exchange_spec::link::admit::Head;
use sanheyi_exchange_spec::merkle::{TileId, Tree, edge_tiles};
use sanheyi_exchange_spec::segment::{Opened, SegmentWriter};
use sanheyi_exchange_spec::suite::{Digest, Salt, Suite};
use sanheyi_exchange_spec::time::Timestamp;

use crate::store::{
    CheckpointRow, JournalNumber, JournalRow, SegmentRow, Store, StoreError, Tiles, Tx,
};

/// A journal that is appended here, or a copy of one that is appended elsewhere.
pub struct LiveJournal {
    number: JournalNumber,
    head: Head,
    serial: u64,
    recorded: Timestamp,
    tree: Tree,
}

/// An entry ready to be appended.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// Header bytes.
    pub header: Bytes,
    /// Digest of the entry.
    pub digest: Digest,
    /// Salt and body.
    pub body: Body,
}

/// The next state of a journal, ready to be written in one transaction.
pub struct Advance {
    pub(crate) number: JournalNumber,
    from: Head,
    to: Head,
    recorded: Timestamp,
    segments: Vec<SegmentRow>,
    tiles: Vec<(TileId, Vec<u8>)>,
    checkpoint: Option<CheckpointRow>,
    tree: Tree,
}

/// Seals an entry: digests the salted body, completes the header.
pub fn seal(mut header: Header, salt: Salt, body: Bytes) -> Sealed {
    header.body_digest = Suite::Intl.body(&salt, &body);
    let header = Bytes::from(header.encode());
    let digest = Suite::Intl.leaf(&header);
    Sealed { header, digest, body: Body { salt, bytes: body } }
}

// === impl LiveJournal ===

impl LiveJournal {
    /// Opens a stored journal.
    ///
    /// # Errors
    /// Of the database, or if the stored tiles do not give the stored root.
    pub async fn open(store: &Store, row: JournalRow) -> Result<Self, StoreError> {
        let tiles = store.tile_get(row.number, &edge_tiles(row.head.size)).await?;
        Self::from_tiles(row, &tiles)
    }

    /// Opens a stored journal as a transaction sees it.
    ///
    /// # Errors
    /// Of the database, or if the stored tiles do not give the stored root.
    pub async fn open_in(tx: &mut Tx, store: &Store, row: JournalRow) -> Result<Self, StoreError> {
        let tiles = tx.tile_get(store, row.number, &edge_tiles(row.head.size)).await?;
        Self::from_tiles(row, &tiles)
    }

    fn from_tiles(row: JournalRow, tiles: &Tiles) -> Result<Self, StoreError> {
        let id = row.head.journal.to_string();
        let tree = open_tree(&id, row.head.size, tiles)?;
        if tree.root() != row.head.root {
            return Err(StoreError::contradiction(
                "journal",
                "root",
                id,
                format!("the stored tiles give {}, the row has {}", tree.root(), row.head.root),
            ));
        }
        Ok(Self {
            number: row.number,
            head: row.head,
            serial: row.serial,
            recorded: row.recorded,
            tree,
        })
    }

    /// Its number in the store.
    pub fn number(&self) -> JournalNumber {
        self.number
    }

    /// Its head.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// Its id.
    pub fn id(&self) -> &JournalId {
        &self.head.journal
    }

    /// How many epochs have been granted.
    pub fn serial(&self) -> u64 {
        self.serial
    }

    /// Latest author's clock of an entry appended here.
    pub fn recorded(&self) -> Timestamp {
        self.recorded
    }

    /// Takes over an epoch that was written to the store.
    pub fn set_epoch(&mut self, row: &JournalRow) {
        self.head.position = row.head.position;
        self.head.opened = row.head.opened;
        self.head.stopped = row.head.stopped;
        self.serial = row.serial;
    }

    /// Marks the journal stopped, as the store has it.
    pub fn set_stopped(&mut self) {
        self.head.stopped = true;
    }

    /// Prepares an append of own entries, packed into as few segments as their bounds allow.
    ///
    /// # Errors
    /// If zstd has no memory.
    pub fn append(
        &self,
        writer: &mut SegmentWriter,
        entries: &[Sealed],
        now: Timestamp,
    ) -> std::io::Result<Advance> {
        let mut tree = self.tree.clone();
        let mut segments = Vec::new();
        let mut first = self.head.size;
        for entry in entries {
            if writer.is_full() {
                close(writer, &mut first, now, &mut segments)?;
            }
            writer.push(&entry.header, &entry.body.salt, &entry.body.bytes);
            tree.push(entry.digest);
        }
        if !writer.is_empty() {
            close(writer, &mut first, now, &mut segments)?;
        }
        let recorded = self.recorded.max(now);
        Ok(self.advance(tree, segments, recorded, None))
    }

    /// Prepares the admission of segments that were opened, as they came.
    pub fn admit(
        &self,
        segments: &[(Bytes, Opened)],
        checkpoint: Option<String>,
        now: Timestamp,
    ) -> Advance {
        let mut tree = self.tree.clone();
        let mut rows = Vec::with_capacity(segments.len());
        let mut first = self.head.size;
        for (bytes, opened) in segments {
            opened.digests().for_each(|digest| tree.push(*digest));
            let entries = opened.len() as u64;
            rows.push(SegmentRow { first, entries, stored: now, bytes: bytes.clone() });
            first += entries;
        }
        let checkpoint = checkpoint.map(|note| CheckpointRow { size: tree.size(), note });
        self.advance(tree, rows, self.recorded, checkpoint)
    }

    fn advance(
        &self,
        mut tree: Tree,
        segments: Vec<SegmentRow>,
        recorded: Timestamp,
        checkpoint: Option<CheckpointRow>,
    ) -> Advance {
        let to = Head { size: tree.size(), root: tree.root(), ..self.head.clone() };
        let tiles = tree.take_changed();
        let from = self.head.clone();
        Advance { number: self.number, from, to, recorded, segments, tiles, checkpoint, tree }
    }

    /// Takes over what has been committed.
    pub fn settle(&mut self, advance: Advance) {
        self.head.size = advance.to.size;
        self.head.root = advance.to.root;
        self.recorded = advance.recorded;
        self.tree = advance.tree;
    }
}

fn close(
    writer: &mut SegmentWriter,
    first: &mut u64,
    stored: Timestamp,
    segments: &mut Vec<SegmentRow>,
) -> std::io::Result<()> {
    let entries = writer.len() as u64;
    segments.push(SegmentRow { first: *first, entries, stored, bytes: writer.finish()? });
    *first += entries;
    Ok(())
}

fn open_tree(id: &str, size: u64, tiles: &Tiles) -> Result<Tree, StoreError> {
    let read = |tile: TileId| Ok::<_, std::convert::Infallible>(tiles.get(&tile).cloned());
    Tree::open(Suite::Intl, size, read)
        .map_err(|error| StoreError::contradiction("tile", "hashes", id, error))
}

// === impl Advance ===

impl Advance {
    /// The head that becomes true with the commit.
    pub fn to(&self) -> &Head {
        &self.to
    }

    /// The segments added.
    pub(super) fn segments(&self) -> impl Iterator<Item = &Bytes> {
        self.segments.iter().map(|row| &row.bytes)
    }

    /// Number of the journal in the store.
    pub fn number(&self) -> JournalNumber {
        self.number
    }

    /// The head as it was when the advance was prepared.
    pub fn before(&self) -> &Head {
        &self.from
    }

    /// Sequence number of the first entry added.
    pub fn first(&self) -> u64 {
        self.from.size
    }
}

// === impl Tx ===

impl Tx {
    /// Writes the next state of a journal, with what is run next. Its first statement lets every
    /// other writer of the journal lose: [`StoreError::Raced`] if the journal is no longer as it
    /// was when the advance was prepared.
    pub fn journal_write(&mut self, store: &Store, advance: &Advance) {
        let Advance { number, from, to, recorded, segments, tiles, checkpoint, .. } = advance;
        self.journal_advance(store, *number, from, to.size, &to.root, *recorded);
        self.segment_insert(store, *number, segments);
        self.tile_put(store, *number, tiles);
        if let Some(checkpoint) = checkpoint {
            self.checkpoint_put(store, *number, checkpoint);
        }
    }
}

/// The header of an entry sealed here.
pub(crate) fn view(entry: &Sealed) -> Result<HeaderView<'_>, StoreError> {
    HeaderView::parse(&entry.header)
        .map_err(|error| StoreError::contradiction("segment", "bytes", entry.digest, error))
}
