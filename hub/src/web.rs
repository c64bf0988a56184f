//! The pages of a hub: the federation at a glance, and whatever an operator does about it. They are
//! put together from the parts of [`sanheyi_node::web`].
//!
//! # Reading order
//!
//! 1. [`federation`]: how everything stands, as plain values.
//! 2. [`overview`]: the first page, with its map.
//! 3. [`menu`] and [`routes`]: the other pages, each in a file of its own, and who may see them.
//! 4. [`site`] and `names`: what they share; what keeps them fresh.

pub mod broadcast;
pub mod certificates;
pub mod desk;
pub mod enrolments;
pub mod federation;
mod gather;
pub mod health;
mod live;
pub mod menu;
mod names;
pub mod oversight;
pub mod overview;
#[cfg(test)]
mod planted;
pub mod platform;
pub mod platforms;
mod routes;
pub mod search;
pub mod settings;
pub mod site;

pub use routes::routes;
