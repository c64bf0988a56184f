//! What keeps a page fresh: server-sent events, each of which names an element by its id and brings
//! what is in it now. Only what differs is sent, and only as long as the session goes on.

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt as _;
use futures_util::stream::{Stream, unfold};
use maud::Markup;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::error::WebError;
use super::session;
use super::viewer::Viewer;
use crate::process::clock::pause;
use crate::process::lifecycle::Shutdown;
use crate::process::said::Said;

/// Most pages that are kept fresh at once: a screen on every desk of a house.
pub const LIVE_PAGES: usize = 128;
/// How often is looked whether something differs, where nobody says so before.
pub const LOOK: Duration = Duration::from_secs(5);
/// How long one stream lasts at most; the browser asks again then, and is asked who it is.
const LASTS: Duration = Duration::from_secs(5 * 60);
/// How often an empty line says that the connection stands.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// What a page shows, by the ids of its elements.
pub type Parts = Vec<(&'static str, Markup)>;

/// Room for pages that are kept fresh, and when that ends.
#[derive(Clone, Debug)]
pub struct Streams {
    room: Arc<Semaphore>,
    shutdown: Shutdown,
}

/// What a browser has been told.
#[derive(Default)]
struct Told(BTreeMap<&'static str, String>);

struct Live<T, F> {
    viewer: Viewer,
    news: watch::Receiver<T>,
    parts: F,
    told: Told,
    due: VecDeque<String>,
    began: bool,
    _room: OwnedSemaphorePermit,
}

// === impl Streams ===

impl Streams {
    /// Room for [`LIVE_PAGES`], until `shutdown`.
    pub fn new(shutdown: Shutdown) -> Self {
        Self { room: Arc::new(Semaphore::new(LIVE_PAGES)), shutdown }
    }

    /// A stream of what `parts` makes whenever there are news, and every few seconds.
    ///
    /// # Errors
    /// If too many pages are kept fresh already.
    pub fn open<T, F, Made>(
        &self,
        viewer: Viewer,
        news: watch::Receiver<T>,
        parts: F,
    ) -> Result<Response, WebError>
    where
        T: Send + Sync + 'static,
        F: Fn(Viewer) -> Made + Send + 'static,
        Made: Future<Output = Result<Parts, WebError>> + Send + 'static,
    {
        let room = Arc::clone(&self.room).try_acquire_owned().map_err(|_| full())?;
        let shutdown = self.shutdown.clone();
        let (told, due) = (Told::default(), VecDeque::new());
        let live = Live { viewer, news, parts, told, due, began: false, _room: room };
        let ends = async move {
            tokio::select! {
                () = shutdown.soft_asked() => {}
                () = pause(LASTS) => {}
            }
        };
        let events = events(live).take_until(Box::pin(ends));
        Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response())
    }
}

fn full() -> WebError {
    WebError::new(
        StatusCode::SERVICE_UNAVAILABLE,
        Said::new("同时保持更新的页面过多", "Too many pages are being kept fresh"),
        Said::new("请手动刷新，或关闭不用的页面", "reload by hand, or close pages nobody looks at"),
    )
}

fn events<T, F, Made>(live: Live<T, F>) -> impl Stream<Item = Result<Event, Infallible>> + Send
where
    T: Send + Sync + 'static,
    F: Fn(Viewer) -> Made + Send + 'static,
    Made: Future<Output = Result<Parts, WebError>> + Send + 'static,
{
    unfold(live, |mut live| async move {
        let data = live.next().await?;
        Some((Ok(Event::default().event("part").data(data)), live))
    })
}

// === impl Live ===

impl<T, F, Made> Live<T, F>
where
    F: Fn(Viewer) -> Made,
    Made: Future<Output = Result<Parts, WebError>>,
{
    /// The next part; nothing once the session is over, or the store cannot be read.
    async fn next(&mut self) -> Option<String> {
        loop {
            if let Some(data) = self.due.pop_front() {
                return Some(data);
            }
            // The page may be older than the stream: the first time everything is said.
            if self.began {
                self.wait().await;
                let who = self.viewer.who.as_ref()?;
                if !session::goes_on(&self.viewer.shell, who).await.ok()? {
                    return None;
                }
            }
            self.began = true;
            let parts = (self.parts)(self.viewer.clone()).await.ok()?;
            self.due.extend(self.told.changed(parts));
        }
    }

    async fn wait(&mut self) {
        tokio::select! {
            Ok(()) = self.news.changed() => {}
            () = pause(LOOK) => {}
        }
    }
}

// === impl Told ===

impl Told {
    /// What a browser does not have yet: the id, a line feed, what is in the element.
    fn changed(&mut self, parts: Parts) -> Vec<String> {
        let mut changed = Vec::new();
        for (id, part) in parts {
            // A carriage return would end a line of the event.
            let html = part.into_string().replace('\r', "");
            let known = ageless(&html);
            if self.0.get(id) != Some(&known) {
                self.0.insert(id, known);
                changed.push(format!("{id}\n{html}"));
            }
        }
        changed
    }
}

/// A part without the words of its relative times, which the browser lets age by itself.
fn ageless(html: &str) -> String {
    let mut left = html;
    let mut text = String::with_capacity(html.len());
    while let Some((before, rest)) = left.split_once(" data-age>") {
        text.push_str(before);
        left = rest.split_once("</time>").map_or("", |(_, rest)| rest);
    }
    text.push_str(left);
    text
}

#[cfg(test)]
mod tests {
    use maud::html;

    use super::*;

    #[test]
    fn only_what_differs_is_sent_and_no_time_that_has_only_aged() {
        let mut told = Told::default();
        let parts = |count: u64, ago: &str| {
            let time = html! { time datetime="2010" data-age { (ago) } };
            vec![("figures", html! { b { (count) } }), ("link", html! { (time) ",\r" (time) })]
        };
        let all = told.changed(parts(1, "3 秒前"));
        assert_eq!(all.len(), 2);
        assert_eq!(all[0], "figures\n<b>1</b>");
        assert!(!all[1].contains('\r'));
        assert_eq!(told.changed(parts(1, "5 秒前")), [""; 0]);
        assert_eq!(told.changed(parts(2, "7 秒前")), ["figures\n<b>2</b>"]);
    }

    #[test]
    fn so_many_pages_are_kept_fresh_and_no_more() {
        let streams = Streams::new(Shutdown::new());
        let held: Vec<_> = (0..LIVE_PAGES)
            .map(|_| Arc::clone(&streams.room).try_acquire_owned().unwrap())
            .collect();
        assert!(Arc::clone(&streams.room).try_acquire_owned().is_err());
        drop(held);
        assert!(Arc::clone(&streams.room).try_acquire_owned().is_ok());
    }
}
