//! Retries for calls that fail now and then: `#[retry]` above a function, or `policy.retry(..)` around a closure,
//! blocking or async.
//!
//! ```
//! use backoff_core::{classify, retry};
//! use std::io;
//! use std::net::TcpStream;
//!
//! /// Refused and unreachable are retried for a minute, a wrong address is not.
//! #[retry(max_elapsed = "1m", when = classify::io)]
//! fn connect(address: &str) -> io::Result<TcpStream> {
//!     TcpStream::connect(address)
//! }
//!
//! let server = std::net::TcpListener::bind("127.0.0.1:0")?;
//! assert!(connect(&server.local_addr()?.to_string()).is_ok());
//! let wrong = connect("no port").unwrap_err(); // permanent: one attempt
//! assert_eq!(wrong.kind(), io::ErrorKind::InvalidInput);
//! # Ok::<(), io::Error>(())
//! ```
//!
//! The body runs until it succeeds, fails with an error that no attempt can cure, or reaches the limit. Between
//! attempts the function waits, longer each time, with jitter. The same line over an `async fn` waits without blocking
//! the thread. The signature stays, and so does the error: the caller gets the last one, untouched.
//!
//! * **Repeats only what is safe and worth it.** A failure is transient, permanent, ambiguous (the server may have
//!   acted) or a push-back (`Retry-After`): [what an error means](guide/what_an_error_means/index.html).
//! * **Keeps fleets alive.** [Budgets](Budget) bound the load of retries in an outage, and [scopes](Scope) stop retries
//!   inside of retries: [fleets](guide/fleets/index.html).
//! * **Is tested without waiting.** A guard removes all delays, or passes hours in virtual time:
//!   [testing](guide/testing/index.html).
//! * **Is visible in production.** Counts for each function, `tracing`, `metrics`, and changes at run time:
//!   [observing](guide/observing/index.html).
//! * **Costs what a manual loop costs,** and allocates nothing: [costs](guide/costs/index.html).
//!
//! # Overview
//!
//! | to | use |
//! |---|---|
//! | retry a function | [`#[retry]`](macro@retry), with every argument and an example of each |
//! | retry a closure, blocking or async | [`Policy::retry`], [`Policy::retry_with`] |
//! | choose limits and delays | [`Policy`]: plain data, checked in a `const` |
//! | decide which errors are worth another attempt | [`Classify`](trait@Classify), [`Fault`], [`classify`], [`permanent`] |
//! | learn how a call ended | [`RetryError`], [`Success`], [`StopReason`] |
//! | write the loop, in a struct, a `Stream` or a `select!` | [`Policy::start`], [`Attempts`], [`Ticker`], [`Policy::decide`] |
//! | keep a fleet from prolonging an outage | [`Budget`], [`Budgets`]; [`InnerRetries`] and [`Scope`] for layers |
//! | retry the requests of a service | [`tower`](tower/index.html) (feature `tower-0-5`), with rules for HTTP and gRPC |
//! | stop, from anywhere | [`CancelToken`], or drop the future |
//! | see retries in production | [`observe`], [`call_sites`], the features `tracing` and `metrics` |
//! | test without waiting | [`testing`](testing/index.html) (feature `testing`) |
//!
//! [The guide](guide/index.html) has a page for each topic:
//! [choosing a policy](guide/choosing_a_policy/index.html),
//! [what an error means](guide/what_an_error_means/index.html),
//! [limits and timeouts](guide/limits_and_timeouts/index.html),
//! [idempotency](guide/idempotency/index.html), [fleets](guide/fleets/index.html),
//! [polling](guide/waiting_for_something/index.html), [workers](guide/long_lived/index.html),
//! [loops](guide/loops_streams_actors/index.html), [testing](guide/testing/index.html),
//! [observing](guide/observing/index.html), [overriding](guide/overriding/index.html),
//! [runtimes](guide/runtimes_and_targets/index.html), [clients](guide/clients/index.html), a
//! [cookbook](guide/cookbook/index.html), [troubleshooting](guide/troubleshooting/index.html),
//! [migrating](guide/migrating/index.html), [costs](guide/costs/index.html).
//!
//! # Guarantees
//!
//! * `max_attempts` counts all attempts, the first included. No delay follows the last one.
//! * After a failure the call stops if `max_elapsed` has passed, or if the next delay is longer than the time left. A
//!   success is never discarded, and an attempt is never interrupted, except by timeouts and
//!   `cancel_attempts`.
//! * A failure after which the server may have acted is retried only if the call is `idempotent`. The wait that a
//!   server requests (`Retry-After`) is never shortened.
//! * The returned error is the caller's own last error. Dropping the future of an async call cancels everything.
//! * The loop allocates nothing, and its arithmetic never panics or wraps. A success at the first attempt draws no
//!   random number and takes no lock. It reads no clock unless something needs the time.
//!
//! [All of them, to the letter](guide/guarantees/index.html), with the exceptions and the order of the checks.
//!
//! # Crate features
//!
//! Features only add: any set of them works together, and none changes the behaviour of another.
//!
//! | feature | default | adds | dependencies |
//! |---|---|---|---|
//! | `std` | yes | the system's clock and sleeper, [`CancelToken`], [`Budgets`], jitter seeded by the operating system | |
//! | `alloc` | with `std` | marked errors ([`permanent`], [`retry_after`]), budgets in an `Arc` | |
//! | `macros` | yes | `#[retry]` and `#[derive(Classify)]` | `backoff-macros` |
//! | `async` | | the async driver; the sleeper is a custom closure | `pin-project-lite` |
//! | `tokio` | | sleeping and time inside a tokio runtime | `tokio`, `pin-project-lite` |
//! | `async-io` | | sleeping elsewhere: smol, async-std, a plain `block_on` | `async-io`, `pin-project-lite` |
//! | `web` | | sleeping, time and randomness in a web page, a worker or Node (`wasm32-unknown-unknown`) | `web-time`, `js-sys`, `gloo-timers`, `pin-project-lite` |
//! | `tracing` | | events of every call | `log`, `tracing` |
//! | `metrics` | | counters and histograms of every call | `metrics` |
//! | `successes` | | events of successes at the first attempt for a global observer; each success reads one flag | |
//! | `testing` | | the module `testing`: no waits, a virtual clock, lost replies and recorders, for `dev-dependencies` | |
//! | `serde` | | [`Policy`] in configuration files, in the words of the attribute | `serde`, `humantime` |
//! | `overrides` | | the module `overrides`: values of annotated functions changed while the process runs | `humantime`, `strsim` |
//! | `http-1` | | [`classify`] by HTTP status, `Retry-After` | `http` 1, `httpdate` |
//! | `reqwest-0-13` | | [`classify`] for reqwest | `reqwest` 0.13, `http` 1, `httpdate` |
//! | `tower-0-5` | | the module `tower`: a retry layer for any service; with `http-1` its rules for HTTP and gRPC, and its scope layers | `pin-project-lite`, `tower-layer`, `tower-service` |
//!
//! | dependency | purpose |
//! |---|---|
//! | `backoff-rules` | always: the defaults, delays and checks that the core and the macros share; no dependencies |
//! | `rand` | always: the small generator behind jitter, without default features |
//! | `backoff-macros` | the attribute and the derive; with `syn`, `quote`, `proc-macro2`, `humantime`, `strsim` for the compiler only |
//! | `pin-project-lite` | pinned futures without `unsafe` and without a procedural macro |
//! | `tokio`, `async-io` | the timer of the runtime |
//! | `web-time`, `js-sys`, `gloo-timers` | clock, random seed and timer of a web page, compiled for `wasm32-unknown-unknown` only |
//! | `tracing`, `metrics`, `serde` | the facade with which a program chooses where events, counters and settings go |
//! | `log` | whether a logger may receive the events of `tracing`, which sends them there if no subscriber is set |
//! | `humantime` | durations as text, as in the attribute |
//! | `strsim` | the nearest name of a key that matches none |
//! | `http`, `reqwest` | the foreign types that are classified, in the version that the feature names |
//! | `httpdate` | the three date forms of `Retry-After` |
//! | `tower-layer`, `tower-service` | the two traits of a layer, without dependencies |
//!
//! # Where it runs
//!
//! Rust 1.85 or newer. A newer Rust is only ever required by a new minor version (0.1 to 0.2, 1.0 to 1.1), never by a
//! patch, and is then at least six months old.
//!
//! | where | features | to pass |
//! |---|---|---|
//! | tokio | `tokio` | nothing |
//! | smol, async-std, a plain `block_on` | `async-io` | nothing |
//! | other async runtimes | `async` | `sleep` |
//! | a web page, a worker, Node (`wasm32-unknown-unknown`) | `web` | nothing; blocking delays do not compile |
//! | an operating system, blocking code | `std` | nothing; also without 64-bit atomics |
//! | `no_std` with an allocator | `alloc` | a seed or a generator, a clock and a sleeper |
//! | `no_std` without an allocator | none, or `async` | the same |
//! | targets without compare-and-swap (`thumbv6m`, `riscv32imc`) | as `no_std` | the same; there is no [`Budget`] |
//!
//! Without `std` there is no randomness but the caller's: a call that has neither a seed nor a generator does not
//! compile.
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

