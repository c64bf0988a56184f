//! Interoperation: programs and tools of others meet us, and we them. The official protovalidate
//! judges the same bodies; buf looks at the .proto files as other readers would; a client in
//! Python, written from the form alone, exchanges with a real hub.
//!
//! Python and its packages come through [`environment`]; README.md beside this file says what is
//! shown where.

#![expect(clippy::unwrap_used, reason = "in tests a panic is the report")]

mod bodies;
mod environment;
mod schema;
mod vendor;
mod verdicts;
