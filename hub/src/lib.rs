//! stub
pub mod authority;
pub mod exchange;
pub mod rpc;
pub mod store;
