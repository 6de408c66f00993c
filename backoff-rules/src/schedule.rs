//! The built-in backoffs, as one plain value.

use core::time::Duration;

use crate::base_delay::{BaseDelay, NANOS_PER_SEC, is_shorter};
use crate::defaults;

/// A built-in backoff: the base delay of each retry, before jitter and cap.
///
/// It is a `Copy` value, so one configuration field can hold any kind. *n* is the number of the retry (1, 2, ..), *i*
/// the initial delay:
///
/// | kind | base delay of retry *n* | first five for *i* = 100 ms |
/// |---|---|---|
/// | exponential, multiplier *m* | *i* · *m*^(*n*−1) | *m* = 2: 100, 200, 400, 800, 1600 ms |
/// | constant | the delay | 100, 100, 100, 100, 100 ms |
/// | linear, increment *k* | *i* + (*n*−1) · *k* | *k* = 100 ms: 100, 200, 300, 400, 500 ms |
/// | fibonacci | *i* · (1, 1, 2, 3, 5, ..) | 100, 100, 200, 300, 500 ms |
///
/// Values are rounded to the nearest nanosecond. Doubling is exact. Any other growth is computed with an `f64`, with a
/// relative error of about 2^-50, a nanosecond in days. The growth itself is never rounded, so even a tiny growth has
/// an effect. Nothing overflows: a base delay above [`Duration::MAX`] is `Duration::MAX`. Every delay is computed from
/// *n* alone, at the same cost for any *n*.
///
/// # Examples
///
/// ```
/// use backoff_core::Policy;
/// use std::time::Duration;
///
/// let policy = Policy::exponential().initial_delay(Duration::from_millis(500)).multiplier(1.5).build();
/// assert_eq!(policy.backoff().base_delay(3), Duration::from_millis(1_125));
/// ```
// A separate tag is read directly; a tag packed into a delay would have to be decoded at each failure.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(u8)]
#[non_exhaustive]
pub enum Schedule {
    /// Each base delay is `multiplier` times the previous one.
    #[non_exhaustive]
    Exponential {
        /// The base delay of the first retry.
        initial_delay: Duration,
        /// The growth per retry; at least 1.
        multiplier: f64,
    },
    /// Every base delay is the same.
    #[non_exhaustive]
    Constant {
        /// The base delay of every retry.
        delay: Duration,
    },
    /// Each base delay is `increment` longer than the previous one.
    #[non_exhaustive]
    Linear {
        /// The base delay of the first retry.
        initial_delay: Duration,
        /// The growth with each further retry.
        increment: Duration,
    },
    /// Each base delay is the sum of the previous two.
    #[non_exhaustive]
    Fibonacci {
        /// The base delay of the first and of the second retry.
        initial_delay: Duration,
    },
}

/// Constructors for the crates above: the variants are `non_exhaustive`.
#[doc(hidden)]
impl Schedule {
    /// Exponential backoff with the default values.
    pub const EXPONENTIAL: Self = Self::exponential(defaults::INITIAL_DELAY, defaults::MULTIPLIER);
    /// Linear backoff with the default values.
    pub const LINEAR: Self = Self::linear(defaults::INITIAL_DELAY, defaults::INITIAL_DELAY);
    /// Fibonacci backoff with the default values.
    pub const FIBONACCI: Self = Self::fibonacci(defaults::INITIAL_DELAY);

    /// Returns the backoff that starts with `initial_delay` and multiplies each base delay by `multiplier`.
    #[must_use]
    #[inline]
    pub const fn exponential(initial_delay: Duration, multiplier: f64) -> Self {
        Self::Exponential { initial_delay, multiplier }
    }

    /// Returns the backoff with the base delay `delay` for every retry.
    #[must_use]
    #[inline]
    pub const fn constant(delay: Duration) -> Self {
        Self::Constant { delay }
    }

    /// Returns the backoff that starts with `initial_delay` and adds `increment` to each base delay.
    #[must_use]
    #[inline]
    pub const fn linear(initial_delay: Duration, increment: Duration) -> Self {
        Self::Linear { initial_delay, increment }
    }

