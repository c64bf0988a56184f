//! The expressions of `string.pattern`, as far as they can be matched in one walk without going
//! back.
//!
//! Known are: `^` at the start and `$` at the end (both compulsory), plain characters, `\d`,
//! escaped punctuation, classes such as `[A-Z0-9]` of ASCII, and `{n}`, `{n,}`, `{n,m}`, `?`, `*`,
//! `+` behind one ASCII character or class. Each part takes as much as it can; that is right
//! because a part of variable length must share no character with what may follow it, which is
//! checked here.

use std::iter::Peekable;
use std::str::Chars;

/// The longest repetition that RE2 takes.
const MAX_REPEAT: usize = 1000;

/// Characters that mean something else than themselves, and that are not known here.
const SPECIAL: &str = "^$.|()[]{}*+?";

/// What one part matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Set {
    /// One character beyond ASCII.
    Wide(char),
    /// One of these ASCII characters, as ascending ranges that do not touch.
    Ascii(Vec<(u8, u8)>),
}

/// A part of an expression with its repetitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) set: Set,
    pub(crate) least: usize,
    /// `usize::MAX` where nothing bounds it.
    pub(crate) most: usize,
}

/// Reads an expression; the error says what is not known.
pub(crate) fn parse(pattern: &str) -> Result<Vec<Part>, String> {
    let inner = pattern
        .strip_prefix('^')
        .and_then(|rest| rest.strip_suffix('$'))
        .filter(|inner| !inner.ends_with('\\'))
        .ok_or_else(|| "it must begin with ^ and end with $".to_owned())?;
    let mut parts = Vec::new();
    let mut rest = inner.chars().peekable();
    while let Some(first) = rest.next() {
        let set = match first {
            '[' => class(&mut rest)?,
            '\\' => escaped(&mut rest)?,
            special if SPECIAL.contains(special) => {
                return Err(format!("the construct `{special}` is not known here"));
            }
            plain => single(plain),
        };
        let (least, most) = repetition(&mut rest)?;
        if matches!(set, Set::Wide(_)) && (least, most) != (1, 1) {
            return Err("only ASCII may be repeated".to_owned());
        }
        parts.push(Part { set, least, most });
    }
    unambiguous(&parts)?;
    Ok(parts)
}

fn single(plain: char) -> Set {
    match u8::try_from(plain) {
        Ok(byte) if byte.is_ascii() => Set::Ascii(vec![(byte, byte)]),
        _ => Set::Wide(plain),
    }
}

fn escaped(rest: &mut Peekable<Chars<'_>>) -> Result<Set, String> {
    match rest.next() {
        Some('d') => Ok(Set::Ascii(vec![(b'0', b'9')])),
        Some(mark) if mark.is_ascii_punctuation() => Ok(single(mark)),
        Some(other) => Err(format!("the construct `\\{other}` is not known here")),
        None => Err("a lonely \\ at the end".to_owned()),
    }
}

fn class(rest: &mut Peekable<Chars<'_>>) -> Result<Set, String> {
    let mut ranges = Vec::new();
    if rest.peek() == Some(&'^') {
        return Err("the construct `[^` is not known here".to_owned());
    }
    loop {
        let low = match rest.next() {
            None => return Err("a class without its ]".to_owned()),
            Some(']') => break,
            Some('[') => {
                return Err("the construct `[` within a class is not known here".to_owned());
            }
            Some('\\') => match escaped(rest)? {
                Set::Ascii(set) => {
                    ranges.extend(set);
                    continue;
                }
                Set::Wide(_) => return Err("classes hold ASCII only".to_owned()),
            },
            Some(low) => ascii(low)?,
        };
        let mut ahead = rest.clone();
        let high = match (ahead.next(), ahead.next()) {
            (Some('-'), Some(high)) if high != ']' => {
                *rest = ahead;
                ascii(high)?
            }
            _ => low,
        };
        if high < low {
            return Err("a range that runs backwards".to_owned());
        }
        ranges.push((low, high));
    }
    if ranges.is_empty() {
        return Err("an empty class".to_owned());
    }
    Ok(Set::Ascii(joined(ranges)))
}

fn ascii(c: char) -> Result<u8, String> {
    match u8::try_from(c) {
        Ok(byte) if byte.is_ascii() && c != '\\' => Ok(byte),
        _ => Err(format!("`{c}` within a class is not known here")),
    }
}

