//! The successes of about the last 10 s, from which the capacity of a budget follows.
//!
//! Successes are counted in windows of 10 s. Of the previous window the part counts that lies in the last 10 s, so the
//! estimate is exact for steady traffic. A window begins with a success and not at a time of the clock, so that equal
//! traffic gives equal estimates. All of it is one number in one atomic; no order of threads can mix two states.

#[cfg(not(all(
    feature = "std",
    target_has_atomic = "64",
    any(feature = "web", not(all(target_family = "wasm", target_os = "unknown")))
)))]
mod absent;
#[cfg(all(
    feature = "std",
    target_has_atomic = "64",
    any(feature = "web", not(all(target_family = "wasm", target_os = "unknown")))
))]
mod sample;
#[cfg(all(
    feature = "std",
    target_has_atomic = "64",
    any(feature = "web", not(all(target_family = "wasm", target_os = "unknown")))
))]
mod windows;

#[cfg(not(all(
    feature = "std",
    target_has_atomic = "64",
    any(feature = "web", not(all(target_family = "wasm", target_os = "unknown")))
)))]
pub(super) use self::absent::{History, Moment};
#[cfg(all(
    feature = "std",
    target_has_atomic = "64",
    any(feature = "web", not(all(target_family = "wasm", target_os = "unknown")))
))]
pub(super) use self::windows::{History, Moment};
