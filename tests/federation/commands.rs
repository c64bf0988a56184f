//! The commands of both programs, as people give them.

use sanheyi_hub::cli::answer as of_hub;
use sanheyi_node::cli::answer as of_node;
use sanheyi_node::gateway::{serve, socket};
use sanheyi_node::process::lifecycle::Shutdown;
use sanheyi_tests::patience::within;
use sanheyi_tests::world::{NodeMachine, World};
use serde_json::Value;

fn args(program: &str, command: &[&str], config: &str) -> Vec<String> {
    let words = [&[program], command, &["--json", "--config", config]].concat();
    words.into_iter().map(str::to_owned).collect()
}

/// What a hub's command says.
pub(crate) async fn hub(world: &World, command: &[&str]) -> Value {
    serde_json::from_str(&try_hub(world, command).await.unwrap()).unwrap()
}

/// What a hub's command says, or why it does not.
pub(crate) async fn try_hub(world: &World, command: &[&str]) -> Result<String, String> {
    let config = world.hub.folder().join("hub.toml").display().to_string();
    let answer =
        within("the hub's command", Box::pin(of_hub(args("sanheyi-hub", command, &config)))).await;
    answer.map(|answer| answer.text).map_err(|error| format!("{error:#}"))
}

/// What a node's command says.
pub(crate) async fn node(node: &NodeMachine, command: &[&str]) -> Value {
    serde_json::from_str(&try_node(node, command).await.unwrap()).unwrap()
}

/// What a node's command says, or why it does not; the node's intake is open meanwhile.
pub(crate) async fn try_node(node: &NodeMachine, command: &[&str]) -> Result<String, String> {
    let config = node.folder().join("node.toml").display().to_string();
    let intake = socket::listen(&node.config().socket()).await.unwrap();
    let shutdown = Shutdown::new();
    let said =
        within("the node's command", Box::pin(of_node(args("sanheyi-node", command, &config))));
    let answer = tokio::select! {
        served = serve(intake, node.branch().clone(), shutdown.clone()) => {
            panic!("the intake ended: {served:?}")
        }
        answer = said => answer,
    };
    answer.map(|answer| answer.text).map_err(|error| format!("{error:#}"))
}
