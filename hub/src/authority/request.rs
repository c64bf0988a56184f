//! Keys and requests, as whoever makes them does: see `node::process::tls::request`. The hub makes
//! its own, and those that are carried to a node by hand.

pub use sanheyi_node::process::tls::request::{Request, RequestError, fingerprint, request};
pub(super) use sanheyi_node::process::tls::request::{key_pair, private_pem};
