//! What the expansion of `#[retry]` may name. Not covered by semver: the crates release together.
//!
//! The loop stands in the user's function; everything that it needs beyond `loop`, `match` and `.await` is here, so that
//! little code is expanded. There are two drivers with the same methods: [`Counted`] for a constant policy of a built-in backoff,
//! where the number of failures is all the progress, and [`Full`] for any policy.

pub use crate::classify::{Probe, ambiguous_push_back, push_back};

// Without `std` there is no clock to drive an expanded loop; what remains serves `#[derive(Classify)]`.
#[cfg(all(feature = "std", feature = "async"))]
mod asynchronous;
#[cfg(feature = "std")]
mod cancelling;
#[cfg(feature = "std")]
mod drivers;
#[cfg(feature = "std")]
mod features;
#[cfg(feature = "std")]
mod hooks;
#[cfg(all(feature = "std", not(feature = "async")))]
mod missing;
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
    DelayEnd, Never, Struck, in_scope, is_given_now, limited, sleep, sleep_until, timer, when,
};
#[cfg(feature = "std")]
pub use self::cancelling::{Cancelling, Cancels, NoFuture};
#[cfg(feature = "std")]
pub use self::drivers::{
    AsyncMode, Attempt, BlockingMode, Circumstances, Counted, Full, Memory, Mode, Recorded, Timed, Untimed,
};
#[cfg(feature = "std")]
pub use self::features::AsyncSleeper;
#[cfg(feature = "std")]
pub use self::hooks::{AttemptLimit, ask, is_met, notify, or_else, timed_out, timed_out_with, unmet};
#[cfg(all(feature = "std", not(feature = "async")))]
use self::missing as asynchronous;
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
