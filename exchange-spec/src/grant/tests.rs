//! Grants: what is signed is read back, what is changed is refused, every line by name.

use proptest::prelude::*;

use super::*;
use crate::limits::NOTE_BYTES;
use crate::merkle::SIZE_MAX;

const JOURNAL: &str = "jintan>changzhou/normal/000102030405060708090a0b0c0d0e0f";
const ROOT: &str = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
const EPOCH: &str = "0f0e0d0c0b0a09080706050403020100";
const GENERATION: &str = "00112233445566778899aabbccddeeff";

fn key() -> SigningKey {
    SigningKey::from_seed(&[9; 32])
}

fn hub() -> PlatformId {
    "changzhou".parse().unwrap()
}

fn grant() -> Grant {
    Grant {
        journal: JOURNAL.parse().unwrap(),
        epoch: EPOCH.parse().unwrap(),
        serial: 7,
        opened: 4000,
        root: root(ROOT).unwrap(),
        generation: GENERATION.parse().unwrap(),
        time: Timestamp::from_micros(1_767_225_600_000_000),
    }
}

fn lines() -> [(&'static str, String); 8] {
    [
        ("heading", HEADING.to_owned()),
        ("journal", JOURNAL.to_owned()),
        ("epoch", format!("epoch {EPOCH}")),
        ("serial", "serial 7".to_owned()),
        ("opened", "opened 4000".to_owned()),
        ("root", format!("root {ROOT}")),
        ("generation", format!("generation {GENERATION}")),
        ("time", "time 1767225600000000".to_owned()),
    ]
}

fn text() -> String {
    lines().map(|(_, line)| line + "\n").concat()
}

/// Opens what the hub signed, whatever it is.
fn open_signed(text: &str) -> Result<Grant, GrantError> {
    let note = Note::sign_lines(text.to_owned(), hub().as_str(), &key()).to_string();
    Grant::open(&note, &hub(), &key().verifying())
}

#[test]
fn a_grant_has_exactly_this_text_and_is_read_back() {
    let note = grant().sign(&hub(), &key());
    let (body, signature) = note.split_once("\n\n").unwrap();
    assert_eq!(format!("{body}\n"), text());
    assert!(signature.starts_with("— changzhou "));
    assert_eq!(Grant::open(&note, &hub(), &key().verifying()), Ok(grant()));
}

#[test]
fn a_grant_of_another_hub_or_key_is_refused() {
    let note = grant().sign(&hub(), &key());
    let unknown = Err(GrantError::Note(NoteError::UnknownKey));
    let other = SigningKey::from_seed(&[8; 32]).verifying();
    assert_eq!(Grant::open(&note, &hub(), &other), unknown);
    let wuxi = "wuxi".parse().unwrap();
    assert_eq!(Grant::open(&note, &wuxi, &key().verifying()), unknown);
    let changed = note.replace("serial 7", "serial 8");
    let refused = Grant::open(&changed, &hub(), &key().verifying()).unwrap_err();
    assert_eq!(refused, GrantError::Note(NoteError::Signature));
    assert_eq!(refused.code(), Code::SignatureInvalid);
}

#[test]
fn every_line_is_there_in_its_only_form() {
    for (at, (name, line)) in lines().into_iter().enumerate() {
        let cut: String = lines()[..at].iter().map(|(_, line)| format!("{line}\n")).collect();
        let cut = if at == 0 { "\n".to_owned() } else { cut };
        assert_eq!(open_signed(&cut), Err(GrantError::Line(name)), "without {name}");
        for other in [format!("{line} "), format!(" {line}"), line.to_uppercase(), String::new()] {
            let changed = text().replace(&format!("{line}\n"), &format!("{other}\n"));
            assert_eq!(open_signed(&changed), Err(GrantError::Line(name)), "{other:?}");
        }
    }
    for (name, line, other) in [
        ("heading", HEADING, "sanheyi-grant/v2"),
        ("serial", "serial 7", "serial 07"),
        ("serial", "serial 7", "serial 9223372036854775808"),
        ("opened", "opened 4000", "opened -1"),
        ("opened", "opened 4000", "opened 9223372036854775808"),
        ("root", ROOT, "AA=="),
        ("generation", GENERATION, EPOCH.get(1..).unwrap()),
        ("time", "time 17", "time +17"),
    ] {
        let refused = open_signed(&text().replace(line, other)).unwrap_err();
        assert_eq!(refused, GrantError::Line(name), "{other:?}");
        assert_eq!(refused.code(), Code::Malformed);
    }
}

#[test]
fn later_lines_are_ignored_up_to_the_bound() {
    assert_eq!(open_signed(&format!("{}weather fine\n", text())), Ok(grant()));
    assert_eq!(open_signed(&format!("{}\n", text())), Err(GrantError::Line("extension")));
    let room = NOTE_BYTES - grant().sign(&hub(), &key()).len();
    let extended = |bytes: usize| open_signed(&format!("{}{}\n", text(), "x".repeat(bytes)));
    assert_eq!(extended(room - 1), Ok(grant()));
    assert_eq!(extended(room), Err(GrantError::Note(NoteError::TooLong)));
}

#[test]
fn a_grant_is_no_checkpoint_and_a_checkpoint_no_grant() {
    use crate::checkpoint::{Checkpoint, CheckpointError};
    // One key, and the key name that the other reader expects.
    let note = Note::sign_lines(text(), HEADING, &key()).to_string();
    let refused = Checkpoint::open(&note, &key().verifying());
    assert_eq!(refused, Err(CheckpointError::Line("origin")));
    let checkpoint = format!("{JOURNAL}\n1\n{ROOT}\nepoch {EPOCH} 0\ntime 0\n");
    assert_eq!(open_signed(&checkpoint), Err(GrantError::Line("heading")));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_grant_is_read_back(
        (serial, opened) in (0..=SIZE_MAX, 0..=SIZE_MAX),
        (root, epoch, generation) in (any::<[u8; 32]>(), any::<[u8; 16]>(), any::<[u8; 16]>()),
        time in any::<i64>(),
    ) {
        let signed = Grant {
            serial,
            opened,
            root: Digest::new(root),
            epoch: EpochId::new(epoch),
            generation: Generation::new(generation),
            time: Timestamp::from_micros(time),
            ..grant()
        };
        let note = signed.sign(&hub(), &key());
        prop_assert_eq!(Grant::open(&note, &hub(), &key().verifying()), Ok(signed));
    }

    #[test]
    fn hostile_text_is_refused_and_never_panics(
        text in prop_oneof![any::<String>(), "[ -~\n]{0,300}", "(.{0,60}\n){0,9}"],
        (at, to) in (any::<prop::sample::Index>(), any::<char>()),
        cut in any::<prop::sample::Index>(),
    ) {
        let open = |note: &str| Grant::open(note, &hub(), &key().verifying());
        prop_assert!(open(&text).is_err());
        prop_assert!(open_signed(&text).is_err());
        let mut changed: Vec<char> = grant().sign(&hub(), &key()).chars().collect();
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
        if let Ok(read) = open_signed(&changed) {
            prop_assert_eq!(read == grant(), changed == text());
        }
    }
}
