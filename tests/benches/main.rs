//! What the exchange reaches on this machine; what it reached so far is in `deploy/measured.md`.
//!
//! ```text
//! cargo bench -p sanheyi-tests --bench exchange -- [w1|w2|w3|w4|w5|floor|postgres|all|w6|w7|noisy]
//!     [--store sqlite|postgres|both] [--runs 5]
//!     [--records 200000] [--writers 4]                                        w1, w3, w4
//!     [--links 3000] [--seconds 20]                                           w6
//!     [--sizes 100000,1000000,10000000] [--ids ascending|random|both]
//!         [--further 100000]                                                  w7
//!     [--quota 200] [--seconds 20]                                            noisy
//! ```
//!
//! Hub and node are processes of their own, as they are installed: mutual TLS, signatures, gate and
//! fsync are on. The load comes from this process, whose time is counted apart. Every workload
//! counts what arrived and computes both roots again before it believes a number. Nothing here is
//! timed in CI.
//!
//! `floor` and `postgres` are what others do with the same records, in the same call: `postgres` is
//! the logical replication of PostgreSQL between two clusters, W1 to W4.
//!
//! `--store` says where the *hub's* store lies; a node's is a file of SQLite. The PostgreSQL server
//! is started for this and thrown away, its CPU is counted with all its processes, and every hub
//! begins on an empty database, as an ordinary role.
//!
//! `w6`, `w7` and `noisy` take long (minutes to hours; `w7` up to 10 GB of disk) and so are not in
//! `all`. The runs of the last two follow each other on one hub: in `w7` each run hands in
//! `--further` records more at each size, in `noisy` each is a segment with a quiet and one with a
//! noisy neighbour. In `w6` each run is a hub of its own, which then makes room for a process with
//! tonic alone; `--seconds` is how long a tenth of the links is at work. It needs as many open
//! files as links and some more: it says which `ulimit -n` that is where there are too few.

mod both;
mod cut;
mod federation;
mod floor;
mod gate;
mod growth;
mod idle;
mod latency;
mod links;
mod load;
mod machine;
mod noisy;
mod peers;
mod place;
mod plan;
mod stages;
mod sustained;
mod table;
mod tenants;

use place::Place;
use plan::{Plan, StoreKind, Workload};
use table::Table;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = sanheyi_tests::knobs::arguments().collect();
    let idle = match arguments.as_slice() {
        [word, folder] if word == idle::WORD => Some(folder.clone()),
        _ => None,
    };
    let plan = if idle.is_some() { None } else { Plan::read(arguments.into_iter())? };
    sanheyi_node::process::tls::install_provider();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .max_blocking_threads(4)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        match (plan, idle) {
            (Some(plan), _) => run(plan).await,
            (None, Some(folder)) => idle::serve(folder.as_ref()).await,
            (None, None) => Ok(()),
        }
    })
}

async fn run(plan: Plan) -> anyhow::Result<()> {
    table::say(&machine::describe().await?)?;
    let places: Vec<Place> = plan
        .stores
        .iter()
        .map(|store| match store {
            StoreKind::Sqlite => Place::Sqlite,
            StoreKind::Postgres => Place::postgres(),
        })
        .collect();
    for place in &places {
        if let Some(server) = place.describe().await? {
            table::say(&server)?;
        }
    }
    let mut table = Table::default();
    for workload in Workload::ALL.into_iter().filter(|one| plan.wants(*one)) {
        let runs = if workload.repeats_itself() { 1 } else { plan.runs };
        // Databases take turns within a run, so that what drifts on the machine meets both.
        let places = if workload.has_hub() { places.as_slice() } else { &[Place::Sqlite] };
        for run in 0..runs {
            for place in places {
                let title = place.name(workload.title());
                table::say(&format!("{title} · {}/{runs}", run + 1))?;
                measure(workload, &plan, place, &mut table).await?;
            }
        }
    }
    table::say(&table.to_string())
}

async fn measure(
    workload: Workload,
    plan: &Plan,
    place: &Place,
    table: &mut Table,
) -> anyhow::Result<()> {
    match workload {
        Workload::Sustained => sustained::bulk(plan, place, table).await,
        Workload::Single => sustained::single(plan, place, table).await,
        Workload::Latency => latency::run(place, table).await,
        Workload::CatchUp => cut::run(plan, place, table).await,
        Workload::Gate => gate::run(plan, table),
        Workload::Floor => floor::run(plan, table).await,
        Workload::Both => both::run(plan, place, table).await,
        Workload::Links => links::run(plan, place, table).await,
        Workload::Growth => {
            for ids in &plan.ids {
                growth::run(plan, *ids, place, table).await?;
            }
            Ok(())
        }
        Workload::Noisy => noisy::run(plan, place, table).await,
        Workload::Postgres => peers::postgres::run(plan, table).await,
    }
}
