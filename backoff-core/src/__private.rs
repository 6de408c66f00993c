//! Names that the expansion of `#[retry]` and `#[derive(Classify)]` may use. Not covered by semver, because the three
//! crates release together.

pub use crate::classify::{Probe, ambiguous_push_back, push_back};
// An expanded loop needs a clock, and the clock needs `std`.
#[cfg(feature = "std")]
pub use crate::expansion::*;
