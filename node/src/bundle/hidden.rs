//! What goes into a support bundle passes here. Sources name nothing personal; what a database or a
//! system says in its own words might all the same, and whoever reads a bundle is a stranger.

use serde_json::Value;
use toml::{Table, Value as Toml};

use crate::doctor::report::DoctorReport;

/// What stands where something was taken out.
pub const HIDDEN: &str = "[已隐去 hidden]";
/// Keys whose values are secrets, by a part of their names.
const SECRET: [&str; 6] = ["password", "passwd", "passphrase", "token", "secret", "credential"];
/// What secrets begin with that have a mark.
const MARKS: [&str; 2] = ["AGE-SECRET-KEY", "PRIVATE KEY"];
/// The one key whose value is 64 hex digits and public.
const PUBLIC_KEY: &str = "hub_key";
/// Digits in one word from which on it may be a phone, an identity number, or the number of a
/// record: eight have landline phones. The widest number that is left is the six digits of
/// microseconds.
const DIGITS: usize = 8;
/// Lengths of what is written in hex: incarnations and epochs, roots and digests.
const HEX: [usize; 3] = [16, 32, 64];
/// Names of findings that quote what they found: entries, or lines of a configuration.
const QUOTING: [&str; 4] = ["invariant.", "shown.", "files.", "config."];

/// A text without what looks like a number of a person or a record, or like a secret.
pub fn text(text: &str) -> String {
    if MARKS.iter().any(|mark| text.contains(mark)) {
        return HIDDEN.to_owned();
    }
    let mut out = String::new();
    let mut word = String::new();
    // One more that belongs to no word ends the last.
    for c in text.chars().map(Some).chain([None]) {
        match c {
            Some(c) if c.is_alphanumeric() && !is_han(c) => word.push(c),
            other => {
                out.push_str(if is_number(&word) { HIDDEN } else { &word });
                word.clear();
                out.extend(other);
            }
        }
    }
    without_login(&out)
}

/// Han characters stand beside numbers without a space between.
fn is_han(c: char) -> bool {
    !c.is_ascii() && !c.is_numeric()
}

fn is_number(word: &str) -> bool {
    let is_hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    let hex = HEX.contains(&word.len()) && word.chars().all(is_hex);
    // Sixteen digits without a letter are the number of a bank card.
    if hex && word.chars().any(|c| c.is_ascii_alphabetic()) {
        return false;
    }
    word.chars().filter(|c| c.is_numeric()).count() >= DIGITS
}

/// `scheme://user:password@host` without the password.
fn without_login(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let ends = rest.find(['/', ' ', '"']).unwrap_or(rest.len());
    let (login, path) = rest.split_at(ends);
    let login = match login.rsplit_once('@') {
        Some((user, host)) => {
            let user = user.split(':').next().unwrap_or_default();
            format!("{user}:{HIDDEN}@{host}")
        }
        None => login.to_owned(),
    };
    format!("{scheme}://{login}{}", without_login(path))
}

