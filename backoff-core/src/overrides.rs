//! Values of annotated functions, changed without recompiling.
//!
//! An override is found by the name of a call site: the path of the function as the compiler gives it, or the `name = ".."` of the
//! attribute. Such a path begins with the name of the crate: `shop::billing::charge` for a function, `shop::Client::get` for a method,
//! `shop::billing::<impl shop::Client>::get` where the `impl` stands in another module, `<shop::Client as shop::Api>::get` for a method of a trait.
//! [`call_sites`](crate::call_sites) tells them; what operators steer had better have a `name`. Calls of [`Policy::retry`](crate::Policy::retry) are not
//! reached. It comes from code ([`set`], [`replace_all`]), from an environment variable ([`load_env`]), or from any serde
//! source ([`Overrides`] is a map from names to settings, with the feature `serde`).
//!
//! ```
//! use backoff_core::{overrides, retry};
//!
//! #[retry(max_attempts = 5, delay = "0s", name = "billing.charge")]
//! fn charge(calls: &mut u32) -> Result<(), &'static str> {
//!     *calls += 1;
//!     Err("down")
//! }
//!
//! overrides::set("billing.charge", overrides::Override::new().max_attempts(2))?;
//! let mut calls = 0;
//! assert!(charge(&mut calls).is_err());
//! assert_eq!(calls, 2);
//!
//! overrides::load("billing: disabled")?; // as an environment variable holds it
//! overrides::remove("billing.charge");
//! assert!(charge(&mut calls).is_err());
//! assert_eq!(calls, 3);
//! # Ok::<(), overrides::InvalidOverride>(())
//! ```
#![cfg_attr(feature = "serde", doc = include_str!("overrides/toml.md"))]
//! # Which override applies
//!
//! * A key that is the whole name of a call site: `shop::billing::charge`.
//! * Else the longest key that is a prefix of the name. A prefix ends where a part of the name ends, before `::` or `.`, so
//!   that `shop::billing` covers `shop::billing::charge` and not `shop::billings::charge`; or it ends with `*` and is taken letter by letter, so that
//!   `shop::billing::ch*` covers `shop::billing::charge`. The key `*` covers every annotated function.
//! * Else the annotation.
//!
//! One override applies, the best match; what it does not name stays as the annotation says. To switch retries on again
//! below a prefix that is `disabled`, give the function an override of its own.
//!
//! # When it applies
//!
//! A call looks for its override at its first failure and keeps what it finds; later changes are for new calls. Only
//! `disabled` is looked for at every failure: switched on, it ends calls in progress at their next decision. A success looks
//! for nothing, and while no override is set a failure costs one relaxed load. Nothing is allocated for a call; the place for what
//! it finds is part of its state, which makes the future of an annotated function up to 280 bytes larger where this feature
//! is on.
//!
//! * If the annotation has no time limit, an overriding one counts from the first failure, because nothing read the clock before;
//!   so does `reset_after`, which takes an attempt to start when its delay was over.
//! * `attempt = ctx` tells the first attempt what the annotation says, and every later one what applies.
//! * Time-outs, budgets and hooks are not settings of a policy and cannot be overridden.
//!
//! # What is refused
//!
//! Bad syntax, an unknown setting and a value that no policy could have are refused by whatever loads them, with the name
//! and the setting; then nothing is applied. A value that contradicts an annotation once they meet (a `max_delay` below the
//! annotated `initial_delay`) is moved to the nearest allowed one and listed by [`adjusted`]. So are settings of a backoff that the
//! function does not have: a function with a backoff of its own takes limits, jitter and caps, but no `multiplier`. A key that
//! no function answers to is listed by [`unmatched`].

mod change;
mod error;
#[cfg(all(test, loom))]
mod model;
mod one;
mod replacement;
mod reports;
mod scope;
mod set;
mod table;
#[cfg(all(test, not(loom)))]
mod tests;

pub use self::change::{clear, current, load, load_env, remove, replace_all, set};
pub use self::error::InvalidOverride;
pub use self::one::Override;
pub(crate) use self::replacement::{Replacement, replacement};
pub use self::reports::{Adjusted, Unmatched, adjusted, unmatched};
pub use self::scope::{WithPolicy, with_policy, with_policy_async};
pub use self::set::Overrides;
pub(crate) use self::table::{is_active, is_disabled, table};
