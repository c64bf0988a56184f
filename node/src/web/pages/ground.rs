//! Whose rows a page shows, under which path, and what may be shown of them.

use axum::extract::FromRef;
use axum::routing::{get, post};
use maud::{Markup, html};
use sanheyi_exchange_spec::entry::{Body, Header, HeaderView};
use sanheyi_exchange_spec::gate::Standing;
use sanheyi_exchange_spec::ids::{Audience, JournalId, PlatformId};
use sanheyi_exchange_spec::keyring::Keyring;
use sanheyi_exchange_spec::segment::SegmentReader;
use sanheyi_exchange_spec::suite::{Digest, Suite};

use super::{entry, journal, journals, proof, record, records};
use crate::process::said::Said;
use crate::store::{JournalNumber, JournalRow, Store, StoreError};
use crate::web::error::WebError;
use crate::web::form::encoded;
use crate::web::guard::Route;
use crate::web::lang::Lang;
use crate::web::parts::{Tone, state};
use crate::web::shell::Shell;
use crate::web::viewer::Role;

/// The rows of a platform as pages show them. A site gives it out of a request: a node its own, a
/// hub those of the platform in the path.
#[derive(Clone, Debug)]
pub struct Ground {
    /// The rows.
    pub store: Store,
    /// The hub of the platform.
    pub hub: PlatformId,
    /// What stands before the paths of its pages: empty, or `/platforms/jintan`.
    pub prefix: String,
    /// The way to these pages, the outermost first: names and paths.
    pub above: Vec<(Said, String)>,
    /// Keys that verify checkpoints of its journals.
    pub keys: Keyring,
    /// Who may see personal data, for a purpose that is written down.
    pub unmask: Role,
}

/// An entry with all its parts.
#[derive(Clone, Debug)]
pub struct Whole {
    /// The header's bytes as they came.
    pub header_bytes: Vec<u8>,
    /// The header.
    pub header: Header,
    /// Leaf hash of the header.
    pub digest: Digest,
    /// Salt and body, unless erased.
    pub body: Option<Body>,
}

/// The routes of the pages about a platform's rows, below `prefix`, which may have a parameter:
/// `/platforms/{platform}`.
pub fn of_ground<S>(prefix: &str) -> Vec<Route<S>>
where
    S: Clone + Send + Sync + 'static,
    Shell: FromRef<S>,
    Ground: axum::extract::FromRequestParts<S, Rejection = WebError>,
{
    let at = |path: &str| format!("{prefix}{path}");
    vec![
        Route::shows(at("/journals"), Role::Viewer, get(journals::page)),
        Route::shows(at("/journals/{journal}"), Role::Viewer, get(journal::page)),
        Route::shows(at("/records"), Role::Viewer, get(records::page)),
        Route::shows(at("/records/{dataset}/{record}"), Role::Viewer, get(record::page)),
        Route::shows(at("/entries/{journal}/{sequence}"), Role::Viewer, get(entry::page)),
        Route::changes(at("/entries/{journal}/{sequence}"), Role::Operator, post(entry::unmask)),
        Route::shows(at("/entries/{journal}/{sequence}/proof"), Role::Viewer, get(proof::download)),
    ]
}

// === impl Ground ===

impl Ground {
    /// A path of these pages.
    pub fn path(&self, rest: &str) -> String {
        format!("{}{rest}", self.prefix)
    }

    /// Where an entry is shown.
    pub fn entry(&self, journal: JournalNumber, sequence: u64) -> String {
        self.path(&format!("/entries/{}/{sequence}", journal.to_column()))
    }

    /// Where a journal is shown.
    pub fn journal(&self, journal: JournalNumber) -> String {
        self.path(&format!("/journals/{}", journal.to_column()))
    }

    /// Where a record is shown.
    pub fn record(&self, dataset: &str, record: &str) -> String {
        self.path(&format!("/records/{}/{}", encoded(dataset), encoded(record)))
    }

    /// The way to a page below these: names and paths.
    pub fn crumbs(&self, lang: Lang, more: &[(&str, &str)]) -> Markup {
        let above =
            self.above.iter().map(|(name, path)| (lang.t(&name.zh, &name.en), path.as_str()));
        let all: Vec<_> = above.chain(more.iter().copied()).collect();
        crate::web::parts::crumbs(lang, &all)
    }

    /// The journal that an address names by its number.
    ///
    /// # Errors
    /// If there is none, or the store cannot be read.
    pub async fn find(&self, number: &str) -> Result<JournalRow, WebError> {
        let number = number.parse().ok().map(JournalNumber::from_column);
        let rows = self.store.journal_list().await?;
        let found = rows.into_iter().find(|row| Some(row.number) == number);
        found.ok_or_else(WebError::not_found)
    }

    /// The entry at `sequence` of a journal.
    ///
    /// # Errors
    /// Of the database, or if its segment does not open.
    pub async fn whole(
        &self,
        journal: JournalNumber,
        sequence: u64,
    ) -> Result<Option<Whole>, StoreError> {
        let rows = self.store.segment_from(journal, sequence, 1).await?;
        let Some(row) = rows.first().filter(|row| row.past() > sequence) else { return Ok(None) };
        let wrong = |error: &dyn ToString| {
            StoreError::contradiction("segment", "bytes", sequence, error.to_string())
        };
        let mut reader = SegmentReader::new(Suite::Intl).map_err(|error| wrong(&error))?;
        let opened = reader.open(&row.bytes).map_err(|error| wrong(&error))?;
        let place = usize::try_from(sequence - row.first).map_err(|error| wrong(&error))?;
        let Some(view) = opened.get(place) else { return Ok(None) };
        let header = HeaderView::to_header(&view.header).map_err(|error| wrong(&error))?;
        let (header_bytes, digest) = (view.header_bytes.to_vec(), view.digest);
        Ok(Some(Whole { header_bytes, header, digest, body: opened.body(place) }))
    }
}

/// What a journal is for, in words.
pub fn role_of(lang: Lang, ground: &Ground, journal: &JournalId) -> &'static str {
    let own = journal.author == *ground.store.platform();
    match (&journal.audience, own) {
        (_, true) => lang.t("本平台日志", "Own journal"),
        (Audience::All, false) => lang.t("市级广播", "The hub's broadcast"),
        (_, false) => lang.t("市级来信", "Mailbox"),
    }
}

/// How an entry stands, as a mark.
pub fn standing(lang: Lang, standing: Option<Standing>) -> Markup {
    let (tone, zh, en) = match standing {
        Some(Standing::Accepted) => (Tone::Good, "已接受", "accepted"),
        Some(Standing::Quarantined) => (Tone::Bad, "已隔离", "quarantined"),
        Some(Standing::Pending) => (Tone::Warn, "待判", "pending"),
        None => (Tone::Off, "未回执", "unanswered"),
    };
    state(tone, lang.t(zh, en))
}

/// A dataset by its title and its name.
pub fn dataset(lang: Lang, name: &str) -> Markup {
    let known = sanheyi_proto::datasets().iter().find(|one| one.name == name);
    html! {
        @if let Some(known) = known { (lang.t(known.title_zh, known.title_en)) " " }
        code.quiet { (name) }
    }
}

/// A long digest, of which a line shows the beginning.
pub fn short(digest: &str) -> Markup {
    let begin: String = digest.chars().take(12).collect();
    html! { code title=(digest) { (begin) "…" } }
}
