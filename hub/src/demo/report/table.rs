//! The report's two tables, narrow enough for a small terminal: what became of the entries, and
//! what was compared.

use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_node::cli::table::{Align, Table, grouped};

use super::rows::{Row, Seat};
use crate::demo::say::say;

/// Digits of a root that are shown.
const DIGITS: usize = 12;

/// Prints both tables, and what they mean.
pub(super) fn print(rows: &[Row], hub: &PlatformId) {
    say(&format!("\n{}", entries(rows)));
    for row in rows.iter().filter(|row| !row.rules.is_empty()) {
        let rules: Vec<_> =
            row.rules.iter().map(|(rule, count)| format!("{rule} × {count}")).collect();
        say(&format!("隔离规则 · quarantined by rule, {}: {}\n", row.title, rules.join(", ")));
    }
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

fn entries(rows: &[Row]) -> String {
    let (left, right) = (Align::Left, Align::Right);
    let mut table = table(
        &[
            ("平台", left),
            ("所在", left),
            ("条目", right),
            ("已接受", right),
            ("已隔离", right),
            ("待判", right),
            ("滞后", right),
        ],
        &["PLATFORM", "HOME", "ENTRIES", "ACCEPTED", "QUARANTINED", "PENDING", "LAG"],
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
            grouped(row.counts.quarantined),
            grouped(row.counts.pending),
            grouped(row.lag),
        ]);
    }
    table.render()
}

fn compared(rows: &[Row]) -> String {
    let (left, right) = (Align::Left, Align::Right);
    let mut table = table(
        &[
            ("平台", left),
            ("线上字节/条", right),
            ("检查点", right),
            ("回执", right),
            ("核对", left),
            ("重算的根", left),
        ],
        &["PLATFORM", "WIRE B/ENTRY", "CHECKPOINTS", "RECEIPTS", "COMPARED", "ROOT RECOMPUTED"],
    );
    for row in rows {
        let wire = match (row.wire, row.entries) {
            (Some(bytes), entries @ 1..) => grouped(bytes / entries),
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
            wire,
            grouped(row.checkpoints),
            grouped(row.receipts),
            copies.to_owned(),
            root,
        ]);
    }
    table.render()
}
