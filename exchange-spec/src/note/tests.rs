//! Notes against public vectors, at every bound, and under hostile text.

use proptest::prelude::*;

use super::*;
use crate::suite::SigningKey;

/// The example of the Go checksum database's `note` package: verifier keys, text, signature lines.
const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const ENOCH: &str = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";
const TEXT: &str = "If you think cryptography is the answer to your problem,\n\
                    then you don't know what your problem is.\n";
const PETER_LINE: &str = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXg\
                          KvqfqdngotpRZb6KE6RyyBwJnAM=\n";
const ENOCH_LINE: &str = "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01\
                          oOTGwnWLox33WWd1RvMc+QQ=\n";
/// The last part of the example's signing key: type and seed.
const PETER_SEED: &str = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
/// The example of C2SP `signed-note`.
const FOO: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const FOO_NOTE: &str = "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi\
                        2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

fn key() -> SigningKey {
    SigningKey::from_seed(&[7; 32])
}

fn signature_line(note: &Note) -> String {
    note.to_string()[note.text().len() + 1..].to_owned()
}

#[test]
fn public_notes_verify() {
    let (peter, peter_key) = parse_verifier_key(PETER).unwrap();
    let (enoch, enoch_key) = parse_verifier_key(ENOCH).unwrap();
    assert_eq!((peter.as_str(), enoch.as_str()), ("PeterNeumann", "EnochRoot"));
    let text = format!("{TEXT}\n{PETER_LINE}{ENOCH_LINE}");
    let note = Note::parse(&text).unwrap();
    assert_eq!(note.text(), TEXT);
    assert_eq!(note.verify(&peter, &peter_key), Ok(()));
    assert_eq!(note.verify(&enoch, &enoch_key), Ok(()));
    assert_eq!(note.verify(&peter, &enoch_key), Err(NoteError::UnknownKey));
    assert_eq!(note.to_string(), text);

    let (foo, foo_key) = parse_verifier_key(FOO).unwrap();
    assert_eq!(Note::parse(FOO_NOTE).unwrap().verify(&foo, &foo_key), Ok(()));
}

#[test]
fn signing_gives_the_public_signature() {
    let seed = parse_base64(PETER_SEED).unwrap();
    let key = SigningKey::from_seed(seed[1..].try_into().unwrap());
    let note = Note::sign(TEXT.to_owned(), "PeterNeumann", &key).unwrap();
    assert_eq!(note.to_string(), format!("{TEXT}\n{PETER_LINE}"));
    assert_eq!(verifier_key("PeterNeumann", &key.verifying()), PETER);
}

#[test]
fn a_known_key_that_signed_something_else_spoils_the_note() {
    let (key, other) = (key(), SigningKey::from_seed(&[8; 32]));
    let good = Note::sign("good\n".to_owned(), "name", &key).unwrap();
    let bad = signature_line(&Note::sign("bad\n".to_owned(), "name", &key).unwrap());
    let open = |text: String| Note::parse(&text).unwrap().verify("name", &key.verifying());
    assert_eq!(open(format!("{good}{}", signature_line(&good))), Ok(()));
    assert_eq!(open(format!("{good}{bad}")), Err(NoteError::Signature));
    assert_eq!(open(format!("good\n\n{bad}")), Err(NoteError::Signature));
    // Another key's signature is no business of ours, not even under our name.
    let stranger = Note::sign("bad\n".to_owned(), "name", &other).unwrap();
    assert_eq!(open(format!("{good}{}", signature_line(&stranger))), Ok(()));
    assert_eq!(open(stranger.to_string()), Err(NoteError::UnknownKey));
    // Our name and id, but not 64 bytes after it.
    let id = key_id("name", &key.verifying());
    let short = base64(&[&id[..], &[0; 63]].concat());
    assert_eq!(open(format!("good\n\n— name {short}\n")), Err(NoteError::Signature));
}

#[test]
fn the_text_ends_at_the_last_blank_line() {
    let text = "one\n\ntwo\n\n";
    let note = Note::sign(text.to_owned(), "name", &key()).unwrap();
    let read = Note::parse(&note.to_string()).unwrap();
    assert_eq!(read.text(), text);
    assert_eq!(read.verify("name", &key().verifying()), Ok(()));
    assert_eq!(read, note);
}

