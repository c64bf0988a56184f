//! The port to the hub, and its gRPC form: one line over mutual TLS ([`transport`]), made again with growing pauses when it
//! is lost ([`retry`]).

pub mod retry;
pub mod transport;
