//! stub
pub mod branch;
pub mod process;
pub mod store;
pub mod uplink;
