//! Files (附件) made up: seeded bytes behind the head of a PDF, records that name them, and a port
//! that counts which pieces are sent.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use prost::Message as _;
use sanheyi_exchange_spec::attachment::{Attachment, Hasher};
use sanheyi_exchange_spec::limits::ATTACHMENT_PIECE_BYTES;
use sanheyi_exchange_spec::suite::Digest;
use sanheyi_node::branch::Draft;
use sanheyi_node::branch::attachment::{Held, get, offer, put};
use sanheyi_node::process::entropy::{Entropy as _, SeededEntropy};
use sanheyi_node::store::{DueState, Store, Way};
use sanheyi_node::uplink::port::{
    CallError, GreetAnswer, GreetCall, HubPort, PieceAsked, PieceCall, PullAnswer, PullCall,
    PushAnswer, PushCall,
};
use sanheyi_proto::standard::v1 as standard;

use crate::fixtures::{COMPLAINT, MORNING, complaint, complaint_no, draft};

/// The type of the files made up here.
pub const PDF: &str = "application/pdf";

/// A file in memory.
#[derive(Clone, Debug)]
pub struct TestFile {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What an entry says of it.
    pub file: Attachment,
}

impl TestFile {
    /// A PDF of so many bytes, by its head; what follows is random.
    ///
    /// # Panics
    /// If it is shorter than the head.
    pub fn pdf(seed: u64, bytes: usize) -> Self {
        let mut content = vec![0; bytes];
        SeededEntropy::new(seed).fill(&mut content);
        content[..8].copy_from_slice(b"%PDF-1.7");
        Self::of(content, PDF)
    }

    /// A file of these bytes, said to be of a type.
    pub fn of(bytes: Vec<u8>, media_type: &str) -> Self {
        let mut hasher = Hasher::default();
        hasher.update(&bytes);
        let file = Attachment {
            digest: hasher.finish(),
            bytes: bytes.len() as u64,
            media_type: media_type.to_owned(),
        };
        Self { bytes, file }
    }

    /// Its digest.
    pub fn digest(&self) -> Digest {
        self.file.digest
    }

    /// Its pieces in order.
    ///
    /// # Panics
    /// Never: a piece fits into memory.
    pub fn pieces(&self) -> Vec<Bytes> {
        let piece = usize::try_from(ATTACHMENT_PIECE_BYTES).expect("a piece is small");
        self.bytes.chunks(piece).map(Bytes::copy_from_slice).collect()
    }

    /// A piece as it is sent.
    ///
    /// # Panics
    /// If there is none.
    pub fn piece(&self, number: u64) -> PieceCall {
        let at = usize::try_from(number).expect("a small number");
        PieceCall { digest: self.digest(), number, piece: self.pieces()[at].clone() }
    }

    /// What a record says of it.
    ///
    /// # Panics
    /// Never: it is smaller than the bound.
    pub fn said(&self) -> standard::Attachment {
        standard::Attachment {
            name: "现场照片.pdf".to_owned(),
            sha256: self.digest().to_string(),
            bytes: i64::try_from(self.file.bytes).expect("within the bound"),
            media_type: self.file.media_type.clone(),
        }
    }

    /// The body of a complaint that names it.
    pub fn complaint(&self, serial: u64) -> Vec<u8> {
        let attachments = vec![self.said()];
        standard::Complaint { attachments, ..complaint(serial) }.encode_to_vec()
    }

    /// A complaint that names it.
    pub fn named_by(&self, serial: u64) -> Draft {
        draft(COMPLAINT, &complaint_no(serial), self.complaint(serial))
    }

    /// Puts it on a shelf, as the door of a node does.
    ///
    /// # Panics
    /// If it is not taken.
    pub async fn shelve(&self, store: &Store) {
        let held = offer(store, &self.file, MORNING).await.expect("it is taken up");
        assert_eq!(held, Held { pieces: 0, whole: false });
        let mut whole = false;
        for (number, piece) in (0..).zip(self.pieces()) {
            let held = put(store, &self.digest(), number, &piece, MORNING).await;
            whole = held.expect("a piece is taken").whole;
        }
        assert!(whole, "all of it is here");
    }

    /// Whether it is in a store, byte for byte.
    ///
    /// # Panics
    /// If it is there with other bytes.
    pub async fn is_in(&self, store: &Store) -> bool {
        let row = store.attachment_get(&self.digest()).await.expect("the store is read");
        if !row.is_some_and(|row| row.whole) {
            return false;
        }
        for (number, piece) in (0..).zip(self.pieces()) {
            let there = get(store, &self.digest(), number).await.expect("a piece");
            assert_eq!(there, piece, "piece {number}");
        }
        true
    }

    /// What became of it, one way.
    ///
    /// # Panics
    /// If the store cannot be read.
    pub async fn state(&self, store: &Store, way: Way) -> Option<DueState> {
        let rows = store.due_get(&self.digest()).await.expect("the store is read");
        rows.into_iter().find(|row| row.way == way).map(|row| row.state)
    }
}

/// What was called, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Called {
    /// A push, and that it was answered.
    Pushed,
    /// A file was offered.
    Offered(Digest),
    /// A piece was sent, whether or not it was answered.
    Put(Digest, u64),
    /// A piece was asked for.
    Got(Digest, u64),
}

/// A port that notes what is called.
#[derive(Clone)]
pub struct Noting<P> {
    port: P,
    log: Arc<Mutex<Vec<Called>>>,
}

impl<P: HubPort> Noting<P> {
    /// `port`, which notes in `log`.
    pub fn new(port: P, log: &Arc<Mutex<Vec<Called>>>) -> Self {
        Self { port, log: Arc::clone(log) }
    }

    fn note(&self, called: Called) {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).push(called);
    }
}

impl<P: HubPort> HubPort for Noting<P> {
    async fn greet(&self, call: GreetCall) -> Result<GreetAnswer, CallError> {
        self.port.greet(call).await
    }

    async fn push(&self, call: PushCall) -> Result<PushAnswer, CallError> {
        let answer = self.port.push(call).await;
        if answer.is_ok() {
            self.note(Called::Pushed);
        }
        answer
    }

    async fn pull(&self, call: PullCall) -> Result<PullAnswer, CallError> {
        self.port.pull(call).await
    }

    async fn offer_file(&self, file: Attachment) -> Result<Held, CallError> {
        self.note(Called::Offered(file.digest));
        self.port.offer_file(file).await
    }

    async fn put_piece(&self, call: PieceCall) -> Result<Held, CallError> {
        self.note(Called::Put(call.digest, call.number));
        self.port.put_piece(call).await
    }

    async fn get_piece(&self, call: PieceAsked) -> Result<Bytes, CallError> {
        self.note(Called::Got(call.digest, call.number));
        self.port.get_piece(call).await
    }
}
