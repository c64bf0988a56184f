//! Where the hub of the demonstration keeps its store: in its own folder, or in a database of a
//! server that it was given for itself.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, bail};
use sanheyi_node::store::{Address, Database};

use crate::store::{TABLES, table_count};

/// The table of the platforms.
const REGISTRY: &str = "platform";

/// Reads `--store`: the address of a server. Paths are not taken, for a slip of the pen in an
/// address would be one; a file is what the demonstration uses anyhow. What was given is not said
/// again: a password may stand in it.
pub(super) fn server(text: &str) -> anyhow::Result<Address> {
    let address = Address::parse(text, Path::new(".")).context("--store")?;
    if address.file().is_some() {
        bail!(
            "--store 应为 postgres://用户@主机/数据库?…；不用此项则存于联邦目录 · --store must be postgres://user@host/database?…; without it the store lies in the federation's folder"
        );
    }
    Ok(address)
}

/// Refuses a database in which platforms are registered: it is somebody's hub. It is looked at
/// without changing anything in it.
pub(super) async fn must_be_free(address: &Address) -> anyhow::Result<()> {
    let database = Database::open_read_only(address).await?;
    let registry = TABLES.iter().find(|table| table.name == REGISTRY);
    let registered = match registry {
        // Where it cannot be counted there is no such table yet, as in a new database; whatever
        // else may be wrong is said when it is opened to write.
        Some(table) => table_count(&database, table).await.unwrap_or(0),
        None => 0,
    };
    database.close().await;
    if registered > 0 {
        bail!(
            "{address} 中已登记 {registered} 个平台，演示不碰已有的数据，请换一个空的数据库 · {registered} platforms are registered in {address}: the demonstration touches nobody's data, give it an empty database"
        );
    }
    Ok(())
}

/// Writes the address into the hub's configuration, as an operator would.
pub(super) fn note(config: &Path, text: &str) -> anyhow::Result<()> {
    let quoted = toml::Value::String(text.to_owned());
    let mut file = fs::File::options().append(true).open(config)?;
    write!(file, "\n[store]\naddress = {quoted}\n")
        .with_context(|| format!("cannot write {}", config.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_address_of_a_server_is_taken() {
        let local = "postgres://sanheyi@localhost/hub?host=/run/postgresql";
        let address = server(local).unwrap().to_string();
        assert_eq!(address, "postgres://sanheyi@/run/postgresql/hub");
        for text in ["nonsense", "postgre://sanheyi@localhost/hub", "mysql://db/hub", "hub.sqlite"]
        {
            let said = format!("{:#}", server(text).unwrap_err());
            assert!(said.contains("postgres://"), "{text}: {said}");
        }
        let secret = "postgres://sanheyi:geheim@localhost/hub?host=/run/postgresql";
        assert!(!format!("{:#}", server(secret).unwrap_err()).contains("geheim"));
    }
}
