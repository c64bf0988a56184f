//! Writes what one field adds to the function of its message.
//!
//! A single value is only remembered while the message is read and judged at the end, because the
//! last of several occurrences binds; items of lists and nested messages are judged where they
//! stand.

use super::emit::{Names, line};
use super::model::{Field, Message};
use super::rules::{Kind, ValueRules};
use std::fmt::Write;

/// The pieces of a field, in the order in which the function needs them.
#[derive(Default)]
pub(crate) struct FieldText {
    /// A function of its own, before that of the message.
    pub(crate) helper: String,
    /// What is remembered.
    pub(crate) state: String,
    /// Arms of the match over keys.
    pub(crate) arms: String,
    /// What is said when the message has been read.
    pub(crate) verdict: String,
}

impl FieldText {
    pub(crate) fn of(
        field: &Field,
        message: &Message,
        names: &Names,
        stem: &str,
        label: &str,
    ) -> FieldText {
        let writer = Writer { field, message, names, stem, label, number: field.number };
        match (&field.kind, field.list) {
            (Kind::Message(inner), true) => writer.messages(&names.messages[inner]),
            (Kind::Message(inner), false) => writer.message(&names.messages[inner]),
            (_, true) => writer.list(),
            (_, false) => writer.single(),
        }
    }
}

struct Writer<'a> {
    field: &'a Field,
    message: &'a Message,
    names: &'a Names,
    stem: &'a str,
    label: &'a str,
    number: u32,
}

