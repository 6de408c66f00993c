//! Many clients, a network and a server in virtual time.
//!
//! Policies, jitter, the decision after each failure and budgets are the library's own. Budgets read the library's
//! virtual clock. The rest is simulated, so that two minutes of ten thousand clients take seconds. [`acceptance`]
//! compares the results with the figures of published experiments.
#![expect(
    missing_debug_implementations,
    missing_docs,
    clippy::must_use_candidate,
    clippy::new_without_default,
    clippy::should_implement_trait,
    reason = "only tests, an example and a tool of the workspace use this crate"
)]

pub mod acceptance;
pub mod engine;
pub mod guard;
pub mod herd;
pub mod layers;
pub mod measure;
pub mod occ;
pub mod outage;
pub mod runs;
pub mod server;
pub mod sizes;
pub mod statistics;