#[test]
fn what_is_no_note_is_refused_by_name() {
    let line = signature_line(&Note::sign("text\n".to_owned(), "name", &key()).unwrap());
    let parse = |text: String| Note::parse(&text).unwrap_err();
    for unsigned in ["", "\n", "text", "text\n", "text\n\n", "text\n\n— name AAAAAAA="] {
        assert_eq!(parse(unsigned.to_owned()), NoteError::Unsigned, "{unsigned:?}");
    }
    for control in ['\0', '\t', '\r', '\x1f'] {
        assert_eq!(parse(format!("te{control}xt\n\n{line}")), NoteError::Text);
    }
    for malformed in [
        "\n",
        "- name AAAAAAA=\n",
        "—name AAAAAAA=\n",
        "— name\n",
        "— name AAAAAAA\n",
        "— name AAAAAAB=\n",
        "— name AAAAAA==\n",
        "— name  AAAAAAA=\n",
        "— name AAAAAAA= \n",
    ] {
        let error = parse(format!("text\n\n{line}{malformed}"));
        let expected =
            if malformed == "\n" { NoteError::Unsigned } else { NoteError::SignatureLine };
        assert_eq!(error, expected, "{malformed:?}");
    }
    assert!(Note::parse(&format!("text\n\n{line}— name AAAAAAA=\n")).is_ok());
    for name in ["", "na+me", "na\u{a0}me", "na\u{3000}me", "na\u{2028}me"] {
        assert_eq!(parse(format!("text\n\n— {name} AAAAAAA=\n")), NoteError::KeyName, "{name:?}");
        assert_eq!(Note::sign("text\n".to_owned(), name, &key()), Err(NoteError::KeyName));
    }
    for text in ["", "text", "te\rxt\n"] {
        assert_eq!(Note::sign(text.to_owned(), "name", &key()), Err(NoteError::Text));
    }
}

#[test]
fn length_and_signatures_are_bounded() {
    let line = "— other AAAAAAA=\n";
    let signed = |lines: usize| format!("text\n\n{}", line.repeat(lines));
    assert!(Note::parse(&signed(NOTE_SIGNATURES)).is_ok());
    assert_eq!(Note::parse(&signed(NOTE_SIGNATURES + 1)), Err(NoteError::TooManySignatures));

    let rest = Note::sign("\n".to_owned(), "name", &key()).unwrap().to_string().len();
    let longest = "x".repeat(NOTE_BYTES - rest);
    let note = Note::sign(format!("{longest}\n"), "name", &key()).unwrap().to_string();
    assert_eq!(note.len(), NOTE_BYTES);
    assert_eq!(Note::parse(&note).unwrap().verify("name", &key().verifying()), Ok(()));
    assert_eq!(Note::parse(&format!("x{note}")), Err(NoteError::TooLong));
    assert_eq!(Note::sign(format!("x{longest}\n"), "name", &key()), Err(NoteError::TooLong));
}

#[test]
fn verifier_keys_are_read_in_their_only_form() {
    for bad in [
        "",
        "PeterNeumann",
        "PeterNeumann+c74f20a3",
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeuman+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+AhpC2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10T",
    ] {
        assert_eq!(parse_verifier_key(bad), Err(NoteError::VerifierKey), "{bad}");
    }
    assert_eq!(parse_verifier_key("+c74f20a3+AR"), Err(NoteError::KeyName));
    // The key's base64 may itself hold a plus.
    let plus = "TEST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6";
    let (name, key) = parse_verifier_key(plus).unwrap();
    assert_eq!(verifier_key(&name, &key), plus);
}

#[test]
fn numbers_have_one_form() {
    for good in ["0", "1", "10", "9223372036854775807", "-1"] {
        assert_eq!(decimal::<i64>(good).map(|n| n.to_string()).as_deref(), Some(good));
    }
    for bad in ["", "-", "+1", "01", "00", "-0", " 1", "1 ", "1_0", "１", "9223372036854775808"] {
        assert_eq!(decimal::<i64>(bad), None, "{bad:?}");
    }
}

#[test]
fn refusals_have_codes() {
    assert_eq!(NoteError::Signature.code(), Code::SignatureInvalid);
    assert_eq!(NoteError::UnknownKey.code(), Code::SignatureInvalid);
    assert_eq!(NoteError::TooLong.code(), Code::Malformed);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_back_as_it_was_or_refused(
        text in prop_oneof![
            any::<String>(),
            "[a\n —+]{0,40}",
            "([a\n]{0,9}\n\n)?(— [a+]{1,3} [A=]{4,12}\n){0,3}",
        ],
    ) {
        prop_assert!(parse_verifier_key(&text).is_err());
        if let Ok(note) = Note::parse(&text) {
            prop_assert_eq!(note.to_string(), text);
        }
    }

    #[test]
    fn any_signed_lines_verify_and_no_changed_byte_does(
        text in "([^\\p{Cc}]{0,30}\n){1,5}",
        at in any::<prop::sample::Index>(),
        to in any::<char>(),
    ) {
        let note = Note::sign(text, "name", &key()).unwrap().to_string();
        let open = |note: &str| {
            Note::parse(note).and_then(|note| note.verify("name", &key().verifying()))
        };
        prop_assert_eq!(open(&note), Ok(()));
        let mut changed: Vec<char> = note.chars().collect();
        let at = at.index(changed.len());
        prop_assume!(changed[at] != to);
        changed[at] = to;
        prop_assert!(open(&changed.iter().collect::<String>()).is_err());
    }
}