/// Hides in every text of a document.
pub fn value(value: &mut Value) {
    match value {
        Value::String(said) => *said = text(said),
        Value::Array(list) => list.iter_mut().for_each(self::value),
        Value::Object(map) => {
            for (key, one) in map {
                match one {
                    Value::String(said) if is_secret(key) => *said = HIDDEN.to_owned(),
                    other => self::value(other),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A configuration without its comments, and without secrets that somebody has written into it. Of
/// one that is no TOML only the names of its keys are left.
pub fn configuration(text: &str) -> String {
    let read = text.parse::<Table>().ok().and_then(|mut table| {
        settings(&mut table);
        toml::to_string_pretty(&table).ok()
    });
    read.unwrap_or_else(|| names(text))
}

fn settings(table: &mut Table) {
    for (key, one) in table {
        setting(key, one);
    }
}

fn setting(key: &str, one: &mut Toml) {
    match one {
        Toml::Table(table) => settings(table),
        Toml::Array(list) => list.iter_mut().for_each(|one| setting(key, one)),
        other if is_secret(key) => *other = Toml::String(HIDDEN.to_owned()),
        Toml::String(said) => {
            let marked = MARKS.iter().any(|mark| said.contains(mark));
            let seed = said.len() == 64 && said.chars().all(|c| c.is_ascii_hexdigit());
            *said = match marked || (seed && key != PUBLIC_KEY) {
                true => HIDDEN.to_owned(),
                false => without_query(&without_login(said)),
            };
        }
        _ => {}
    }
}

/// An address without what its query says.
fn without_query(text: &str) -> String {
    match text.split_once('?') {
        Some((address, query)) if SECRET.iter().any(|word| query.contains(word)) => {
            format!("{address}?{HIDDEN}")
        }
        _ => text.to_owned(),
    }
}

fn names(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines().map(str::trim) {
        let is_name = |name: &str| {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || "_.[]".contains(c))
        };
        let (name, has_value) = match line.split_once('=') {
            Some((name, _)) => (name.trim(), true),
            None => (line, false),
        };
        if is_name(name) && (has_value || name.starts_with('[')) {
            let value = if has_value { format!(" = \"{HIDDEN}\"") } else { String::new() };
            out.push_str(&format!("{name}{value}\n"));
        }
    }
    out
}

fn is_secret(key: &str) -> bool {
    let key = key.to_lowercase();
    SECRET.iter().any(|word| key.contains(word))
}

/// The doctor's report without what its findings quote: names, places and remedies stay.
pub fn doctor(mut report: DoctorReport) -> DoctorReport {
    for one in &mut report.findings {
        let finding = &mut one.finding;
        if QUOTING.iter().any(|prefix| finding.name.starts_with(prefix)) {
            for said in [&mut finding.what_zh, &mut finding.what_en] {
                *said = unquoted(finding.name, said);
            }
        }
    }
    report
}

/// A difference is `table.column place: what`; a problem of a configuration quotes its value.
fn unquoted(name: &str, said: &str) -> String {
    match (name.starts_with("config."), said.split_once(": ")) {
        (false, Some((place, _))) => format!("{place}: {HIDDEN}"),
        (false, None) => said.to_owned(),
        (true, _) => HIDDEN.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use sanheyi_exchange_spec::health::Finding;
    use serde_json::json;

    use super::*;
    use crate::doctor::{Examined, table};

    #[test]
    fn numbers_of_people_and_records_are_hidden_and_times_places_and_roots_stay() {
        for (said, left) in [
            ("身份证320481198001011234有误", format!("身份证{HIDDEN}有误")),
            ("32048119800101123X", HIDDEN.to_owned()),
            ("phone 13812345678, 0519-82880000", format!("phone {HIDDEN}, 0519-{HIDDEN}")),
            ("case.case JS048100JT0000000001 revision 2", format!("case.case {HIDDEN} revision 2")),
            ("1234567812345678", HIDDEN.to_owned()),
            ("key AGE-SECRET-KEY-1QQQ", HIDDEN.to_owned()),
            ("postgres://hub:open-sesame@db/x", format!("postgres://hub:{HIDDEN}@db/x")),
        ] {
            assert_eq!(text(said), left);
        }
        let root = "0123456789abcdef".repeat(4);
        for stays in [
            "2010-11-23T08:00:00.000000+08:00",
            "jintan>changzhou/normal/00112233445566ff",
            &root,
            "journal.size 1234567",
            "127.0.0.1:7443",
            "postgres://db.example.cn/hub",
        ] {
            assert_eq!(text(stays), stays);
        }
        let mut document =
            json!({ "a": [{ "b": "13812345678", "password": "x" }], "n": 13812345678_u64 });
        value(&mut document);
        let left = json!({ "a": [{ "b": HIDDEN, "password": HIDDEN }], "n": 13812345678_u64 });
        assert_eq!(document, left);
    }

    #[test]
    fn a_configuration_keeps_its_settings_and_no_comment_or_secret() {
        let seed = "ab".repeat(32);
        let given = format!(
            "# 联系人 王小明 13812345678\nplatform = \"jintan\"\n[store]\n\
             address = \"postgres://hub:open-sesame@db/hub?password=open-sesame\"\n\
             password_file = \"/run/open\"\n[keys]\nsigning = \"{seed}\" # 王小明\nhub_key = \"{seed}\"\n\
             [[more]]\nApiToken = 7\nlist = [\"AGE-SECRET-KEY-1QQ\"]\n"
        );
        let left = configuration(&given);
        for gone in ["王小明", "138", "open-sesame", "/run/open", "AGE-", "= 7", "signing = \"ab"]
        {
            assert!(!left.contains(gone), "{gone}: {left}");
        }
        for stays in ["platform = \"jintan\"", "postgres://hub:", "@db/hub", "hub_key = \"ab"] {
            assert!(left.contains(stays), "{stays}: {left}");
        }
        let broken = "platform = \"jintan\n[keys]\nsigning = open-sesame\nopen-sesame\n# 王小明\n";
        let left = configuration(broken);
        assert!(left.contains("platform = ") && left.contains("[keys]\nsigning = "), "{left}");
        assert!(!left.contains("sesame") && !left.contains("jintan"), "{left}");
    }
    #[test]
    fn findings_keep_their_names_and_places_and_quote_nothing() {
        let mut examined = Examined::default();
        let said = "record.place 7: case.case A-1 revision 2 is not here";
        let index = Finding::new(&table::INDEX_COMPLETE, "jintan", format!("有差异：{said}"), said);
        let quoted = "`王小明`: no id";
        let config = Finding::new(&table::CONFIG_INVALID, "platform", quoted, quoted);
        let full = Finding::new(&table::PORT_TAKEN, "pages 127.0.0.1:9446", "有人应答", "taken");
        examined.add("all", [index, config, full]);
        let left = serde_json::to_string(&doctor(examined.into())).unwrap();
        assert!(!left.contains("A-1") && !left.contains("王小明"), "{left}");
        for stays in ["record.place 7: ", "\"platform\"", "config.invalid", "有人应答"] {
            assert!(left.contains(stays), "{stays}: {left}");
        }
    }
}
