//! Which files a body names: the messages `Attachment` in it, wherever they stand.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::dataset::{Dataset, FieldInfo, datasets};
use crate::wire::{Malformed, Reader};

/// Fields of the message `Attachment`.
const SHA256: u32 = 2;
const BYTES: u32 = 3;
const MEDIA_TYPE: u32 = 4;
/// The wire type of whatever carries its length.
const LENGTH: u32 = 2;

/// A file that a body names, as it says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attached<'a> {
    /// SHA-256 of the file, in hex.
    pub sha256: &'a str,
    /// Its size in bytes.
    pub bytes: i64,
    /// Its type and subtype.
    pub media_type: &'a str,
}

/// Numbers of the fields that lead to an attachment, from the body on.
type Path = Vec<u32>;

/// Where the bodies of each dataset may name files; datasets that name none are absent.
static PATHS: LazyLock<BTreeMap<&'static str, Vec<Path>>> = LazyLock::new(|| {
    let of = |dataset: &Dataset| (dataset.name, paths(dataset.fields));
    datasets().iter().map(of).filter(|(_, paths)| !paths.is_empty()).collect()
});

/// An attachment is what has a digest, a size and a type of media.
fn paths(fields: &[FieldInfo]) -> Vec<Path> {
    let number = |path: &str| fields.iter().find(|one| one.path == path).map(|one| one.number);
    let has = |path: &str, field: &str| number(&format!("{path}.{field}")).is_some();
    let is = |path: &&str| ["sha256", "bytes", "media_type"].iter().all(|one| has(path, one));
    let numbers = |path: &str| {
        let ends = path.match_indices('.').map(|(at, _)| at).chain([path.len()]);
        ends.map(|end| number(path.get(..end)?)).collect::<Option<Path>>()
    };
    fields.iter().map(|one| one.path).filter(is).filter_map(numbers).collect()
}

impl Dataset {
    /// Gives `with` every file that a body names, in the order of its bytes. Of a body that is not
    /// protobuf it gives what stands before the first flaw; its check names that.
    pub fn attached<'a>(&self, body: &'a [u8], mut with: impl FnMut(Attached<'a>)) {
        let Some(paths) = PATHS.get(self.name) else { return };
        let paths: Vec<_> = paths.iter().map(Vec::as_slice).collect();
        let _ = walk(Reader::new(body), &paths, &mut with);
    }
}

fn walk<'a>(
    mut reader: Reader<'a>,
    paths: &[&[u32]],
    with: &mut impl FnMut(Attached<'a>),
) -> Result<(), Malformed> {
    while let Some(key) = reader.key()? {
        let number = key >> 3;
        let further = |path: &&[u32]| path.first() == Some(&number);
        if key & 7 != LENGTH || !paths.iter().any(further) {
            reader.skip(key)?;
            continue;
        }
        let within = reader.message()?;
        let rest: Vec<_> =
            paths.iter().filter(|path| further(path)).filter_map(|path| path.get(1..)).collect();
        if rest.iter().any(|path| path.is_empty()) {
            with(read(within)?);
        } else {
            walk(within, &rest, with)?;
        }
    }
    Ok(())
}

fn read(mut reader: Reader<'_>) -> Result<Attached<'_>, Malformed> {
    let mut attached = Attached::default();
    while let Some(key) = reader.key()? {
        match (key >> 3, key & 7) {
            (SHA256, LENGTH) => attached.sha256 = reader.text()?,
            (MEDIA_TYPE, LENGTH) => attached.media_type = reader.text()?,
            (BYTES, 0) => attached.bytes = reader.int64()?,
            _ => reader.skip(key)?,
        }
    }
    Ok(attached)
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;
    use crate::dataset;
    use crate::standard::v1::{Attachment, Case, CaseMaterial};

    fn file(name: &str, digit: &str, bytes: i64) -> Attachment {
        let (sha256, media_type) = (digit.repeat(64), "application/pdf".to_owned());
        Attachment { name: name.to_owned(), sha256, bytes, media_type }
    }

    #[test]
    fn files_are_found_wherever_they_stand() {
        let material =
            |digit| CaseMaterial { attachment: Some(file("b.pdf", digit, 2)), ..<_>::default() };
        let materials = vec![material("b"), CaseMaterial::default(), material("c")];
        let case = Case { form: Some(file("a.pdf", "a", 1)), materials, ..<_>::default() };
        let body = case.encode_to_vec();
        let mut found = Vec::new();
        dataset("case.case").expect("listed").attached(&body, |one| found.push(one));
        found.sort_by_key(|one| one.sha256);
        let said: Vec<_> = found.iter().map(|one| (&one.sha256[..2], one.bytes)).collect();
        assert_eq!(said, [("aa", 1), ("bb", 2), ("cc", 2)]);
        assert!(found.iter().all(|one| one.media_type == "application/pdf"));
    }

    #[test]
    fn what_is_cut_off_names_nothing_and_ends_nothing() {
        let case = Case { form: Some(file("a.pdf", "a", 1)), ..<_>::default() };
        let body = case.encode_to_vec();
        for end in 0..body.len() {
            let mut found = 0;
            dataset("case.case").expect("listed").attached(&body[..end], |_| found += 1);
            assert_eq!(found, 0);
        }
    }

    #[test]
    fn datasets_that_may_name_files_are_known() {
        for name in ["case.case", "case.step", "case.penalty", "supervision.order"] {
            assert!(PATHS.contains_key(name), "{name} is not among {:?}", PATHS.keys());
        }
        assert!(!PATHS.contains_key("case.evaluation"));
    }
}
