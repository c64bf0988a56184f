//! The checks and the table of datasets, as written by the build out of the protobuf files.

include!(concat!(env!("OUT_DIR"), "/checks.rs"));
