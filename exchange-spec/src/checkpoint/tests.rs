//! Checkpoints: what is signed is read back, what is changed is refused, every line by name.

use proptest::prelude::*;

use super::*;
use crate::limits::{NOTE_BYTES, NOTE_SIGNATURES};

const JOURNAL: &str = "jintan>changzhou/normal/000102030405060708090a0b0c0d0e0f";
const ROOT: &str = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
const EPOCH: &str = "0f0e0d0c0b0a09080706050403020100";

fn key() -> SigningKey {
    SigningKey::from_seed(&[7; 32])
}

fn checkpoint() -> Checkpoint {
    Checkpoint {
        journal: JOURNAL.parse().unwrap(),
        size: 4096,
        root: root(ROOT).unwrap(),
        epoch: EPOCH.parse().unwrap(),
        opened: 4000,
        time: Timestamp::from_micros(1_767_225_600_000_000),
        keeper: None,
    }
}

fn text() -> String {
    format!("{JOURNAL}\n4096\n{ROOT}\nepoch {EPOCH} 4000\ntime 1767225600000000\n")
}

/// Opens what the author signed, whatever it is.
fn open_signed(text: &str, name: &str) -> Result<Checkpoint, CheckpointError> {
    let note = Note::sign_lines(text.to_owned(), name, &key()).to_string();
    Checkpoint::open(&note, &key().verifying())
}

#[test]
fn a_checkpoint_has_exactly_this_text_and_is_read_back() {
    let note = checkpoint().sign(&key());
    let (body, signature) = note.split_once("\n\n").unwrap();
    assert_eq!(format!("{body}\n"), text());
    assert!(signature.starts_with(&format!("— {JOURNAL} ")));
    assert_eq!(Checkpoint::open(&note, &key().verifying()), Ok(checkpoint()));
}

#[test]
fn a_checkpoint_names_who_keeps_the_key_where_it_is_not_the_author() {
    let kept = Checkpoint { keeper: Some("changzhou".parse().unwrap()), ..checkpoint() };
    let note = kept.sign(&key());
    assert!(note.starts_with(&format!("{}keeper changzhou\n\n", text())));
    assert_eq!(Checkpoint::open(&note, &key().verifying()), Ok(kept));
    let with = |line: &str| open_signed(&format!("{}{line}\n", text()), JOURNAL);
    // The author's own name says nothing, and there is one form of saying nothing.
    for wrong in ["keeper", "keeper ", "keeper jintan", "keeper Changzhou", "keeper changzhou 1"] {
        assert_eq!(with(wrong), Err(CheckpointError::Line("keeper")), "{wrong}");
    }
    // Elsewhere, and by another name, it is a line of a later version.
    for other in ["weather fine\nkeeper changzhou", "keepers changzhou"] {
        assert_eq!(with(other), Ok(checkpoint()), "{other}");
    }
}

#[test]
fn a_checkpoint_of_another_key_or_under_another_name_is_refused() {
    let note = checkpoint().sign(&key());
    let other = SigningKey::from_seed(&[8; 32]).verifying();
    let refused = Checkpoint::open(&note, &other).unwrap_err();
    assert_eq!(refused, CheckpointError::Note(NoteError::UnknownKey));
    assert_eq!(refused.code(), Code::SignatureInvalid);
    let renamed = open_signed(&text(), "jintan");
    assert_eq!(renamed, Err(CheckpointError::Note(NoteError::UnknownKey)));
}

#[test]
fn other_signatures_do_not_disturb() {
    let note = checkpoint().sign(&key());
    let open = |note: &str| Checkpoint::open(note, &key().verifying());
    let witness = "— witness.example mJirIkAAAAAA\n";
    let witnessed = format!("{note}{}", witness.repeat(NOTE_SIGNATURES - 1));
    assert_eq!(open(&witnessed), Ok(checkpoint()));
    let crowded = Err(CheckpointError::Note(NoteError::TooManySignatures));
    assert_eq!(open(&format!("{witnessed}{witness}")), crowded);
}

#[test]
fn later_extension_lines_are_ignored_up_to_the_bound() {
    let extended = |extension: &str| open_signed(&format!("{}{extension}", text()), JOURNAL);
    assert_eq!(extended("weather fine\n\u{96ea}\n"), Ok(checkpoint()));
    assert_eq!(extended("\n"), Err(CheckpointError::Line("extension")));
    assert_eq!(extended("a\n\nb\n"), Err(CheckpointError::Line("extension")));
    let room = NOTE_BYTES - checkpoint().sign(&key()).len();
    assert_eq!(extended(&format!("{}\n", "x".repeat(room - 1))), Ok(checkpoint()));
    let long = Err(CheckpointError::Note(NoteError::TooLong));
    assert_eq!(extended(&format!("{}\n", "x".repeat(room))), long);
}

