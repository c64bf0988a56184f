//! The server as tests meet it. Questions are asked by `psql`, a client that we did not write.

use sqlx::{Connection as _, PgConnection};

use super::*;
use crate::patience::until;

/// What `psql` answers to a statement at `url`: what it printed, or what it complains about.
fn ask(server: &PgServer, url: &str, statement: &str) -> Result<String, String> {
    let mut psql = server.programs.command("psql");
    psql.args(["-X", "-A", "-t", "-q", "-w", "-v", "ON_ERROR_STOP=1"]);
    psql.args(["-d", url, "-c", statement]);
    let Output { status, stdout, stderr } = blocking(async || run("psql", psql).await);
    let said = |bytes| String::from_utf8(bytes).unwrap().trim_end().to_owned();
    if status.success() { Ok(said(stdout)) } else { Err(said(stderr)) }
}

/// The processes that work in `folder`.
fn processes(folder: &Path) -> Vec<u32> {
    let all = fs::read_dir("/proc").unwrap().filter_map(|item| {
        let item = item.ok()?;
        let id = item.file_name().to_str()?.parse().ok()?;
        let works_in = fs::read_link(item.path().join("cwd")).ok()?;
        works_in.starts_with(folder).then_some(id)
    });
    all.collect()
}

#[test]
fn a_server_starts_and_nothing_is_left_of_it() {
    let server = PgServer::start();
    let database = server.database();
    let version = ask(&server, &database.url(), "show server_version_num").unwrap();
    assert!(version.parse::<u32>().unwrap() >= 120_000, "{version}");
    let encoding = "select pg_encoding_to_char(encoding), datcollate from pg_database \
                    where datname = current_database()";
    assert_eq!(ask(&server, &database.url(), encoding).unwrap(), "UTF8|C");
    assert_eq!(ask(&server, &database.url(), "show fsync").unwrap(), "off");

    let (folder, postmaster) = (server.folder.path().to_owned(), server.postmaster.id());
    let running = processes(&folder);
    assert!(running.len() > 1 && running.contains(&postmaster), "{running:?}");
    drop(server);
    assert!(folder.exists(), "a database holds its server");
    drop(database);
    assert!(!folder.exists());
    assert!(!Path::new("/proc").join(postmaster.to_string()).exists());
    assert!(processes(&folder).is_empty());
}

#[test]
fn two_databases_do_not_see_each_other() {
    let server = shared();
    let (one, two) = (server.database(), server.database());
    ask(&server, &one.url(), "create table seen (a bigint)").unwrap();
    assert_eq!(ask(&server, &one.url(), "select count(*) from seen").unwrap(), "0");
    let unseen = ask(&server, &two.url(), "select count(*) from seen").unwrap_err();
    assert!(unseen.contains("does not exist"), "{unseen}");
}

#[test]
fn the_owner_is_no_superuser_and_a_policy_binds_it() {
    let server = shared();
    let database = server.database();
    let powers = "select rolname, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole \
                  from pg_roles where rolname = current_user";
    let asked = ask(&server, &database.url(), powers).unwrap();
    assert_eq!(asked, format!("{}|f|f|f|f", database.role()));
    let admin = ask(&server, &database.admin_url(), powers).unwrap();
    assert_eq!(admin, "postgres|t|t|t|t");

    let guarded = "create table guarded (a bigint); insert into guarded values (1), (2); \
                   alter table guarded enable row level security, force row level security; \
                   create policy first on guarded using (a = 1)";
    ask(&server, &database.url(), guarded).unwrap();
    let rows = |url: &str| ask(&server, url, "select count(*) from guarded").unwrap();
    assert_eq!((rows(&database.url()), rows(&database.admin_url())), ("1".into(), "2".into()));
}

#[test]
fn whoever_asks_at_the_same_time_gets_the_same_server() {
    let server = shared();
    let asking: Vec<_> = std::thread::scope(|scope| {
        let asking: Vec<_> = (0..4).map(|_| scope.spawn(|| shared().database())).collect();
        asking.into_iter().map(|asked| asked.join().unwrap()).collect()
    });
    assert!(asking.iter().all(|database| Arc::ptr_eq(database.server(), &server)));
    let mut urls: Vec<_> = asking.iter().map(PgDatabase::url).collect();
    urls.sort();
    urls.dedup();
    assert_eq!(urls.len(), asking.len());
}

