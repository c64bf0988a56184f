//! The port to the hub, and its gRPC form: one line over mutual TLS ([`transport`]), made again
//! with growing pauses when it is lost ([`retry`]).

mod attachments;
pub mod beat;
mod bounds;
pub mod carry;
pub mod connect;
pub mod convert;
pub mod enrol;
mod fetch;
mod goodbye;
mod greeting;
pub mod grpc;
pub mod identity;
pub mod lanes;
mod outcome;
mod outgoing;
mod parts;
pub mod pieces;
pub mod port;
pub mod retry;
pub mod run;
pub mod status;
pub mod sync;
pub mod transport;
