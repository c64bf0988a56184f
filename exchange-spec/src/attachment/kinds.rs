//! Which types of files the exchange carries, and how the first piece of a file shows that it is
//! one of them. The list is closed: programs, scripts and pages that could carry some are not on
//! it.
//!
//! The table is our own, and no library of signatures: node and hub must judge alike, in any
//! version, and so must a program of another vendor.

use thiserror::Error;

/// A type of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// Type and subtype, as an entry says it.
    pub media_type: &'static str,
    /// Endings of names of such files, the usual one first.
    pub endings: &'static [&'static str],
    /// How it begins.
    shape: Shape,
}

/// How files of a type begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// With one of these, at this place.
    Starts(usize, &'static [&'static [u8]]),
    /// As a ZIP archive; one of these stands in the first piece.
    Archive(&'static [&'static [u8]]),
    /// As text: no control characters but tab and line ends, and no first line for an interpreter.
    Text(Opening),
}

/// How a text begins, behind spaces and a byte order mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opening {
    /// With anything but `<`: a page for a browser is none.
    Plain,
    /// With `<?xml`.
    Xml,
    /// With `{` or `[`.
    Json,
}

const ZIP: &[u8] = b"PK\x03\x04";
const COMPOUND: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

const fn kind(media_type: &'static str, endings: &'static [&'static str], shape: Shape) -> Kind {
    Kind { media_type, endings, shape }
}

/// All types that are carried; where several could be meant, the more special one first.
pub const KINDS: &[Kind] = &[
    kind("application/pdf", &["pdf"], Shape::Starts(0, &[b"%PDF-"])),
    // GB/T 33190: a ZIP archive with OFD.xml at its top.
    kind("application/ofd", &["ofd"], Shape::Archive(&[b"OFD.xml", b"Doc_0/"])),
    kind("image/png", &["png"], Shape::Starts(0, &[b"\x89PNG\r\n\x1a\n"])),
    kind("image/jpeg", &["jpg", "jpeg"], Shape::Starts(0, &[b"\xff\xd8\xff"])),
    kind("image/tiff", &["tif", "tiff"], Shape::Starts(0, &[b"II*\0", b"MM\0*"])),
    kind(
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        &["docx"],
        Shape::Archive(&[b"word/"]),
    ),
    kind(
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        &["xlsx"],
        Shape::Archive(&[b"xl/"]),
    ),
    kind("application/msword", &["doc"], Shape::Starts(0, &[COMPOUND])),
    kind("application/vnd.ms-excel", &["xls"], Shape::Starts(0, &[COMPOUND])),
    kind("application/zip", &["zip"], Shape::Starts(0, &[ZIP])),
    kind("application/xml", &["xml"], Shape::Text(Opening::Xml)),
    kind("text/xml", &["xml"], Shape::Text(Opening::Xml)),
    kind("application/json", &["json"], Shape::Text(Opening::Json)),
    kind("text/csv", &["csv"], Shape::Text(Opening::Plain)),
    kind("text/plain", &["txt"], Shape::Text(Opening::Plain)),
    kind("video/mp4", &["mp4"], Shape::Starts(4, &[b"ftyp"])),
    kind(
        "audio/mpeg",
        &["mp3"],
        Shape::Starts(0, &[b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2"]),
    ),
    kind("audio/wav", &["wav"], Shape::Starts(8, &[b"WAVE"])),
];

/// Why a file is not carried.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum KindError {
    /// Its type is not on the list.
    #[error(
        "附件类型 {0} 不在允许之列，请转换为 PDF、OFD、图像、文本或表格等允许的类型 / files of type {0} are not carried: convert it to PDF, OFD, a picture, text or a table"
    )]
    NotCarried(String),
    /// Its bytes are something else.
    #[error(
        "文件内容不是所称的类型 {0}，请核对文件与类型 / the bytes are not those of {0}: check the file and its type"
    )]
    Differs(&'static str),
}

/// The type of that name.
///
/// # Errors
/// [`KindError::NotCarried`] if it is not on the list.
pub fn kind_of(media_type: &str) -> Result<&'static Kind, KindError> {
    let found = KINDS.iter().find(|kind| kind.media_type == media_type);
    found.ok_or_else(|| KindError::NotCarried(media_type.to_owned()))
}

/// Holds the first piece of a file against its type.
///
/// # Errors
/// [`KindError::NotCarried`] and [`KindError::Differs`].
pub fn agree(media_type: &str, first: &[u8]) -> Result<(), KindError> {
    let kind = kind_of(media_type)?;
    if kind.shape.fits(first) { Ok(()) } else { Err(KindError::Differs(kind.media_type)) }
}

// === impl Kind ===

impl Kind {
    /// The type of a file by the ending of its name, where its first piece agrees.
    ///
    /// # Errors
    /// [`KindError`], with the ending where no type has it.
    pub fn guess(name: &str, first: &[u8]) -> Result<&'static Kind, KindError> {
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending).to_lowercase();
        let kind = KINDS.iter().find(|kind| kind.endings.contains(&ending.as_str()));
        let kind = kind.ok_or_else(|| KindError::NotCarried(format!("*.{ending}")))?;
        agree(kind.media_type, first).map(|()| kind)
    }
}

// === impl Shape ===

impl Shape {
    fn fits(self, first: &[u8]) -> bool {
        match self {
            Shape::Starts(at, any) => {
                let from = first.get(at..).unwrap_or_default();
                any.iter().any(|start| from.starts_with(start))
            }
            Shape::Archive(any) => {
                first.starts_with(ZIP) && any.iter().any(|name| contains(first, name))
            }
            Shape::Text(opening) => is_text(first) && opening.fits(first),
        }
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// In UTF-8 or in one of the older Chinese encodings: what a terminal would not be moved by.
fn is_text(bytes: &[u8]) -> bool {
    let shown = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7e | 0x80..);
    !bytes.starts_with(b"#!") && bytes.iter().all(shown)
}

impl Opening {
    fn fits(self, bytes: &[u8]) -> bool {
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
        match self {
            Opening::Plain => !text.starts_with(b"<") && !text.starts_with(b"#!"),
            Opening::Xml => text.starts_with(b"<?xml"),
            Opening::Json => text.starts_with(b"{") || text.starts_with(b"["),
        }
    }
}
