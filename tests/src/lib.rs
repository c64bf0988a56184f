//! What the tests of the whole share. The tests themselves stand beside this folder, one folder
//! for each kind, few binaries because each one is linked against everything:
//!
//! | folder | what is shown there |
//! | --- | --- |
//! | `tidy` | what can be counted about the repository |
//! | `decoders` | every decoder under seeded damage; `fuzz` goes on where that ends |
//! | `contract` | a suite for every form of the port, with and without faults; one for the store |
//! | `federation` | a hub and its nodes, whatever happens to lines, machines and disks |
//! | `process` | real processes, killed |
//! | `interop` | programs and tools of others: they read, judge and exchange as we do |
//! | `web` | pages, in a real browser, as people use them |
//! | `benches` | what a machine reaches; printed, not judged |
//!
//! # Reading order
//!
//! 1. [`world`]: the hub, its nodes and their one clock; what most tests begin with.
//! 2. [`fixtures`]: records that keep every rule; a test changes what it wants wrong.
//!    [`files`]: files that they name.
//! 3. [`faults`]: the line between them, refusing, cutting, delaying and losing when told;
//!    [`shaper`]: a slow one.
//! 4. [`balancer`]: what stands before several instances of one hub.
//! 5. [`crowd`]: hundreds and thousands of light links to one hub.
//! 6. [`patience`]: waiting for what happens, never for a time. [`ports`]: addresses to come back
//!    to.
//! 7. [`knobs`]: what a person may turn by the environment. [`decoders`]: what bytes from outside
//!    meet.
//! 8. [`postgres`]: a server of PostgreSQL, thrown away afterwards. [`python`]: an environment of
//!    Python, kept. [`browser`]: Chromium, told what to do.

pub mod balancer;
pub mod browser;
pub mod crowd;
pub mod custody;
pub mod decoders;
pub mod faults;
pub mod files;
pub mod fixtures;
pub mod joint;
pub mod knobs;
pub mod patience;
pub mod ports;
pub mod postgres;
pub mod python;
pub mod shaper;
pub mod world;
