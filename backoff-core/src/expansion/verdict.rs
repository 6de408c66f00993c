//! Decision after a failed attempt, in the form that an expanded loop receives.

use core::time::Duration;

use crate::decision::{Decision, StopReason};

/// The next step of the loop after a failed attempt. Unlike [`Decision`], it is exhaustive: no variants will be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Wait this long, then run the body again.
    Retry(Duration),
    /// Return the result.
    Stop(StopReason),
}

impl From<Decision> for Verdict {
    #[inline]
    fn from(decision: Decision) -> Self {
        match decision {
            Decision::RetryAfter(delay) => Self::Retry(delay),
            Decision::Stop(reason) => Self::Stop(reason),
        }
    }
}

/// A verdict as two numbers, which a function returns in registers. An enum with these parts would go through memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packed {
    secs: u64,
    /// Nanoseconds of a delay. Values from [`STOP`] on encode the stop reason.
    nanos: u32,
}

/// The first value that cannot be the subsecond nanoseconds of a delay.
const STOP: u32 = 1_000_000_000;

impl From<Decision> for Packed {
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "it saves the way through memory only where it is in place")]
    fn from(decision: Decision) -> Self {
        match decision {
            Decision::RetryAfter(delay) => Self { secs: delay.as_secs(), nanos: delay.subsec_nanos() },
            Decision::Stop(reason) => Self { secs: 0, nanos: STOP + reason.number() },
        }
    }
}

impl From<Packed> for Verdict {
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "it saves the way through memory only where it is in place")]
    fn from(packed: Packed) -> Self {
        match packed.nanos.checked_sub(STOP) {
            None => Self::Retry(Duration::new(packed.secs, packed.nanos)),
            Some(number) => Self::Stop(unpacked(number)),
        }
    }
}

/// Returns the reason with this number. Every number has a reason, because only [`StopReason::number`] creates them.
///
/// In release builds this does not panic, because with a panic even loops that do not use the reason would compute it.
#[inline(always)]
#[expect(clippy::inline_always, reason = "a reason that the loop does not use is not computed")]
fn unpacked(number: u32) -> StopReason {
    let reason = StopReason::numbered(number);
    debug_assert!(reason.is_some(), "`{number}` is not the number of a stop reason; this is a bug in backoff-core");
    reason.unwrap_or(StopReason::Disabled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(debug_assertions)]
    #[should_panic(expected = "is not the number of a stop reason; this is a bug in backoff-core")]
    fn a_number_that_no_reason_has_is_a_bug_and_not_a_reason() {
        let _ = Verdict::from(Packed { secs: 0, nanos: u32::MAX });
    }

    #[test]
    fn every_decision_comes_out_as_it_went_in() {
        let delays = [Duration::ZERO, Duration::from_nanos(1), Duration::from_nanos(999_999_999), Duration::MAX];
        let stops = StopReason::ALL.iter().copied().map(Decision::Stop);
        for decision in delays.map(Decision::RetryAfter).into_iter().chain(stops) {
            assert_eq!(Verdict::from(Packed::from(decision)), Verdict::from(decision), "{decision:?}");
        }
    }
}
