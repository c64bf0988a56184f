//! What the numbers stand on: the machine, its disk, the store's durability; and the processes that
//! are measured.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, bail};
use sanheyi_node::process::clock::{Clock as _, SystemClock};
use sanheyi_node::store::Database;

/// Clock ticks a second in `/proc/<pid>/stat`: fixed at 100 for programs on Linux.
const TICKS: f64 = 100.0;
/// Writes whose fsync is timed.
const SYNCS: usize = 64;

/// A process that is measured.
pub(crate) struct Party {
    child: Child,
    log: PathBuf,
}

/// Seconds since 1970.
pub(crate) fn seconds() -> f64 {
    SystemClock.now().as_micros() as f64 / 1e6
}

/// The machine and how durable a commit is on it.
///
/// # Errors
/// If the disk refuses.
pub(crate) async fn describe() -> anyhow::Result<String> {
    let folder = tempfile::tempdir()?;
    let database = Database::open(folder.path().join("probe.sqlite"), &[]).await?;
    let settings = database.durability().await?;
    database.close().await;
    let settings: Vec<_> = settings.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let settings = settings.join(", ");
    let sync = fsync_micros(&folder.path().join("probe"))?;
    let cores = std::thread::available_parallelism()?;
    Ok(format!(
        "{cores} cores; every commit to SQLite: {settings}; \
         write of 4 KiB with fsync: {sync:.0} µs (median of {SYNCS})\n\
         switched on: mutual TLS 1.3, signed checkpoints, Merkle trees, gate, receipts"
    ))
}

fn fsync_micros(path: &Path) -> anyhow::Result<f64> {
    let mut file = File::create(path)?;
    let mut times = Vec::new();
    for _ in 0..SYNCS {
        let began = seconds();
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        times.push((seconds() - began) * 1e6);
    }
    times.sort_by(f64::total_cmp);
    Ok(times[SYNCS / 2])
}

/// CPU seconds that a process has used; this one's own with `"self"`.
///
/// # Errors
/// If the system does not say.
pub(crate) fn cpu(process: &str) -> anyhow::Result<f64> {
    Ok(Stat::read(process)?.own)
}

/// CPU seconds that a process and its children have used, those that have ended with those that
/// live.
///
/// # Errors
/// If the system does not say.
pub(crate) fn cpu_of_children(parent: u32) -> anyhow::Result<f64> {
    let first = Stat::read(&parent.to_string())?;
    let mut seconds = first.own + first.ended;
    for item in std::fs::read_dir("/proc")? {
        let name = item?.file_name();
        let process = name.to_str().filter(|name| name.parse::<u32>().is_ok());
        // One that has ended since the folder was read is with its parent's.
        let stat = process.and_then(|process| Stat::read(process).ok());
        seconds += stat.filter(|stat| stat.parent == parent).map_or(0.0, |stat| stat.own);
    }
    Ok(seconds)
}

/// What `/proc/<pid>/stat` says of a process.
struct Stat {
    parent: u32,
    /// CPU seconds of its own.
    own: f64,
    /// CPU seconds of its children that have ended.
    ended: f64,
}

impl Stat {
    fn read(process: &str) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
        // The name in brackets may hold anything; numbers follow its last bracket.
        let (_, rest) = text.rsplit_once(')').context("a process has a name")?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let field = |place: usize| fields.get(place).copied().context("a process has times");
        let ticks = |place: usize| -> anyhow::Result<f64> { Ok(field(place)?.parse()?) };
        Ok(Self {
            parent: field(1)?.parse()?,
            own: (ticks(11)? + ticks(12)?) / TICKS,
            ended: (ticks(13)? + ticks(14)?) / TICKS,
        })
    }
}

// === impl Party ===

impl Party {
    /// Starts the program under test with `arguments`; what it says goes to `log`.
    ///
    /// # Errors
    /// If it does not start.
    pub(crate) fn start(
        arguments: &[impl AsRef<OsStr>],
        config: &Path,
        log: PathBuf,
    ) -> anyhow::Result<Self> {
        let program = Path::new(env!("CARGO_BIN_EXE_sanheyi-under-test"));
        Self::start_program(program, arguments, config, log)
    }

    /// As [`Party::start`], of another program.
    ///
    /// # Errors
    /// If it does not start.
    pub(crate) fn start_program(
        program: &Path,
        arguments: &[impl AsRef<OsStr>],
        config: &Path,
        log: PathBuf,
    ) -> anyhow::Result<Self> {
        let child = Command::new(program)
            .args(arguments)
            .arg(config)
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log)?)
            .spawn()?;
        Ok(Self { child, log })
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// CPU seconds used so far.
    ///
    /// # Errors
    /// If it has died.
    pub(crate) fn cpu(&self) -> anyhow::Result<f64> {
        cpu(&self.child.id().to_string())
    }

    /// Stops it as a supervisor does, and answers what it has said.
    ///
    /// # Errors
    /// If it ends otherwise than as asked.
    pub(crate) fn stop(mut self) -> anyhow::Result<String> {
        Command::new("kill").arg(self.child.id().to_string()).status()?;
        let status = self.child.wait()?;
        let said = std::fs::read_to_string(&self.log)?;
        if !status.success() {
            bail!("a party ended with {status}:\n{said}");
        }
        Ok(said)
    }
}

impl Drop for Party {
    fn drop(&mut self) {
        // One that has been stopped is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
