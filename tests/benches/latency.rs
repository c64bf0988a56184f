//! W2: a hundred records a second, one by one: from the call at the node until a reader at the hub
//! sees the record judged.

use std::time::Duration;

use sanheyi_node::process::clock;

use super::federation::Federation;
use super::load::{Ids, draft};
use super::machine::seconds;
use super::place::Place;
use super::table::Table;

/// Records handed in: ten seconds.
const RECORDS: u64 = 1000;
/// Between two records.
const EVERY: f64 = 0.010;
/// Between two looks at the hub: the error of what is measured.
const LOOK: Duration = Duration::from_millis(1);

/// Measures one run.
///
/// # Errors
/// If a record is lost.
pub(crate) async fn run(place: &Place, table: &mut Table) -> anyhow::Result<()> {
    let federation = Federation::start(place, None).await?;
    let clients = federation.clients(1).await?;
    federation.live().await?;
    let mut watch = federation.watch().await?;
    let writing = tokio::spawn(async move {
        let mut times = Vec::new();
        let began = seconds();
        for number in 0..RECORDS {
            let due = began + number as f64 * EVERY;
            clock::pause(Duration::from_secs_f64((due - seconds()).max(0.0))).await;
            let called = seconds();
            for client in &clients {
                client.submit(vec![draft(Ids::Single, number)]).await?;
            }
            times.push((called, seconds()));
        }
        anyhow::Ok(times)
    });
    let mut seen = Vec::new();
    while (seen.len() as u64) < RECORDS {
        let judged = watch.judged().await?;
        let now = seconds();
        while (seen.len() as u64) < judged {
            seen.push(now);
        }
        clock::pause(LOOK).await;
    }
    let times = writing.await??;
    federation.end(RECORDS).await?;
    let visible = times.iter().zip(&seen).map(|((called, _), seen)| (seen - called) * 1e3);
    let durable = times.iter().map(|(called, answered)| (answered - called) * 1e3);
    let name = place.name("W2");
    percentiles(table, &format!("{name}: gated and visible at the hub"), visible.collect());
    percentiles(table, &format!("{name}: durable at the node"), durable.collect());
    Ok(())
}

fn percentiles(table: &mut Table, name: &str, mut millis: Vec<f64>) {
    millis.sort_by(f64::total_cmp);
    for (word, percent) in [("p50", 50), ("p99", 99)] {
        if let Some(at) = millis.get(millis.len() * percent / 100) {
            table.add(format!("{name}, {word}"), "ms", *at);
        }
    }
}