    /// Returns the backoff with the base delays `initial_delay` times 1, 1, 2, 3, 5, ..
    #[must_use]
    #[inline]
    pub const fn fibonacci(initial_delay: Duration) -> Self {
        Self::Fibonacci { initial_delay }
    }
}

impl Schedule {
    /// Returns the base delay before retry number `retry`, before jitter and cap; 0 counts as 1.
    #[must_use]
    pub fn base_delay(&self, retry: u32) -> Duration {
        self.base(retry).duration()
    }

    /// Returns the same in the form that is cheapest to compute with.
    #[doc(hidden)]
    #[must_use]
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the heart of each outlined decision")]
    pub fn base(&self, retry: u32) -> BaseDelay {
        let steps = retry.saturating_sub(1);
        match *self {
            Self::Exponential { initial_delay, multiplier } => exponential(initial_delay, multiplier, steps),
            Self::Constant { delay } => BaseDelay::of(delay),
            Self::Linear { initial_delay, increment } => {
                BaseDelay::of(initial_delay.saturating_add(increment.saturating_mul(steps)))
            }
            Self::Fibonacci { initial_delay } => BaseDelay::of(fibonacci(initial_delay, steps)),
        }
    }

    /// Returns the base delay of the first retry.
    #[doc(hidden)]
    #[must_use]
    pub const fn first_delay(&self) -> Duration {
        match *self {
            Self::Exponential { initial_delay, .. }
            | Self::Linear { initial_delay, .. }
            | Self::Fibonacci { initial_delay } => initial_delay,
            Self::Constant { delay } => delay,
        }
    }

    /// Returns the default cap on the delays. It leaves room for the growth that the user has set.
    #[doc(hidden)]
    #[must_use]
    pub const fn default_cap(&self) -> BaseDelay {
        let largest = match *self {
            Self::Constant { .. } => return BaseDelay::MAX,
            Self::Exponential { initial_delay, .. } | Self::Fibonacci { initial_delay } => initial_delay,
            Self::Linear { initial_delay, increment } => {
                if is_shorter(initial_delay, increment) {
                    increment
                } else {
                    initial_delay
                }
            }
        };
        let grown = largest.saturating_mul(defaults::ROOM_TO_GROW);
        BaseDelay::of(if is_shorter(defaults::MAX_DELAY, grown) { grown } else { defaults::MAX_DELAY })
    }

    /// Returns the growth of an exponential backoff.
    #[doc(hidden)]
    #[must_use]
    pub const fn multiplier(&self) -> Option<f64> {
        match *self {
            Self::Exponential { multiplier, .. } => Some(multiplier),
            Self::Constant { .. } | Self::Linear { .. } | Self::Fibonacci { .. } => None,
        }
    }

    /// Returns whether each base delay is twice the previous one.
    #[doc(hidden)]
    #[must_use]
    #[expect(clippy::float_cmp, reason = "two is exact as a float")]
    pub const fn doubles(&self) -> bool {
        match *self {
            Self::Exponential { multiplier, .. } => multiplier == 2.0,
            Self::Constant { .. } | Self::Linear { .. } | Self::Fibonacci { .. } => false,
        }
    }

    /// Returns the increment of a linear backoff.
    #[doc(hidden)]
    #[must_use]
    pub const fn increment(&self) -> Option<Duration> {
        match *self {
            Self::Linear { increment, .. } => Some(increment),
            Self::Exponential { .. } | Self::Constant { .. } | Self::Fibonacci { .. } => None,
        }
    }

    /// Returns the kind of this backoff.
    #[doc(hidden)]
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Exponential { .. } => Kind::Exponential,
            Self::Constant { .. } => Kind::Constant,
            Self::Linear { .. } => Kind::Linear,
            Self::Fibonacci { .. } => Kind::Fibonacci,
        }
    }
}

/// A kind of backoff, on which the rules of the other settings depend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// [`Schedule::Exponential`].
    Exponential,
    /// [`Schedule::Constant`].
    Constant,
    /// [`Schedule::Linear`].
    Linear,
    /// [`Schedule::Fibonacci`].
    Fibonacci,
    /// A list of delays, which ends by itself.
    List,
    /// Any other custom backoff.
    Custom,
}

