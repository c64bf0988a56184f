//! Where the pages of a federation that stays up are, and who may look.

use std::fs;

use anyhow::Context as _;
use sanheyi_node::process::clock::SystemClock;
use sanheyi_node::process::entropy::OsEntropy;
use sanheyi_node::web::listen::ADDRESS_FILE;
use sanheyi_node::web::operator::{Acts, add};
use sanheyi_node::web::password;
use sanheyi_node::web::viewer::Role;

use super::parties::Federation;
use super::say::say;
use crate::store::open;

/// The operator that is made for whoever looks.
const OPERATOR: &str = "demo";

/// Makes an operator at the hub and says where the pages are, with a password that is to be changed
/// at the first sign-in.
pub(super) async fn invite(federation: &Federation) -> anyhow::Result<()> {
    let setup = &federation.setup;
    let path = setup.data.join(ADDRESS_FILE);
    let address =
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let database = open(&setup.store, &setup.hub).await?;
    let store = database.of(&setup.hub);
    let acts =
        Acts { store: &store, clock: &SystemClock, entropy: &OsEntropy, who: "demo", role: "" };
    let password = password::made(&OsEntropy);
    let made = add(&acts, OPERATOR, Role::Admin, password.clone(), true).await;
    database.close().await;
    made?;
    say(&format!(
        "\n页面 · pages: http://{}/\n用户名 · name: {OPERATOR}   一次性口令 · one-time password: {}",
        address.trim(),
        password.as_str()
    ));
    Ok(())
}
