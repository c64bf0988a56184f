//! `doctor`: what is wrong, why it matters, what to do next.

use std::sync::Arc;

use clap::Args;
use sanheyi_node::cli::Answer;
use sanheyi_node::cli::doctor::{DoctorArgs, shown};
use sanheyi_node::process::clock::SystemClock;
use sanheyi_node::process::disk::SystemDisk;

use super::At;
use crate::config::CheckedConfig;
use crate::doctor::examine;

/// Whose hub, and how.
#[derive(Clone, Debug, Args)]
pub(crate) struct HubDoctor {
    #[command(flatten)]
    at: At,
    #[command(flatten)]
    how: DoctorArgs,
}

pub(crate) async fn doctor(args: &HubDoctor) -> anyhow::Result<Answer> {
    let path = &args.at.config;
    // A wrong configuration is a finding; a wrong --store is a wrong command line.
    let config = match CheckedConfig::load(path) {
        Ok(_) => Ok(args.at.load()?),
        Err(error) => Err(error),
    };
    let (clock, disk) = (Arc::new(SystemClock), Arc::new(SystemDisk));
    shown(examine(path, config, args.how.quick, clock, disk).await, args.how)
}
