//! The standard as the generator sees it: datasets, messages and fields with titles and rules, all
//! complete.

use std::collections::{BTreeMap, BTreeSet};

use prost_reflect::{
    Cardinality, DescriptorPool, DynamicMessage, EnumDescriptor, FieldDescriptor,
    Kind as ProtoKind, MessageDescriptor, Value,
};

use super::Fault;
use super::rules::{self, Kind, Rules};

/// All that is generated from.
pub(crate) struct Standard {
    /// Ascending by name.
    pub(crate) datasets: Vec<Dataset>,
    /// By full name.
    pub(crate) messages: BTreeMap<String, Message>,
}

pub(crate) struct Dataset {
    pub(crate) name: String,
    pub(crate) message: String,
    pub(crate) title_zh: String,
    pub(crate) title_en: String,
    pub(crate) urgent: bool,
    pub(crate) source: String,
}

pub(crate) struct Message {
    /// Ascending by number.
    pub(crate) fields: Vec<Field>,
}

pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) number: u32,
    pub(crate) title_zh: String,
    pub(crate) title_en: String,
    pub(crate) sensitivity: Sensitivity,
    pub(crate) source: String,
    pub(crate) code_list: String,
    pub(crate) instant: bool,
    pub(crate) kind: Kind,
    pub(crate) list: bool,
    /// Whether absence can be told from the default.
    pub(crate) presence: bool,
    pub(crate) rules: Rules,
}

/// From open to closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sensitivity {
    Public,
    Internal,
    Personal,
}

/// Reads the datasets of a package; every message of the package must belong to one.
pub(crate) fn read(pool: &DescriptorPool, package: &str) -> Result<Standard, Fault> {
    let mut reader =
        Reader { pool, messages: BTreeMap::new(), open: Vec::new(), enums: BTreeSet::new() };
    let mut datasets: BTreeMap<String, Dataset> = BTreeMap::new();
    let ours = || pool.all_messages().filter(|message| message.package_name() == package);
    for message in ours() {
        let Some(option) = reader.option(&message.options(), "sanheyi.options.v1.dataset")? else {
            continue;
        };
        let dataset = dataset(&message, &option)?;
        reader.message(&message)?;
        let (name, place) = (dataset.name.clone(), dataset.message.clone());
        if let Some(twin) = datasets.insert(name.clone(), dataset) {
            return Err(Fault(format!("{place}: dataset {name} is also {}", twin.message)));
        }
    }
    for message in ours() {
        if !reader.messages.contains_key(message.full_name()) {
            return Err(fault(&message, "it belongs to no dataset"));
        }
    }
    if datasets.is_empty() {
        return Err(Fault(format!("package {package} has no dataset")));
    }
    Ok(Standard { datasets: datasets.into_values().collect(), messages: reader.messages })
}

fn dataset(message: &MessageDescriptor, option: &DynamicMessage) -> Result<Dataset, Fault> {
    let needed = |name: &str| {
        let text = text(option, name);
        if text.is_empty() { Err(fault(message, &missing("dataset", name))) } else { Ok(text) }
    };
    let name = needed("name")?;
    let part = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    };
    if !name.split_once('.').is_some_and(|(family, record)| part(family) && part(record)) {
        return Err(fault(message, &format!("dataset name {name} is not like case.step")));
    }
    Ok(Dataset {
        name,
        message: message.full_name().to_owned(),
        title_zh: needed("title_zh")?,
        title_en: needed("title_en")?,
        urgent: match number(option, "lane") {
            1 => true,
            2 => false,
            _ => return Err(fault(message, &missing("dataset", "lane"))),
        },
        source: needed("source")?,
    })
}

struct Reader<'a> {
    pool: &'a DescriptorPool,
    messages: BTreeMap<String, Message>,
    /// Messages that are being read, to find those that hold themselves.
    open: Vec<String>,
    enums: BTreeSet<String>,
}

