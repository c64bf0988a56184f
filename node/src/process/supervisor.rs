//! What a process tells the supervisor that started it (systemd's `sd_notify`): that it is ready,
//! that it is stopping, and that it still turns. Where nobody listens nothing is said.

use std::time::Duration;

use sd_notify::NotifyState;

use super::clock::pause;
use super::lifecycle::{Beside, Shutdown, beside};

/// Says that the process is ready, and from then on that it turns, as often as it is asked for;
/// that it stops, when it is asked to. Keep what it answers until the process has ended.
pub fn ready(shutdown: &Shutdown) -> Beside<()> {
    tell(&[NotifyState::Ready]);
    // Half of the time after which it would count as hanging.
    let every = sd_notify::watchdog_enabled().map(|limit| limit / 2);
    let shutdown = shutdown.clone();
    beside(async move {
        tokio::select! {
            () = turn(every) => {}
            () = shutdown.soft_asked() => tell(&[NotifyState::Stopping]),
        }
    })
}

async fn turn(every: Option<Duration>) {
    let Some(every) = every else { return std::future::pending().await };
    loop {
        pause(every).await;
        tell(&[NotifyState::Watchdog]);
    }
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "the supervisor cannot be told: {error}");
    }
}
