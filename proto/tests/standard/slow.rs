//! The second opinion: decodes a body by reflection and applies the rules as they stand in the
//! descriptors, without anything of the generator.

use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage, Value,
};

pub(crate) mod forms;

/// Field and rule of a violation.
pub(crate) type Found = (String, String);

pub(crate) struct Slow {
    pub(crate) pool: DescriptorPool,
}

impl Slow {
    pub(crate) fn new() -> Self {
        let pool = DescriptorPool::decode(sanheyi_proto::DESCRIPTORS).expect("our own descriptors");
        Slow { pool }
    }

    pub(crate) fn message(&self, name: &str) -> MessageDescriptor {
        self.pool.get_message_by_name(name).expect("a message of the standard")
    }

    /// What a body breaks, sorted.
    pub(crate) fn judge(&self, message: &str, body: &[u8]) -> Vec<Found> {
        let Ok(decoded) = DynamicMessage::decode(self.message(message), body) else {
            return vec![(String::new(), "wire".into())];
        };
        let mut found = Vec::new();
        self.of_message(&decoded, "", &mut found);
        found.sort();
        found
    }

    /// The message in an option, if it is set.
    pub(crate) fn option(&self, options: &DynamicMessage, name: &str) -> Option<DynamicMessage> {
        let extension = self.pool.get_extension_by_name(name).expect("declared");
        if !options.has_extension(&extension) {
            return None;
        }
        options.get_extension(&extension).as_message().cloned()
    }

    fn rules(&self, field: &FieldDescriptor) -> Option<DynamicMessage> {
        self.option(&field.options(), "buf.validate.field")
    }

    /// The rules of one family: of a field, or of the items of a list.
    pub(crate) fn rules_of(&self, field: &FieldDescriptor, family: &str) -> Option<DynamicMessage> {
        let inner = |rules: &DynamicMessage, name: &str| {
            let value = rules.has_field_by_name(name).then(|| rules.get_field_by_name(name));
            value.flatten()?.as_message().cloned()
        };
        let rules = self.rules(field)?;
        if field.is_list() && family != "repeated" {
            return inner(&inner(&inner(&rules, "repeated")?, "items")?, family);
        }
        inner(&rules, family)
    }

    fn told(&self, field: &FieldDescriptor, name: &str) -> Value {
        let option = self.option(&field.options(), "sanheyi.options.v1.field").expect("compulsory");
        option.get_field_by_name(name).expect("declared").into_owned()
    }

    /// Number of the form that a field has, or 0.
    pub(crate) fn form(&self, field: &FieldDescriptor) -> i32 {
        self.told(field, "form").as_enum_number().expect("an enum")
    }

    /// Forms of texts, and instants that must be in order.
    fn of_ours(
        &self,
        message: &DynamicMessage,
        field: &FieldDescriptor,
        path: &str,
        found: &mut Vec<Found>,
    ) {
        let value = message.get_field(field).into_owned();
        let form = self.form(field);
        let bad = |value: &Value| {
            let text = value.as_str().expect("a text");
            !text.is_empty() && !forms::has(form, text)
        };
        match &value {
            _ if form == 0 => {}
            Value::List(items) => {
                for (index, _) in items.iter().enumerate().filter(|(_, item)| bad(item)) {
                    found.push((format!("{path}[{index}]"), forms::rule(form).into()));
                }
            }
            value if bad(value) => found.push((path.into(), forms::rule(form).into())),
            _ => {}
        }
        let earlier = self.told(field, "not_before");
        let earlier = earlier.as_str().expect("a text");
        if !earlier.is_empty() {
            let earlier = message.descriptor().get_field_by_name(earlier).expect("a sibling");
            let both = message.has_field(field) && message.has_field(&earlier);
            if both && value.as_i64() < message.get_field(&earlier).as_i64() {
                found.push((path.into(), "not_before".into()));
            }
        }
    }

