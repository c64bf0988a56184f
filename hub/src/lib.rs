//! stub
pub mod app;
pub mod authority;
pub mod cli;
pub mod config;
pub mod demo;
pub mod exchange;
pub mod rpc;
pub mod setup;
pub mod store;
