//! The few files that pages need. Their paths carry a digest of what is in them, so that a browser
//! keeps them for a year and never an old one.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use maud::{Markup, PreEscaped};
use sanheyi_exchange_spec::attachment::Hasher;

/// A file that pages name.
#[derive(Debug)]
pub struct Asset {
    name: &'static str,
    kind: &'static str,
    text: &'static str,
    path: LazyLock<String>,
}

macro_rules! asset {
    ($name:literal, $kind:literal) => {
        Asset {
            name: $name,
            kind: $kind,
            text: include_str!(concat!("assets/", $name)),
            path: LazyLock::new(|| at($name, include_str!(concat!("assets/", $name)))),
        }
    };
}

/// The one style of all pages.
pub static STYLE: Asset = asset!("style.css", "text/css; charset=utf-8");
/// The one script: it keeps pages fresh.
pub static SCRIPT: Asset = asset!("page.js", "text/javascript; charset=utf-8");
/// The mark of the house.
pub static ICON: Asset = asset!("mark.svg", "image/svg+xml");

/// The route that serves them.
pub const ROUTE: &str = "/assets/{file}";

fn at(name: &str, text: &str) -> String {
    let mut hasher = Hasher::default();
    hasher.update(text.as_bytes());
    let digest = hasher.finish().to_string();
    let short: String = digest.chars().take(12).collect();
    format!("/assets/{short}-{name}")
}

// === impl Asset ===

impl Asset {
    /// Where pages find it.
    pub fn path(&self) -> &str {
        &self.path
    }
}

/// The mark of the house, within a page.
pub fn mark() -> Markup {
    PreEscaped(ICON.text.to_owned())
}

/// Serves a file.
pub async fn serve(Path(file): Path<String>) -> Response {
    let found = [&STYLE, &SCRIPT, &ICON].into_iter().find(|asset| asset.path().ends_with(&file));
    match found.filter(|asset| file.len() > asset.name.len()) {
        Some(asset) => {
            let kept = HeaderValue::from_static("public, max-age=31536000, immutable");
            let kind = HeaderValue::from_static(asset.kind);
            ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, kept)], asset.text)
                .into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
