//! The port to the hub, and its gRPC form: one line over mutual TLS ([`transport`]), made again
//! with growing pauses when it is lost ([`retry`]).

pub mod convert;
mod fetch;
mod greeting;
pub mod grpc;
mod outgoing;
pub mod port;
pub mod retry;
pub mod run;
pub mod status;
pub mod sync;
pub mod transport;
