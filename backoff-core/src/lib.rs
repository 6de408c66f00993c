//! Retry with exact semantics: policies, one decision core, a blocking and an async driver, and `#[retry]`.
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

extern crate alloc;

#[doc(hidden)]
pub mod __private;
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
mod fault;
mod jitter;
#[cfg(feature = "std")]
mod nesting;
pub mod observe;
mod outcome;
mod policy;
mod random;
mod schedule;
#[cfg(feature = "std")]
mod site;
mod sleep;
#[cfg(feature = "std")]
mod ticker;

#[cfg(feature = "std")]
pub use crate::__private::Attempt;
#[cfg(feature = "std")]
pub use crate::attempts::Attempts;
pub use crate::backoff::{Backoff, List, Sequence};
#[cfg(feature = "std")]
pub use crate::budget::Budgets;
pub use crate::budget::{Budget, InvalidBudget};
#[cfg(feature = "std")]
pub use crate::cancel::{CancelToken, Cancelled};
pub use crate::classify::{Classify, Marked, permanent, retry_after};
pub use crate::clock::{Clock, ClockSource, DefaultClock, RuntimeClock, SystemClock};
pub use crate::decision::{Decision, Failure, Progress, StopReason};
pub use crate::delays::Delays;
pub use crate::drive::call::{Retry, Surroundings};
pub use crate::drive::operation::{Async, Blocking, Operation};
pub use crate::error::{AttemptTimeout, RetryError, Success};
pub use crate::fault::Fault;
pub use crate::jitter::Jitter;
#[cfg(feature = "std")]
pub use crate::nesting::{InScope, InnerRetries, Scope};
pub use crate::observe::{GiveUpEvent, Observer, RecoveredEvent, RetryEvent};
pub use crate::outcome::{NoValue, Outcome};
pub use crate::policy::{InvalidPolicy, Policy, PolicyBuilder, Since};
pub use crate::random::{Random, Seeded, ThreadRandom};
pub use crate::schedule::Schedule;
#[cfg(feature = "std")]
pub use crate::site::{CallSite, call_sites};
pub use crate::sleep::{BlockingSleeper, DefaultSleeper, Sleeper};
#[cfg(feature = "std")]
pub use crate::ticker::Ticker;

#[cfg(feature = "macros")]
pub use backoff_macros::{Classify, retry};

/// The types that a call is made of, for signatures that name one.
///
/// Programs rarely need them: the setters of [`Retry`] put them together.
pub mod call {
    pub use crate::drive::cancel::{BlockingCancel, CancelledBy, NoCancel};
    pub use crate::drive::judge::{
        AskTheError, ByClassify, ByMarks, ByMarksSendSync, Classified, Classifier, Condition, EveryError, EveryValue,
        Judge,
    };
    pub use crate::drive::limits::{BudgetSource, Nesting, NoBudget, NoScope, OpenScope, Sharing};
    pub use crate::drive::operation::{ErrorOf, ReportOf, ValueOf};
    pub use crate::drive::source::{Editable, Edited, PolicySource};
    pub use crate::drive::timeouts::{FromTimeout, MakeTimeout, NoTimeouts, TimeoutSettings, Timeouts};
    pub use crate::observe::{Hook, OnGiveUp, OnRecovered, OnRetry};

    #[cfg(feature = "async")]
    pub use crate::drive::cancel::AsyncCancel;
    #[cfg(feature = "async")]
    pub use crate::drive::future::{AsyncTimeouts, NoTimer, OptionalTimer, ReportFuture, RetryFuture, Timer};
    #[cfg(any(feature = "tokio", feature = "async-io"))]
    pub use crate::sleep::RuntimeSleep;
}

/// The examples of the README are documentation tests, where the features that they use are on.
#[cfg(all(doctest, feature = "macros", feature = "tokio", feature = "reqwest-0-13"))]
#[doc = include_str!("../../README.md")]
struct Readme;
