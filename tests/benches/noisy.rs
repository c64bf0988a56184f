//! Four tenants of one hub hand in by the clock and not by the answers: three at their quota, and
//! the fourth at its quota or at ten times it. What the three feel of that. Each submission comes
//! at a random moment of its turn: at an even pace all depends on whether two tenants keep step.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, bail};
use sanheyi_exchange_spec::error::Code;
use sanheyi_node::gateway::client::{IntakeClient, IntakeError};
use sanheyi_node::process::clock;
use tokio::task::{JoinHandle, JoinSet};

use super::federation::connect;
use super::load::{Batch, FAMILY, Ids, batches};
use super::machine::{cpu, seconds};
use super::place::Place;
use super::plan::Plan;
use super::table::{Table, say};
use super::tenants::Tenants;

/// The tenants; the last is the noisy one.
const TENANTS: [&str; 4] = ["jintan", "liyang", "wujin", "xinbei"];
/// The noisy one's place.
const NOISY: usize = 3;
/// Records of a submission: a case and its steps.
const SUBMISSION: u64 = FAMILY;
/// How many times its quota the noisy one offers.
const TIMES: u64 = 10;
/// Connections of the noisy one.
const CONNECTIONS: usize = 4;
/// From when all begin: until then everybody is connected.
const LEAD: f64 = 0.5;

/// What a tenant offers in a segment.
struct Offer {
    load: Vec<Batch>,
    /// When the first's turn begins, and the seconds of a turn.
    first: f64,
    every: f64,
    /// Draws the moments.
    seed: usize,
}

/// What became of it.
#[derive(Default)]
struct Outcome {
    /// Milliseconds from when each was due until it was durable.
    taken: Vec<f64>,
    /// Milliseconds by which each was handed in later than it was due.
    late: Vec<f64>,
    refused: u64,
}

/// A segment: the quiet ones together, and the noisy one.
struct Segment {
    quiet: Outcome,
    noisy: Outcome,
    /// CPU seconds a second of the hub, of its server and of the load.
    cpu: [Option<f64>; 3],
}

/// Four tenants, and how much of each was taken.
struct Street {
    tenants: Tenants,
    /// A connection of each quiet one.
    quiet: Vec<IntakeClient>,
    /// Numbers of records that were offered, by tenant: a refused one is not offered again.
    offered: [u64; 4],
    /// Records taken, by tenant.
    taken: [u64; 4],
    quota: u64,
    seconds: u64,
}

/// As many pairs of segments as the plan has runs, in turns: quiet then noisy, noisy then quiet.
///
/// # Errors
/// If a quiet tenant is refused anything, or anything is lost.
pub(crate) async fn run(plan: &Plan, place: &Place, table: &mut Table) -> anyhow::Result<()> {
    let tenants = Tenants::start(place, &TENANTS, plan.quota).await?;
    let (quota, seconds) = (plan.quota, plan.seconds);
    let mut quiet = Vec::new();
    for tenant in 0..NOISY {
        quiet.extend(connect(&tenants.socket(tenant), 1).await?);
    }
    let mut street = Street { tenants, quiet, offered: [0; 4], taken: [0; 4], quota, seconds };
    let name = place.name("noisy");
    // Nobody is the first: caches and pools are as they will be.
    street.segment(1).await?;
    let mut pooled = [Vec::new(), Vec::new()];
    for run in 0..plan.runs {
        let order = if run % 2 == 0 { [0, 1] } else { [1, 0] };
        let mut ninety_nine = [0.0; 2];
        for which in order {
            let segment = street.segment(if which == 0 { 1 } else { TIMES }).await?;
            let title = [format!("{name}, all at quota"), format!("{name}, one at {TIMES} x")];
            ninety_nine[which] = segment.add(table, &title[which]);
            pooled[which].extend(segment.quiet.taken);
        }
        let ratio = ninety_nine[1] / ninety_nine[0];
        table.add(
            format!("{name}: quiet, p99 with a noisy fourth against without"),
            "times",
            ratio,
        );
        let [calm, loud] = ninety_nine;
        say(&format!("  {}/{}: p99 {calm:.2} ms, {loud:.2} ms: x {ratio:.3}", run + 1, plan.runs))?;
    }
    let [calm, loud] = pooled.map(|millis| percentile(millis, 990));
    say(&format!(
        "  all segments together: p99 {calm:.2} ms with all at quota, {loud:.2} ms with one at \
         {TIMES} x: x {:.3}",
        loud / calm
    ))?;
    street.tenants.end(&street.taken).await
}

impl Street {
    /// One segment; ends when everything is answered and judged.
    async fn segment(&mut self, times: u64) -> anyhow::Result<Segment> {
        let count = (self.quota * self.seconds).div_ceil(SUBMISSION).max(1);
        let every = self.seconds as f64 / count as f64;
        let loads: Vec<_> = (0..TENANTS.len())
            .map(|tenant| self.load(tenant, count * if tenant == NOISY { times } else { 1 }))
            .collect();
        let before = (seconds(), self.tenants.cpu()?, cpu("self")?);
        let began = seconds() + LEAD;
        let (mut quiet, mut noise) = (JoinSet::new(), None);
        for (tenant, load) in loads.into_iter().enumerate() {
            let first = began;
            if let Some(client) = self.quiet.get(tenant).cloned() {
                let offer = Offer { load, first, every, seed: tenant };
                quiet.spawn(async move { (tenant, offer.hand_in(vec![client]).await) });
            } else {
                let offer = Offer { load, first, every: every / times as f64, seed: tenant };
                noise = Some(apart(offer, self.tenants.socket(tenant)));
            }
        }
        let mut segment =
            Segment { quiet: Outcome::default(), noisy: Outcome::default(), cpu: [None; 3] };
        while let Some(ended) = quiet.join_next().await {
            let (tenant, outcome) = ended?;
            let outcome = outcome?;
            if outcome.refused > 0 {
                bail!("{}, at its quota, was refused {}", TENANTS[tenant], outcome.refused);
            }
            self.taken[tenant] += outcome.taken.len() as u64 * SUBMISSION;
            segment.quiet.taken.extend(outcome.taken);
            segment.quiet.late.extend(outcome.late);
        }
        let (after, own) = (self.tenants.cpu()?, cpu("self")?);
        let took = seconds() - before.0 - LEAD;
        let server = after.1.zip(before.1.1).map(|(after, before)| after - before);
        segment.cpu = [Some(after.0 - before.1.0), server, Some(own - before.2)]
            .map(|spent| spent.map(|spent| spent / took));
        segment.noisy = noise.context("there is a noisy one")?.await??;
        self.taken[NOISY] += segment.noisy.taken.len() as u64 * SUBMISSION;
        self.tenants.judged(&self.taken).await?;
        Ok(segment)
    }

