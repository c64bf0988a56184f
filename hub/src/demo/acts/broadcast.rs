//! What the city has said to all (广播), and whether everybody has it.

use anyhow::Context as _;
use sanheyi_node::branch::stored_rules;

use super::codes::{broadcast, heard};
use super::stage::Stage;
use super::told::Told;

/// Tells it, once every node has all of it.
pub(super) async fn tell(stage: &Stage<'_>) -> anyhow::Result<Told> {
    let mut told = Told::new("广播", "what the city says to all");
    let federation = stage.federation;
    let hub = &federation.setup.hub;
    let store = federation.store.of(hub);
    let said = broadcast(&store).await?.context("the hub has no broadcast")?.head;
    let rules = stored_rules(&store, hub).await?;
    let mut same = Vec::new();
    for member in federation.members().iter().filter(|member| !member.is_hosted()) {
        heard(federation, member).await?;
        let store = stage.node(member.platform.as_str())?;
        let there = broadcast(store).await?.context("a node has no broadcast")?.head;
        let size = stored_rules(store, hub).await?.size();
        let equal =
            (&there.journal, there.size, there.root) == (&said.journal, said.size, said.root);
        told.check(equal, format!("{}: {} {} there", member.title, there.size, there.root));
        told.check(size == rules.size(), format!("{}: rulebook of {size}", member.title));
        if equal {
            same.push(member.title.as_str());
        }
    }
    let now = stage.clock.now();
    let held = rules.policies().rules().filter(|rule| rule.holds_at(now)).count();
    let root = said.root.to_string();
    told.check(rules.size() == said.size, format!("{} entries, {} read", said.size, rules.size()));
    told.check(rules.unreadable() == 0, format!("{} are not readable", rules.unreadable()));
    told.say(format!(
        "{} 条 entries，根 root {}…\n  各节点根相同 same root at: {}\n  规则集 rulebook {}：代码表 code lists {}，平台 platforms {}，\n    在用策略 policies in force {held}",
        said.size,
        root.get(..12).unwrap_or(&root),
        same.join("，"),
        rules.size(),
        rules.code_lists().count(),
        rules.platforms().count(),
    ));
    Ok(told)
}
