//! A real Chromium, told what to do over its own pipe: no driver beside it, no port.
//!
//! It speaks the DevTools protocol: messages in JSON, each ended by a zero byte, on the file
//! handles 3 and 4. A test opens a [`Tab`], does what a person does, and reads what a person reads.
//! Every tab keeps the addresses that it asked for, so that a test can say that nothing came from
//! elsewhere, and what its console complained of.

mod pipe;
mod tab;

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;

use pipe::Pipe;
use serde_json::json;
pub use tab::{Tab, Violation};
use tempfile::TempDir;
use tokio::process::{Child, Command};

/// What is looked for in the path.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];
/// Its own standard input and output become the handles 3 and 4.
const SHELL: &str = r#"exec "$0" "$@" 3<&0 4>&1 0</dev/null 1>&2"#;
/// What makes it the same everywhere, also where it runs as root and shared memory is small.
const ARGUMENTS: [&str; 12] = [
    "--headless=new",
    "--remote-debugging-pipe",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--hide-scrollbars",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--lang=zh-CN",
];

/// A browser that runs; it ends with its value.
pub struct Browser {
    pipe: Arc<Pipe>,
    _child: Child,
    _profile: TempDir,
}

impl Browser {
    /// Starts one.
    ///
    /// # Panics
    /// If there is none on this machine: with what to install.
    pub async fn start() -> Self {
        let profile = tempfile::tempdir().expect("a folder for its profile");
        let mut child = Command::new("sh")
            .args(["-c", SHELL])
            .arg(find())
            .args(ARGUMENTS)
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("the browser starts");
        let (to, from) = (child.stdin.take().expect("its input"), child.stdout.take());
        let pipe = Pipe::new(to, from.expect("its output"));
        Self { pipe, _child: child, _profile: profile }
    }

    /// A new tab in a context of its own: it shares no cookies with any other.
    ///
    /// # Panics
    /// If the browser does not answer.
    pub async fn tab(&self) -> Tab {
        let context = self.pipe.call(None, "Target.createBrowserContext", json!({})).await;
        let context = context["browserContextId"].clone();
        let wish = json!({"url": "about:blank", "browserContextId": context});
        let target = self.pipe.call(None, "Target.createTarget", wish).await["targetId"].clone();
        let wish = json!({"targetId": target, "flatten": true});
        let session = self.pipe.call(None, "Target.attachToTarget", wish).await;
        let session = session["sessionId"].as_str().expect("a session").to_owned();
        Tab::of(Arc::clone(&self.pipe), session).await
    }
}

fn find() -> PathBuf {
    let found = NAMES.iter().find_map(|name| crate::knobs::installed(name));
    found.unwrap_or_else(|| {
        panic!(
            "Chromium is needed and was not found in the path under any of the names {}; install \
             it, for instance by `apt-get install chromium fonts-noto-cjk`",
            NAMES.join(", ")
        )
    })
}
