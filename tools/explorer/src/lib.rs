//! The calculations of the page `docs/explorer`, with the library's own parser, policies, decision and simulator.
//!
//! Each function takes what the page has (texts and numbers) and returns JSON, so that the program in
//! `tools/web/explorer` only passes it on.
#![forbid(unsafe_code)]

mod edit;
mod explain;
mod forms;
mod outage;
mod policy;
mod timeline;

pub use self::edit::{remove, set};
pub use self::explain::explain;
pub use self::outage::{Outage, Retries, nested, outage};

#[cfg(test)]
mod tests;
