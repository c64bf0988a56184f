//! stub
pub mod process;
pub mod store;
pub mod uplink;
