//! Waiting, in tests: always for something, never for a time. Every wait has one generous deadline,
//! and a test that reaches it says what it waited for.

use std::time::Duration;

use sanheyi_node::process::clock;

/// How long anything may take: far beyond what a loaded machine needs, short of a hanging build.
pub const DEADLINE: Duration = Duration::from_secs(90);
/// Between two looks at what nobody announces.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// Waits for `done`.
///
/// # Panics
/// If it takes longer than [`DEADLINE`]: with what was waited for.
pub async fn within<T>(what: &str, done: impl Future<Output = T>) -> T {
    match tokio::time::timeout(DEADLINE, done).await {
        Ok(done) => done,
        Err(_) => panic!("waited {} s for: {what}", DEADLINE.as_secs()),
    }
}

/// Looks again and again until `holds`: for what is announced nowhere, such as a row that another
/// process writes.
///
/// # Panics
/// As [`within`].
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    within(what, async {
        while !holds().await {
            look_again().await;
        }
    })
    .await;
}

/// Between two looks, inside a [`within`] where [`until`] does not fit.
pub async fn look_again() {
    clock::pause(LOOK_AGAIN).await;
}