impl Kind {
    /// Returns whether later base delays of this built-in backoff are longer than the first.
    #[must_use]
    pub const fn is_growing(self) -> bool {
        matches!(self, Self::Exponential | Self::Linear | Self::Fibonacci)
    }

    /// The kinds that a configuration file can choose.
    pub const BUILT_IN: [Self; 4] = [Self::Exponential, Self::Constant, Self::Linear, Self::Fibonacci];

    /// Returns the built-in kind for a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::BUILT_IN.into_iter().find(|kind| kind.name() == word)
    }

    /// Returns the word for this kind.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Exponential => "exponential",
            Self::Constant => "constant",
            Self::Linear => "linear",
            Self::Fibonacci => "fibonacci",
            Self::List | Self::Custom => "custom",
        }
    }
}

/// A number of nanoseconds just below 2^63, the first that does not fit `i64`.
const NANOS_IN_I64: f64 = 9.2e18;

/// Returns `initial * multiplier^steps`. Doubling, the usual growth, is a shift.
#[inline(always)]
#[expect(clippy::inline_always, reason = "the heart of each outlined decision")]
fn exponential(initial: Duration, multiplier: f64, steps: u32) -> BaseDelay {
    let first = BaseDelay::of(initial);
    #[expect(clippy::float_cmp, reason = "two is exact as a float; whatever is near takes the general way")]
    if multiplier == 2.0 {
        if let BaseDelay::Nanos(nanos) = first {
            if steps < nanos.leading_zeros() {
                return BaseDelay::Nanos(nanos << steps);
            }
        }
    }
    if steps == 0 { first } else { scale(initial, power(multiplier, steps)) }
}

/// Returns `multiplier^steps` by repeated squaring, one round for each bit of `steps`. A power that is too large for a
/// float is infinite, and the delay is then the longest one.
#[inline(never)]
fn power(multiplier: f64, mut steps: u32) -> f64 {
    let (mut factor, mut square) = (1.0_f64, multiplier);
    while steps != 0 {
        if steps & 1 == 1 {
            factor *= square;
        }
        square *= square;
        steps >>= 1;
    }
    factor
}

/// Returns `delay * factor` for a factor of at least 1, rounded to the nearest nanosecond, at most `Duration::MAX`.
#[inline]
fn scale(delay: Duration, factor: f64) -> BaseDelay {
    let nanos = nanos(delay) * factor;
    if nanos < NANOS_IN_I64 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            reason = "the range was just checked; below 2^52 the difference is exact, above it the value is an integer"
        )]
        let (whole, rest) = (nanos as i64, nanos - (nanos as i64) as f64);
        return BaseDelay::Nanos(whole.unsigned_abs() + u64::from(rest >= 0.5));
    }
    BaseDelay::of(Duration::try_from_secs_f64(nanos / 1e9).unwrap_or(Duration::MAX))
}

/// Returns the nanoseconds of a delay. They are exact below 2^53 (104 days), with a relative error of 2^-53 above.
#[inline]
#[expect(
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    reason = "the range was just checked; the precision is stated above"
)]
fn nanos(delay: Duration) -> f64 {
    // The conversion from 128 bits calls a function of forty instructions, and nearly every delay fits 63 bits.
    let secs = delay.as_secs();
    if secs < i64::MAX as u64 / NANOS_PER_SEC {
        return (secs * NANOS_PER_SEC + u64::from(delay.subsec_nanos())) as i64 as f64;
    }
    delay.as_nanos() as f64
}

fn fibonacci(initial: Duration, steps: u32) -> Duration {
    let position = usize::try_from(steps).unwrap_or(usize::MAX);
    FIBONACCI_NUMBERS.get(position).map_or(Duration::MAX, |&factor| multiply(initial, factor))
}

