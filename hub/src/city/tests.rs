//! The city's view on SQLite: who may look, and what stays of it.

use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::process::clock::ManualClock;
use sanheyi_node::process::entropy::SeededEntropy;
use sanheyi_node::store::Database;
use sqlx::Connection as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use tempfile::TempDir;

use super::*;
use crate::store::{STEPS, audit_list};

struct Desk {
    database: Database,
    hub: PlatformId,
    _folder: TempDir,
}

impl Desk {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(folder.path().join("hub.sqlite"), STEPS).await.unwrap();
        Self { database, hub: "changzhou".parse().unwrap(), _folder: folder }
    }

    async fn open(&self, scope: &[View]) -> Result<CityView, CityError> {
        let by = Authorisation::new("王芳 (uid 1000)", "季度通报", scope.iter().copied())?;
        let clock = Arc::new(ManualClock::new(Timestamp::from_micros(7)));
        let entropy = Arc::new(SeededEntropy::new(1));
        CityView::open(&self.database, &self.hub, by, clock, entropy).await
    }

    async fn looks(&self) -> Vec<String> {
        let rows = audit_list(&self.database.of(&self.hub), 100).await.unwrap();
        assert!(rows.iter().all(|row| row.who == "王芳 (uid 1000)" && row.purpose == "季度通报"));
        let mut views: Vec<_> = rows.into_iter().map(|row| row.view).collect();
        views.sort();
        views
    }

    async fn drop_table(&self, table: &'static str) {
        let path = self.database.address().file().unwrap();
        let options = SqliteConnectOptions::new().filename(path);
        let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
        let sql = sqlx::AssertSqlSafe(format!("DROP TABLE {table}"));
        sqlx::query(sql).execute(&mut connection).await.unwrap();
    }
}

#[tokio::test]
async fn the_audit_comes_before_the_read_and_stands_even_if_that_fails() {
    let desk = Desk::new().await;
    let view = desk.open(&[View::Totals, View::Find]).await.unwrap();
    assert_eq!(desk.looks().await, ["open totals find"]);
    assert!(view.totals().await.unwrap().is_empty());
    assert!(view.find("case.case", "A1").await.unwrap().is_empty());
    assert_eq!(desk.looks().await, ["find case.case A1", "open totals find", "totals"]);

    desk.drop_table("receipt").await;
    assert!(matches!(view.totals().await.unwrap_err(), CityError::Store(_)));
    assert_eq!(desk.looks().await.len(), 4, "what was about to be read is written down");
}

#[tokio::test]
async fn who_cannot_be_written_down_sees_nothing() {
    let desk = Desk::new().await;
    let view = desk.open(&[View::Totals]).await.unwrap();
    desk.drop_table("audit").await;
    assert!(desk.open(&[View::Totals]).await.is_err());
    assert!(matches!(view.totals().await.unwrap_err(), CityError::Store(_)));
}

#[tokio::test]
async fn an_authorisation_is_for_its_views() {
    let desk = Desk::new().await;
    let view = desk.open(&[View::Totals]).await.unwrap();
    let refused = view.quarantined(10).await.unwrap_err();
    assert!(matches!(refused, CityError::OutOfScope(View::Quarantined)), "{refused}");
    assert_eq!(desk.looks().await, ["open totals"], "nothing was about to be read");
}

#[test]
fn who_and_what_for_are_said_and_bounded() {
    let scope = [View::Totals];
    let may = |who: &str, purpose: &str| Authorisation::new(who, purpose, scope).is_ok();
    assert!(may(&"w".repeat(WHO_BYTES), &"p".repeat(PURPOSE_BYTES)));
    assert!(!may(&"w".repeat(WHO_BYTES + 1), "p"));
    assert!(!may("w", &"p".repeat(PURPOSE_BYTES + 1)));
    for (who, purpose) in [("", "p"), ("w", ""), ("w", "  \n"), ("w", "a\0b")] {
        let refused = Authorisation::new(who, purpose, scope).unwrap_err().to_string();
        assert!(refused.contains("must be given") && refused.contains("须写明"), "{refused}");
    }
}

#[tokio::test]
async fn a_long_question_is_cut_in_the_audit_and_not_refused() {
    let desk = Desk::new().await;
    let view = desk.open(&[View::Find]).await.unwrap();
    view.find("case.case", &"号".repeat(VIEW_BYTES)).await.unwrap();
    let looks = desk.looks().await;
    let longest = looks.iter().map(String::len).max().unwrap();
    assert!((VIEW_BYTES - 3..=VIEW_BYTES).contains(&longest), "{longest}");
}
