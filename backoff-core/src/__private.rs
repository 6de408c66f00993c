//! What the expansion of `#[retry]` may name. Not covered by semver: both crates release together.
//!
//! The loop stands in the user's function; everything that it needs beyond `loop`, `match` and `.await` is here, so that
//! little code is expanded. There are three drivers with the same methods, and the expansion takes the smallest that
//! serves: [`Lean`] counts attempts, [`Timed`] also knows when the call started, [`Full`] does everything.

pub use crate::classify::{Probe, push_back};

// Without `std` there is no clock to drive an expanded loop; what remains serves `#[derive(Classify)]`.
#[cfg(feature = "std")]
mod asynchronous;
#[cfg(feature = "std")]
mod cancelling;
#[cfg(feature = "std")]
mod drivers;
#[cfg(feature = "std")]
mod features;
#[cfg(feature = "std")]
mod hooks;
#[cfg(feature = "std")]
mod parts;
#[cfg(feature = "std")]
mod taken;
#[cfg(feature = "std")]
mod text;
#[cfg(feature = "std")]
mod verdict;

#[cfg(feature = "std")]
pub use self::asynchronous::{
    by_deadline, in_scope, is_cancelled_now, sleep, sleep_until_cancelled, sleep_until_cancelled_or_deadline,
    sleep_until_deadline, timed_out, timed_out_with, timer, within, within_by_deadline,
};
#[cfg(feature = "std")]
pub use self::cancelling::{Cancelling, Cancels, NoFuture};
#[cfg(feature = "std")]
pub use self::drivers::{AsyncMode, Attempt, BlockingMode, Circumstances, Full, Lean, Mode, Timed};
#[cfg(feature = "std")]
pub use self::features::AsyncSleeper;
#[cfg(feature = "std")]
pub use self::hooks::{ask, is_met, notify, or_else, unmet};
#[cfg(feature = "std")]
pub use self::parts::{
    AsPolicy, adjusted, allowed_timeout, backoff_of, call, call_in, check_timeout, edit, inner_gave_up, is_cancelled,
    limited_by_timeout, open_scope, policy, sleep_blocking, sleep_blocking_until_cancelled, unreached,
};
#[cfg(feature = "std")]
pub use self::taken::{EndsByItself, Taken, ends_by_itself};
#[cfg(feature = "std")]
pub use self::text::Telling;
#[cfg(feature = "std")]
pub use self::verdict::Verdict;
#[cfg(feature = "std")]
pub use crate::decision::StopReason;
#[cfg(feature = "std")]
pub use crate::sleep::DefaultSleeper;
