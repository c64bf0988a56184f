//! Fields of forms and addresses: `name=value&…`, read and written.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

/// Fields in the order in which they came; a name may come often, as ticked boxes do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields(Vec<(String, String)>);

/// Text that an address takes as one part of a path or as one value.
pub fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// Fields as an address has them behind the question mark; empty values are left out.
pub fn query<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let pairs = fields.into_iter().filter(|(_, value)| !value.is_empty());
    let pairs: Vec<_> =
        pairs.map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
    pairs.join("&")
}

fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let digits = bytes.get(at + 1..at + 3).and_then(|two| std::str::from_utf8(two).ok());
        let escaped = digits.filter(|two| two.bytes().all(|one| one.is_ascii_hexdigit()));
        match (byte, escaped.and_then(|two| u8::from_str_radix(two, 16).ok())) {
            (b'%', Some(value)) => {
                out.push(value);
                at += 2;
            }
            (b'+', _) => out.push(b' '),
            _ => out.push(*byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

// === impl Fields ===

impl Fields {
    /// Reads `name=value&…`. It never fails: what is no field is an empty one.
    pub fn parse(text: &str) -> Self {
        let pairs = text.split('&').filter(|pair| !pair.is_empty());
        Self(
            pairs
                .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
                .map(|(name, value)| (decoded(name), decoded(value)))
                .collect(),
        )
    }

    /// The first value of a name, without white space around it; empty if there is none.
    pub fn get(&self, name: &str) -> &str {
        self.all(name).next().unwrap_or_default().trim()
    }

    /// The first value of a name as it came: for passwords.
    pub fn exactly(&self, name: &str) -> &str {
        self.all(name).next().unwrap_or_default()
    }

    /// All values of a name.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        let name = name.to_owned();
        self.0.iter().filter(move |(key, _)| *key == name).map(|(_, value)| value.as_str())
    }

    /// All fields.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The same without a name.
    #[must_use]
    pub fn without(&self, name: &str) -> Self {
        Self(self.0.iter().filter(|(key, _)| key != name).cloned().collect())
    }

    /// As an address has them behind the question mark.
    pub fn query(&self) -> String {
        query(self.iter())
    }
}

/// Fields of the form that was sent. What sent it was looked at before any handler: see
/// [`super::guard`]. Empty where no form was sent.
impl<S: Sync> FromRequestParts<S> for Fields {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let fields = [("a", "1 & 2 = 3 + 4 %"), ("名", "金坛/№1"), ("empty", ""), ("a", "again")];
        let read = Fields::parse(&query(fields));
        assert_eq!(read.get("a"), "1 & 2 = 3 + 4 %");
        assert_eq!(read.get("名"), "金坛/№1");
        assert_eq!(read.all("a").count(), 2);
        assert_eq!(read.without("a").query(), "%E5%90%8D=%E9%87%91%E5%9D%9B%2F%E2%84%961");
    }

    #[test]
    fn what_is_malformed_stays_text() {
        let read = Fields::parse("a=%zz%4&b&&=c&d=%ff&p=%20x+");
        assert_eq!((read.get("a"), read.get("b"), read.get("")), ("%zz%4", "", "c"));
        assert_eq!((read.get("d"), read.get("p")), ("\u{fffd}", "x"));
        assert_eq!(read.exactly("p"), " x ");
    }
}
