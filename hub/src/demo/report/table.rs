//! The report's tables, narrow enough for a small terminal: what became of the entries, how much of
//! each family there is, and what was compared.

use sanheyi_exchange_spec::gate::Standing;
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_node::cli::table::{Align, Table, grouped};

use super::rows::{Row, Seat};
use crate::demo::say::say;
use crate::demo::writer::Families;

/// Width of the tables, roughly.
const WIDTH: usize = 80;
/// Digits of a root that are shown.
const DIGITS: usize = 12;

/// Prints the tables, and what they mean.
pub(super) fn print(rows: &[Row], hub: &PlatformId) {
    say(&format!("\n{}", entries(rows)));
    by_rule(rows);
    say(&families(rows));
    say(&compared(rows));
    for row in rows {
        if let Err(problem) = &row.root {
            say(&format!("≠ {}: {problem}", row.title));
        }
    }
    say(&format!(
        "两份：两端各自由字节重算，根相同\n  two copies: either side's root is recomputed from its bytes, they are the same\n一份：托管平台的条目只在市级存储；重算的根 = 已接纳的根，条数相同，\n      检查点注明由 {hub} 代管密钥\n  one copy: the rows at home are the hub's copy; the root recomputed is the root\n  admitted, at the same size; its checkpoints say that {hub} keeps the key\n"
    ));
}

fn table(zh: &[(&str, Align)], en: &[&str]) -> Table {
    let mut table = Table::new(zh);
    table.row(en.iter().map(|&heading| heading.to_owned()));
    table
}

/// For the sake of which rules entries are excepted; platforms of which the same is to be said are
/// said together.
fn by_rule(rows: &[Row]) {
    let mut said: Vec<(Standing, String, Vec<&str>)> = Vec::new();
    for standing in [Standing::Accepted, Standing::Quarantined, Standing::Pending] {
        for row in rows {
            let rules = row.rules.iter().filter(|((one, _), _)| *one == standing);
            let rules: Vec<_> =
                rules.map(|((_, rule), count)| format!("{rule} × {count}")).collect();
            if rules.is_empty() {
                continue;
            }
            let rules = rules.join(", ");
            let alike = said.iter_mut().find(|(one, other, _)| *one == standing && *other == rules);
            match alike {
                Some((_, _, titles)) => titles.push(&row.title),
                None => said.push((standing, rules, vec![&row.title])),
            }
        }
    }
    for (standing, rules, titles) in said {
        let word = match standing {
            Standing::Accepted => "接受并提示 · accepted with warnings",
            Standing::Quarantined => "已隔离 · quarantined",
            Standing::Pending => "待判 · pending",
        };
        let who = match titles[..] {
            [one] => one.to_owned(),
            _ => format!("各 each of {}", titles.len()),
        };
        say(&format!("{word}, {who}:\n{}", wrapped(&rules)));
    }
    say("");
}

/// Breaks a list at commas, indented, to the width of the tables.
fn wrapped(list: &str) -> String {
    let mut lines = vec![String::from("  ")];
    for part in list.split_inclusive(", ") {
        match lines.last_mut() {
            Some(line) if line.len() + part.trim_end().len() <= WIDTH => line.push_str(part),
            _ => lines.push(format!("  {part}")),
        }
    }
    lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n")
}

/// How much of each family of the standard was written.
fn families(rows: &[Row]) -> String {
    let right = Align::Right;
    let mut table = table(
        &[
            ("领域", Align::Left),
            ("记录", right),
            ("条目", right),
            ("节点", right),
            ("托管", right),
            ("外来", right),
        ],
        &["FAMILY", "RECORDS", "ENTRIES", "NODES", "HOSTED", "FOREIGN"],
    );
    let mut all = Families::default();
    rows.iter().for_each(|row| all.add(&row.families));
    for (family, (records, entries)) in &all.0 {
        let of = |seat: Seat| {
            let seated = rows.iter().filter(|row| row.seat == seat);
            grouped(seated.filter_map(|row| row.families.0.get(family)).map(|one| one.1).sum())
        };
        table.row([
            name(family),
            grouped(*records),
            grouped(*entries),
            of(Seat::Node),
            of(Seat::Hosted),
            of(Seat::Foreign),
        ]);
    }
    table.render()
}

/// A family as both readers call it.
fn name(family: &str) -> String {
    let zh = match family {
        "activity" => "运行",
        "case" => "办件",
        "catalogue" => "目录",
        "custody" => "保管",
        "organisation" => "机构",
        "supervision" => "监察",
        _ => "其他",
    };
    format!("{zh} {family}")
}

fn entries(rows: &[Row]) -> String {
    let (left, right) = (Align::Left, Align::Right);
    let mut table = table(
        &[
            ("平台", left),
            ("所在", left),
            ("条目", right),
            ("已接受", right),
            ("提示", right),
            ("已隔离", right),
            ("待判", right),
            ("改判", right),
        ],
        &["PLATFORM", "HOME", "ENTRIES", "ACCEPTED", "WARNED", "QUARANT.", "PENDING", "LATER"],
    );
    for row in rows {
        let home = match row.seat {
            Seat::Node => "节点 node",
            Seat::Hosted => "托管 hosted",
            Seat::Foreign => "外来 foreign",
        };
        table.row([
            row.title.clone(),
            home.to_owned(),
            grouped(row.entries),
            grouped(row.counts.accepted),
            grouped(row.counts.warned),
            grouped(row.counts.quarantined),
            grouped(row.counts.pending),
            grouped(row.later),
        ]);
    }
    table.render()
}

fn compared(rows: &[Row]) -> String {
    let (left, right) = (Align::Left, Align::Right);
    let mut table = table(
        &[
            ("平台", left),
            ("滞后", right),
            ("字节/条", right),
            ("检查点", right),
            ("回执", right),
            ("核对", left),
            ("重算的根", left),
        ],
        &["PLATFORM", "LAG", "B/ENTRY", "CHECKPOINTS", "RECEIPTS", "COMPARED", "ROOT RECOMPUTED"],
    );
    for row in rows {
        let wire = match row.wire {
            Some((bytes, entries @ 1..)) => grouped(bytes / entries),
            _ => "–".to_owned(),
        };
        let copies = match row.seat {
            Seat::Hosted => "一份 one",
            Seat::Node | Seat::Foreign => "两份 two",
        };
        let root = match &row.root {
            Ok(root) => format!("= {}…", root.get(..DIGITS).unwrap_or(root)),
            Err(_) => "≠".to_owned(),
        };
        table.row([
            row.title.clone(),
            grouped(row.lag),
            wire,
            grouped(row.checkpoints),
            grouped(row.receipts),
            copies.to_owned(),
            root,
        ]);
    }
    table.render()
}