#[cfg(any(feature = "alloc", test))]
extern crate alloc;

#[doc(hidden)]
pub mod __private;
mod attempt;
#[cfg(feature = "std")]
mod attempts;
mod backoff;
#[cfg(target_has_atomic = "32")]
mod budget;
#[cfg(not(target_has_atomic = "32"))]
#[path = "budget/absent.rs"]
mod budget;
#[cfg(feature = "std")]
mod cancel;
pub mod classify;
mod clock;
#[cfg_attr(not(feature = "std"), allow(dead_code, reason = "the expansion of `#[retry]` needs `std`"))]
mod decision;
mod delays;
#[cfg_attr(not(feature = "std"), allow(dead_code, reason = "manual loops and the ticker need `std`"))]
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
#[cfg(target_has_atomic = "32")]
pub use crate::budget::{Budget, InvalidBudget};
#[cfg(feature = "std")]
pub use crate::budget::{Budgets, KeyTokens};
#[cfg(feature = "std")]
pub use crate::cancel::{CancelToken, WaitForCancel};
pub use crate::classify::Classify;
#[cfg(feature = "alloc")]
#[cfg_attr(docsrs, doc(cfg(feature = "alloc")))]
pub use crate::classify::{Marked, permanent, retry_after};
pub use crate::clock::{Clock, ClockSource, DefaultClock, RuntimeClock, SystemClock};
pub use crate::decision::reason::StopReason;
pub use crate::decision::{Decision, Failure, Progress};
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
    pub use crate::drive::shared_limits::{BudgetSource, CallName, Named, NoBudget, NoScope, SharedLimits, Unnamed};
    #[doc(hidden)]
    pub use crate::drive::source::Edited;
    #[doc(hidden)]
    pub use crate::drive::timeouts::{FromTimeout, MakeTimeout, NoTimeouts, Timeouts};
    #[doc(hidden)]
    pub use crate::observe::{Adjust, AdjustedDelay, Hook, OnGiveUp, OnRecovered, OnRetry, ResetWhen};
    #[doc(hidden)]
    pub use crate::sleep::SleepFn;
}

// For documentation. Without these features its examples are not run, and links to their items are plain text.
#[cfg(doc)]
#[cfg_attr(
    not(all(
        feature = "macros",
        feature = "tokio",
        feature = "reqwest-0-13",
        feature = "tower-0-5",
        feature = "testing",
        feature = "serde",
        feature = "overrides"
    )),
    cfg(not(doctest)),
    allow(rustdoc::broken_intra_doc_links, reason = "a link to an item of a disabled feature is plain text")
)]
pub mod guide;
