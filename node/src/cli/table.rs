//! Tables on a terminal. A Chinese character takes two columns; alignment counts columns, not
//! characters.

use unicode_width::UnicodeWidthStr as _;

/// Columns between two cells.
const GAP: usize = 2;

/// Where the text of a cell stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// A table.
#[derive(Clone, Debug)]
pub struct Table {
    aligns: Vec<Align>,
    rows: Vec<Vec<String>>,
}

// === impl Table ===

impl Table {
    /// A table with these headings.
    pub fn new(columns: &[(&str, Align)]) -> Self {
        let headings = columns.iter().map(|(heading, _)| (*heading).to_owned()).collect();
        Self { aligns: columns.iter().map(|(_, align)| *align).collect(), rows: vec![headings] }
    }

    /// Adds a row; it has as many cells as there are headings.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// The table, each line ended.
    pub fn render(&self) -> String {
        let widths: Vec<usize> = (0..self.aligns.len())
            .map(|at| self.rows.iter().filter_map(|row| row.get(at)).map(|c| c.width()).max())
            .map(Option::unwrap_or_default)
            .collect();
        let mut text = String::new();
        for row in &self.rows {
            let mut line = String::new();
            for ((cell, width), align) in row.iter().zip(&widths).zip(&self.aligns) {
                if !line.is_empty() {
                    line.push_str(&" ".repeat(GAP));
                }
                let room = " ".repeat(width.saturating_sub(cell.width()));
                match align {
                    Align::Left => line.extend([cell.as_str(), &room]),
                    Align::Right => line.extend([room.as_str(), cell]),
                }
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

/// A number with a comma before every three digits.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_over_chinese_text() {
        let mut table =
            Table::new(&[("记录", Align::Left), ("版", Align::Right), ("状态", Align::Left)]);
        table.row(["JT1".into(), "1".into(), "已接受".into()]);
        table.row(["金坛一号".into(), "12".into(), "待判".into()]);
        let text = table.render();
        assert_eq!(text, "记录      版  状态\nJT1        1  已接受\n金坛一号  12  待判\n");
        let starts: Vec<usize> = text
            .lines()
            .map(|line| line.rsplit_once(' ').map(|(before, _)| before.width()).unwrap())
            .collect();
        assert!(starts.windows(2).all(|pair| pair[0] == pair[1]), "{starts:?}");
    }

    #[test]
    fn thousands_are_grouped() {
        let all = [(0, "0"), (999, "999"), (1000, "1,000"), (3_000_000, "3,000,000")];
        for (number, text) in all {
            assert_eq!(grouped(number), text);
        }
    }
}
