//! The form (交换格式) and the rules of the exchange, purely: no disk, socket, clock or chance. What
//! is decided here is decided the same way by every node and every hub, and by a stranger who
//! reads the format page, `FORM.md`, and holds an implementation against the golden vectors in
//! `vectors/`.
//!
//! ```text
//!   body + salt ──► body digest ─┐
//!   dataset, record, revision, … ┴─► header ──► leaf ─┐            entry, suite
//!                                                     ├─► segment (container)
//!   leaf leaf leaf leaf ──► tiles ──► root            │            segment
//!                             │        │              │            merkle
//!                             │        └─► checkpoint (signed note)
//!                             └──────────► proofs     │            note, checkpoint
//!   branch: Greet ── epoch ──► hub: grant             │            link::greet, grant
//!   branch: Push ◄────────────────────────────────────┘ ──► admit  link::{branch, admit}
//!   hub: gate judges every entry ──► receipt ──► author            gate, receipt, conflict
//! ```
//!
//! # Reading order
//!
//! 1. [`ids`] and [`limits`]: the names, and how large anything may be.
//! 2. [`suite`], [`entry`], [`segment`]: bytes.
//! 3. [`merkle`], [`note`], [`checkpoint`], [`grant`]: what is proved and signed.
//! 4. [`link`]: the calls as state machines; [`error`]: why a call is refused and what to do.
//! 5. [`gate`], [`reason`], [`receipt`], [`later`], [`conflict`]: what becomes of every entry.
//! 6. [`invariants`]: what must hold at the end of all this, by name.
//! 7. [`codes`], [`calendar`]: the numbers by which the standard names things, code lists and
//!    regions as data; working days, time limits and the clock that runs against them.
//! 8. [`rulebook`]: what the hub's broadcast says, as one value that gate and branches judge by.
//! 9. [`dictionary`]: the standard as data, and all that is derived of it.
//!
//! # What is absent
//!
//! Stores, connections and processes (they are the node's and the hub's), and the standard itself,
//! which is `sanheyi_proto`. Of cryptography there is one suite, `intl`.
//!
//! # From two entries to a proof
//!
//! ```
//! use sanheyi_exchange_spec::checkpoint::Checkpoint;
//! use sanheyi_exchange_spec::entry::{Header, Operation};
//! use sanheyi_exchange_spec::ids::EpochId;
//! use sanheyi_exchange_spec::merkle::{Tree, inclusion_proof, verify_inclusion};
//! use sanheyi_exchange_spec::segment::{SegmentReader, SegmentWriter};
//! use sanheyi_exchange_spec::suite::{Salt, SigningKey, Suite};
//! use sanheyi_exchange_spec::time::Timestamp;
//!
//! // The author seals two entries into a segment. Salts are drawn at random, one for each body.
//! let mut writer = SegmentWriter::new()?;
//! for (serial, body) in [(1, b"first"), (2, b"other")] {
//!     let salt = Salt([serial; 16]);
//!     let header = Header {
//!         dataset: "case.case".parse()?,
//!         record: format!("JS048100JT000000000{serial}").parse()?,
//!         revision: 1,
//!         follows: None,
//!         custody_epoch: 0,
//!         operation: Operation::Put,
//!         standard: 1,
//!         occurred: Timestamp::from_micros(1_290_470_400_000_000),
//!         recorded: Timestamp::from_micros(1_290_470_400_000_001),
//!         body_digest: Suite::Intl.body(&salt, body),
//!     };
//!     writer.push(&header.encode(), &salt, body);
//! }
//! let segment = writer.finish()?;
//!
//! // A reader opens it: every header is read, every digest computed anew.
//! let opened = SegmentReader::new(Suite::Intl)?.open(&segment)?;
//! let mut tree = Tree::new(Suite::Intl);
//! opened.digests().for_each(|leaf| tree.push(*leaf));
//!
//! // The author signs the journal's size and root.
//! let key = SigningKey::from_seed(&[7; 32]);
//! let signed = Checkpoint {
//!     journal: "jintan>changzhou/normal/000102030405060708090a0b0c0d0e0f".parse()?,
//!     size: tree.size(),
//!     root: tree.root(),
//!     epoch: EpochId::new([1; 16]),
//!     opened: 0,
//!     time: Timestamp::from_micros(1_290_470_400_000_002),
//!     keeper: None,
//! }
//! .sign(&key);
//!
//! // A third party, who has the key and one header, checks that the entry stands in the journal.
//! let tiles = tree.take_changed();
//! let proof = inclusion_proof(Suite::Intl, 1, tree.size(), |tile| {
//!     let stored = tiles.iter().find(|(id, _)| *id == tile);
//!     Ok::<_, std::io::Error>(stored.map(|(_, hashes)| hashes.clone()))
//! })?;
//! let head = Checkpoint::open(&signed, &key.verifying())?;
//! let entry = opened.get(1).ok_or("two entries")?;
//! let leaf = Suite::Intl.leaf(entry.header_bytes);
//! verify_inclusion(Suite::Intl, &leaf, 1, head.size, &proof, &head.root)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod amount;
pub mod attachment;
pub mod calendar;
pub mod carry;
pub mod checkpoint;
pub mod codes;
pub mod conflict;
pub mod custody;
pub mod dictionary;
pub mod enrolment;
pub mod entry;
pub mod erasure;
pub mod error;
pub mod forward;
pub mod gate;
pub mod grant;
pub mod health;
pub mod ids;
pub mod invariants;
pub mod keyring;
pub mod later;
pub mod limits;
pub mod link;
pub mod merkle;
pub mod note;
pub mod oversight;
pub mod quarantine;
pub mod reason;
pub mod receipt;
pub mod returning;
pub mod rulebook;
pub mod segment;
pub mod suite;
mod text;
pub mod time;
mod wire;
