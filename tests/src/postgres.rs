//! PostgreSQL, thrown away afterwards: a real server in a temporary folder, started by the test
//! that needs it. Nothing has to be set up, no test is skipped, nothing is left behind.
//!
//! [`shared`] is what most tests want: one server for all that run at the same time, and in it
//! [`PgServer::database`], a database and a role of the test's own. The role is no superuser, so
//! row-level security binds it.
//!
//! Nobody else gets in: the server listens on a socket in a folder of mode 0700. With
//! [`PgSettings::tls`] it listens on this machine's loopback, too, by TLS and with a password.
//!
//! Everything here blocks and may be called from anywhere, from any runtime and from none.

mod folder;
mod programs;
mod tls;

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use folder::Folder;
use programs::Programs;
pub use tls::PgTls;

use crate::patience::{DEADLINE, look_again, within};
use crate::ports;

/// The server's superuser, made by `initdb`.
const SUPERUSER: &str = "postgres";
/// Names the socket where no port is listened on. It is said everywhere, so that `PGPORT` of
/// whoever runs the tests does not matter.
const USUAL_PORT: u16 = 5432;
/// What the server is told, whatever its settings: small, because many tests share a machine, with
/// connections for all tests of a binary.
const MODEST: [&str; 5] = [
    "max_connections=200",
    "shared_buffers=32MB",
    "max_wal_size=256MB",
    "maintenance_work_mem=16MB",
    "jit=off",
];
/// What a durable server is told besides: it is measured, so it has the memory and the log of one
/// that works. Of settings that are said twice the later holds.
const ROOMY: [&str; 4] = [
    "shared_buffers=512MB",
    "max_wal_size=4GB",
    "maintenance_work_mem=64MB",
    "wal_compression=off",
];
/// Lines of the log that are shown where something fails.
const LOG_LINES: usize = 40;

/// What a server is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PgSettings {
    /// A commit is on the disk when it is answered, and there is memory to work in: for benches.
    /// Tests kill no machine and do without.
    pub durable: bool,
    /// It listens on the loopback as well: by TLS only, with a certificate for `localhost`.
    pub tls: bool,
}

/// A server that runs as long as somebody holds it.
pub struct PgServer {
    postmaster: Child,
    programs: Programs,
    port: u16,
    tls: Option<PgTls>,
    made: AtomicU64,
    // Dropped, and so removed, after the server has been stopped.
    folder: Folder,
}

/// A database of a test's own, empty at first, and the role that owns it. It goes with its server,
/// which it holds.
pub struct PgDatabase {
    server: Arc<PgServer>,
    name: String,
    role: String,
}

/// The server for all tests of this binary that run at the same time: the first to ask starts it,
/// the last to let go stops it.
///
/// # Panics
/// As [`PgServer::start`].
pub fn shared() -> Arc<PgServer> {
    static SHARED: Mutex<Weak<PgServer>> = Mutex::new(Weak::new());
    // A start that failed leaves the place as empty as it was.
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    shared.upgrade().unwrap_or_else(|| {
        let server = PgServer::start();
        *shared = Arc::downgrade(&server);
        server
    })
}

// === impl PgServer ===

impl PgServer {
    /// A server as tests need it. It answers when this returns.
    ///
    /// # Panics
    /// If PostgreSQL is not installed or does not start: with what to do, or with its log.
    pub fn start() -> Arc<Self> {
        Self::start_with(PgSettings::default())
    }

    /// As [`PgServer::start`], for what `settings` say.
    ///
    /// # Panics
    /// As [`PgServer::start`].
    pub fn start_with(settings: PgSettings) -> Arc<Self> {
        Self::start_in(Folder::new(std::process::id()), settings)
    }

    fn start_in(folder: Folder, settings: PgSettings) -> Arc<Self> {
        let programs = Programs::find();
        let data = folder.path().join("data");
        let mut initdb = programs.command("initdb");
        initdb.args(["-A", "trust", "-U", SUPERUSER, "-E", "UTF8", "--locale=C", "--no-sync"]);
        initdb.arg("-D").arg(&data);
        folder.lower(&mut initdb);
        succeed("initdb", initdb);

        let port = if settings.tls { ports::free().port() } else { USUAL_PORT };
        let tls = settings.tls.then(|| PgTls::new(&folder, port));
        let mut postgres = programs.command("postgres");
        postgres.arg("-D").arg(&data);
        for setting in set(settings, port, folder.path(), tls.as_ref()) {
            postgres.arg("-c").arg(setting);
        }
        folder.lower(&mut postgres);
        let log = File::create(log_path(folder.path())).expect("a log");
        postgres.stdin(Stdio::null()).stdout(log.try_clone().expect("a log")).stderr(log);
        let postmaster = postgres.spawn().expect("postgres can be started");
        // From here on whatever fails stops the server, too.
        let made = AtomicU64::new(0);
        let mut server = Self { postmaster, programs, port, tls, made, folder };
        blocking(async || server.answers().await);
        Arc::new(server)
    }

    /// Waits until a connection is accepted and answers.
    async fn answers(&mut self) {
        let answered = tokio::time::timeout(DEADLINE, async {
            loop {
                if let Some(status) = self.postmaster.try_wait().expect("a child of ours") {
                    panic!("PostgreSQL ended: {status}\n{}", self.log());
                }
                let asked = self.psql(SUPERUSER, &["select 1"]);
                if run("psql", asked).await.status.success() {
                    return;
                }
                look_again().await;
            }
        });
        if answered.await.is_err() {
            panic!("PostgreSQL does not answer after {DEADLINE:?}\n{}", self.log());
        }
    }

