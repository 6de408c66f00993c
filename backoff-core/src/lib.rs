//! Retry with exact semantics: policies, one decision core, a blocking and an async driver, and `#[retry]`.
//!
//! ```
//! use backoff_core::retry;
//! use std::io;
//!
//! #[retry(max_elapsed = "60s")]
//! fn read_config(path: &str) -> io::Result<String> {
//!     std::fs::read_to_string(path)
//! }
//! # let file = std::env::current_exe().map(|exe| exe.with_extension("no-such-config"))?;
//! # std::fs::write(&file, "port = 80")?;
//! # assert_eq!(read_config(&file.to_string_lossy())?, "port = 80");
//! # std::fs::remove_file(&file)?;
//! # Ok::<(), io::Error>(())
//! ```
//!
//! The body runs until it succeeds, returns an error that no attempt can cure, or reaches the limit. Between attempts
//! the function waits, longer each time, with jitter. The same line over an `async fn` retries without blocking the
//! thread.
//!
//! # Overview
//!
//! * [The guide](guide/index.html): pages by topic, from choosing a policy to migrating from another library.
//! * [`retry`](macro@retry): the attribute, with every argument and an example of each.
//! * [`Policy`]: when to retry, how long to wait, when to stop. Plain data, built in a `const`.
//! * [`Policy::retry`]: a call of a closure, blocking or async, without the macro; [`Policy::start`]: a manual loop.
//! * [`Classify`](trait@Classify), [`Fault`], [`classify`]: the classification of errors.
//! * [`RetryError`], [`Success`], [`StopReason`]: the end of a call, and its reason.
//! * [`Budget`], [`Budgets`], [`InnerRetries`], [`Scope`]: limits that keep many clients, and layers of them, from a
//!   retry storm.
//! * `tower` (feature `tower-0-5`): a retry layer for services, with rules for HTTP and gRPC.
//! * [`observe`], [`call_sites`]: data about the retries of a running process.
//!
//! # Guarantees
//!
//! * The operation runs at least once; nothing runs before the call, or before the first poll.
//! * `max_attempts` counts all attempts, the first included; `max_retries` counts those after it.
//! * After a failure the call stops if `max_elapsed` has passed, or if the next delay is longer than the time left. (A
//!   timer that oversleeps may start one attempt late.) With `attempt_timeout` the next attempt must also have some time left.
//! * No delay follows the last attempt. A success is never discarded. An attempt is never interrupted, except by
//!   timeouts that are explicitly set.
//! * `max_delay` caps every delay that a policy computes, after jitter; at the cap delays stay spread out.
//! * The push-back (`Retry-After`) of a server is kept: its wait is never shortened, and the policy's own delay is
//!   added.
//! * The returned error is the caller's own last error, untouched.
//! * Dropping the future of an async call cancels everything; no task is spawned.
//! * Arithmetic never panics or wraps, for any values of a policy.
//! * The loop allocates nothing. A success at the first attempt draws no random number and takes no lock. It reads no
//!   clock unless something needs the time. (`inner_retries` costs a shared scope per call: one allocation, and a lock
//!   per attempt.)
//!
//! Not promised: jitter is not cryptographic, and a blocking attempt cannot be interrupted.
//!
//! # Crate features
//!
//! Features only add: any set of them works together, and none changes the behaviour of another.
//!
//! | feature | default | adds | dependencies |
//! |---|---|---|---|
//! | `std` | yes | the system's clock and sleeper, [`CancelToken`], [`Budgets`], jitter seeded by the operating system | |
//! | `macros` | yes | `#[retry]` and `#[derive(Classify)]` | `backoff-macros` |
//! | `async` | | the async driver; the sleeper is a custom closure | `pin-project-lite` |
//! | `tokio` | | sleeping and time inside a tokio runtime | `tokio` |
//! | `async-io` | | sleeping elsewhere: smol, async-std, a plain `block_on` | `async-io` |
//! | `tracing` | | events of every call | `tracing` |
//! | `metrics` | | counters and histograms of every call | `metrics` |
//! | `successes` | | events of successes at the first attempt for a global observer; each success reads one flag | |
//! | `testing` | | the module `testing`: no waits, a virtual clock, lost replies and recorders, for `dev-dependencies` | |
//! | `serde` | | [`Policy`] in configuration files, in the words of the attribute | `serde`, `humantime` |
//! | `overrides` | | the module `overrides`: values of annotated functions changed while the process runs | `humantime`, `strsim` |
//! | `http-1` | | [`classify`] by HTTP status, `Retry-After` | `http` 1, `httpdate` |
//! | `reqwest-0-13` | | [`classify`] for reqwest | `reqwest` 0.13 |
//! | `tower-0-5` | | the module `tower`: a retry layer for any service; with `http-1` its rules for HTTP and gRPC, and its scope layers | `pin-project-lite`, `tower-layer`, `tower-service` |
//!
//! Without `std` the crate is `no_std` with `alloc`: pass a seed or a generator, a clock and a sleeper.
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

extern crate alloc;