impl Writer<'_> {
    /// Key on the wire of this field with a wire type.
    fn key(&self, wire_type: u32) -> u32 {
        self.number << 3 | wire_type
    }

    /// Wire type, reading call, type and default of a value.
    fn value(&self) -> (u32, &'static str, &'static str, &'static str) {
        match self.field.kind {
            Kind::Text => (2, "text", "&str", "\"\""),
            Kind::Bool => (0, "bool", "bool", "false"),
            Kind::Uint32 => (0, "uint32", "u32", "0"),
            Kind::Int64 => (0, "int64", "i64", "0"),
            Kind::Code(_) => (0, "code", "i32", "0"),
            Kind::Message(_) => (2, "message", "Reader", ""),
        }
    }

    fn fail(&self, index: &str, broken: &str) -> String {
        format!("fail(out, place, {}, {index}, {broken});", self.label)
    }

    fn single(&self) -> FieldText {
        let mut text = FieldText::default();
        let (wire, call, kind, zero) = self.value();
        let (number, key, rules) = (self.number, self.key(wire), &self.field.rules);
        let checks = self.checks(&rules.value, "value", "None", "        ");
        if checks.is_empty() && !rules.required && !self.compared() {
            line!(text.arms, "            {key} => {{");
            line!(text.arms, "                reader.{call}()?;\n            }}");
            return text;
        }
        let nothing = format!("        {}", self.fail("None", "Broken::Required"));
        if self.field.presence {
            line!(text.state, "    let mut field_{number}: Option<{kind}> = None;");
            line!(text.arms, "            {key} => field_{number} = Some(reader.{call}()?),");
            let from = match rules.ignore_zero {
                true => format!("field_{number}.filter(|value| *value != {zero})"),
                false => format!("field_{number}"),
            };
            line!(text.verdict, "    if let Some(value) = {from} {{");
            if checks.is_empty() {
                line!(text.verdict, "        let _ = value;");
            }
            line!(text.verdict, "{checks}    }}");
            if rules.required {
                line!(text.verdict, "    if field_{number}.is_none() {{\n{nothing}\n    }}");
            }
            self.in_order(&mut text.verdict);
            return text;
        }
        line!(text.state, "    let mut field_{number}: {kind} = {zero};");
        line!(text.arms, "            {key} => field_{number} = reader.{call}()?,");
        line!(text.verdict, "    let value = field_{number};");
        let empty = match self.field.kind {
            Kind::Text => "value.is_empty()".to_owned(),
            _ => format!("value == {zero}"),
        };
        if rules.required {
            line!(text.verdict, "    if {empty} {{\n{nothing}\n    }} else {{");
        } else if rules.ignore_zero {
            line!(text.verdict, "    if !({empty}) {{");
        } else {
            if checks.is_empty() {
                line!(text.verdict, "    let _ = value;");
            }
            text.verdict.push_str(&checks);
            self.in_order(&mut text.verdict);
            return text;
        }
        line!(text.verdict, "{checks}    }}");
        self.in_order(&mut text.verdict);
        text
    }

    /// Whether it is one of two instants that are compared.
    fn compared(&self) -> bool {
        let name = &self.field.name;
        !self.field.not_before.is_empty()
            || self.message.fields.iter().any(|field| field.not_before == *name)
    }

    /// Compares the instant with the one that must not be later, where both are set.
    fn in_order(&self, verdict: &mut String) {
        let earlier = &self.field.not_before;
        let mut others = self.message.fields.iter().enumerate();
        let Some((at, other)) = others.find(|(_, field)| field.name == *earlier) else { return };
        let set = |field: &Field| match field.presence {
            true => format!("field_{}", field.number),
            false => format!("Some(field_{}).filter(|set| *set != 0)", field.number),
        };
        let broken = format!("Broken::NotBefore(&{}[{at}])", self.stem.to_uppercase());
        let fail = self.fail("None", &broken);
        line!(
            verdict,
            "    if let (Some(first), Some(later)) = ({}, {})",
            set(other),
            set(self.field)
        );
        line!(verdict, "        && later < first\n    {{\n        {fail}\n    }}");
    }

    fn message(&self, inner: &str) -> FieldText {
        let mut text = FieldText::default();
        let (number, key, label) = (self.number, self.key(2), self.label);
        line!(text.state, "    let mut seen_{number} = false;");
        line!(text.arms, "            {key} => {{");
        line!(text.arms, "                let mut inner = reader.message()?;");
        line!(text.arms, "                if seen_{number} {{");
        let twice = self.fail("None", "Broken::Repeated");
        line!(text.arms, "                    {twice}\n                }}");
        line!(text.arms, "                seen_{number} = true;");
        line!(
            text.arms,
            "                {inner}(&mut inner, &place.within({label}, None), out)?;"
        );
        line!(text.arms, "            }}");
        if self.field.rules.required {
            let nothing = self.fail("None", "Broken::Required");
            line!(text.verdict, "    if !seen_{number} {{\n        {nothing}\n    }}");
        }
        text
    }

    fn messages(&self, inner: &str) -> FieldText {
        let mut text = FieldText::default();
        let (number, key, label) = (self.number, self.key(2), self.label);
        line!(text.state, "    let mut count_{number}: usize = 0;");
        line!(text.arms, "            {key} => {{");
        line!(text.arms, "                let mut inner = reader.message()?;");
        line!(
            text.arms,
            "                let place = place.within({label}, Some(count_{number}));"
        );
        line!(text.arms, "                {inner}(&mut inner, &place, out)?;");
        line!(text.arms, "                count_{number} += 1;\n            }}");
        self.count(&mut text.verdict);
        text
    }

    fn list(&self) -> FieldText {
        let mut text = FieldText::default();
        let (wire, call, kind, _) = self.value();
        let (number, stem) = (self.number, self.stem);
        let checks = self.checks(&self.field.rules.value, "value", "Some(index)", "    ");
        line!(text.helper, "\nfn {stem}_{number}(");
        line!(text.helper, "    value: {kind},\n    index: usize,\n    place: &Place<'_>,");
        line!(text.helper, "    out: &mut Violations,\n) {{");
        if checks.is_empty() {
            line!(text.helper, "    let _ = (value, index, place, &out);");
        }
        line!(text.helper, "{checks}}}");
        line!(text.state, "    let mut count_{number}: usize = 0;");
        line!(text.arms, "            {} => {{", self.key(wire));
        line!(text.arms, "                let value = reader.{call}()?;");
        line!(text.arms, "                {stem}_{number}(value, count_{number}, place, out);");
        line!(text.arms, "                count_{number} += 1;\n            }}");
        if wire != 2 {
            line!(text.arms, "            {} => {{", self.key(2));
            line!(text.arms, "                let mut list = reader.packed()?;");
            line!(text.arms, "                while list.more() {{");
            line!(text.arms, "                    let value = list.{call}()?;");
            line!(
                text.arms,
                "                    {stem}_{number}(value, count_{number}, place, out);"
            );
            line!(text.arms, "                    count_{number} += 1;");
            line!(text.arms, "                }}\n            }}");
        }
        self.count(&mut text.verdict);
        text
    }

    /// The rules of a list about its number of items.
    fn count(&self, verdict: &mut String) {
        let (number, rules) = (self.number, &self.field.rules);
        let mut checks = String::new();
        if let Some(least) = rules.min_items.filter(|least| *least > 0) {
            let broken = format!("Broken::MinItems({least}, count_{number})");
            let fail = self.fail("None", &broken);
            let few = match least {
                1 => format!("count_{number} == 0"),
                _ => format!("count_{number} < {least}"),
            };
            line!(checks, "        if {few} {{ {fail} }}");
        }
        if let Some(most) = rules.max_items {
            let broken = format!("Broken::MaxItems({most}, count_{number})");
            let fail = self.fail("None", &broken);
            line!(checks, "        if count_{number} > {most} {{ {fail} }}");
        }
        if rules.required {
            let fail = self.fail("None", "Broken::Required");
            line!(verdict, "    if count_{number} == 0 {{ {fail} }} else {{\n{checks}    }}");
        } else if rules.ignore_zero {
            line!(verdict, "    if count_{number} != 0 {{\n{checks}    }}");
        } else if checks.is_empty() {
            line!(verdict, "    let _ = count_{number};");
        } else {
            verdict.push_str(&checks);
        }
    }

    /// The rules of a value that is called `value`.
    fn checks(&self, rules: &ValueRules, value: &str, index: &str, indent: &str) -> String {
        let mut tests: Vec<(String, String)> = Vec::new();
        if let Some(least) = rules.min_len.filter(|least| *least > 0) {
            let short = match least {
                1 => format!("{value}.is_empty()"),
                _ => format!("shorter({value}, {least})"),
            };
            tests.push((short, format!("Broken::MinLen({least}, {value})")));
        }
        if let Some(most) = rules.max_len {
            let long = format!("longer({value}, {most})");
            tests.push((long, format!("Broken::MaxLen({most}, {value})")));
        }
        if let Some(pattern) = &rules.pattern {
            let name = &self.names.patterns[&pattern.text];
            tests.push((format!("!{name}({value})"), format!("Broken::Pattern({value})")));
        }
        if !self.field.form.is_empty() {
            let form = self.field.form;
            tests.push((
                format!("!{value}.is_empty() && !forms::{form}({value})"),
                format!("Broken::Form(\"form.{form}\", {value})"),
            ));
        }
        tests.extend(range(rules, &self.field.kind, value));
        if let (true, Kind::Code(codes)) = (rules.defined_only, &self.field.kind) {
            let known = one_of(codes, value);
            tests.push((format!("!{known}"), format!("Broken::Undefined({value})")));
        }
        if !rules.not_in.is_empty() {
            let barred = one_of(&rules.not_in, value);
            tests.push((barred, format!("Broken::NotIn({value})")));
        }
        let mut text = String::new();
        for (test, broken) in tests {
            let fail = self.fail(index, &broken);
            line!(text, "{indent}if {test} {{ {fail} }}");
        }
        text
    }
}

