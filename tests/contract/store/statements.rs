//! Statements as a server logged them, and as much of a reader of SQL as is needed to see whether
//! one names its platform for every table that it touches. What it does not understand it refuses.

use std::collections::{BTreeMap, BTreeSet};

use super::catalogue::PLATFORM;

/// A statement that a session sent.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) session: String,
    pub(crate) text: String,
    /// The values bound to `$1`, `$2`, …
    pub(crate) values: Vec<String>,
}

/// What was said between BEGIN and COMMIT.
#[derive(Debug)]
pub(crate) struct Transaction {
    pub(crate) begin: String,
    pub(crate) said: Vec<Said>,
}

/// The statements of a server's log, in order. `log_statement` must be `all`.
pub(crate) fn said(log: &str) -> Vec<Said> {
    let mut all: Vec<Said> = Vec::new();
    let mut goes_on = false;
    for line in log.lines() {
        let head = line.split_once('[').and_then(|(_, rest)| rest.split_once("] "));
        let Some((session, rest)) = head.filter(|_| !line.starts_with('\t')) else {
            // A statement of several lines.
            let last = all.last_mut().filter(|_| goes_on);
            last.into_iter().for_each(|last| last.text.push_str(line));
            continue;
        };
        let executed = rest.strip_prefix("LOG:  execute ").and_then(|rest| rest.split_once(": "));
        let text = executed.map(|(_, text)| text).or(rest.strip_prefix("LOG:  statement: "));
        goes_on = text.is_some();
        if let Some(text) = text {
            let (session, text) = (session.to_owned(), text.to_owned());
            all.push(Said { session, text, values: Vec::new() });
        }
        let details =
            rest.strip_prefix("DETAIL:  ").and_then(|rest| rest.split_once("arameters: "));
        if let Some((_, list)) = details {
            let last = all.iter_mut().rfind(|one| one.session == session);
            last.expect("values belong to a statement").values = values(list);
        }
    }
    all
}

/// `$1 = 'a', $2 = NULL` as its values.
fn values(mut list: &str) -> Vec<String> {
    let mut values = Vec::new();
    while let Some((_, rest)) = list.split_once(" = ") {
        let Some(quoted) = rest.strip_prefix('\'') else {
            values.push("NULL".to_owned());
            list = rest;
            continue;
        };
        let mut value = String::new();
        let mut letters = quoted.char_indices().peekable();
        list = "";
        while let Some((at, letter)) = letters.next() {
            if letter == '\'' && letters.next_if(|(_, next)| *next == '\'').is_none() {
                list = &quoted[at + 1..];
                break;
            }
            value.push(letter);
        }
        values.push(value);
    }
    values
}

/// The transactions, and what was said outside of any.
pub(crate) fn transactions(said: Vec<Said>) -> (Vec<Transaction>, Vec<Said>) {
    let (mut done, mut loose) = (Vec::new(), Vec::new());
    let mut open: BTreeMap<String, Transaction> = BTreeMap::new();
    for one in said {
        let word = one.text.split([' ', ';']).next().unwrap_or_default().to_uppercase();
        match word.as_str() {
            "BEGIN" => {
                let begun = Transaction { begin: one.text, said: Vec::new() };
                done.extend(open.insert(one.session, begun));
            }
            "COMMIT" | "ROLLBACK" => done.extend(open.remove(&one.session)),
            _ => match open.get_mut(&one.session) {
                Some(transaction) => transaction.said.push(one),
                None => loose.push(one),
            },
        }
    }
    done.extend(open.into_values());
    (done, loose)
}

// === SQL ===

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    /// A name or a word of the language, without quotes.
    Word(String),
    /// `$1` is 1.
    Place(usize),
    Sign(char),
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut letters = text.chars().peekable();
    let in_name = |letter: &char| letter.is_ascii_alphanumeric() || *letter == '_';
    while let Some(letter) = letters.next() {
        let mut rest = String::new();
        match letter {
            ' ' | '\t' => {}
            '"' => {
                rest.extend(letters.by_ref().take_while(|letter| *letter != '"'));
                tokens.push(Token::Word(rest));
            }
            '$' => {
                while let Some(digit) = letters.next_if(char::is_ascii_digit) {
                    rest.push(digit);
                }
                tokens.push(Token::Place(rest.parse().expect("a place has a number")));
            }
            _ if in_name(&letter) => {
                rest.push(letter);
                while let Some(letter) = letters.next_if(in_name) {
                    rest.push(letter);
                }
                tokens.push(Token::Word(rest));
            }
            sign => tokens.push(Token::Sign(sign)),
        }
    }
    tokens
}

