//! The pages as people use them: in a real Chromium, with its own keyboard and mouse.
//!
//! Each file is a story. Every page that a story comes by is held against the rules of
//! accessibility (WCAG 2.2 AA, by axe), at the width of a desk and of a phone. [`stage`] stands up
//! what they look at.

// The futures of whole stories, each of which runs a whole node, lie deep in one another.
#![recursion_limit = "256"]
#![expect(clippy::unwrap_used, reason = "in tests a panic is the report")]

mod axe;
mod hub_admits;
mod hub_desk;
mod hub_every_page;
mod hub_follows;
mod hub_operator;
mod hub_roles;
mod look;
mod material;
mod node;
mod stage;
mod the_browser_of_the_tests_does_what_it_is_told;
