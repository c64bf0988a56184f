//! The language of a page: Chinese unless asked otherwise.

/// A language that pages are written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    /// 中文。
    #[default]
    Zh,
    /// English.
    En,
}

/// Name of the cookie that keeps the choice.
pub const COOKIE: &str = "lang";

// === impl Lang ===

impl Lang {
    /// Of the same text in both languages, the one to show.
    pub const fn t<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self {
            Lang::Zh => zh,
            Lang::En => en,
        }
    }

    /// The tag by BCP 47.
    pub const fn tag(self) -> &'static str {
        self.t("zh-CN", "en")
    }

    /// Its short name, as in the address (`?lang=en`) and in the cookie.
    pub const fn code(self) -> &'static str {
        self.t("zh", "en")
    }

    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Lang::Zh => Lang::En,
            Lang::En => Lang::Zh,
        }
    }

    /// Reads a short name.
    pub fn parse(code: &str) -> Option<Self> {
        [Lang::Zh, Lang::En].into_iter().find(|lang| lang.code() == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_name_is_read_back_and_nothing_else_is() {
        for lang in [Lang::Zh, Lang::En] {
            assert_eq!(Lang::parse(lang.code()), Some(lang));
            assert_eq!(lang.other().other(), lang);
        }
        assert_eq!(Lang::parse("de"), None);
    }
}
