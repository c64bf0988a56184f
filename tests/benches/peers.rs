//! Peers: what others reach on this machine with the same records, in the same call. Each is
//! started and removed by a script of its own in `tests/benches/peers`.

pub(crate) mod postgres;