impl Reader<'_> {
    /// The message in an option, if it is set.
    fn option(
        &self,
        options: &DynamicMessage,
        name: &str,
    ) -> Result<Option<DynamicMessage>, Fault> {
        let Some(extension) = self.pool.get_extension_by_name(name) else {
            return Err(Fault(format!("the option {name} is not declared")));
        };
        if !options.has_extension(&extension) {
            return Ok(None);
        }
        Ok(options.get_extension(&extension).as_message().cloned())
    }

    fn message(&mut self, message: &MessageDescriptor) -> Result<(), Fault> {
        let name = message.full_name().to_owned();
        if self.open.contains(&name) {
            return Err(fault(message, "it holds itself, so that nothing bounds its depth"));
        }
        if self.messages.contains_key(&name) {
            return Ok(());
        }
        self.open.push(name.clone());
        let mut fields = Vec::new();
        for descriptor in message.fields() {
            fields.push(self.field(&descriptor)?);
        }
        fields.sort_by_key(|field| field.number);
        self.open.pop();
        self.messages.insert(name, Message { fields });
        Ok(())
    }

    fn field(&mut self, descriptor: &FieldDescriptor) -> Result<Field, Fault> {
        let kind = self.kind(descriptor)?;
        let list = descriptor.cardinality() == Cardinality::Repeated;
        let options = descriptor.options();
        let option = self.option(&options, "sanheyi.options.v1.field")?;
        let option =
            option.ok_or_else(|| field_fault(descriptor, &missing("field", "title_zh")))?;
        let needed = |name: &str| {
            let text = text(&option, name);
            let absent = || field_fault(descriptor, &missing("field", name));
            if text.is_empty() { Err(absent()) } else { Ok(text) }
        };
        let code_list = text(&option, "code_list");
        let instant = flag(&option, "instant");
        if matches!(kind, Kind::Code(_)) && code_list.is_empty() {
            return Err(field_fault(descriptor, &missing("field", "code_list")));
        }
        if instant && kind != Kind::Int64 {
            return Err(field_fault(descriptor, "an instant must be of type int64"));
        }
        let rules = match self.option(&options, "buf.validate.field")? {
            Some(option) => {
                rules::read(&option, &kind, list).map_err(|why| field_fault(descriptor, &why))?
            }
            None => Rules::default(),
        };
        Ok(Field {
            name: descriptor.name().to_owned(),
            number: descriptor.number(),
            title_zh: needed("title_zh")?,
            title_en: needed("title_en")?,
            sensitivity: match number(&option, "sensitivity") {
                1 => Sensitivity::Public,
                2 => Sensitivity::Internal,
                3 => Sensitivity::Personal,
                _ => return Err(field_fault(descriptor, &missing("field", "sensitivity"))),
            },
            source: text(&option, "source"),
            code_list,
            instant,
            kind,
            list,
            presence: descriptor.supports_presence(),
            rules,
        })
    }

    fn kind(&mut self, descriptor: &FieldDescriptor) -> Result<Kind, Fault> {
        let choice = descriptor.containing_oneof().is_some_and(|oneof| !oneof.is_synthetic());
        if choice || descriptor.is_map() {
            return Err(field_fault(descriptor, "oneof and map are not known to the generator"));
        }
        match descriptor.kind() {
            ProtoKind::String => Ok(Kind::Text),
            ProtoKind::Bool => Ok(Kind::Bool),
            ProtoKind::Uint32 => Ok(Kind::Uint32),
            ProtoKind::Int64 => Ok(Kind::Int64),
            ProtoKind::Enum(descriptor) => self.codes(&descriptor).map(Kind::Code),
            ProtoKind::Message(message) => {
                self.message(&message)?;
                Ok(Kind::Message(message.full_name().to_owned()))
            }
            other => {
                let what = format!("the type {other:?} is not known to the generator");
                Err(field_fault(descriptor, &what))
            }
        }
    }

    /// The numbers of an enumeration, every one of which but 0 must have a title.
    fn codes(&mut self, descriptor: &EnumDescriptor) -> Result<Vec<i32>, Fault> {
        let mut codes: Vec<i32> = descriptor.values().map(|value| value.number()).collect();
        codes.sort_unstable();
        codes.dedup();
        if self.enums.insert(descriptor.full_name().to_owned()) {
            for value in descriptor.values().filter(|value| value.number() != 0) {
                let option = self.option(&value.options(), "sanheyi.options.v1.value")?;
                if option.is_none_or(|option| text(&option, "title_zh").is_empty()) {
                    let file = descriptor.parent_file();
                    let (file, name) = (file.name(), value.full_name());
                    return Err(Fault(format!("{file}: {name}: {}", missing("value", "title_zh"))));
                }
            }
        }
        Ok(codes)
    }
}

fn text(option: &DynamicMessage, name: &str) -> String {
    let value = option.get_field_by_name(name);
    value.as_deref().and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn number(option: &DynamicMessage, name: &str) -> i32 {
    option.get_field_by_name(name).as_deref().and_then(Value::as_enum_number).unwrap_or_default()
}

fn flag(option: &DynamicMessage, name: &str) -> bool {
    option.get_field_by_name(name).as_deref().and_then(Value::as_bool).unwrap_or_default()
}

fn missing(option: &str, part: &str) -> String {
    format!("the option (sanheyi.options.v1.{option}).{part} is missing")
}

fn fault(message: &MessageDescriptor, what: &str) -> Fault {
    Fault(format!("{}: {}: {what}", message.parent_file().name(), message.full_name()))
}

/// "file: message.field: what".
fn field_fault(field: &FieldDescriptor, what: &str) -> Fault {
    Fault(format!("{}: {}: {what}", field.parent_file().name(), field.full_name()))
}
