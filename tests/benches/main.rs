//! What the exchange reaches on this machine; what it reached so far is in `deploy/measured.md`.
//!
//! ```text
//! cargo bench -p sanheyi-tests --bench exchange -- [w1|w2|w3|w5|floor|all]
//!     [--runs 5] [--records 200000] [--writers 4]
//! ```
//!
//! Hub and node are processes of their own, as they are installed: mutual TLS, signatures, gate and
//! fsync are on. The load comes from this process, whose time is counted apart. Every workload
//! counts what arrived and computes both roots again before it believes a number. Nothing here is
//! timed in CI.

mod cut;
mod federation;
mod floor;
mod gate;
mod latency;
mod load;
mod machine;
mod plan;
mod stages;
mod sustained;
mod table;

use plan::{Plan, Workload};
use table::Table;

fn main() -> anyhow::Result<()> {
    let Some(plan) = Plan::read(sanheyi_tests::knobs::arguments())? else { return Ok(()) };
    sanheyi_node::process::tls::install_provider();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .max_blocking_threads(4)
        .enable_all()
        .build()?;
    runtime.block_on(run(plan))
}

async fn run(plan: Plan) -> anyhow::Result<()> {
    table::say(&machine::describe().await?)?;
    let mut table = Table::default();
    for workload in Workload::ALL.into_iter().filter(|one| plan.wants(*one)) {
        for run in 0..plan.runs {
            table::say(&format!("{} · {}/{}", workload.title(), run + 1, plan.runs))?;
            match workload {
                Workload::Sustained => sustained::bulk(&plan, &mut table).await?,
                Workload::Single => sustained::single(&plan, &mut table).await?,
                Workload::Latency => latency::run(&mut table).await?,
                Workload::CatchUp => cut::run(&plan, &mut table).await?,
                Workload::Gate => gate::run(&plan, &mut table)?,
                Workload::Floor => floor::run(&plan, &mut table).await?,
            }
        }
    }
    table::say(&table.to_string())
}