    /// A new database, empty, and a new role that owns it and is nothing else.
    ///
    /// # Panics
    /// If the server refuses.
    pub fn database(self: &Arc<Self>) -> PgDatabase {
        let number = self.made.fetch_add(1, Ordering::Relaxed) + 1;
        let (name, role) = (format!("db_{number}"), format!("owner_{number}"));
        let password = self.tls.as_ref().map(|tls| format!(" password '{}'", tls.password));
        let make_role = format!("create role {role} login{}", password.unwrap_or_default());
        let make_database = format!("create database {name} owner {role}");
        succeed("psql", self.psql(SUPERUSER, &[&make_role, &make_database]));
        PgDatabase { server: Arc::clone(self), name, role }
    }

    /// The process that all others of the server descend from.
    pub fn postmaster(&self) -> u32 {
        self.postmaster.id()
    }

    /// What a test needs to speak TLS.
    ///
    /// # Panics
    /// If the server was started without [`PgSettings::tls`].
    pub fn tls(&self) -> &PgTls {
        self.tls.as_ref().expect("a server that was started with PgSettings::tls")
    }

    /// The end of the server's log, for whoever looks into a failure.
    pub fn log(&self) -> String {
        let log = self.whole_log();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(LOG_LINES)..].join("\n")
    }

    /// All that the server has logged.
    pub fn whole_log(&self) -> String {
        fs::read_to_string(log_path(self.folder.path())).unwrap_or_default()
    }

    /// Statements said by the superuser, each in a transaction of its own.
    fn psql(&self, database: &str, statements: &[&str]) -> Command {
        let mut psql = self.programs.command("psql");
        psql.args(["-X", "-A", "-t", "-q", "-w", "-v", "ON_ERROR_STOP=1"]);
        psql.args(["-d", &self.socket_url(SUPERUSER, database)]);
        psql.args(statements.iter().flat_map(|statement| ["-c", statement]));
        psql
    }

    fn socket_url(&self, role: &str, database: &str) -> String {
        let (port, folder) = (self.port, self.folder.path().display());
        format!("postgres://{role}@localhost:{port}/{database}?host={folder}")
    }
}

impl Drop for PgServer {
    /// Stops the server as one that is thrown away: no checkpoint, no farewell. Its own processes
    /// have ended when it has.
    fn drop(&mut self) {
        let ended = matches!(self.postmaster.try_wait(), Ok(Some(_)));
        if !ended && !folder::quit(self.postmaster.id()) {
            let _ = self.postmaster.kill();
        }
        let _ = self.postmaster.wait();
    }
}

// === impl PgDatabase ===

impl PgDatabase {
    /// Where its owner connects: over the socket, without a password.
    pub fn url(&self) -> String {
        self.server.socket_url(&self.role, &self.name)
    }

    /// The superuser on the same database: for what an owner may not do, and no policy binds.
    pub fn admin_url(&self) -> String {
        self.server.socket_url(SUPERUSER, &self.name)
    }

    /// Where its owner connects over TCP, without a word on TLS: the caller adds `?sslmode=…`.
    ///
    /// # Panics
    /// If the server was started without [`PgSettings::tls`].
    pub fn tcp_url(&self) -> String {
        let PgTls { port, password, .. } = self.server.tls();
        format!("postgres://{}:{password}@localhost:{port}/{}", self.role, self.name)
    }

    /// [`PgDatabase::tcp_url`] with TLS, believing `ca` and nobody else.
    ///
    /// # Panics
    /// As [`PgDatabase::tcp_url`].
    pub fn tls_url(&self, ca: &Path) -> String {
        format!("{}?sslmode=verify-full&sslrootcert={}", self.tcp_url(), ca.display())
    }

    /// The role that owns it.
    pub fn role(&self) -> &str {
        &self.role
    }

    /// Removes it and all that is in it, whoever is connected: for large ones.
    ///
    /// # Panics
    /// If the server refuses.
    pub fn remove(self) {
        let statement = format!("drop database {} with (force)", self.name);
        succeed("psql", self.server.psql(SUPERUSER, &[&statement]));
    }

    /// Where it is.
    pub fn server(&self) -> &Arc<PgServer> {
        &self.server
    }
}

/// What the server is told on its command line.
fn set(settings: PgSettings, port: u16, folder: &Path, tls: Option<&PgTls>) -> Vec<String> {
    let mut set: Vec<String> = MODEST.map(str::to_owned).into();
    if settings.durable {
        set.extend(ROOMY.map(str::to_owned));
    }
    let durable = if settings.durable { "on" } else { "off" };
    for name in ["fsync", "synchronous_commit", "full_page_writes"] {
        set.push(format!("{name}={durable}"));
    }
    set.push(format!("unix_socket_directories={}", folder.display()));
    set.push(format!("port={port}"));
    match tls {
        Some(tls) => set.extend(tls.settings()),
        None => set.push("listen_addresses=".to_owned()),
    }
    set
}

fn log_path(folder: &Path) -> std::path::PathBuf {
    folder.join("log")
}

/// Runs a command to its end.
async fn run(name: &str, command: Command) -> Output {
    let mut command = tokio::process::Command::from(command);
    command.stdin(Stdio::null()).kill_on_drop(true);
    within(&format!("{name} ends"), command.output()).await.expect("it can be started")
}

/// Runs a command that must succeed, and answers what it printed.
fn succeed(name: &str, command: Command) -> String {
    let Output { status, stdout, stderr } = blocking(async || run(name, command).await);
    let (said, complained) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "{name}: {status}\n{said}{complained}");
    said.into_owned()
}

/// Waits for `work` where there may be a runtime already or none: on a thread of its own.
fn blocking<T: Send>(work: impl AsyncFnOnce() -> T + Send) -> T {
    let waited = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(work())
        });
        waiting.join()
    });
    waited.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

#[cfg(test)]
mod tests;
