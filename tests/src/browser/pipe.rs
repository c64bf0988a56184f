//! Calls and events over the browser's pipe.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{ChildStdin, ChildStdout};
use tokio::sync::{Mutex as AsyncMutex, oneshot};
use tokio::task::JoinHandle;

use crate::patience::within;

type Waiting = Arc<Mutex<BTreeMap<u64, oneshot::Sender<Value>>>>;
/// Events of each session, in order.
type Events = Arc<Mutex<BTreeMap<String, Vec<Value>>>>;

/// Both directions of the pipe.
pub(super) struct Pipe {
    to: AsyncMutex<ChildStdin>,
    next: AtomicU64,
    waiting: Waiting,
    events: Events,
    reading: JoinHandle<()>,
}

impl Pipe {
    pub(super) fn new(to: ChildStdin, from: ChildStdout) -> Arc<Self> {
        let (waiting, events) = (Waiting::default(), Events::default());
        let reading = tokio::spawn(read(from, Arc::clone(&waiting), Arc::clone(&events)));
        let (to, next) = (AsyncMutex::new(to), AtomicU64::new(1));
        Arc::new(Self { to, next, waiting, events, reading })
    }

    /// Calls a method, of the browser or of a session; answers its result.
    pub(super) async fn call(&self, session: Option<&str>, method: &str, params: Value) -> Value {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let (tell, told) = oneshot::channel();
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(id, tell);
        let mut message = json!({"id": id, "method": method, "params": params});
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.to.lock().await.write_all(&bytes).await.expect("the browser listens");
        let answer = within(method, told).await.expect("the browser lives");
        assert!(answer.get("error").is_none(), "{method}: {}", answer["error"]);
        answer["result"].clone()
    }

    /// What has happened in a session so far.
    pub(super) fn events(&self, session: &str) -> Vec<Value> {
        let events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        events.get(session).cloned().unwrap_or_default()
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        self.reading.abort();
    }
}

async fn read(from: ChildStdout, waiting: Waiting, events: Events) {
    let mut from = BufReader::new(from);
    let mut message = Vec::new();
    while from.read_until(0, &mut message).await.is_ok_and(|read| read > 0) {
        message.pop();
        let said: Value = serde_json::from_slice(&message).expect("the browser speaks JSON");
        message.clear();
        if let Some(id) = said["id"].as_u64() {
            let waiter = waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
            // Whoever asked may have given up.
            let _ = waiter.map(|waiter| waiter.send(said));
        } else if let Some(session) = said["sessionId"].as_str() {
            let mut events = events.lock().unwrap_or_else(PoisonError::into_inner);
            events.entry(session.to_owned()).or_default().push(said);
        }
    }
}
