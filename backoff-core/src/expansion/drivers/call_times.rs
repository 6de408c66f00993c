//! Times of a call that a counting driver stores.

use core::time::Duration;

use super::Mode;
use crate::clock::{Clock as _, Instant};
use crate::drive::test_state::TestState;
use crate::observe::Elapsed;

/// The stored times of a [`Counted`](super::Counted) call, selected by the expansion.
#[doc(hidden)]
pub trait CallTimes {
    #[doc(hidden)]
    fn start<M: Mode>() -> Self;

    /// Returns the start of the call, if known.
    #[doc(hidden)]
    fn started(&self) -> Option<Instant>;

    /// Returns the instant from which time counts: the start, or the first failure. Without an earlier failure, that is
    /// now.
    #[doc(hidden)]
    fn origin<M: Mode>(&mut self) -> Option<Instant>;

    /// Returns the instant from which time counts, if it is recorded.
    #[doc(hidden)]
    #[inline]
    fn recorded_origin(&self) -> Option<Instant> {
        self.started()
    }

    /// Records the start of a retry.
    #[doc(hidden)]
    #[inline]
    fn retry_starts<M: Mode>(&mut self) {}

    /// Returns the start of the current attempt, if recorded. `failed` attempts have ended.
    #[doc(hidden)]
    #[inline]
    fn attempt_started(&self, failed: u32) -> Option<Instant> {
        self.started().filter(|_| failed == 1)
    }

    /// Records a completed delay.
    #[doc(hidden)]
    #[inline]
    fn waited(&mut self, _: Duration) {}

    /// Returns the sum of all delays, and the last one.
    #[doc(hidden)]
    #[inline]
    fn delays(&self) -> (Duration, Option<Duration>) {
        (Duration::ZERO, None)
    }
}

/// No times, unless a feature reports them. Time counts from the first failure if that is enough for the feature.
#[derive(Clone, Copy, Debug)]
pub struct Untimed {
    #[cfg(any(feature = "tracing", feature = "metrics", feature = "overrides"))]
    first_failure: Option<Instant>,
}

impl CallTimes for Untimed {
    #[inline]
    fn start<M: Mode>() -> Self {
        Self {
            #[cfg(feature = "metrics")]
            first_failure: Some(M::CLOCK.now()),
            #[cfg(all(any(feature = "tracing", feature = "overrides"), not(feature = "metrics")))]
            first_failure: None,
        }
    }

    #[inline]
    fn started(&self) -> Option<Instant> {
        #[cfg(feature = "metrics")]
        return self.first_failure;
        #[cfg(not(feature = "metrics"))]
        None
    }

    #[inline]
    fn origin<M: Mode>(&mut self) -> Option<Instant> {
        #[cfg(any(feature = "tracing", feature = "metrics", feature = "overrides"))]
        return Some(*self.first_failure.get_or_insert_with(|| M::CLOCK.now()));
        #[cfg(not(any(feature = "tracing", feature = "metrics", feature = "overrides")))]
        None
    }

    #[inline]
    fn recorded_origin(&self) -> Option<Instant> {
        #[cfg(any(feature = "tracing", feature = "metrics", feature = "overrides"))]
        return self.first_failure;
        #[cfg(not(any(feature = "tracing", feature = "metrics", feature = "overrides")))]
        None
    }
}

/// The start of the call.
#[derive(Clone, Copy, Debug)]
pub struct Timed {
    started: Instant,
}

impl CallTimes for Timed {
    #[inline]
    fn start<M: Mode>() -> Self {
        Self { started: M::CLOCK.now() }
    }

    #[inline]
    fn started(&self) -> Option<Instant> {
        Some(self.started)
    }

    #[inline]
    fn origin<M: Mode>(&mut self) -> Option<Instant> {
        Some(self.started)
    }
}

/// The start of the call, and its delays.
#[derive(Clone, Copy, Debug)]
pub struct Recorded {
    started: Instant,
    slept: Duration,
    last_delay: Option<Duration>,
}

impl CallTimes for Recorded {
    #[inline]
    fn start<M: Mode>() -> Self {
        Self { started: M::CLOCK.now(), slept: Duration::ZERO, last_delay: None }
    }

    #[inline]
    fn started(&self) -> Option<Instant> {
        Some(self.started)
    }

    #[inline]
    fn origin<M: Mode>(&mut self) -> Option<Instant> {
        Some(self.started)
    }

    fn waited(&mut self, delay: Duration) {
        self.slept = self.slept.saturating_add(delay);
        self.last_delay = Some(delay);
    }

    fn delays(&self) -> (Duration, Option<Duration>) {
        (self.slept, self.last_delay)
    }
}

/// Other times, and the start of the current attempt, which the events of hooks report.
#[derive(Clone, Copy, Debug)]
pub struct WithAttempts<T> {
    times: T,
    /// The start of the current attempt, in nanoseconds after the start of the call.
    attempt_started: u64,
}

impl<T: CallTimes> CallTimes for WithAttempts<T> {
    #[inline]
    fn start<M: Mode>() -> Self {
        Self { times: T::start::<M>(), attempt_started: 0 }
    }

    #[inline]
    fn started(&self) -> Option<Instant> {
        self.times.started()
    }

    #[inline]
    fn origin<M: Mode>(&mut self) -> Option<Instant> {
        self.times.origin::<M>()
    }

    #[inline]
    fn recorded_origin(&self) -> Option<Instant> {
        self.times.recorded_origin()
    }

    #[inline]
    fn retry_starts<M: Mode>(&mut self) {
        let elapsed = self.times.started().map_or(Duration::ZERO, |started| M::CLOCK.elapsed(started));
        self.attempt_started = u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX);
    }

    #[inline]
    fn attempt_started(&self, _: u32) -> Option<Instant> {
        self.times.started()?.checked_add(Duration::from_nanos(self.attempt_started))
    }

    #[inline]
    fn waited(&mut self, delay: Duration) {
        self.times.waited(delay);
    }

    #[inline]
    fn delays(&self) -> (Duration, Option<Duration>) {
        self.times.delays()
    }
}

/// Returns the time of a call that started `at`, including the delays that tests skipped.
#[inline]
pub(super) fn time_since<M: Mode>(at: Instant, test_state: TestState) -> Duration {
    test_state.total(M::CLOCK.elapsed(at))
}

/// Returns the elapsed time of a call for an event after `before` other failures.
#[inline]
pub(super) fn elapsed<M: Mode>(times: &mut impl CallTimes, test_state: TestState, before: u32) -> Elapsed {
    let is_whole = times.started().is_some();
    // A time that nobody recorded at the first failure cannot be known after later ones.
    let origin = if before == 0 { times.origin::<M>() } else { times.recorded_origin() };
    match origin {
        Some(at) if is_whole => Elapsed::SinceStart(time_since::<M>(at, test_state)),
        // Without a feature that reports times, nothing uses this one.
        Some(at) if cfg!(feature = "tracing") => Elapsed::SinceFirstFailure(time_since::<M>(at, test_state)),
        _ => Elapsed::Unknown,
    }
}
