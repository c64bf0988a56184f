//! The decoders of `tests/src/decoders.rs`, without the rest of the tests: the fuzzer need not
//! build the stores and servers that they pull in.

#[path = "../../src/decoders.rs"]
pub mod decoders;
