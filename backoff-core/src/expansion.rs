//! The parts of an expanded loop. Not covered by semver: the three crates release together.
//!
//! The loop itself is in the user's function. Everything that it needs beyond `loop`, `match` and `.await` is here, to
//! keep the expanded code small. There are two drivers with the same methods. [`Counted`] is for a constant policy of a
//! built-in backoff, where the number of failures is the only progress. [`Full`] is for any policy. A method borrows
//! both drivers in the same way, because the expansion writes the borrow: with `&mut __driver` for a method with
//! `&self`, lookup could select a method of a trait of the user.

#[cfg(feature = "async")]
mod asynchronous;
mod cancel_future;
mod custom_backoff;
mod drivers;
mod features;
mod hooks;
#[cfg(not(feature = "async"))]
mod missing;
mod parts;
mod text;
mod verdict;

pub use self::asynchronous::{
    DelayEnd, DroppedBy, Never, in_scope, is_given_now, sleep, sleep_until, timer, when, with_limits,
};
pub use self::cancel_future::{CancelFuture, Cancels, NoFuture};
pub use self::custom_backoff::{CustomBackoff, EndsByItself, ends_by_itself};
pub use self::drivers::{
    Adjusting, AsyncMode, BlockingMode, CallTimes, Counted, FailureContext, Full, MaybeAdjust, Mode, Recorded,
    Steering, Timed, Untimed, WithAttempts,
};
pub use self::features::AsyncSleeper;
pub use self::hooks::{
    adjust, ask, cancelled, cancelled_with, is_progress, notify, or_else, timed_out, timed_out_with, unmet, unmet_fault,
};
#[cfg(not(feature = "async"))]
use self::missing as asynchronous;
pub use self::parts::{
    AsPolicy, SharedSleeper, adjusted, allowed_timeout, backoff_of, call, call_in, check_timeout, edit, inner_gave_up,
    is_cancelled, limited_by_timeout, open_scope, policy, shared_sleeper, sleep_blocking,
    sleep_blocking_until_cancelled, sleep_fn, unreached,
};
pub use self::text::ErrorTextProbe;
pub use self::verdict::Verdict;
pub use crate::decision::AttemptLimit;
pub use crate::decision::reason::StopReason;
pub use crate::sleep::{DefaultSleeper, SleepFn};