/// Returns `delay * factor`, at most `Duration::MAX`.
fn multiply(delay: Duration, factor: u64) -> Duration {
    let nanos = u128::from(delay.subsec_nanos()) * u128::from(factor);
    let secs = u128::from(delay.as_secs()) * u128::from(factor) + nanos / u128::from(NANOS_PER_SEC);
    #[expect(clippy::cast_possible_truncation, reason = "a remainder of a division by 1e9 fits u32")]
    let subsec = (nanos % u128::from(NANOS_PER_SEC)) as u32;
    u64::try_from(secs).map_or(Duration::MAX, |secs| Duration::new(secs, subsec))
}

/// The Fibonacci numbers that fit `u64`: 1, 1, 2, 3, 5, ...
const FIBONACCI_NUMBERS: [u64; 93] = {
    let mut numbers = [1; 93];
    let mut n = 2;
    while n < numbers.len() {
        #[expect(
            clippy::indexing_slicing,
            reason = "evaluated at compile time, where a wrong index is a compile error"
        )]
        {
            numbers[n] = numbers[n - 1] + numbers[n - 2];
        }
        n += 1;
    }
    numbers
};

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    fn millis(schedule: Schedule, retries: u32) -> Vec<f64> {
        (1..=retries).map(|n| schedule.base_delay(n).as_secs_f64() * 1e3).collect()
    }

    #[test]
    fn exponential_multiplies_and_keeps_fractions() {
        let initial_delay = Duration::from_millis(500);
        let schedule = Schedule::Exponential { initial_delay, multiplier: 1.5 };
        assert_eq!(millis(schedule, 5), [500.0, 750.0, 1125.0, 1687.5, 2531.25]);
    }

    #[test]
    fn sub_nanosecond_growth_is_not_lost() {
        let schedule = Schedule::Exponential { initial_delay: Duration::from_nanos(1), multiplier: 1.2 };
        let nanos: Vec<_> = (1..=8).map(|n| schedule.base_delay(n).as_nanos()).collect();
        assert_eq!(nanos, [1, 1, 1, 2, 2, 2, 3, 4]); // 1, 1.2, 1.44, 1.728, 2.0736, 2.49, 2.99, 3.58
    }

    #[test]
    fn every_kind_saturates_for_extreme_values() {
        for schedule in [
            Schedule::Exponential { initial_delay: Duration::from_nanos(1), multiplier: 1e300 },
            Schedule::Exponential { initial_delay: Duration::MAX, multiplier: 2.0 },
            Schedule::Linear { initial_delay: Duration::MAX, increment: Duration::MAX },
            Schedule::Fibonacci { initial_delay: Duration::MAX },
        ] {
            assert_eq!(schedule.base_delay(u32::MAX), Duration::MAX, "{schedule:?}");
        }
        let flat = Schedule::Exponential { initial_delay: Duration::MAX, multiplier: 1.0 };
        assert_eq!(flat.base_delay(1), Duration::MAX);
    }

    #[test]
    fn doubling_is_exact_where_a_float_would_round() {
        let odd = Duration::from_nanos((1 << 53) + 1);
        let schedule = Schedule::Exponential { initial_delay: odd, multiplier: 2.0 };
        assert_eq!(schedule.base_delay(4), odd * 8);
    }

    #[test]
    fn doubling_past_five_centuries_counts_seconds() {
        let schedule = Schedule::Exponential { initial_delay: Duration::from_secs(9_000_000_000), multiplier: 2.0 };
        assert_eq!(schedule.base(2), BaseDelay::Long(Duration::from_secs(18_000_000_000)));
    }

    #[test]
    fn fibonacci_is_exact_up_to_the_last_number_that_fits() {
        let schedule = Schedule::Fibonacci { initial_delay: Duration::from_nanos(1) };
        assert_eq!(schedule.base_delay(93).as_nanos(), 12_200_160_415_121_876_738);
        assert_eq!(schedule.base_delay(94), Duration::MAX);
    }

    #[test]
    fn an_odd_number_of_nanoseconds_survives_a_multiplier_of_one() {
        let odd = Duration::from_nanos((1 << 52) + 1);
        let schedule = Schedule::Exponential { initial_delay: odd, multiplier: 1.0 };
        assert_eq!(schedule.base_delay(1_000_000), odd);
    }
}