#[tokio::test]
async fn a_server_may_be_asked_for_inside_a_runtime() {
    let database = shared().database();
    assert_eq!(ask(database.server(), &database.url(), "select 1").unwrap(), "1");
}

#[test]
fn a_database_is_removed_and_the_others_stay() {
    let server = shared();
    let (gone, other) = (server.database(), server.database());
    let counted = format!(
        "select count(*) from pg_database where datname in ('{}', '{}')",
        gone.name, other.name
    );
    assert_eq!(ask(&server, &other.url(), &counted).unwrap(), "2");
    gone.remove();
    assert_eq!(ask(&server, &other.url(), &counted).unwrap(), "1");
}

#[test]
fn a_durable_server_writes_through() {
    let server = PgServer::start_with(PgSettings { durable: true, ..PgSettings::default() });
    let database = server.database();
    for name in ["fsync", "synchronous_commit", "full_page_writes"] {
        assert_eq!(ask(&server, &database.url(), &format!("show {name}")).unwrap(), "on");
    }
}

#[test]
fn over_tcp_only_tls_with_the_right_authority_gets_in() {
    let server = PgServer::start_with(PgSettings { tls: true, ..PgSettings::default() });
    let database = server.database();
    let tls = server.tls();
    let encrypted = "select ssl from pg_stat_ssl where pid = pg_backend_pid()";
    let right = database.tls_url(&tls.ca);
    assert_eq!(ask(&server, &right, encrypted).unwrap(), "t");
    assert_eq!(ask(&server, &database.url(), encrypted).unwrap(), "f");

    let refused = |url: &str, because: &str| {
        let error = ask(&server, url, encrypted).unwrap_err();
        assert!(error.contains(because), "{error}");
    };
    refused(&database.tls_url(&tls.wrong_ca), "certificate verify failed");
    refused(&right.replace("@localhost", "@127.0.0.1"), "does not match host name");
    refused(&format!("{}?sslmode=disable", database.tcp_url()), "no encryption");
    refused(&right.replace(&tls.password, "guessed"), "password authentication failed");
    let admin = right.replace(database.role(), SUPERUSER).replace(&tls.password, "");
    refused(&admin, "password");
}

#[tokio::test]
async fn our_own_client_reads_the_addresses_as_psql_does() {
    let connect = async |url: String| {
        let role = "select current_user::text";
        let mut connection = PgConnection::connect(&url).await?;
        sqlx::query_scalar::<_, String>(role).fetch_one(&mut connection).await
    };
    let server = PgServer::start_with(PgSettings { tls: true, ..PgSettings::default() });
    let database = server.database();
    let tls = server.tls();
    assert_eq!(connect(database.url()).await.unwrap(), database.role());
    assert_eq!(connect(database.admin_url()).await.unwrap(), SUPERUSER);
    assert_eq!(connect(database.tls_url(&tls.ca)).await.unwrap(), database.role());
    let wrong = connect(database.tls_url(&tls.wrong_ca)).await.unwrap_err();
    assert!(matches!(wrong, sqlx::Error::Tls(_) | sqlx::Error::Io(_)), "{wrong:?}");
    let plain = connect(format!("{}?sslmode=disable", database.tcp_url())).await.unwrap_err();
    assert!(matches!(plain, sqlx::Error::Database(_)), "{plain:?}");
}

#[test]
fn a_server_whose_owner_was_killed_is_stopped_by_the_next() {
    let mut dead = Command::new("true").spawn().unwrap();
    dead.wait().unwrap();
    let mut server = PgServer::start_in(Folder::new(dead.id()), PgSettings::default());
    let folder = server.folder.path().to_owned();
    server.folder.abandon();
    drop(Folder::new(std::process::id()));
    // Another test that starts a server may be at it.
    blocking(async || until("the folder is gone", async || !folder.exists()).await);
    let server = Arc::get_mut(&mut server).unwrap();
    assert!(server.postmaster.wait().unwrap().code().is_some());
    assert!(processes(&folder).is_empty());
}
