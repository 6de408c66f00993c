//! Changes the settings of annotated functions at run time, without recompiling.
//!
//! An override applies to a call site by its name. The name is the path of the function as the compiler writes it, or
//! the `name = ".."` of the attribute. Such a path begins with the name of the crate:
//!
//! * `shop::billing::charge` for a function,
//! * `shop::Client::get` for a method,
//! * `shop::billing::<impl shop::Client>::get` for a method whose `impl` is in another module,
//! * `<shop::Client as shop::Api>::get` for a method of a trait.
//!
//! [`call_sites`](crate::call_sites) lists the names. Give functions that operators will override an explicit `name`.
//! Overrides do not apply to calls of [`Policy::retry`](crate::Policy::retry).
//!
//! Overrides come from code ([`set`], [`replace_all`]), from an environment variable ([`load_env`]), or from any serde
//! source (with the feature `serde`, [`Overrides`] is a map from names to settings).
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
//! * First, a key that equals the whole name of the call site: `shop::billing::charge`.
//! * Otherwise, the longest key that is a prefix of the name. A prefix ends where a part of the name ends, before `::`
//!   or `.`, so `shop::billing` covers `shop::billing::charge` but not `shop::billings::charge`. A prefix that ends
//!   with `*` is compared letter by letter, so `shop::billing::ch*` covers `shop::billing::charge`. The key `*` covers
//!   every annotated function.
//! * Otherwise, the annotation.
//!
//! Only one override applies, the best match. Settings that are absent from it keep the values of the annotation. To
//! enable retries for one function below a prefix that is `disabled`, give this function a separate override. If it
//! shall only keep its annotation, write `disabled=false`, because an override needs a setting.
//!
//! # When it applies
//!
//! A call looks up its override at its first failure and keeps it; later changes apply to new calls. Only `disabled` is
//! looked up at every failure, so setting it ends calls in progress at their next decision. A success does no lookup.
//! While no override is set, a failure checks one flag with a relaxed load. The state of the call keeps a reference to
//! the table of overrides: 40 bytes in the future of an annotated function.
//!
//! * If the annotation has no time limit, a time limit of an override counts from the first failure, because the clock
//!   was not read before. The same holds for `reset_after`, which treats the end of the delay as the start of the
//!   attempt.
//! * With `attempt = ctx`, the first attempt sees the values of the annotation, and every later attempt sees the values
//!   that apply.
//! * Timeouts, budgets and hooks are not settings of a policy and cannot be overridden.
//!
//! # What is refused
//!
//! The function that loads overrides refuses bad syntax, an unknown setting, and a value that no policy could have. The
//! error contains the name and the setting, and nothing is applied. [`set`] and [`Overrides::insert`] also refuse a
//! name that the text form cannot contain, so `overrides::current().to_string()` can always be loaded again.
//!
//! A value can also contradict the annotation that it meets, for example a `max_delay` below the annotated
//! `initial_delay`. Such a value is moved to the nearest allowed one and listed by [`adjusted`]. [`adjusted`] also
//! lists settings of a backoff that the function does not have: a function with a custom backoff accepts limits, jitter
//! and caps, but no `multiplier`. A key that matches no function is listed by [`unmatched`].

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