    fn of_message(&self, message: &DynamicMessage, prefix: &str, found: &mut Vec<Found>) {
        for field in message.descriptor().fields() {
            let path = format!("{prefix}{}", field.name());
            let value = message.get_field(&field).into_owned();
            let present = message.has_field(&field);
            if let Some(rules) = self.rules(&field) {
                self.of_field(&rules, &field, &value, present, &path, found);
            }
            self.of_ours(message, &field, &path, found);
            match (&value, present) {
                (Value::Message(inner), true) => {
                    self.of_message(inner, &format!("{path}."), found);
                }
                (Value::List(items), _) => {
                    for (index, item) in items.iter().enumerate() {
                        if let Value::Message(inner) = item {
                            self.of_message(inner, &format!("{path}[{index}]."), found);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn of_field(
        &self,
        rules: &DynamicMessage,
        field: &FieldDescriptor,
        value: &Value,
        present: bool,
        path: &str,
        found: &mut Vec<Found>,
    ) {
        let set = |name: &str| rules.get_field_by_name(name).expect("declared").into_owned();
        if set("required").as_bool() == Some(true) && !present {
            found.push((path.into(), "required".into()));
            return;
        }
        let ignore = set("ignore").as_enum_number() == Some(1);
        let nothing = !present || value.is_default(&field.kind());
        if (field.supports_presence() && !present) || (ignore && nothing) {
            return;
        }
        for (family, rules) in rules.fields() {
            let Value::Message(rules) = rules else { continue };
            if family.name() == "repeated" {
                self.of_list(rules, field, value, path, found);
            } else {
                of_value(family.name(), rules, &field.kind(), value, path, found);
            }
        }
    }

    fn of_list(
        &self,
        rules: &DynamicMessage,
        field: &FieldDescriptor,
        value: &Value,
        path: &str,
        found: &mut Vec<Found>,
    ) {
        let items = value.as_list().expect("a list");
        let count = items.len() as u64;
        for (rule, bound) in rules.fields() {
            match (rule.name(), bound) {
                ("min_items", Value::U64(least)) if count >= *least => {}
                ("max_items", Value::U64(most)) if count <= *most => {}
                ("items", Value::Message(rules)) => {
                    for (index, item) in items.iter().enumerate() {
                        let path = format!("{path}[{index}]");
                        for (family, rules) in rules.fields() {
                            let rules = rules.as_message().expect("rules of a type");
                            of_value(family.name(), rules, &field.kind(), item, &path, found);
                        }
                    }
                }
                (name, _) => found.push((path.into(), format!("repeated.{name}"))),
            }
        }
    }
}

fn of_value(
    family: &str,
    rules: &DynamicMessage,
    kind: &Kind,
    value: &Value,
    path: &str,
    found: &mut Vec<Found>,
) {
    let number = || value.as_i64().or(value.as_u32().map(i64::from)).expect("a number");
    let mut bounds = Vec::new();
    let mut outside = false;
    for (rule, bound) in rules.fields() {
        let bound_number = bound.as_i64().or(bound.as_u32().map(i64::from));
        let broken = match (family, rule.name(), bound) {
            ("string", "min_len", Value::U64(least)) => length(value) < *least,
            ("string", "max_len", Value::U64(most)) => length(value) > *most,
            ("string", "pattern", Value::String(pattern)) => !matches(pattern, value),
            ("string", "example", _) => false,
            ("enum", "defined_only", Value::Bool(true)) => {
                let code = value.as_enum_number().expect("a code");
                kind.as_enum().expect("an enum").get_value(code).is_none()
            }
            ("enum", "not_in", Value::List(list)) => {
                list.iter().any(|barred| barred.as_i32() == value.as_enum_number())
            }
            ("uint32" | "int64", name, _) => {
                let bound = bound_number.expect("a bound");
                bounds.push(name.to_owned());
                outside |= match name {
                    "gt" => number() <= bound,
                    "gte" => number() < bound,
                    "lt" => number() >= bound,
                    "lte" => number() > bound,
                    other => panic!("a bound called {other}"),
                };
                false
            }
            (family, rule, _) => panic!("nobody judges {family}.{rule}"),
        };
        if broken {
            found.push((path.into(), format!("{family}.{}", rule.name())));
        }
    }
    if outside {
        // The official library puts the lower bound first.
        bounds.sort();
        found.push((path.into(), format!("{family}.{}", bounds.join("_"))));
    }
}

fn length(value: &Value) -> u64 {
    value.as_str().expect("a text").chars().count() as u64
}

/// Tries every way to share the text out among the parts, where the generated matchers try one.
fn matches(pattern: &str, value: &Value) -> bool {
    let inner = pattern.strip_prefix('^').and_then(|rest| rest.strip_suffix('$')).expect("anchors");
    let pattern: Vec<char> = inner.chars().collect();
    let text: Vec<char> = value.as_str().expect("a text").chars().collect();
    anywhere(&pattern, &text)
}

fn anywhere(pattern: &[char], text: &[char]) -> bool {
    let Some((set, rest)) = set(pattern) else { return text.is_empty() };
    let (least, most, rest) = times(rest);
    let fits = |c: &char| set.iter().any(|(low, high)| (low..=high).contains(&c));
    (least..=most.min(text.len()))
        .any(|count| text[..count].iter().all(fits) && anywhere(rest, &text[count..]))
}

type Set = Vec<(char, char)>;

fn set(pattern: &[char]) -> Option<(Set, &[char])> {
    match pattern {
        [] => None,
        ['\\', 'd', rest @ ..] => Some((vec![('0', '9')], rest)),
        ['\\', mark, rest @ ..] => Some((vec![(*mark, *mark)], rest)),
        ['[', inner @ ..] => {
            let end = inner.iter().position(|c| *c == ']').expect("a class");
            let (mut class, rest) = (&inner[..end], &inner[end + 1..]);
            let mut set = Vec::new();
            while let [low, after @ ..] = class {
                if let ['-', high, after @ ..] = after {
                    set.push((*low, *high));
                    class = after;
                } else {
                    set.push((*low, *low));
                    class = after;
                }
            }
            Some((set, rest))
        }
        [plain, rest @ ..] => Some((vec![(*plain, *plain)], rest)),
    }
}

fn times(pattern: &[char]) -> (usize, usize, &[char]) {
    match pattern {
        ['?', rest @ ..] => (0, 1, rest),
        ['*', rest @ ..] => (0, usize::MAX, rest),
        ['+', rest @ ..] => (1, usize::MAX, rest),
        ['{', inner @ ..] => {
            let end = inner.iter().position(|c| *c == '}').expect("a repetition");
            let text: String = inner[..end].iter().collect();
            let (least, most) = text.split_once(',').unwrap_or((&text, &text));
            let most = if most.is_empty() { usize::MAX } else { most.parse().expect("a number") };
            (least.parse().expect("a number"), most, &inner[end + 1..])
        }
        rest => (1, 1, rest),
    }
}