fn joined(mut ranges: Vec<(u8, u8)>) -> Vec<(u8, u8)> {
    ranges.sort_unstable();
    let mut joined: Vec<(u8, u8)> = Vec::new();
    for (low, high) in ranges {
        match joined.last_mut() {
            Some(last) if low <= last.1.saturating_add(1) => last.1 = last.1.max(high),
            _ => joined.push((low, high)),
        }
    }
    joined
}

fn repetition(rest: &mut Peekable<Chars<'_>>) -> Result<(usize, usize), String> {
    let bounds = match rest.peek() {
        Some('?') => (0, 1),
        Some('*') => (0, usize::MAX),
        Some('+') => (1, usize::MAX),
        Some('{') => {
            let text: String = rest.by_ref().skip(1).take_while(|c| *c != '}').collect();
            let bounds = braces(&text).ok_or_else(|| format!("the repetition {{{text}}}"))?;
            return after(rest, bounds);
        }
        _ => return Ok((1, 1)),
    };
    rest.next();
    after(rest, bounds)
}

fn braces(text: &str) -> Option<(usize, usize)> {
    let number = |text: &str| text.parse().ok().filter(|number| *number <= MAX_REPEAT);
    match text.split_once(',') {
        None => number(text).map(|n| (n, n)),
        Some((least, "")) => number(least).map(|least| (least, usize::MAX)),
        Some((least, most)) => {
            number(least).zip(number(most)).filter(|(least, most)| least <= most)
        }
    }
}

fn after(rest: &mut Peekable<Chars<'_>>, bounds: (usize, usize)) -> Result<(usize, usize), String> {
    match rest.peek() {
        Some(again @ ('?' | '*' | '+' | '{')) => {
            Err(format!("the construct `{again}` behind a repetition is not known here"))
        }
        _ => Ok(bounds),
    }
}

/// A part of variable length must share no character with what may stand behind it.
fn unambiguous(parts: &[Part]) -> Result<(), String> {
    for (index, part) in parts.iter().enumerate() {
        if part.least == part.most {
            continue;
        }
        for next in &parts[index + 1..] {
            if overlap(&part.set, &next.set) {
                return Err(format!(
                    "part {} may take characters that a later part wants: ambiguous",
                    index + 1
                ));
            }
            if next.least > 0 {
                break;
            }
        }
    }
    Ok(())
}

fn overlap(one: &Set, other: &Set) -> bool {
    match (one, other) {
        (Set::Ascii(one), Set::Ascii(other)) => {
            one.iter().any(|a| other.iter().any(|b| a.0 <= b.1 && b.0 <= a.1))
        }
        _ => false,
    }
}

/// Whether a text has the form; used for the examples, in the same walk that the generated matchers
/// make.
pub(crate) fn matches(parts: &[Part], text: &str) -> bool {
    let mut rest = text;
    for part in parts {
        let mut taken = 0;
        while let Some(c) = rest.chars().next().filter(|_| taken < part.most) {
            if !holds(&part.set, c) {
                break;
            }
            rest = &rest[c.len_utf8()..];
            taken += 1;
        }
        if taken < part.least {
            return false;
        }
    }
    rest.is_empty()
}

fn holds(set: &Set, c: char) -> bool {
    match set {
        Set::Wide(wide) => *wide == c,
        Set::Ascii(ranges) => u8::try_from(c)
            .is_ok_and(|byte| ranges.iter().any(|(low, high)| (*low..=*high).contains(&byte))),
    }
}

/// The Rust text of a matcher's body over `cursor`.
pub(crate) fn matcher(parts: &[Part]) -> String {
    let mut steps: Vec<String> = Vec::new();
    let mut fixed = Vec::new();
    for part in parts {
        match (&part.set, part.least, part.most) {
            (Set::Wide(c), ..) => fixed.extend(c.to_string().bytes()),
            (Set::Ascii(one), least, most)
                if one.len() == 1 && one[0].0 == one[0].1 && least == most =>
            {
                fixed.extend(std::iter::repeat_n(one[0].0, least));
            }
            (Set::Ascii(ranges), least, most) => {
                steps.extend(literal(&mut fixed));
                let ranges: Vec<_> =
                    ranges.iter().map(|(low, high)| format!("{low}..={high}")).collect();
                steps.push(format!(
                    "cursor.run({least}, {most}, |byte| matches!(byte, {}))",
                    ranges.join(" | ")
                ));
            }
        }
    }
    steps.extend(literal(&mut fixed));
    steps.push("cursor.done()".to_owned());
    steps.join("\n        && ")
}

fn literal(fixed: &mut Vec<u8>) -> Option<String> {
    let bytes = std::mem::take(fixed);
    (!bytes.is_empty()).then(|| format!("cursor.fixed(&{bytes:?})"))
}
