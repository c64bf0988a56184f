//! A hub's store on a server beyond a network: the server shows its certificate, the hub a password
//! out of a file of its own, and nobody is shown the password.

use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_hub::cli::answer;
use sanheyi_hub::config::CheckedConfig;
use sanheyi_hub::store::{open, platform_list};
use sanheyi_node::process::secret::write_secret;
use sanheyi_node::store::{Address, StoreError};
use sanheyi_tests::knobs::Ground;
use sanheyi_tests::postgres::{PgServer, PgSettings};
use sanheyi_tests::world::World;

async fn operator(world: &World, command: &[&str]) -> anyhow::Result<String> {
    let config = world.hub.folder().join("hub.toml").display().to_string();
    let args = [&["sanheyi-hub"], command, &["--config", &config]].concat();
    Ok(answer(args.into_iter().map(str::to_owned)).await?.text)
}

#[tokio::test]
async fn and_shows_it_nowhere() {
    let mut world = World::on(Ground::Sqlite, 340, &["jintan"]).await;
    world.hub.stop().await;
    let server = PgServer::start_with(PgSettings { tls: true, ..PgSettings::default() });
    let there = server.database();
    let with = there.tls_url(&server.tls().ca);
    let (role, rest) = with.strip_prefix("postgres://").unwrap().split_once(':').unwrap();
    let (password, place) = rest.split_once('@').unwrap();
    let url = format!("postgres://{role}@{place}");
    let folder = world.hub.folder();
    let in_it = operator(&world, &["copy-store", "--to", &with]).await.unwrap_err();
    let said = format!("{in_it:#}");
    assert!(said.contains("password_file") && !said.contains(password), "{said}");

    write_secret(&folder.join("db.password"), format!("{password}\n").as_bytes()).unwrap();
    let text = std::fs::read_to_string(folder.join("hub.toml")).unwrap();
    let text = format!("{text}\n[store]\npassword_file = \"db.password\"\n");
    std::fs::write(folder.join("hub.toml"), &text).unwrap();
    let moved = operator(&world, &["copy-store", "--to", &url]).await.unwrap();
    assert!(moved.contains(&format!("address = \"{url}\"")), "{moved}");
    assert!(!moved.contains(password), "{moved}");

    let text = format!("{text}address = \"{url}\"\n");
    std::fs::write(folder.join("hub.toml"), text).unwrap();
    let checked = operator(&world, &["config", "check"]).await.unwrap();
    assert!(checked.contains(&format!("postgres://{role}@localhost")), "{checked}");
    assert!(!checked.contains(password), "{checked}");
    assert!(operator(&world, &["status"]).await.unwrap().contains("jintan"));
    world.hub.start().await;
    world.hub.stop().await;

    // Another authority's word counts for nothing, and neither does a wrong password.
    let hub: &PlatformId = &world.setup().hub;
    let config = CheckedConfig::load(&folder.join("hub.toml")).unwrap();
    let wrong = url.replace(
        &server.tls().ca.display().to_string(),
        &server.tls().wrong_ca.display().to_string(),
    );
    let parse = |text: &str| Address::parse(text, &folder).unwrap();
    let refused = open(&config.with_password(parse(&wrong)), hub).await.unwrap_err();
    assert!(matches!(refused, StoreError::Unreachable { .. }), "{refused:?}");
    let refused = open(&parse(&url).with_password("geraten"), hub).await.unwrap_err();
    assert!(!format!("{refused:?}").contains("geraten"), "{refused:?}");
    let good = open(&config.database(), hub).await.unwrap();
    assert_eq!(platform_list(&good).await.unwrap().len(), 1);
    good.close().await;
}