fn is(token: Option<&Token>, word: &str) -> bool {
    matches!(token, Some(Token::Word(one)) if one.eq_ignore_ascii_case(word))
}

/// What one SELECT, or a whole statement, touches and is bound to.
#[derive(Default)]
struct Scope {
    tables: BTreeSet<String>,
    bound: BTreeSet<usize>,
}

/// What stands between two parentheses.
struct Group {
    scope: usize,
    /// Beside an OR nothing is certain.
    or: bool,
    bound: BTreeSet<usize>,
}

/// What a statement touches, and the places that its platform is bound to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Touched {
    pub(crate) tables: BTreeSet<String>,
    pub(crate) platform: BTreeSet<usize>,
}

/// Reads a statement.
///
/// # Errors
/// If it touches one of the tables `distributed` without saying whose rows, or is not understood.
pub(crate) fn touched(text: &str, distributed: &BTreeSet<String>) -> Result<Touched, String> {
    let tokens = tokens(text);
    if is(tokens.first(), "INSERT") {
        return inserted(&tokens).map_err(|problem| format!("{problem}: {text}"));
    }
    if is(tokens.first(), "WITH") {
        return Err(format!("a distributed database refuses changes there: {text}"));
    }
    let scopes = scopes(&tokens, distributed);
    let mut touched = Touched::default();
    for scope in scopes {
        if !scope.tables.is_empty() && scope.bound.is_empty() {
            return Err(format!("{:?} without a platform: {text}", scope.tables));
        }
        touched.tables.extend(scope.tables);
        touched.platform.extend(scope.bound);
    }
    Ok(touched)
}

fn scopes(tokens: &[Token], distributed: &BTreeSet<String>) -> Vec<Scope> {
    let mut scopes = vec![Scope::default()];
    let group = |scope| Group { scope, or: false, bound: BTreeSet::new() };
    let mut open = vec![group(0)];
    for (at, token) in tokens.iter().enumerate() {
        let after = |steps: usize| tokens.get(at + steps);
        match token {
            Token::Sign('(') => {
                let own = is(after(1), "SELECT");
                if own {
                    scopes.push(Scope::default());
                }
                let around = open.last().map_or(0, |group| group.scope);
                open.push(group(if own { scopes.len() - 1 } else { around }));
            }
            Token::Sign(')') => {
                let closed = open.pop().expect("parentheses match");
                settle(closed, &mut scopes, open.last_mut());
            }
            Token::Word(word) => {
                let (first, last) = (at == 0, open.last_mut().expect("a group is open"));
                let before = at.checked_sub(1).and_then(|before| tokens.get(before));
                let names = word.eq_ignore_ascii_case("FROM")
                    || word.eq_ignore_ascii_case("JOIN")
                    || (word.eq_ignore_ascii_case("UPDATE") && first);
                if let (true, Some(Token::Word(table))) = (names, after(1)) {
                    let known = distributed.get(table);
                    scopes[last.scope].tables.extend(known.cloned());
                } else if word.eq_ignore_ascii_case("OR") {
                    last.or = true;
                } else if let (PLATFORM, Some(Token::Sign('=')), Some(Token::Place(place))) =
                    (word.as_str(), after(1), after(2))
                {
                    // In SET it would be the row's new platform.
                    if !is(before, "SET") && before != Some(&Token::Sign(',')) {
                        last.bound.insert(*place);
                    }
                }
            }
            Token::Place(_) | Token::Sign(_) => {}
        }
    }
    settle(open.pop().expect("the statement itself"), &mut scopes, None);
    scopes
}

/// What a group is bound to, what stands around it is bound to as well.
fn settle(closed: Group, scopes: &mut [Scope], around: Option<&mut Group>) {
    if closed.or {
        return;
    }
    match around {
        Some(around) if around.scope == closed.scope => around.bound.extend(closed.bound),
        _ => scopes[closed.scope].bound.extend(closed.bound),
    }
}

