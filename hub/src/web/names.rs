//! Platforms by their names: whoever reads a page knows 金坛市, and finds `jintan` beside it.

use std::collections::BTreeMap;

use maud::{Markup, html};
use sanheyi_node::web::lang::Lang;

use super::federation::Federation;

/// Names of platforms by their ids, in one language.
#[derive(Clone, Debug, Default)]
pub struct Names {
    known: BTreeMap<String, String>,
    hub: String,
}

// === impl Names ===

impl Names {
    /// Names of a federation's platforms; the hub's own is what it is.
    pub fn of(lang: Lang, federation: &Federation) -> Self {
        let stops = federation.stops.iter();
        let known = stops.map(|stop| (stop.platform.clone(), stop.title(lang).to_owned()));
        Self::new(known).with_hub(lang, &federation.hub)
    }

    /// Names by ids.
    pub fn new(known: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { known: known.into_iter().collect(), hub: String::new() }
    }

    /// What is said about the hub is about the hub, whatever its id.
    #[must_use]
    pub fn with_hub(mut self, lang: Lang, hub: &str) -> Self {
        self.known.insert(hub.to_owned(), lang.t("市级平台", "the hub").to_owned());
        hub.clone_into(&mut self.hub);
        self
    }

    /// A platform's name, else what it is called by whoever named it: a line of journals, a name
    /// that is not registered.
    pub fn said<'a>(&'a self, id: &'a str) -> &'a str {
        self.known.get(id).map_or(id, String::as_str)
    }

    /// A platform's name and id.
    pub fn plain(&self, id: &str) -> Markup {
        html! {
            @match self.known.get(id).filter(|name| *name != id) {
                Some(name) => { (name) " " span.quiet.mono { (id) } },
                None => { code { (id) } },
            }
        }
    }

    /// The same, leading to its page; the hub has none, nor has who is not registered yet.
    pub fn link(&self, id: &str) -> Markup {
        if id == self.hub || !self.known.contains_key(id) {
            return self.plain(id);
        }
        let name = self.said(id);
        html! {
            a href={ "/platforms/" (id) } { (name) }
            @if name != id { " " span.quiet.mono { (id) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_platform_has_its_name_and_its_id_and_a_stranger_its_id_once() {
        let names = Names::new([("jintan".to_owned(), "金坛市".to_owned())]);
        let names = names.with_hub(Lang::En, "changzhou");
        let link = names.link("jintan").into_string();
        assert!(link.contains(">金坛市</a>") && link.contains(">jintan<"), "{link}");
        assert_eq!(names.plain("new").into_string(), "<code>new</code>");
        assert!(!names.link("new").into_string().contains("href"), "it has no page yet");
        assert!(!names.link("changzhou").into_string().contains("href"));
        assert_eq!((names.said("changzhou"), names.said("a>b/normal")), ("the hub", "a>b/normal"));
    }
}
