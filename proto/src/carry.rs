//! Carrying what this build does not know: a new revision of a record starts from the bytes of the
//! revision before, its known fields are replaced, and its unknown fields stay as they came.

use crate::dataset::Dataset;
use crate::wire::Reader;

/// Adds to `body`, a new state of a record, the top-level fields of the state `before` that this
/// build does not know, byte for byte and in their order. A field that `body` has itself is the
/// author's word and stays. Bytes that are not protobuf carry nothing.
///
/// Returns whether anything was added.
pub fn carry_unknown(dataset: &Dataset, before: &[u8], body: &mut Vec<u8>) -> bool {
    let known = |number: u32| {
        dataset.fields.iter().any(|field| field.number == number && !field.path.contains('.'))
    };
    let mut own = Vec::new();
    if Reader::new(body).each_field(|number, _| own.push(number)).is_err() {
        return false;
    }
    let length = body.len();
    let mut carried = Vec::new();
    let read = Reader::new(before).each_field(|number, bytes| {
        if !known(number) && !own.contains(&number) {
            carried.extend_from_slice(bytes);
        }
    });
    if read.is_ok() {
        body.append(&mut carried);
    }
    body.len() > length
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;
    use crate::dataset::dataset;
    use crate::standard::v1::Complaint;

    /// Field 9999 as text.
    const NEW: &[u8] = b"\xfa\xf0\x04\x05later";
    /// Field 9998 as a number.
    const NUMBER: &[u8] = b"\xf0\xf0\x04\x07";

    fn body(title: &str) -> Vec<u8> {
        Complaint { title: title.into(), ..Complaint::default() }.encode_to_vec()
    }

    #[test]
    fn what_is_not_known_is_carried_and_what_is_known_is_replaced() {
        let dataset = dataset("supervision.complaint").expect("listed");
        let before = [NUMBER, &body("before"), NEW].concat();
        let mut after = body("after");
        assert!(carry_unknown(dataset, &before, &mut after));
        assert_eq!(after, [&body("after"), NUMBER, NEW].concat());
        // Once more: the author's own bytes count.
        let again = after.clone();
        assert!(!carry_unknown(dataset, &before, &mut after));
        assert_eq!(after, again);
    }

    #[test]
    fn bytes_that_are_not_protobuf_carry_nothing() {
        let dataset = dataset("supervision.complaint").expect("listed");
        let mut after = body("after");
        assert!(!carry_unknown(dataset, &[NEW, b"\xff"].concat(), &mut after));
        assert_eq!(after, body("after"));
        let mut torn = b"\xff".to_vec();
        assert!(!carry_unknown(dataset, NEW, &mut torn));
    }
}