    /// Submissions that nobody has offered before.
    fn load(&mut self, tenant: usize, submissions: u64) -> Vec<Batch> {
        let first = self.offered[tenant];
        self.offered[tenant] += submissions * SUBMISSION;
        batches(Ids::Ascending, first..self.offered[tenant], SUBMISSION)
    }
}

/// Hands in on a thread of its own, so that those who are measured do not wait for it here.
fn apart(offer: Offer, socket: PathBuf) -> JoinHandle<anyhow::Result<Outcome>> {
    tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let clients = connect(&socket, CONNECTIONS).await?;
            offer.hand_in(clients).await
        })
    })
}

impl Offer {
    /// Hands each submission in when it is due, whether or not those before it are answered.
    async fn hand_in(self, clients: Vec<IntakeClient>) -> anyhow::Result<Outcome> {
        let mut under_way = JoinSet::new();
        let mut outcome = Outcome::default();
        for (number, batch) in self.load.into_iter().enumerate() {
            let due = self.first + self.every * (number as f64 + moment(self.seed, &batch));
            clock::pause(Duration::from_secs_f64((due - seconds()).max(0.0))).await;
            let client = clients[number % clients.len()].clone();
            under_way.spawn(submit(client, batch, due));
            while let Some(ended) = under_way.try_join_next() {
                outcome.count(ended??);
            }
        }
        while let Some(ended) = under_way.join_next().await {
            outcome.count(ended??);
        }
        Ok(outcome)
    }
}

/// When within its turn a submission comes: from 0 to 1, drawn from who submits what, so that every
/// run is the same run.
fn moment(seed: usize, batch: &Batch) -> f64 {
    let name = batch.first().map_or(&[][..], |draft| draft.record.as_bytes());
    let mut state = 0xcbf2_9ce4_8422_2325_u64 ^ seed as u64;
    for byte in name {
        state = (state ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    }
    state ^= state >> 29;
    state = state.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (state >> 11) as f64 / (1_u64 << 53) as f64
}

/// What became of one submission: milliseconds late, and until it was durable, if it was taken.
async fn submit(
    client: IntakeClient,
    batch: Batch,
    due: f64,
) -> anyhow::Result<(f64, Option<f64>)> {
    let records = batch.len();
    let late = (seconds() - due) * 1e3;
    match client.submit(batch).await {
        Ok(answer) if answer.appended.len() == records => Ok((late, Some((seconds() - due) * 1e3))),
        Ok(answer) => bail!("{} of {records} records were appended", answer.appended.len()),
        Err(IntakeError::Refused(refusal)) if refusal.code == Code::Unavailable => Ok((late, None)),
        Err(error) => Err(error).context("a submission has no answer"),
    }
}

impl Outcome {
    fn count(&mut self, (late, taken): (f64, Option<f64>)) {
        self.late.push(late);
        match taken {
            Some(millis) => self.taken.push(millis),
            None => self.refused += 1,
        }
    }
}

impl Segment {
    /// Adds it to a table; answers the p99 of the quiet ones.
    fn add(&self, table: &mut Table, name: &str) -> f64 {
        let mut ninety_nine = 0.0;
        for (word, thousandth) in [("p50", 500), ("p99", 990), ("p99.9", 999)] {
            let millis = percentile(self.quiet.taken.clone(), thousandth);
            table.add(format!("{name}: quiet, durable, {word}"), "ms", millis);
            if thousandth == 990 {
                ninety_nine = millis;
            }
        }
        let late = percentile(self.quiet.late.clone(), 990);
        table.add(format!("{name}: quiet, handed in late, p99"), "ms", late);
        let delayed = self.noisy.taken.iter().filter(|millis| **millis > ninety_nine).count();
        let offered = self.noisy.late.len() as f64;
        for (what, count) in [
            ("refused", self.noisy.refused as f64),
            ("taken after the quiet's p99", delayed as f64),
        ] {
            table.add(format!("{name}: fourth, {what}"), "%", count / offered * 100.0);
        }
        let parties = ["hub", "hub's server", "load"];
        for (party, spent) in parties.into_iter().zip(self.cpu) {
            if let Some(spent) = spent {
                table.add(format!("{name}: CPU of {party}"), "of a core", spent);
            }
        }
        ninety_nine
    }
}

/// The value that `thousandth` of a thousand do not exceed.
pub(crate) fn percentile(mut millis: Vec<f64>, thousandth: usize) -> f64 {
    millis.sort_by(f64::total_cmp);
    let last = millis.len().saturating_sub(1);
    millis.get((millis.len() * thousandth / 1000).min(last)).copied().unwrap_or(0.0)
}
