//! What is true of the exchange, purely: no disk, socket, clock or async.
pub mod checkpoint;
pub mod conflict;
pub mod entry;
pub mod error;
pub mod gate;
pub mod grant;
pub mod ids;
pub mod limits;
pub mod link;
pub mod merkle;
pub mod note;
pub mod receipt;
pub mod segment;
pub mod suite;
mod text;
pub mod time;
mod wire;
