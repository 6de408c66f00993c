//! A base delay between the backoff and the jitter.
//!
//! Delays are 64-bit counts of nanoseconds, because a conversion to a `Duration` costs a division and a conversion back
//! a multiplication. Only delays of more than 500 years, which do not fit, are kept as a `Duration`.

use core::time::Duration;

/// A base delay before jitter and cap, or the cap itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BaseDelay {
    /// Nanoseconds.
    Nanos(u64),
    /// A delay whose nanoseconds do not fit, of more than 500 years.
    Long(Duration),
}

/// Delays of at least this many seconds are kept as a `Duration`, because their nanoseconds may not fit 64 bits.
pub(crate) const SECONDS_FROM: u64 = 16_000_000_000;

impl BaseDelay {
    /// The longest delay. Used as a cap, it means that there is no cap.
    pub const MAX: Self = Self::Long(Duration::MAX);

    /// Returns a delay in the form that is cheapest to compute with.
    #[must_use]
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a few instructions on the failure path")]
    pub const fn of(delay: Duration) -> Self {
        if delay.as_secs() < SECONDS_FROM {
            Self::Nanos(delay.as_secs() * NANOS_PER_SEC + delay.subsec_nanos() as u64)
        } else {
            Self::Long(delay)
        }
    }

    /// Returns the shorter of the delay and `cap`.
    #[must_use]
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a few instructions on the failure path")]
    pub const fn capped(self, cap: Self) -> Self {
        match (self, cap) {
            (Self::Nanos(nanos), Self::Nanos(cap)) => Self::Nanos(if nanos < cap { nanos } else { cap }),
            (Self::Nanos(_), Self::Long(_)) => self,
            (Self::Long(_), Self::Nanos(_)) => cap,
            (Self::Long(delay), Self::Long(longest)) => {
                if is_shorter(delay, longest) {
                    self
                } else {
                    cap
                }
            }
        }
    }

    /// Returns the nanoseconds, or `u64::MAX` if they do not fit.
    #[must_use]
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a few instructions on the failure path")]
    pub const fn saturating_nanos(self) -> u64 {
        match self {
            Self::Nanos(nanos) => nanos,
            Self::Long(delay) => {
                delay.as_secs().saturating_mul(NANOS_PER_SEC).saturating_add(delay.subsec_nanos() as u64)
            }
        }
    }

    /// Returns the delay as a `Duration`.
    #[must_use]
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a few instructions on the failure path")]
    pub const fn duration(self) -> Duration {
        match self {
            Self::Nanos(nanos) => Duration::from_nanos(nanos),
            Self::Long(delay) => delay,
        }
    }
}

pub(crate) const NANOS_PER_SEC: u64 = 1_000_000_000;

/// Returns whether `a` is shorter than `b`. It can be called in a constant.
#[inline]
pub(crate) const fn is_shorter(a: Duration, b: Duration) -> bool {
    a.as_secs() < b.as_secs() || (a.as_secs() == b.as_secs() && a.subsec_nanos() < b.subsec_nanos())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CENTURY: Duration = Duration::from_secs(100 * 365 * 86_400);

    #[test]
    fn a_delay_that_fits_is_nanoseconds_and_comes_back_unchanged() {
        for delay in [Duration::ZERO, Duration::from_nanos(1), CENTURY, Duration::new(SECONDS_FROM - 1, 999_999_999)] {
            let base = BaseDelay::of(delay);
            assert!(matches!(base, BaseDelay::Nanos(_)), "{delay:?}");
            assert_eq!(base.duration(), delay);
        }
    }

    #[test]
    fn a_delay_that_does_not_fit_stays_whole() {
        for delay in [Duration::from_secs(SECONDS_FROM), Duration::MAX] {
            assert_eq!(BaseDelay::of(delay), BaseDelay::Long(delay));
        }
    }

    #[test]
    fn the_cap_bounds_short_and_long_delays() {
        let long = Duration::from_secs(SECONDS_FROM);
        let longer = long + Duration::from_nanos(1);
        for (delay, cap) in [
            (CENTURY, long),
            (long, CENTURY),
            (long, longer),
            (longer, long),
            (long, Duration::MAX),
            (Duration::MAX, long),
        ] {
            assert_eq!(BaseDelay::of(delay).capped(BaseDelay::of(cap)).duration(), delay.min(cap), "{delay:?} {cap:?}");
        }
    }
}
