//! Defaults, delays and checks of policies, once for `backoff-core` and for its macros.
//!
//! This crate is an implementation detail: depend on `backoff-core`, which re-exports the types that users name. No part of it is
//! covered by semver, and the three crates are released together.

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

pub use crate::base_delay::{BaseDelay, is_shorter};
pub use crate::draft::Draft;
pub use crate::jitter::{DelayRange, Jitter, JitterInput};
pub use crate::push_back::PushBackMode;
pub use crate::refusal::{Argument, Refusal};
pub use crate::rules::{Named, Rules, Since};
pub use crate::schedule::{Kind, Schedule};
pub use crate::usual::Usual;
