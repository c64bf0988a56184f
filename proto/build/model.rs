//! The standard as the generator sees it: datasets, messages and fields with titles and rules, all
//! complete.

use std::collections::{BTreeMap, BTreeSet};

use prost_reflect::{
    Cardinality, DescriptorPool, DynamicMessage, FieldDescriptor, Kind as ProtoKind,
    MessageDescriptor,
};

use super::codes::{CodeList, CodeLists};
use super::options::{fault, field_fault, flag, messages, missing, number, option, text, uint32};
use super::rules::{self, Kind, Rules};
use super::template::{self, Template};
use super::{Fault, forms};

/// All that is generated from.
pub(crate) struct Standard {
    /// Ascending by name.
    pub(crate) datasets: Vec<Dataset>,
    /// By full name.
    pub(crate) messages: BTreeMap<String, Message>,
    /// Ascending by id and version.
    pub(crate) code_lists: Vec<CodeList>,
}

pub(crate) struct Dataset {
    pub(crate) name: String,
    pub(crate) message: String,
    pub(crate) title_zh: String,
    pub(crate) title_en: String,
    pub(crate) urgent: bool,
    pub(crate) lane_since: u32,
    pub(crate) source: String,
    pub(crate) record: Template,
    /// Variant of `Author`.
    pub(crate) author: &'static str,
    pub(crate) references: Vec<Reference>,
    /// Names the platform that an entry is for.
    pub(crate) addressee: Option<Template>,
    /// Whether any dataset refers to it.
    pub(crate) referable: bool,
}

/// A record that the records of a dataset lean on.
pub(crate) struct Reference {
    pub(crate) dataset: String,
    pub(crate) record: Template,
    pub(crate) field: String,
    /// Slot of the template, and the number that it must have.
    pub(crate) when: Option<(usize, i64)>,
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
    /// The function of `proto/src/forms.rs` that knows the form; empty where there is none.
    pub(crate) form: &'static str,
    /// Name of the instant that must not be later; empty where there is none.
    pub(crate) not_before: String,
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

/// Reads the datasets of a package. A message that belongs to none must stand in a file that has
/// none either: there is kept what several share.
pub(crate) fn read(pool: &DescriptorPool, package: &str) -> Result<Standard, Fault> {
    let mut reader = Reader {
        pool,
        messages: BTreeMap::new(),
        open: Vec::new(),
        code_lists: CodeLists::default(),
    };
    let mut datasets: BTreeMap<String, Dataset> = BTreeMap::new();
    let mut declared = Vec::new();
    let ours = || pool.all_messages().filter(|message| message.package_name() == package);
    for message in ours() {
        let told = option(pool, &message.options(), "sanheyi.options.v1.dataset")?;
        let Some(told) = told else { continue };
        reader.message(&message)?;
        let dataset = dataset(&message, &told, &reader.messages[message.full_name()])?;
        let (name, place) = (dataset.name.clone(), dataset.message.clone());
        if let Some(twin) = datasets.insert(name.clone(), dataset) {
            return Err(Fault(format!("{place}: dataset {name} is also {}", twin.message)));
        }
        declared.push((name, message, told));
    }
    if datasets.is_empty() {
        return Err(Fault(format!("package {package} has no dataset")));
    }
    for (name, message, told) in &declared {
        let references = references(message, told, &reader.messages, &mut datasets)?;
        datasets.entry(name.clone()).and_modify(|dataset| dataset.references = references);
    }
    reader
        .shared(ours(), &declared.iter().map(|one| one.1.parent_file().name().into()).collect())?;
    for list in pool.all_enums().filter(|list| list.package_name() == package) {
        reader.code_lists.of(pool, &list)?;
    }
    let mut code_lists: Vec<_> = reader.code_lists.0.into_values().collect();
    code_lists.sort_by_key(|list| (list.id.clone(), list.version));
    let datasets = datasets.into_values().collect();
    Ok(Standard { datasets, messages: reader.messages, code_lists })
}

fn dataset(
    message: &MessageDescriptor,
    option: &DynamicMessage,
    body: &Message,
) -> Result<Dataset, Fault> {
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
        lane_since: uint32(option, "lane_since"),
        source: needed("source")?,
        record: template::parse(&needed("record")?, body).map_err(|why| fault(message, &why))?,
        author: match number(option, "author") {
            1 => "Platform",
            2 => "Hub",
            3 => "Both",
            _ => return Err(fault(message, &missing("dataset", "author"))),
        },
        references: Vec::new(),
        referable: false,
        addressee: addressee(message, &text(option, "addressee"), body)?,
    })
}

