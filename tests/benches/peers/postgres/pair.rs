//! The two clusters, and what is asked of them.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, bail};
use sanheyi_tests::ports;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};
use sqlx::{ConnectOptions as _, Connection as _};

use super::{NAME, Way};
use crate::machine::{cpu, cpu_of_children};

/// The script.
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/postgres.sh");
/// Two clusters.
pub(super) struct Pair {
    script: Child,
    ports: [u16; 2],
    postmasters: [u32; 2],
    options: PgConnectOptions,
    pub(super) said: String,
}

// === impl Pair ===

impl Pair {
    pub(super) fn start() -> anyhow::Result<Self> {
        let ports = [ports::free().port(), ports::free().port()];
        let mut script = Command::new(SCRIPT)
            .args(ports.map(|port| port.to_string()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut said = Vec::new();
        for line in BufReader::new(script.stdout.take().context("its output")?).lines() {
            let line = line?;
            let Some(ready) = line.strip_prefix("ready ") else {
                said.push(line);
                continue;
            };
            let [password, first, second] = ready.split(' ').collect::<Vec<_>>()[..] else {
                bail!("postgres.sh says something else than its password and two processes");
            };
            let options = PgConnectOptions::new_without_pgpass()
                .host("127.0.0.1")
                .username("postgres")
                .database("postgres")
                .password(password)
                .ssl_mode(PgSslMode::Disable);
            let postmasters = [first.parse()?, second.parse()?];
            return Ok(Self { script, ports, postmasters, options, said: said.join("\n") });
        }
        bail!("postgres.sh ended with {}:\n{}", script.wait()?, said.join("\n"))
    }

    pub(super) async fn connect(&self, end: usize) -> anyhow::Result<PgConnection> {
        Ok(self.options.clone().port(self.ports[end]).connect().await?)
    }

    pub(super) async fn connections(
        &self,
        end: usize,
        count: usize,
    ) -> anyhow::Result<Vec<PgConnection>> {
        let mut connections = Vec::new();
        for _ in 0..count {
            connections.push(self.connect(end).await?);
        }
        Ok(connections)
    }

    /// CPU seconds of all processes of both, less the one that answers the looks.
    pub(super) async fn spent(&self, look: &mut PgConnection) -> anyhow::Result<f64> {
        let asked = sqlx::query_scalar("SELECT pg_backend_pid()");
        let backend: i32 = asked.fetch_one(look).await?;
        let mut spent = -cpu(&backend.to_string())?;
        for postmaster in self.postmasters {
            spent += cpu_of_children(postmaster)?;
        }
        Ok(spent)
    }

    /// Bytes that the end from which a way leads has sent over all its connections.
    pub(super) fn sent(&self, way: Way) -> anyhow::Result<f64> {
        let port = format!(":{}", self.ports[way.from()]);
        let asked = Command::new("ss").args(["-tinH", "sport", "=", &port]).output();
        let said = asked.context("ss counts the bytes: apt-get install iproute2")?.stdout;
        let counts = |word: &str| word.strip_prefix("bytes_sent:")?.parse::<f64>().ok();
        Ok(String::from_utf8(said)?.split_whitespace().filter_map(counts).sum())
    }

    /// Both ends hold the same rows, as many as were written.
    pub(super) async fn agree(&self, way: Way, records: u64) -> anyhow::Result<()> {
        let select = match way {
            Way::Up => "SELECT count(*), md5(string_agg(md5(body), id ORDER BY id)) FROM up",
            Way::Down => "SELECT count(*), md5(string_agg(md5(body), id ORDER BY id)) FROM down",
        };
        let mut found = Vec::new();
        for end in [way.from(), way.to()] {
            let mut connection = self.connect(end).await?;
            let row: (i64, Option<String>) =
                sqlx::query_as(select).fetch_one(&mut connection).await?;
            connection.close().await?;
            found.push(row);
        }
        let equal = found.windows(2).all(|two| two[0] == two[1]);
        if !equal || found.iter().any(|(count, _)| u64::try_from(*count) != Ok(records)) {
            bail!("{NAME}: wanted {records} equal rows at both ends, found {found:?}");
        }
        Ok(())
    }

    /// Stops and removes both.
    pub(super) fn end(mut self) -> anyhow::Result<()> {
        drop(self.script.stdin.take());
        let status = self.script.wait()?;
        if !status.success() {
            bail!("postgres.sh ended with {status}");
        }
        Ok(())
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        // Its input ends, so it stops its servers; one that has ended is gone already.
        drop(self.script.stdin.take());
        let _ = self.script.wait();
    }
}