/// Reads `INSERT INTO table (column, …) VALUES ($1, …), …`.
fn inserted(tokens: &[Token]) -> Result<Touched, &'static str> {
    let Some(Token::Word(table)) = tokens.get(2) else { return Err("names no table") };
    let list = |from: usize| -> Vec<&[Token]> {
        let past = tokens[from..].iter().position(|one| *one == Token::Sign(')'));
        let inside = &tokens[from + 1..from + past.unwrap_or_default()];
        inside.split(|one| *one == Token::Sign(',')).collect()
    };
    let columns = list(3);
    let place = columns.iter().position(|column| is(column.first(), PLATFORM));
    let place = place.ok_or("names no platform among its columns")?;
    let values = tokens.iter().position(|one| is(Some(one), "VALUES"));
    let mut next = values.ok_or("has no values")? + 1;
    let mut platform = BTreeSet::new();
    while tokens.get(next) == Some(&Token::Sign('(')) {
        let row = list(next);
        match row.get(place) {
            Some([Token::Place(number)]) => platform.insert(*number),
            _ => return Err("binds no platform in a row"),
        };
        next += row.iter().map(|value| value.len() + 1).sum::<usize>() + 1;
        next += usize::from(tokens.get(next) == Some(&Token::Sign(',')));
    }
    Ok(Touched { tables: BTreeSet::from([table.clone()]), platform })
}

#[test]
fn a_log_is_read() {
    let log = "2026-11-23 09:45:33.123 UTC [7] LOG:  statement: BEGIN; SET LOCAL a.b = 'c'\n\
        2026-11-23 09:45:33.124 UTC [8] LOG:  execute sqlx_s_1: SELECT $1,\n\t$2, $3\n\
        2026-11-23 09:45:33.124 UTC [8] DETAIL:  Parameters: $1 = 'it''s, $9 = x', $2 = NULL, \
        $3 = '\\x00...'\n\
        2026-11-23 09:45:33.125 UTC [7] LOG:  execute <unnamed>: DELETE\n\
        2026-11-23 09:45:33.125 UTC [7] LOG:  statement: COMMIT\n";
    let (done, loose) = transactions(said(log));
    assert_eq!((done.len(), loose.len()), (1, 1));
    assert_eq!(done[0].begin, "BEGIN; SET LOCAL a.b = 'c'");
    assert_eq!(done[0].said[0].text, "DELETE");
    assert_eq!(loose[0].text, "SELECT $1,\t$2, $3");
    assert_eq!(loose[0].values, ["it's, $9 = x", "NULL", "\\x00..."]);
}

#[test]
fn a_statement_that_carries_its_platform_is_told_from_one_that_does_not() {
    let distributed = ["journal", "segment", "gate"].map(str::to_owned).into();
    let places = |text: &str| {
        touched(text, &distributed).map(|one| one.platform.into_iter().collect::<Vec<_>>())
    };
    for (text, due) in [
        (r#"SELECT "id" FROM "journal" WHERE "platform" = $1 ORDER BY "id""#, vec![1]),
        (r#"SELECT 1 FROM gate WHERE (platform = $2 AND (journal = $1)) FOR UPDATE"#, vec![2]),
        (r#"UPDATE "journal" SET "size" = $1 WHERE ("platform" = $2) AND (a OR b)"#, vec![2]),
        (
            r#"DELETE FROM segment WHERE platform = $1 AND first >= (SELECT MAX(first) FROM segment
            WHERE platform = $2)"#,
            vec![1, 2],
        ),
        (r#"INSERT INTO "gate" ("journal", "platform") VALUES ($1, $2), ($3, $4)"#, vec![2, 4]),
        ("INSERT INTO gate (platform, a) VALUES ($1, $2) ON CONFLICT DO NOTHING", vec![1]),
        ("SELECT pg_notify($1, $2)", vec![]),
    ] {
        assert_eq!(places(&text.replace('\n', " ")), Ok(due), "{text}");
    }
    for text in [
        r#"SELECT "id" FROM "journal" WHERE "id" = $1"#,
        "SELECT id FROM journal WHERE platform = $1 OR id = $2",
        "SELECT id FROM journal WHERE (platform = $1 AND id = $2) OR (id = $3)",
        "SELECT id FROM journal WHERE id = (SELECT id FROM gate WHERE platform = $1)",
        "DELETE FROM segment WHERE platform = $1 AND first >= (SELECT MAX(first) FROM segment)",
        "UPDATE journal SET platform = $1 WHERE id = $2",
        "UPDATE journal SET size = $2, platform = $1",
        "SELECT 1 FROM gate JOIN journal ON gate.platform = journal.platform",
        "INSERT INTO gate (journal) VALUES ($1)",
        "INSERT INTO gate (journal, platform) VALUES ($1, 'jintan')",
        "INSERT INTO gate (journal, platform) SELECT journal, platform FROM gate",
        "WITH one AS (INSERT INTO gate (platform) VALUES ($1)) SELECT 1",
    ] {
        assert!(places(text).is_err(), "{text}");
    }
}
