//! A tab: what a person does in it, and what a person reads.

use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::pipe::Pipe;
use crate::patience::{look_again, within};

/// Rules that a page is held against: WCAG 2.2, levels A and AA.
const RULES: &str = "['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa']";

/// A tab of a browser.
pub struct Tab {
    pipe: Arc<Pipe>,
    session: String,
}

/// A broken rule of accessibility.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The rule's name in axe.
    pub rule: String,
    /// What it asks for.
    pub help: String,
    /// Where it is broken: selectors.
    pub places: Vec<String>,
}

impl Tab {
    pub(super) async fn of(pipe: Arc<Pipe>, session: String) -> Self {
        let tab = Self { pipe, session };
        for domain in ["Page", "Runtime", "Network", "Log"] {
            tab.call(&format!("{domain}.enable"), json!({})).await;
        }
        tab
    }

    async fn call(&self, method: &str, params: Value) -> Value {
        self.pipe.call(Some(&self.session), method, params).await
    }

    fn events(&self, method: &str) -> Vec<Value> {
        let mut events = self.pipe.events(&self.session);
        events.retain(|event| event["method"] == method);
        events
    }

    /// Shows the page as wide and high as this, in CSS pixels; below 600 as a phone does.
    pub async fn size(&self, width: u32, height: u32) {
        let phone = width < 600;
        let size =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone});
        self.call("Emulation.setDeviceMetricsOverride", size).await;
        // The page hears of it a moment later. On a phone it may be wider: then it is too wide.
        self.until(&format!("innerWidth >= {width} && (innerWidth === {width} || {phone})")).await;
    }

    /// What a person prefers: `dark` or `light`; and that nothing moves, so that colours are what
    /// they are at once.
    pub async fn prefers(&self, scheme: &str) {
        let features = json!([
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]);
        self.call("Emulation.setEmulatedMedia", json!({"features": features})).await;
    }

    /// Opens an address and waits until the page is there.
    pub async fn open(&self, address: &str) {
        let before = self.loads();
        self.call("Page.navigate", json!({"url": address})).await;
        self.loaded(before).await;
    }

    fn loads(&self) -> usize {
        self.events("Page.loadEventFired").len()
    }

    async fn loaded(&self, before: usize) {
        within("the page is there", async {
            while self.loads() == before {
                look_again().await;
            }
        })
        .await;
    }

    /// Evaluates an expression in the page; a promise is waited for.
    ///
    /// # Panics
    /// If it throws.
    pub async fn eval(&self, expression: &str) -> Value {
        let wish = json!({"expression": expression, "awaitPromise": true, "returnByValue": true});
        let answer = self.call("Runtime.evaluate", wish).await;
        assert!(answer.get("exceptionDetails").is_none(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    /// The text of the first element that a selector finds, as a person reads it.
    pub async fn text(&self, selector: &str) -> String {
        let text = format!("document.querySelector({}).innerText", json!(selector));
        self.eval(&text).await.as_str().unwrap_or_default().to_owned()
    }

    /// How many elements a selector finds.
    pub async fn count(&self, selector: &str) -> u64 {
        let count = format!("document.querySelectorAll({}).length", json!(selector));
        self.eval(&count).await.as_u64().unwrap_or_default()
    }

    /// Where the tab is: path and query.
    pub async fn place(&self) -> String {
        let place = self.eval("location.pathname + location.search").await;
        place.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until an expression is true, without opening the page again.
    pub async fn until(&self, expression: &str) {
        within(expression, async {
            while self.eval(&format!("Boolean({expression})")).await != true {
                look_again().await;
            }
        })
        .await;
    }

    /// Writes into a field, as by keyboard.
    pub async fn fill(&self, selector: &str, text: &str) {
        self.focus(selector).await;
        self.eval("document.activeElement.select?.()").await;
        self.call("Input.insertText", json!({"text": text})).await;
    }

    async fn focus(&self, selector: &str) {
        let focus = format!("document.querySelector({}).focus()", json!(selector));
        self.eval(&focus).await;
    }

    /// Presses a key: `Tab`, `Enter`, `Escape`, ` `.
    pub async fn press(&self, key: &str) {
        let code = match key {
            "Tab" => 9,
            "Enter" => 13,
            "Escape" => 27,
            _ => 32,
        };
        let text = match key {
            "Enter" => "\r",
            " " => " ",
            _ => "",
        };
        for kind in ["keyDown", "keyUp"] {
            let mut wish = json!({"type": kind, "key": key, "windowsVirtualKeyCode": code});
            if kind == "keyDown" && !text.is_empty() {
                wish["text"] = text.into();
            }
            self.call("Input.dispatchKeyEvent", wish).await;
        }
    }

    /// Clicks the first element that a selector finds, with the mouse, where it is drawn.
    pub async fn click(&self, selector: &str) {
        // What is there may be made anew meanwhile: it is looked for again when it was drawn.
        let place = format!(
            "(async () => {{ const found = () => document.querySelector({}); \
             found().scrollIntoView({{block: 'center'}}); await new Promise(drawn => \
             requestAnimationFrame(() => requestAnimationFrame(drawn))); const box = \
             found().getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / \
             2]; }})()",
            json!(selector)
        );
        let place = self.eval(&place).await;
        for kind in ["mousePressed", "mouseReleased"] {
            let wish = json!({
                "type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1
            });
            self.call("Input.dispatchMouseEvent", wish).await;
        }
    }

    /// Clicks what leads to another page, and waits until that is there.
    pub async fn follow(&self, selector: &str) {
        let before = self.loads();
        self.click(selector).await;
        self.loaded(before).await;
    }

    /// Presses a key that leads to another page, and waits until that is there.
    pub async fn press_on(&self, key: &str) {
        let before = self.loads();
        self.press(key).await;
        self.loaded(before).await;
    }

    /// Whether the page is wider than its window: then a person must scroll sideways.
    pub async fn is_too_wide(&self) -> bool {
        self.eval("document.documentElement.scrollWidth > innerWidth").await == true
    }

    /// Every address that was asked for so far.
    pub fn requests(&self) -> Vec<String> {
        let sent = self.events("Network.requestWillBeSent");
        let address = |event: &Value| event["params"]["request"]["url"].as_str().map(str::to_owned);
        sent.iter().filter_map(address).collect()
    }

    /// What the browser complained of so far: scripts that failed, what its policy kept out.
    pub fn complaints(&self) -> Vec<String> {
        let mut said: Vec<_> = self.events("Runtime.exceptionThrown");
        said.extend(self.events("Log.entryAdded"));
        said.iter()
            .filter(|event| event["params"]["entry"]["level"] != "info")
            .map(|event| event["params"].to_string())
            .collect()
    }

    /// Holds the page against the rules of accessibility. `axe`: the text of the library.
    pub async fn violations(&self, axe: &str) -> Vec<Violation> {
        self.eval(&format!("{axe}; true")).await;
        let run = format!(
            "axe.run(document, {{runOnly: {RULES}}}).then(found => found.violations.map(one => \
             ({{rule: one.id, help: one.help, places: one.nodes.map(node => \
             node.target.join(' '))}})))"
        );
        let found = self.eval(&run).await;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let violation = |one: &Value| Violation {
            rule: text(&one["rule"]),
            help: text(&one["help"]),
            places: one["places"].as_array().into_iter().flatten().map(text).collect(),
        };
        found.as_array().into_iter().flatten().map(violation).collect()
    }

    /// Writes what is seen, the whole page, as a PNG.
    pub async fn screenshot(&self, file: &Path) {
        let wish = json!({"format": "png", "captureBeyondViewport": true});
        let answer = self.call("Page.captureScreenshot", wish).await;
        let bytes = STANDARD.decode(answer["data"].as_str().expect("a picture")).expect("base64");
        std::fs::write(file, bytes).expect("the picture is written");
    }
}
