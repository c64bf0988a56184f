//! Who a process is on the line, over the years: certificates end and are renewed, authorities are
//! replaced, and no connection ends for it.
//!
//! ```text
//! configured files ──┐                        ┌──► Swap<ClientConfig> ──► the next handshake
//!                    ├──► Files::load ────────┤
//! data/identity/ ────┘     ▲                  └──► findings: certificate.expires, …
//!                          │ keep_pair, keep_trust: one rename each
//!                  Keeper (a task): Trust, Renew over a short line of its own
//! ```
//!
//! What an operator has put at the configured paths is where everything begins. What the process
//! was given later lies in [`files`] in the data folder, and counts for as long as the configured
//! file is still the one that it followed: whoever puts another file there by hand is obeyed.

pub mod files;
pub mod health;
pub mod keeper;

pub use files::{Files, FilesError, Held};
pub use keeper::Keeper;
