//! Layers for services of tower.

mod attempt;
mod budget;
mod layer;
mod policy;
mod request;
mod service;

pub use self::budget::{BudgetBy, BudgetFor, OneBudget};
pub use self::layer::{Requests, RetryLayer};
pub use self::request::{ByClone, ByPolicy, CloneRequest, IdempotentIf};
pub use self::service::{ResponseFuture, RetryService};
