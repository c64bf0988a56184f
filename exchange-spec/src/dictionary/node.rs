//! A JSON value whose objects keep the order in which they were made, so that a schema shows its
//! fields in the order of the standard.

use serde::{Serialize, Serializer};

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Bool(bool),
    Number(i64),
    Text(String),
    List(Vec<Node>),
    Object(Vec<(String, Node)>),
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Node::Bool(value) => serializer.serialize_bool(*value),
            Node::Number(value) => serializer.serialize_i64(*value),
            Node::Text(value) => serializer.serialize_str(value),
            Node::List(items) => serializer.collect_seq(items),
            Node::Object(entries) => {
                serializer.collect_map(entries.iter().map(|(name, value)| (name, value)))
            }
        }
    }
}

// === impl Node ===

impl Node {
    pub(super) fn object<const N: usize>(entries: [(&str, Node); N]) -> Self {
        Node::Object(entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// The same with one entry more; nothing but an object takes one.
    pub(super) fn with(mut self, name: &str, value: impl Into<Node>) -> Self {
        if let Node::Object(entries) = &mut self {
            entries.push((name.to_owned(), value.into()));
        }
        self
    }

    /// The same with one entry more, where the text is not empty.
    pub(super) fn with_text(self, name: &str, text: &str) -> Self {
        if text.is_empty() { self } else { self.with(name, text) }
    }

    /// The document, for people: two columns for each level.
    pub(super) fn pretty(&self) -> String {
        // Writing to memory cannot fail, nor can a key be anything but a text.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
}

impl From<&str> for Node {
    fn from(text: &str) -> Self {
        Node::Text(text.to_owned())
    }
}

impl From<String> for Node {
    fn from(text: String) -> Self {
        Node::Text(text)
    }
}

impl From<bool> for Node {
    fn from(value: bool) -> Self {
        Node::Bool(value)
    }
}

impl From<i64> for Node {
    fn from(value: i64) -> Self {
        Node::Number(value)
    }
}

impl From<Vec<Node>> for Node {
    fn from(items: Vec<Node>) -> Self {
        Node::List(items)
    }
}

impl<T: Into<Node>> FromIterator<T> for Node {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Node::List(items.into_iter().map(Into::into).collect())
    }
}
