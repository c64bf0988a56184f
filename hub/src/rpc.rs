//! The exchange over gRPC: thin skins. A handler converts in, calls the core, converts out; who calls is read from the
//! client's certificate, never from a request.

pub mod listener;
mod service;

pub use service::ExchangeService;
