//! What the tests of the whole share. The tests themselves stand beside this folder, one folder
//! for each kind.

pub mod decoders;
pub mod faults;
pub mod fixtures;
pub mod knobs;
pub mod patience;
pub mod world;
