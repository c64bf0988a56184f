//! Reads our options out of descriptors, and says where what is wrong stands.

use prost_reflect::{
    DescriptorPool, DynamicMessage, EnumDescriptor, EnumValueDescriptor, FieldDescriptor,
    MessageDescriptor, Value,
};

use super::Fault;

/// The message in an option, if it is set.
pub(crate) fn option(
    pool: &DescriptorPool,
    options: &DynamicMessage,
    name: &str,
) -> Result<Option<DynamicMessage>, Fault> {
    let Some(extension) = pool.get_extension_by_name(name) else {
        return Err(Fault(format!("the option {name} is not declared")));
    };
    if !options.has_extension(&extension) {
        return Ok(None);
    }
    Ok(options.get_extension(&extension).as_message().cloned())
}

pub(crate) fn text(option: &DynamicMessage, name: &str) -> String {
    let value = option.get_field_by_name(name);
    value.as_deref().and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The number of an enumeration.
pub(crate) fn number(option: &DynamicMessage, name: &str) -> i32 {
    option.get_field_by_name(name).as_deref().and_then(Value::as_enum_number).unwrap_or_default()
}

pub(crate) fn uint32(option: &DynamicMessage, name: &str) -> u32 {
    option.get_field_by_name(name).as_deref().and_then(Value::as_u32).unwrap_or_default()
}

pub(crate) fn flag(option: &DynamicMessage, name: &str) -> bool {
    option.get_field_by_name(name).as_deref().and_then(Value::as_bool).unwrap_or_default()
}

/// The messages of a list.
pub(crate) fn messages(option: &DynamicMessage, name: &str) -> Vec<DynamicMessage> {
    let value = option.get_field_by_name(name);
    let list = value.as_deref().and_then(Value::as_list).unwrap_or_default();
    list.iter().filter_map(Value::as_message).cloned().collect()
}

pub(crate) fn missing(option: &str, part: &str) -> String {
    format!("the option (sanheyi.options.v1.{option}).{part} is missing")
}

/// "file: message: what".
pub(crate) fn fault(message: &MessageDescriptor, what: &str) -> Fault {
    Fault(format!("{}: {}: {what}", message.parent_file().name(), message.full_name()))
}

/// "file: message.field: what".
pub(crate) fn field_fault(field: &FieldDescriptor, what: &str) -> Fault {
    Fault(format!("{}: {}: {what}", field.parent_file().name(), field.full_name()))
}

/// "file: enumeration: what".
pub(crate) fn enum_fault(list: &EnumDescriptor, what: &str) -> Fault {
    Fault(format!("{}: {}: {what}", list.parent_file().name(), list.full_name()))
}

/// "file: value: what".
pub(crate) fn value_fault(value: &EnumValueDescriptor, what: &str) -> Fault {
    let file = value.parent_enum().parent_file();
    Fault(format!("{}: {}: {what}", file.name(), value.full_name()))
}
