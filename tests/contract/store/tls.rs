//! A server over a network: believed by its certificate only, and never with less.

use sanheyi_exchange_spec::error::Code;
use sanheyi_hub::store::STEPS;
use sanheyi_node::store::{Address, AddressError, Database, StoreError};
use sanheyi_tests::postgres::{PgServer, PgSettings};
use sanheyi_tests::world::id;
use sqlx::{Connection as _, PgConnection};

use super::ground::{UP, at, open_journal};

/// An address without the password in it, and with it beside.
fn apart(url: &str) -> (Address, Address) {
    let (scheme, rest) = url.split_once("://").unwrap();
    let (user, rest) = rest.split_once(':').unwrap();
    let (password, rest) = rest.split_once('@').unwrap();
    let address = at(&format!("{scheme}://{user}@{rest}"));
    (address.clone(), address.with_password(password))
}

#[tokio::test]
async fn a_server_over_a_network_is_believed_by_its_certificate_only() {
    let server = PgServer::start_with(PgSettings { tls: true, ..PgSettings::default() });
    let database = server.database();
    let url = database.tls_url(&server.tls().ca);
    assert_eq!(Address::parse(&url, "/".as_ref()).unwrap_err(), AddressError::Password);
    let (bare, address) = apart(&url);
    let store = Database::open(address, STEPS).await.unwrap().of(&id("jintan"));
    let row = open_journal(&store, UP).await;
    assert_eq!(store.journal_list().await.unwrap(), [row]);
    let mut admin = PgConnection::connect(&database.admin_url()).await.unwrap();
    let ours = "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
        WHERE application_name = 'sanheyi'";
    assert_eq!(sqlx::query_scalar(ours).fetch_one(&mut admin).await.ok(), Some(true));

    let refused = async |address: Address| {
        let error = Database::open(address, STEPS).await.unwrap_err();
        assert!(!error.to_string().contains(url.split([':', '@']).nth(2).unwrap()), "{error}");
        error
    };
    let (_, wrong) = apart(&database.tls_url(&server.tls().wrong_ca));
    let error = refused(wrong).await;
    assert!(matches!(error, StoreError::Unreachable { .. }), "{error}");
    assert_eq!(error.code(), Code::Unavailable);
    // The certificate is for a name, not for an address.
    let (_, numbered) = apart(&url.replace("@localhost", "@127.0.0.1"));
    let error = refused(numbered).await;
    assert!(matches!(error, StoreError::Unreachable { .. }), "{error}");
    let error = refused(bare).await;
    assert!(matches!(error, StoreError::Database { .. }), "{error}");
}

#[tokio::test]
async fn less_than_a_checked_certificate_is_no_address() {
    let server = PgServer::start_with(PgSettings { tls: true, ..PgSettings::default() });
    let database = server.database();
    let whole = database.tls_url(&server.tls().ca);
    let (before, after) = whole.split_once("://").unwrap();
    let (user, _) = after.split_once(':').unwrap();
    let (_, host) = after.split_once('@').unwrap();
    let full = format!("{before}://{user}@{host}");
    Address::parse(&full, "/".as_ref()).unwrap();
    for mode in ["verify-ca", "require", "prefer", "allow", "disable"] {
        let less = full.replace("sslmode=verify-full", &format!("sslmode={mode}"));
        let refused = Address::parse(&less, "/".as_ref()).unwrap_err();
        assert_eq!(refused, AddressError::Unverified, "{mode}");
    }
}
