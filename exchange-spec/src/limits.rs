//! Every bound of the form and of the link, with its name and its reason. What comes from outside
//! is held against these before it is stored.

/// Longest platform id, in bytes: fits a DNS label and a column of a report.
pub const PLATFORM_ID_BYTES: usize = 32;
/// Longest dataset name, in bytes.
pub const DATASET_NAME_BYTES: usize = 48;
/// Longest record id, in bytes: organisation code and serial take 20, ids of other vendors get
/// room.
pub const RECORD_ID_BYTES: usize = 64;
/// Largest header, in bytes: all known fields at their longest take about 270; later versions get
/// room.
pub const HEADER_BYTES: usize = 1024;
/// Largest body, in bytes: a record is a form, not a file; attachments travel beside entries.
pub const BODY_BYTES: usize = 256 * 1024;
/// Largest body that a branch takes from its own users, in bytes: leaves room to carry the entry,
/// whole, inside a conflict entry.
pub const DRAFT_BYTES: usize = BODY_BYTES - 4096;
/// Bytes of salt in front of a body when it is digested: 128 bits, so that nobody can guess a body
/// from its digest.
pub const SALT_BYTES: usize = 16;
/// Most entries in a segment: "some hundreds"; a reader who wants one entry inflates at most this
/// many.
pub const SEGMENT_ENTRIES: usize = 1024;
/// Largest inflated frame of a segment, in bytes: bounds the memory of whoever opens it.
pub const FRAME_BYTES: usize = 2 * 1024 * 1024;
/// Where the writer closes a segment, in bytes of bodies: leaves room below [`FRAME_BYTES`] for one
/// largest body.
pub const SEGMENT_TARGET_BYTES: usize = FRAME_BYTES - BODY_BYTES - 1024;
/// Highest ratio of inflated to packed size of a frame. A writer who would exceed it stores the
/// frame as it is.
pub const FRAME_RATIO: usize = 256;
/// Frames below this inflated size are exempt from [`FRAME_RATIO`]: a few repeated rows compress
/// like a bomb, harmlessly.
pub const FRAME_RATIO_FREE_BYTES: usize = 64 * 1024;
/// Base-two logarithm of the largest zstd window a reader accepts: a frame never needs more than
/// its own size.
pub const FRAME_WINDOW_LOG: u32 = 21;
/// Most bytes of segments in one push or pull, unless one entry alone is larger: two seconds of a
/// line of 2 Mbit/s.
pub const WINDOW_BYTES: usize = 512 * 1024;
/// Most segments in one push or pull: bounds the rows of one transaction.
pub const WINDOW_SEGMENTS: usize = 512;
/// Largest gRPC message: a window, plus the one segment that may cross its edge, plus checkpoints.
pub const MESSAGE_BYTES: usize = WINDOW_BYTES + 2 * FRAME_BYTES + 64 * 1024;
/// Longest signed note, in bytes.
pub const NOTE_BYTES: usize = 4096;
/// Most signatures on a note that are looked at: the author's and some witnesses'.
pub const NOTE_SIGNATURES: usize = 16;
/// Most epoch ids that a Greet may claim to hold: the last granted, and one for each Greet sent
/// since whose answer was lost. An id is drawn when the connection stands, so a node that is merely
/// offline uses none up.
pub const EPOCHS_HELD: usize = 256;
/// Most journals in one Greet or Pull: the lanes of both directions, with room.
pub const JOURNALS_PER_CALL: usize = 16;
/// Longest wait of a Pull, in milliseconds: below the 30 s at which middle boxes drop quiet
/// connections.
pub const PULL_WAIT_MILLIS: u32 = 25_000;
/// Clock difference between branch and hub, in microseconds, from which both sides warn: a minute.
/// Never a refusal.
pub const CLOCK_SKEW_MICROS: i64 = 60_000_000;
/// Most entries in one judged range, and so in one receipt.
pub const RECEIPT_ENTRIES: u64 = 8192;
/// Most exceptions in one receipt: keeps the receipt's body below [`BODY_BYTES`] at 16 reasons of
/// some 120 bytes each.
pub const RECEIPT_EXCEPTIONS: usize = 64;
/// Most forwards, and so enclosures, in one tail of a pull: bounds the rows of one transaction.
pub const ENCLOSURES: usize = 256;
/// Most hashes in an inclusion proof: a journal has fewer than 2^63 entries.
pub const INCLUSION_HASHES: usize = 63;
/// Longest text of an erasure, in bytes: a sentence or two, and the number of a clause.
pub const ERASURE_TEXT_BYTES: usize = 1024;
/// Longest note of a return, in bytes: what is wrong, and whom to ask.
pub const RETURN_NOTE_BYTES: usize = 1024;
/// Most reasons kept for one entry.
pub const REASONS: usize = 16;
/// Most drafts in one submission to a node.
pub const SUBMIT_DRAFTS: usize = 4096;
/// Largest submission to a node as it travels: the most drafts at 2 KiB each, which is four times a
/// usual form. Larger ones come in several.
pub const SUBMIT_BYTES: usize = SUBMIT_DRAFTS * 2048;
/// Most records that one decision may have read.
pub const READS: usize = 64;
/// Largest attachment, in bytes: 4 GiB, as the field of the standard says.
pub const ATTACHMENT_BYTES: u64 = 4 * 1024 * 1024 * 1024;
/// Bytes of a piece of an attachment: a second at 2 Mbit/s, so that an urgent entry soon passes,
/// and little is sent again when a line is cut.
pub const ATTACHMENT_PIECE_BYTES: u64 = 256 * 1024;
/// Longest enrolment token that is read, in bytes: one has 87; blanks around it get room.
pub const TOKEN_BYTES: usize = 128;
/// Largest certificate request, in bytes: one of ours takes about 500.
pub const CSR_BYTES: usize = 4096;
/// Longest name of the software in an enrolment, in bytes.
pub const SOFTWARE_BYTES: usize = 128;
/// Largest message of the calls of enrolment and identity, in bytes: a chain and the authorities of
/// a hub, each some kilobytes.
pub const ENROL_MESSAGE_BYTES: usize = 64 * 1024;
/// Largest carry file, in bytes: 64 GiB, beyond what people carry; a writer closes its files much
/// earlier.
pub const CARRY_BYTES: u64 = 64 * 1024 * 1024 * 1024;