fn one_of(codes: &[i32], value: &str) -> String {
    let codes: Vec<_> = codes.iter().map(|code| i64::from(*code)).collect();
    format!("matches!({value}, {})", ranges(&codes))
}

/// Ascending numbers as a match pattern: `0..=3 | 7`.
pub(crate) fn ranges(numbers: &[i64]) -> String {
    let mut runs: Vec<(i64, i64)> = Vec::new();
    for number in numbers {
        match runs.last_mut() {
            Some(run) if run.1 + 1 == *number => run.1 = *number,
            _ => runs.push((*number, *number)),
        }
    }
    let text = |(low, high)| if low == high { format!("{low}") } else { format!("{low}..={high}") };
    runs.into_iter().map(text).collect::<Vec<_>>().join(" | ")
}

/// Numbers of both types are compared as `i64`, which holds them all.
fn range(rules: &ValueRules, kind: &Kind, value: &str) -> Option<(String, String)> {
    let wide = match kind {
        Kind::Int64 => value.to_owned(),
        _ => format!("i64::from({value})"),
    };
    let test = match (rules.low, rules.high) {
        (Some(low), Some(high)) => format!("!({low}..={high}).contains(&{wide})"),
        (Some(low), None) => format!("{wide} < {low}"),
        (None, Some(high)) => format!("{wide} > {high}"),
        (None, None) => return None,
    };
    let (rule, low, high) = (&rules.range, rules.low, rules.high);
    let broken =
        format!("Broken::Range {{ rule: {rule:?}, low: {low:?}, high: {high:?}, number: {wide} }}");
    Some((test, broken))
}