#[test]
fn every_line_is_there_in_its_only_form() {
    let lines: [(&'static str, &str, &[&str]); 5] = [
        ("origin", JOURNAL, &["jintan", "jintan>changzhou/normal/00"]),
        ("size", "4096", &["", "04096", "+4096", "-1", "4096 ", "0x10", "9223372036854775808"]),
        ("root", ROOT, &["AA==", "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=", "x"]),
        (
            "epoch",
            &format!("epoch {EPOCH} 4000"),
            &[
                EPOCH,
                "epoch",
                &format!("epoch {EPOCH}"),
                &format!("epoch {EPOCH} "),
                &format!("epoch {EPOCH} 04000"),
                &format!("epoch {EPOCH} 4000 1"),
                &format!("epoch  {EPOCH} 4000"),
                &format!("epoch {} 4000", EPOCH.to_uppercase()),
            ],
        ),
        ("time", "time 1767225600000000", &["time", "time ", "time 01", "time -0", "time 1.5"]),
    ];
    for (name, line, changed) in lines {
        for other in changed {
            let text = text().replace(&format!("{line}\n"), &format!("{other}\n"));
            let key_name = text.lines().next().unwrap().to_owned();
            let refused = open_signed(&text, &key_name).unwrap_err();
            assert_eq!(refused, CheckpointError::Line(name), "{other:?}");
            assert_eq!(refused.code(), Code::Malformed);
        }
    }
    // Cut off after any line, the next one is missing.
    let all: Vec<&str> = lines.iter().map(|(_, line, _)| *line).collect();
    for (kept, (name, ..)) in lines.iter().enumerate().skip(1) {
        let cut = format!("{}\n", all[..kept].join("\n"));
        assert_eq!(open_signed(&cut, JOURNAL), Err(CheckpointError::Line(name)));
    }
    assert_eq!(open_signed("\n", JOURNAL), Err(CheckpointError::Line("origin")));
}

#[test]
fn the_longest_checkpoint_fits_into_a_note() {
    let name = "j".repeat(crate::limits::PLATFORM_ID_BYTES);
    let journal = format!("{name}>{name}/normal/{EPOCH}");
    let longest = Checkpoint {
        journal: journal.parse().unwrap(),
        size: SIZE_MAX,
        opened: SIZE_MAX,
        time: Timestamp::from_micros(i64::MIN),
        keeper: Some("k".repeat(crate::limits::PLATFORM_ID_BYTES).parse().unwrap()),
        ..checkpoint()
    };
    let note = longest.sign(&key());
    assert!(note.len() < NOTE_BYTES / 4, "{} bytes", note.len());
    assert_eq!(Checkpoint::open(&note, &key().verifying()), Ok(longest));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_checkpoint_is_read_back(
        (size, opened) in (0..=SIZE_MAX, 0..=SIZE_MAX),
        (root, epoch) in (any::<[u8; 32]>(), any::<[u8; 16]>()),
        time in any::<i64>(),
        keeper in prop_oneof![Just(None), Just(Some("changzhou".parse().unwrap()))],
    ) {
        let signed = Checkpoint {
            size,
            opened,
            root: Digest::new(root),
            epoch: EpochId::new(epoch),
            time: Timestamp::from_micros(time),
            keeper,
            ..checkpoint()
        };
        prop_assert_eq!(Checkpoint::open(&signed.sign(&key()), &key().verifying()), Ok(signed));
    }

    #[test]
    fn hostile_text_is_refused_and_never_panics(
        text in prop_oneof![any::<String>(), "[ -~\n]{0,300}", "(.{0,60}\n){0,9}"],
        (at, to) in (any::<prop::sample::Index>(), any::<char>()),
        cut in any::<prop::sample::Index>(),
    ) {
        let open = |note: &str| Checkpoint::open(note, &key().verifying());
        prop_assert!(open(&text).is_err());
        // The same text under a true signature.
        let name = text.lines().next().unwrap_or_default();
        prop_assert!(open_signed(&text, name).is_err());
        // One character of a true checkpoint changed, and its tail cut off.
        let mut changed: Vec<char> = checkpoint().sign(&key()).chars().collect();
        let cut: String = changed[..cut.index(changed.len())].iter().collect();
        prop_assert!(open(&cut).is_err());
        let at = at.index(changed.len());
        prop_assume!(changed[at] != to);
        changed[at] = to;
        prop_assert!(open(&changed.iter().collect::<String>()).is_err());
    }

    #[test]
    fn a_signed_text_with_one_changed_character_is_read_as_another_or_refused(
        (at, to) in (any::<prop::sample::Index>(), "[ -~\n]"),
    ) {
        let mut changed = text();
        let at = at.index(changed.len());
        changed.replace_range(at..=at, &to);
        let name = changed.lines().next().unwrap_or_default().to_owned();
        if let Ok(read) = open_signed(&changed, &name) {
            prop_assert_eq!(read == checkpoint(), changed == text());
        }
    }
}
