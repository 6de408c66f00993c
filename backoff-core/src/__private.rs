//! The names that the expansion of `#[retry]` and `#[derive(Classify)]` may use. Not covered by semver: both crates release together.

pub use crate::classify::{Probe, ambiguous_push_back, push_back};
// Without `std` there is no clock to drive an expanded loop.
#[cfg(feature = "std")]
pub use crate::expansion::*;
