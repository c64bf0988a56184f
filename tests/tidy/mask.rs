//! A light reading of Rust source: comments become blanks and the insides of string literals
//! become [`HIDDEN`], so that rules about code see code only. Lines and columns stay where they
//! were.

/// Stands for one character inside a string literal.
pub(crate) const HIDDEN: char = '\u{1}';

/// The source with comments blanked and strings hidden.
pub(crate) fn mask(source: &str) -> String {
    let mut masker = Masker { text: source.chars().collect(), at: 0, out: String::new() };
    while masker.at < masker.text.len() {
        masker.step();
    }
    masker.out
}

struct Masker {
    text: Vec<char>,
    at: usize,
    out: String,
}

impl Masker {
    fn peek(&self, ahead: usize) -> char {
        self.text.get(self.at + ahead).copied().unwrap_or('\0')
    }

    /// Moves on by `count` characters, writing `filler` for each; line ends stay.
    fn fill(&mut self, count: usize, filler: char) {
        for _ in 0..count {
            let Some(&c) = self.text.get(self.at) else { return };
            self.out.push(if c == '\n' { c } else { filler });
            self.at += 1;
        }
    }

    fn keep(&mut self, count: usize) {
        for _ in 0..count {
            let Some(&c) = self.text.get(self.at) else { return };
            self.out.push(c);
            self.at += 1;
        }
    }

    fn step(&mut self) {
        match (self.peek(0), self.peek(1)) {
            ('/', '/') => self.line_comment(),
            ('/', '*') => self.block_comment(),
            ('"', _) => self.string(),
            ('r', '"' | '#') if !self.inside_word() => self.raw_string(),
            ('\'', _) => self.char_or_lifetime(),
            _ => self.keep(1),
        }
    }

    /// Whether the character before belongs to a word other than the prefixes `b` and `c`.
    fn inside_word(&self) -> bool {
        let before = |n: usize| self.at.checked_sub(n).map_or(' ', |i| self.text[i]);
        let word = |c: char| c.is_alphanumeric() || c == '_';
        word(before(1)) && (!matches!(before(1), 'b' | 'c') || word(before(2)))
    }

    fn line_comment(&mut self) {
        while self.at < self.text.len() && self.peek(0) != '\n' {
            self.fill(1, ' ');
        }
    }

    fn block_comment(&mut self) {
        let mut depth = 0;
        while self.at < self.text.len() {
            match (self.peek(0), self.peek(1)) {
                ('/', '*') => depth += 1,
                ('*', '/') => depth -= 1,
                _ => {
                    self.fill(1, ' ');
                    continue;
                }
            }
            self.fill(2, ' ');
            if depth == 0 {
                return;
            }
        }
    }

    fn string(&mut self) {
        self.keep(1);
        while self.at < self.text.len() {
            match self.peek(0) {
                '"' => return self.keep(1),
                '\\' => self.fill(2, HIDDEN),
                _ => self.fill(1, HIDDEN),
            }
        }
    }

    fn raw_string(&mut self) {
        let hashes = (1..).take_while(|&ahead| self.peek(ahead) == '#').count();
        if self.peek(1 + hashes) != '"' {
            return self.keep(1); // A raw identifier: r#type.
        }
        self.keep(2 + hashes);
        while self.at < self.text.len() {
            if self.peek(0) == '"' && (1..=hashes).all(|ahead| self.peek(ahead) == '#') {
                return self.keep(1 + hashes);
            }
            self.fill(1, HIDDEN);
        }
    }

    fn char_or_lifetime(&mut self) {
        if self.peek(1) == '\\' {
            self.keep(1);
            self.fill(2, HIDDEN);
            while self.at < self.text.len() && self.peek(0) != '\'' {
                self.fill(1, HIDDEN);
            }
            self.keep(1);
        } else if self.peek(2) == '\'' {
            self.keep(1);
            self.fill(1, HIDDEN);
            self.keep(1);
        } else {
            self.keep(1);
        }
    }
}

/// Where `word` stands in `line` as a word of its own (or as a path, when it contains `::`).
pub(crate) fn has_word(line: &str, word: &str) -> bool {
    let part_of_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        !part_of_word(before) && !part_of_word(after)
    })
}

#[test]
fn comments_and_strings_are_hidden_and_code_stays() {
    let source = "let a = \"tonic // \\\" x\"; // tonic\nlet b: &'a u8 = '\\''; /* x /* y */ z */ c(r#\"q\"r\"#)";
    let masked = mask(source);
    assert_eq!(masked.chars().count(), source.chars().count());
    assert_eq!(masked.lines().count(), 2);
    let code: String = masked.chars().filter(|&c| c != HIDDEN).collect();
    assert_eq!(code.lines().next().unwrap().trim_end(), "let a = \"\";");
    let second: Vec<&str> = code.lines().nth(1).unwrap().split_whitespace().collect();
    assert_eq!(second, ["let", "b:", "&'a", "u8", "=", "'';", "c(r#\"\"#)"]);
}

#[test]
fn words_have_edges() {
    assert!(has_word("use rustls::Connection;", "rustls"));
    assert!(!has_word("use tokio_rustls::TlsConnector;", "rustls"));
    assert!(has_word("std::time::Instant::now()", "Instant::now"));
}
