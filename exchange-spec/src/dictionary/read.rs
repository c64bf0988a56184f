//! Reads the dictionary out of the descriptors. The build has already refused what it does not
//! know, so that here everything is said once more or absent.

use std::collections::BTreeMap;

use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind as ProtoKind, MessageDescriptor, Value,
};
use sanheyi_proto::{FieldInfo, Sensitivity, datasets};

use super::model::{Dataset, Dictionary, Field, Kind, Reference, Rules};
use super::{DictionaryError, words};

pub(super) fn dictionary(pool: &DescriptorPool) -> Result<Dictionary, DictionaryError> {
    let mut found = Vec::new();
    for info in datasets() {
        let descriptor = pool
            .get_message_by_name(info.message)
            .ok_or_else(|| DictionaryError::Descriptors(info.message.to_owned()))?;
        found.push(dataset(info, descriptor)?);
    }
    Ok(Dictionary { datasets: found })
}

fn dataset(
    info: &'static sanheyi_proto::Dataset,
    descriptor: MessageDescriptor,
) -> Result<Dataset, DictionaryError> {
    let option = option(&descriptor.options(), descriptor.parent_pool(), "dataset");
    let infos = info.fields.iter().map(|info| (info.path, info)).collect();
    let references = option.as_ref().map(|option| messages(option, "references"));
    Ok(Dataset {
        info,
        references: references
            .unwrap_or_default()
            .iter()
            .map(|reference| Reference {
                dataset: text(reference, "dataset"),
                record: text(reference, "record"),
                field: text(reference, "field"),
                when: text(reference, "when"),
            })
            .collect(),
        fields: fields(&descriptor, "", &infos)?,
        descriptor,
    })
}

type Infos = BTreeMap<&'static str, &'static FieldInfo>;

fn fields(
    message: &MessageDescriptor,
    prefix: &str,
    infos: &Infos,
) -> Result<Vec<Field>, DictionaryError> {
    let mut found = Vec::new();
    for descriptor in message.fields() {
        found.push(field(descriptor, prefix, infos)?);
    }
    found.sort_by_key(|field| field.number);
    Ok(found)
}

fn field(
    descriptor: FieldDescriptor,
    prefix: &str,
    infos: &Infos,
) -> Result<Field, DictionaryError> {
    let path = format!("{prefix}{}", descriptor.name());
    let strange = || DictionaryError::Descriptors(descriptor.full_name().to_owned());
    let info = *infos.get(path.as_str()).ok_or_else(strange)?;
    let pool = descriptor.parent_pool();
    let own = option(&descriptor.options(), pool, "field").ok_or_else(strange)?;
    let mut required = false;
    let mut rules = Rules::default();
    if let Some(told) = extension(&descriptor.options(), pool, "buf.validate.field") {
        required = flag(&told, "required");
        read_rules(&told, &mut rules);
    }
    let kind = match descriptor.kind() {
        ProtoKind::String => Kind::Text,
        ProtoKind::Bool => Kind::Bool,
        ProtoKind::Uint32 => Kind::Uint32,
        ProtoKind::Int64 => Kind::Int64,
        ProtoKind::Enum(codes) => Kind::Code(codes.full_name().to_owned()),
        ProtoKind::Message(message) => Kind::Message(message.full_name().to_owned()),
        _ => return Err(strange()),
    };
    let within = match descriptor.kind() {
        ProtoKind::Message(message) => fields(&message, &format!("{path}."), infos)?,
        _ => Vec::new(),
    };
    let mut field = Field {
        info,
        number: descriptor.number(),
        declared: match number(&own, "sensitivity") {
            1 => Sensitivity::Public,
            2 => Sensitivity::Internal,
            _ => Sensitivity::Personal,
        },
        kind,
        list: descriptor.is_list(),
        presence: descriptor.supports_presence(),
        required,
        instant: flag(&own, "instant"),
        rules,
        sample: text(&own, "sample"),
        fields: within,
        descriptor,
    };
    field.required |= words::refuses_default(&field);
    Ok(field)
}

fn read_rules(told: &DynamicMessage, rules: &mut Rules) {
    rules.ignore_zero = number(told, "ignore") == 1;
    for (field, value) in told.fields() {
        let Value::Message(inner) = value else { continue };
        if field.name() != "repeated" {
            read_value(inner, rules);
            continue;
        }
        rules.min_items = size(inner, "min_items");
        rules.max_items = size(inner, "max_items");
        for items in message(inner, "items").iter() {
            for (_, value) in items.fields() {
                value.as_message().into_iter().for_each(|inner| read_value(inner, rules));
            }
        }
    }
}

/// Rules of one value; those of other types are absent.
fn read_value(told: &DynamicMessage, rules: &mut Rules) {
    rules.min_len = size(told, "min_len");
    rules.max_len = size(told, "max_len");
    rules.pattern = text(told, "pattern");
    for (field, value) in told.fields() {
        let bound = value.as_i64().or(value.as_u32().map(i64::from));
        match (field.name(), value, bound) {
            ("example", Value::List(list), _) => {
                let first = list.first().and_then(Value::as_str);
                rules.example = first.unwrap_or_default().to_owned();
            }
            ("gte", _, bound) => rules.low = bound,
            ("gt", _, Some(bound)) => rules.low = bound.checked_add(1),
            ("lte", _, bound) => rules.high = bound,
            ("lt", _, Some(bound)) => rules.high = bound.checked_sub(1),
            ("defined_only", value, _) => rules.defined_only = value.as_bool() == Some(true),
            ("not_in", Value::List(list), _) => {
                rules.not_in = list.iter().filter_map(Value::as_i32).collect();
            }
            _ => {}
        }
    }
}

/// One of our own options.
fn option(options: &DynamicMessage, pool: &DescriptorPool, name: &str) -> Option<DynamicMessage> {
    extension(options, pool, &format!("sanheyi.options.v1.{name}"))
}

fn extension(
    options: &DynamicMessage,
    pool: &DescriptorPool,
    name: &str,
) -> Option<DynamicMessage> {
    let extension = pool.get_extension_by_name(name)?;
    if !options.has_extension(&extension) {
        return None;
    }
    options.get_extension(&extension).as_message().cloned()
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

fn size(option: &DynamicMessage, name: &str) -> Option<u64> {
    let field = option.descriptor_field(name)?;
    if !option.has_field(&field) {
        return None;
    }
    option.get_field(&field).as_u64()
}

fn message(option: &DynamicMessage, name: &str) -> Option<DynamicMessage> {
    let field = option.descriptor_field(name)?;
    if !option.has_field(&field) {
        return None;
    }
    option.get_field(&field).as_message().cloned()
}

fn messages(option: &DynamicMessage, name: &str) -> Vec<DynamicMessage> {
    let value = option.get_field_by_name(name);
    let list = value.as_deref().and_then(Value::as_list).unwrap_or_default();
    list.iter().filter_map(|item| item.as_message().cloned()).collect()
}

/// The field of that name of a message's type.
trait DescriptorField {
    fn descriptor_field(&self, name: &str) -> Option<FieldDescriptor>;
}

impl DescriptorField for DynamicMessage {
    fn descriptor_field(&self, name: &str) -> Option<FieldDescriptor> {
        prost_reflect::ReflectMessage::descriptor(self).get_field_by_name(name)
    }
}
