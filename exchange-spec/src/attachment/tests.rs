use prost::Message as _;
use sanheyi_proto::standard::v1 as standard;

use super::*;
use crate::suite::Suite;

const PIECE: u64 = ATTACHMENT_PIECE_BYTES;

fn file(bytes: u64, media_type: &str) -> Attachment {
    Attachment { digest: Suite::Intl.empty_root(), bytes, media_type: media_type.to_owned() }
}

#[test]
fn a_file_is_cut_into_equal_pieces_and_what_is_left() {
    for (bytes, pieces, last) in
        [(1, 1, 1), (PIECE, 1, PIECE), (PIECE + 1, 2, 1), (ATTACHMENT_BYTES, 16384, PIECE)]
    {
        let file = file(bytes, "application/pdf");
        assert_eq!(file.pieces(), pieces);
        assert_eq!(file.piece_bytes(pieces - 1), Ok(last));
        let beyond = AttachmentError::Beyond { number: pieces, pieces };
        assert_eq!(file.piece_bytes(pieces), Err(beyond));
    }
    assert_eq!(file(PIECE + 1, "application/pdf").piece_bytes(0), Ok(PIECE));
}

#[test]
fn a_file_has_from_one_byte_to_the_bound() {
    for bytes in [1, ATTACHMENT_BYTES] {
        assert_eq!(file(bytes, "application/pdf").check(), Ok(()));
    }
    for bytes in [0, ATTACHMENT_BYTES + 1] {
        let refused = file(bytes, "application/pdf").check();
        assert_eq!(refused, Err(AttachmentError::Size(bytes)));
    }
}

#[test]
fn the_bound_is_the_one_of_the_standards_field() {
    let check = dataset("case.case").unwrap().check;
    let rules_at = |bytes: u64| {
        let form = standard::Attachment { bytes: bytes.try_into().unwrap(), ..<_>::default() };
        let case = standard::Case { form: Some(form), ..<_>::default() };
        let mut found = sanheyi_proto::Violations::new();
        check(&case.encode_to_vec(), &mut found);
        found.iter().filter(|one| one.field == "form.bytes").count()
    };
    assert_eq!((rules_at(ATTACHMENT_BYTES), rules_at(ATTACHMENT_BYTES + 1)), (0, 1));
}

#[test]
fn a_piece_has_the_size_that_its_number_says_and_the_first_the_type() {
    let file = file(PIECE + 2, "application/pdf");
    let mut first = b"%PDF-1.7".to_vec();
    first.resize(usize::try_from(PIECE).unwrap(), b' ');
    assert_eq!(file.check_piece(0, &first), Ok(()));
    assert_eq!(file.check_piece(1, b"ab"), Ok(()), "only the first shows the type");
    let short = AttachmentError::Piece { number: 1, due: 2, is: 1 };
    assert_eq!(file.check_piece(1, b"a"), Err(short));
    first[0] = b'!';
    let differs = AttachmentError::Kind(KindError::Differs("application/pdf"));
    assert_eq!(file.check_piece(0, &first), Err(differs));
}

#[test]
fn a_type_is_what_its_bytes_show() {
    let zip = |inside: &str| [b"PK\x03\x04\x14\0..", inside.as_bytes()].concat();
    let good: [(&str, Vec<u8>); 13] = [
        ("a.pdf", b"%PDF-1.4\n\0\x01".to_vec()),
        ("a.ofd", zip("OFD.xml")),
        ("A.PNG", b"\x89PNG\r\n\x1a\n\0".to_vec()),
        ("a.jpeg", b"\xff\xd8\xff\xe0".to_vec()),
        ("a.tif", b"II*\0".to_vec()),
        ("a.docx", zip("[Content_Types].xml word/document.xml")),
        ("a.xlsx", zip("xl/workbook.xml")),
        ("a.doc", COMPOUND_FILE.to_vec()),
        ("a.zip", zip("anything")),
        ("a.xml", b"\xef\xbb\xbf<?xml version=\"1.0\"?><a/>".to_vec()),
        ("a.json", b" {\"a\": 1}".to_vec()),
        ("a.csv", "编号,名称\r\n1,甲\r\n".as_bytes().to_vec()),
        ("a.mp4", b"\0\0\0\x18ftypmp42".to_vec()),
    ];
    for (name, first) in &good {
        let kind = Kind::guess(name, first).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(agree(kind.media_type, first), Ok(()), "{name}");
    }
}

const COMPOUND_FILE: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0";

#[test]
fn programs_scripts_and_pages_are_no_files_of_any_type() {
    let programs: [&[u8]; 6] = [
        b"MZ\x90\0\x03\0",
        b"\x7fELF\x02\x01\x01\0",
        b"#!/bin/sh\nrm -rf /\n",
        b"<!DOCTYPE html><script>",
        b"  <svg onload=''>",
        b"\xca\xfe\xba\xbe\0\0\0\x34",
    ];
    for program in programs {
        for kind in KINDS {
            let differs = Err(KindError::Differs(kind.media_type));
            assert_eq!(agree(kind.media_type, program), differs, "{program:?}");
        }
    }
    for strange in ["application/x-msdownload", "text/html", "image/svg+xml", ""] {
        let refused = Err(KindError::NotCarried(strange.to_owned()));
        assert_eq!(agree(strange, b"MZ"), refused);
    }
    assert!(Kind::guess("a.exe", b"MZ").is_err());
    assert!(Kind::guess("a", b"%PDF-").is_err());
}

#[test]
fn the_table_names_each_type_once() {
    let mut names: Vec<_> = KINDS.iter().map(|kind| kind.media_type).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
    assert!(KINDS.iter().all(|kind| !kind.endings.is_empty()));
}

#[test]
fn a_body_says_which_files_it_names() {
    let digest = Suite::Intl.leaf(b"a file");
    let named = |sha256: &str, bytes| standard::Attachment {
        name: "申请表.pdf".to_owned(),
        sha256: sha256.to_owned(),
        bytes,
        media_type: "application/pdf".to_owned(),
    };
    let body = |form| standard::Case { form: Some(form), ..<_>::default() }.encode_to_vec();
    let good = body(named(&digest.to_string(), 7));
    let expected = Attachment { digest, bytes: 7, media_type: "application/pdf".to_owned() };
    assert_eq!(attachments_of("case.case", &good), [expected]);
    for faulty in [body(named("abc", 7)), body(named(&digest.to_string(), 0))] {
        assert_eq!(attachments_of("case.case", &faulty), []);
    }
    assert_eq!(attachments_of("no.dataset", &good), []);
    assert_eq!(attachments_of("exchange.receipt", &good), []);
}

#[test]
fn a_digest_is_that_of_the_whole_however_it_passes() {
    let mut hasher = Hasher::default();
    assert_eq!(hasher.clone().finish(), Suite::Intl.empty_root());
    hasher.update(b"ab");
    hasher.update(b"c");
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(hasher.finish().to_string(), abc);
}
