//! What keeps the hub's pages fresh: the same federation for everybody, rendered for each.

use axum::response::Response;
use sanheyi_node::web::error::WebError;
use sanheyi_node::web::live::Parts;
use sanheyi_node::web::viewer::Viewer;

use super::federation::Federation;
use super::site::Site;

/// A stream of the parts that `parts` makes of the federation, each time it changes.
///
/// # Errors
/// If too many pages are kept fresh already.
pub(super) fn stream<F>(site: &Site, viewer: Viewer, parts: F) -> Result<Response, WebError>
where
    F: Fn(&Viewer, &Federation) -> Parts + Send + 'static,
{
    let news = site.listen();
    let site = site.clone();
    site.parts().streams.clone().open(viewer, news, move |viewer: Viewer| {
        let made = parts(&viewer, &site.latest());
        async move { Ok(made) }
    })
}