/// The field that names the platform which an entry is for, as a template of it alone.
fn addressee(
    message: &MessageDescriptor,
    field: &str,
    body: &Message,
) -> Result<Option<Template>, Fault> {
    if field.is_empty() {
        return Ok(None);
    }
    let single = |one: &Field| one.name == field && one.kind == Kind::Text && !one.list;
    if !body.fields.iter().any(single) {
        return Err(fault(message, &format!("addressee: {field} is no text of the message")));
    }
    let template = template::parse(&format!("{{{field}}}"), body);
    template.map(Some).map_err(|why| fault(message, &why))
}

/// Reads what a dataset leans on, when all datasets are known, and marks those as referable.
fn references(
    message: &MessageDescriptor,
    option: &DynamicMessage,
    bodies: &BTreeMap<String, Message>,
    datasets: &mut BTreeMap<String, Dataset>,
) -> Result<Vec<Reference>, Fault> {
    let body = &bodies[message.full_name()];
    let mut references = Vec::new();
    for told in messages(option, "references") {
        let dataset = text(&told, "dataset");
        let wrong = |what: &str| fault(message, &format!("the reference to {dataset}: {what}"));
        let Some(target) = datasets.get_mut(&dataset) else {
            return Err(wrong("there is no such dataset"));
        };
        target.referable = true;
        let mut record =
            template::parse(&text(&told, "record"), body).map_err(|why| wrong(&why))?;
        if record.shape() != target.record.shape() {
            let (one, other) = (&record.text, &target.record.text);
            return Err(wrong(&format!("{one} has not the shape of its records, {other}")));
        }
        let field = text(&told, "field");
        if !body.fields.iter().any(|known| known.name == field) {
            return Err(wrong(&format!("the message has no field {field}")));
        }
        let when = record.condition(&text(&told, "when"), body).map_err(|why| wrong(&why))?;
        references.push(Reference { dataset, record, field, when });
    }
    Ok(references)
}

struct Reader<'a> {
    pool: &'a DescriptorPool,
    messages: BTreeMap<String, Message>,
    /// Messages that are being read, to find those that hold themselves.
    open: Vec<String>,
    code_lists: CodeLists,
}

