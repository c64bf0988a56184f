//! What the dictionary holds: datasets, and fields with their rules. Code lists are those of
//! [`codes::lists`].

use prost_reflect::{DescriptorPool, DynamicMessage, FieldDescriptor, MessageDescriptor};
use sanheyi_proto::{FieldInfo, Sensitivity};

use super::{DictionaryError, read};
use crate::codes::{self, CodeList};

/// The standard as data.
#[derive(Clone, Debug)]
pub struct Dictionary {
    /// Ascending by name.
    pub datasets: Vec<Dataset>,
}

/// A dataset.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// Name, titles, lane, author, record, source and check, as compiled.
    pub info: &'static sanheyi_proto::Dataset,
    /// What its records point to.
    pub references: Vec<Reference>,
    /// Ascending by number.
    pub fields: Vec<Field>,
    pub(super) descriptor: MessageDescriptor,
}

/// What a record points to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The dataset.
    pub dataset: String,
    /// Template of the record's name, over the body that points.
    pub record: String,
    /// The field that reasons name.
    pub field: String,
    /// The condition, `field=number`; empty = always.
    pub when: String,
}

/// What a field holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// Yes or no.
    Bool,
    /// A number of 32 bits, not negative.
    Uint32,
    /// A number of 64 bits.
    Int64,
    /// A number of the enumeration of that full name.
    Code(String),
    /// A message of that full name.
    Message(String),
}

/// A field.
#[derive(Clone, Debug)]
pub struct Field {
    /// Path, titles, sensitivity with what lies around, source, code list and form, as compiled.
    pub info: &'static FieldInfo,
    /// Its number on the wire.
    pub number: u32,
    /// Its sensitivity as declared, without what lies around.
    pub declared: Sensitivity,
    /// What it holds, or each item of it.
    pub kind: Kind,
    /// Whether it is a list.
    pub list: bool,
    /// Whether absence can be told from the default.
    pub presence: bool,
    /// Whether every body that keeps the rules has it.
    pub required: bool,
    /// Whether the number is an instant in microseconds.
    pub instant: bool,
    /// Rules of the value, or of each item.
    pub rules: Rules,
    /// What a sample holds, as a cell of a template has it: `-` is nothing; empty = what the rules
    /// make.
    pub sample: String,
    /// The fields of the message that it holds.
    pub fields: Vec<Field>,
    pub(super) descriptor: FieldDescriptor,
}

/// Rules of a field, as they stand beside it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// The rules are passed over where the field holds its default.
    pub ignore_zero: bool,
    /// Fewest items of a list.
    pub min_items: Option<u64>,
    /// Most items of a list.
    pub max_items: Option<u64>,
    /// Fewest characters.
    pub min_len: Option<u64>,
    /// Most characters.
    pub max_len: Option<u64>,
    /// The form of the text; empty = any.
    pub pattern: String,
    /// A text that keeps the rules; empty = none given.
    pub example: String,
    /// Smallest number.
    pub low: Option<i64>,
    /// Largest number.
    pub high: Option<i64>,
    /// Only numbers that the enumeration declares.
    pub defined_only: bool,
    /// Numbers of the enumeration that are not allowed here.
    pub not_in: Vec<i32>,
}

// === impl Dictionary ===

impl Dictionary {
    /// The standard of this build.
    ///
    /// # Errors
    /// If the descriptors that this build carries cannot be read: then the build is broken.
    pub fn new() -> Result<Self, DictionaryError> {
        let pool = DescriptorPool::decode(sanheyi_proto::DESCRIPTORS)
            .map_err(|error| DictionaryError::Descriptors(error.to_string()))?;
        read::dictionary(&pool)
    }

    /// The dataset of that name.
    ///
    /// # Errors
    /// If there is none.
    pub fn dataset(&self, name: &str) -> Result<&Dataset, DictionaryError> {
        let found = self.datasets.iter().find(|dataset| dataset.info.name == name);
        found.ok_or_else(|| DictionaryError::Dataset(name.to_owned()))
    }
}

// === impl Dataset ===

impl Dataset {
    /// Decodes a body.
    ///
    /// # Errors
    /// If the bytes are not this message.
    pub fn decode(&self, body: &[u8]) -> Result<DynamicMessage, DictionaryError> {
        DynamicMessage::decode(self.descriptor.clone(), body).map_err(|_| DictionaryError::Body {
            dataset: self.info.name,
            zh: self.info.title_zh,
            en: self.info.title_en,
        })
    }

    /// A body in which nothing is set.
    pub fn empty(&self) -> DynamicMessage {
        DynamicMessage::new(self.descriptor.clone())
    }

    /// Its fields and all within them, each before what it holds.
    pub fn walk(&self) -> Vec<&Field> {
        let mut found = Vec::new();
        gather(&self.fields, &mut found);
        found
    }
}

fn gather<'a>(fields: &'a [Field], found: &mut Vec<&'a Field>) {
    for field in fields {
        found.push(field);
        gather(&field.fields, found);
    }
}

// === impl Field ===

impl Field {
    /// Its name in the protobuf files.
    pub fn name(&self) -> &str {
        self.descriptor.name()
    }

    /// Its name in JSON.
    pub fn json_name(&self) -> &str {
        self.descriptor.json_name()
    }

    /// How deep it lies: 0 in the body itself.
    pub fn depth(&self) -> usize {
        self.info.path.matches('.').count()
    }

    /// Its code list: that of its enumeration, or the one whose codes its texts are.
    pub fn codes(&self) -> Option<&'static CodeList> {
        codes::named(self.info.code_list)
    }
}
