//! Defaults, delays and checks of policies, shared by `backoff-core` and its macros.
//!
//! This crate is an implementation detail. Depend on `backoff-core`, which re-exports the public types. Semver does not
//! cover this crate, and the three crates are released together.

#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate alloc;

mod base_delay;
pub mod defaults;
mod draft;
pub mod duration;
mod jitter;
mod push_back;
mod refusal;
mod rules;
mod schedule;
mod usual;

pub use crate::base_delay::BaseDelay;
pub use crate::draft::Draft;
pub use crate::jitter::{DelayRange, Jitter, JitterInput};
pub use crate::push_back::PushBackMode;
pub use crate::refusal::{Argument, Refusal};
pub use crate::rules::{Named, Rules, Since, starts_in_time};
pub use crate::schedule::{Kind, Schedule};
pub use crate::usual::Usual;