impl Reader<'_> {
    /// Reads the messages that no dataset holds, so that they are in order when one does.
    fn shared(
        &mut self,
        ours: impl Iterator<Item = MessageDescriptor>,
        files: &BTreeSet<String>,
    ) -> Result<(), Fault> {
        let held: BTreeSet<String> = self.messages.keys().cloned().collect();
        for message in ours.filter(|message| !held.contains(message.full_name())) {
            if files.contains(message.parent_file().name()) {
                return Err(fault(&message, "it belongs to no dataset"));
            }
            self.message(&message)?;
        }
        self.messages.retain(|name, _| held.contains(name));
        Ok(())
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
        for descriptor in message.fields() {
            in_order(&descriptor, &fields)?;
        }
        self.open.pop();
        self.messages.insert(name, Message { fields });
        Ok(())
    }

    fn field(&mut self, descriptor: &FieldDescriptor) -> Result<Field, Fault> {
        let kind = self.kind(descriptor)?;
        let list = descriptor.cardinality() == Cardinality::Repeated;
        let options = descriptor.options();
        let told = option(self.pool, &options, "sanheyi.options.v1.field")?;
        let told = told.ok_or_else(|| field_fault(descriptor, &missing("field", "title_zh")))?;
        let needed = |name: &str| {
            let text = text(&told, name);
            let absent = || field_fault(descriptor, &missing("field", name));
            if text.is_empty() { Err(absent()) } else { Ok(text) }
        };
        let instant = flag(&told, "instant");
        if instant && kind != Kind::Int64 {
            return Err(field_fault(descriptor, "an instant must be of type int64"));
        }
        let rules = match option(self.pool, &options, "buf.validate.field")? {
            Some(told) => {
                rules::read(&told, &kind, list).map_err(|why| field_fault(descriptor, &why))?
            }
            None => Rules::default(),
        };
        Ok(Field {
            name: descriptor.name().to_owned(),
            number: descriptor.number(),
            title_zh: needed("title_zh")?,
            title_en: needed("title_en")?,
            sensitivity: match number(&told, "sensitivity") {
                1 => Sensitivity::Public,
                2 => Sensitivity::Internal,
                3 => Sensitivity::Personal,
                _ => return Err(field_fault(descriptor, &missing("field", "sensitivity"))),
            },
            source: text(&told, "source"),
            code_list: self.code_list(descriptor, &kind, text(&told, "code_list"))?,
            instant,
            form: form(&told, &kind, &rules).map_err(|why| field_fault(descriptor, &why))?,
            not_before: text(&told, "not_before"),
            kind,
            list,
            presence: descriptor.supports_presence(),
            rules,
        })
    }

    /// Id and version of the list whose codes a field holds: an enumeration brings its own, a text
    /// names one.
    fn code_list(
        &mut self,
        descriptor: &FieldDescriptor,
        kind: &Kind,
        told: String,
    ) -> Result<String, Fault> {
        if let ProtoKind::Enum(list) = descriptor.kind() {
            if !told.is_empty() {
                let what = format!("code_list {told}: an enumeration brings its own code list");
                return Err(field_fault(descriptor, &what));
            }
            return Ok(self.code_lists.of(self.pool, &list)?.name());
        }
        let number = |text: &str| text.parse().is_ok_and(|version: u32| version > 0);
        let known =
            told.split_once('/').is_some_and(|(id, version)| !id.is_empty() && number(version));
        if told.is_empty() || (known && *kind == Kind::Text) {
            return Ok(told);
        }
        let what = format!("code_list {told}: only a text has one, and it is like region/1");
        Err(field_fault(descriptor, &what))
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
            ProtoKind::Enum(list) => {
                Ok(Kind::Code(self.code_lists.of(self.pool, &list)?.numbers()))
            }
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
}

/// The name of the function behind a form.
fn form(option: &DynamicMessage, kind: &Kind, rules: &Rules) -> Result<&'static str, String> {
    let number = number(option, "form");
    if number == 0 {
        return Ok("");
    }
    let Some(form) = usize::try_from(number - 1).ok().and_then(|at| forms::FORMS.get(at)) else {
        return Err(format!("the form {number} is not known to the generator"));
    };
    if *kind != Kind::Text {
        return Err(format!("the form {} is one of texts", form.name));
    }
    let example = &rules.value.example;
    if !example.is_empty() && !(form.holds)(example) {
        let (zh, en, such) = (form.title_zh, form.title_en, form.example);
        return Err(format!("rule `string.example` {example}: it is no {en} ({zh}) like {such}"));
    }
    Ok(form.name)
}

/// What `not_before` names is another instant of the same message.
fn in_order(descriptor: &FieldDescriptor, fields: &[Field]) -> Result<(), Fault> {
    let single =
        |name: &str| fields.iter().find(|field| field.name == name && field.instant && !field.list);
    let Some(field) = fields.iter().find(|field| field.name == descriptor.name()) else {
        return Ok(());
    };
    let earlier = &field.not_before;
    if earlier.is_empty() {
        return Ok(());
    }
    if single(&field.name).is_none() {
        return Err(field_fault(descriptor, "not_before: it is not a single instant itself"));
    }
    if *earlier == field.name || single(earlier).is_none() {
        let what = format!("not_before {earlier}: no other instant of the message has that name");
        return Err(field_fault(descriptor, &what));
    }
    Ok(())
}