#[doc(hidden)]
pub mod __private;
mod attempt;
#[cfg(feature = "std")]
mod attempts;
mod backoff;
mod budget;
#[cfg(feature = "std")]
mod cancel;
pub mod classify;
mod clock;
#[cfg_attr(not(feature = "std"), allow(dead_code, reason = "the expansion of `#[retry]` needs `std`"))]
mod decision;
mod delays;
#[cfg_attr(not(feature = "std"), allow(dead_code, reason = "the loop by hand and the ticker need `std`"))]
mod drive;
mod error;
#[cfg(feature = "std")]
#[doc(hidden)]
mod expansion;
mod fault;
#[cfg(feature = "std")]
mod nesting;
pub mod observe;
mod outcome;
#[cfg(feature = "overrides")]
#[cfg_attr(docsrs, doc(cfg(feature = "overrides")))]
pub mod overrides;
mod policy;
mod random;
#[cfg(feature = "std")]
mod site;
mod sleep;
mod sources;
#[cfg(feature = "std")]
mod sync;
#[cfg(any(feature = "std", feature = "async"))]
mod test_hooks;
#[cfg(feature = "testing")]
pub mod testing;
mod text;
#[cfg(feature = "std")]
mod ticker;
mod tiers;
#[cfg(feature = "tower-0-5")]
#[cfg_attr(docsrs, doc(cfg(feature = "tower-0-5")))]
pub mod tower;

pub use crate::attempt::Attempt;
#[cfg(feature = "std")]
pub use crate::attempts::Attempts;
#[cfg(all(feature = "std", feature = "async"))]
pub use crate::attempts::pending::WaitState;
pub use crate::backoff::{Backoff, List, Sequence};
pub use crate::budget::{Budget, InvalidBudget};
#[cfg(feature = "std")]
pub use crate::budget::{Budgets, KeyTokens};
#[cfg(feature = "std")]
pub use crate::cancel::{CancelToken, WaitForCancel};
pub use crate::classify::{Classify, Marked, permanent, retry_after};
pub use crate::clock::{Clock, ClockSource, DefaultClock, RuntimeClock, SystemClock};
pub use crate::decision::{Decision, Failure, Progress, StopReason};
pub use crate::delays::Delays;
pub use crate::drive::call::{Environment, Retry};
pub use crate::drive::operation::{Async, Blocking, Operation};
pub use crate::error::{AttemptTimeout, Cancelled, RetryError, Success};
pub use crate::fault::{Fault, FaultKind};
#[cfg(feature = "std")]
pub use crate::nesting::{InScope, InnerRetries, Scope};
pub use crate::observe::{GiveUpEvent, Observer, RecoveredEvent, RetryEvent};
pub use crate::outcome::{NoValue, Outcome};
pub use crate::policy::{InvalidPolicy, Policy, PolicyBuilder};
pub use crate::random::{Random, Seeded, ThreadRandom};
#[cfg(feature = "std")]
pub use crate::site::{CallSite, call_sites};
pub use crate::sleep::{BlockingSleeper, DefaultSleeper, Sleeper};
#[cfg(feature = "std")]
pub use crate::ticker::Ticker;

#[doc(inline)]
pub use backoff_rules::{Jitter, PushBackMode, Schedule, Since};

#[cfg(feature = "macros")]
#[doc = include_str!("derive.md")]
pub use backoff_macros::Classify;
// The expansion needs `std`; without it the compiler reports that once, where the attribute is named.
#[cfg(all(feature = "macros", feature = "std"))]
#[doc = include_str!("retry.md")]
pub use backoff_macros::retry;

/// The types in signatures: results of calls, and the futures of async calls.
pub mod call {
    #[cfg(feature = "std")]
    pub use crate::attempts::AttemptsWith;
    #[cfg(feature = "std")]
    pub use crate::attempts::cancel::CancelSignal;
    pub use crate::drive::operation::{ErrorOf, ReportOf, ValueOf};
    pub use crate::drive::source::PolicySource;

    #[cfg(feature = "async")]
    pub use crate::drive::future::{ReportFuture, RetryFuture};
    #[cfg(feature = "_runtime")]
    pub use crate::sleep::RuntimeSleep;

    // The parameters of `Retry`, which the setters set. They are reachable for signatures and for compiler messages,
    // but semver does not cover them. The traits among them are sealed; the other traits that bound the parameters have
    // no path.
    #[doc(hidden)]
    pub use crate::drive::cancel::{
        BlockingCancel, CancelledBy, CancelsAttempts, DropsAttempts, FromCancelled, HasSignal, MakeCancelled, NoCancel,
    };
    #[doc(hidden)]
    pub use crate::drive::criteria::{Answer, Criteria, EveryError, EveryValue, OwnClassification};
    #[cfg(feature = "async")]
    #[doc(hidden)]
    pub use crate::drive::future::{AwaitCall, Lends};
    #[doc(hidden)]
    pub use crate::drive::operation::Interruptible;
    #[doc(hidden)]
    pub use crate::drive::operation::WithAttempt;
    #[doc(hidden)]
    pub use crate::drive::shared_limits::{BudgetSource, NoBudget, NoScope, SharedLimits};
    #[doc(hidden)]
    pub use crate::drive::source::Edited;
    #[doc(hidden)]
    pub use crate::drive::timeouts::{FromTimeout, MakeTimeout, NoTimeouts, Timeouts};
    #[doc(hidden)]
    pub use crate::observe::{Adjust, AdjustedDelay, Hook, OnGiveUp, OnRecovered, OnRetry, ResetWhen};
    #[doc(hidden)]
    pub use crate::sleep::SleepFn;
}

// For documentation and its tests only. Its examples use these features.
#[cfg(all(
    any(doc, doctest),
    feature = "macros",
    feature = "tokio",
    feature = "reqwest-0-13",
    feature = "tower-0-5",
    feature = "testing",
    feature = "serde",
    feature = "overrides"
))]
pub mod guide;

/// Runs the README's examples as documentation tests, if the features that they use are on.
#[cfg(all(
    doctest,
    feature = "macros",
    feature = "tokio",
    feature = "reqwest-0-13",
    feature = "testing",
    feature = "serde",
    feature = "overrides"
))]
#[doc = include_str!("../../README.md")]
struct Readme;
