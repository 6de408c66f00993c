//! Randomness on a base delay, so that clients that failed together do not retry together.

use core::time::Duration;

use crate::base_delay::{BaseDelay, SECONDS_FROM, is_shorter};

/// The randomness put on a base delay *d*.
///
/// Without jitter, a thousand clients that fail at the same instant all return in the same ten milliseconds, retry
/// after retry. Full jitter is the default, because it leaves the fewest waiting retries when an outage ends. Equal
/// jitter keeps a minimum delay. Decorrelated jitter spreads clients most evenly and waits longest. In the repository,
/// `docs/contention.md` compares the kinds on one contended row of a database.
///
/// Every kind is a range. A delay is drawn uniformly from the whole nanoseconds in it, both ends included (above five
/// centuries, from whole seconds). The cap bounds the *range*, not the drawn value. So a delay at the cap is spread as
/// any other. If the drawn value were clamped, many clients would return in the same instant.
///
/// # Examples
///
/// ```
/// use backoff_core::{Jitter, Policy};
/// use std::time::Duration;
///
/// let policy = Policy::exponential().jitter(Jitter::Equal).max_attempts(3).build();
/// let ranges: Vec<_> = policy.ranges().collect();
/// assert_eq!(ranges[0], Duration::from_millis(50)..=Duration::from_millis(100));
/// assert_eq!(ranges[1], Duration::from_millis(100)..=Duration::from_millis(200));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Jitter {
    /// Exactly *d*.
    None,
    /// Uniform in [0, *d*]; the default for growing backoffs.
    Full,
    /// Uniform in [*d*/2, *d*].
    Equal,
    /// Uniform in [*d*(1−r), min(*d*(1+r), `max_delay`)] for a ratio r in 0.0..=1.0.
    Factor(f64),
    /// Uniform in [`initial_delay`, min(`max_delay`, 3 × previous delay)], in place of growth; the first previous delay
    /// is `initial_delay`. It requires exponential backoff without a `multiplier`. If `max_delay` is set and not above
    /// `initial_delay`, every delay is the same; set a longer `max_delay`.
    ///
    /// Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
    Decorrelated,
}

/// The range of a delay: the whole units from `low` to `high`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DelayRange {
    low: u64,
    high: u64,
    in_seconds: bool,
    /// The part below a second of a long delay without jitter.
    nanos: u32,
}

/// Input for the range of one delay.
#[derive(Clone, Copy, Debug)]
pub struct JitterInput {
    /// The backoff's delay, before the cap.
    pub delay: BaseDelay,
    /// The delay before the last retry, zero at first; decorrelated jitter only.
    pub previous: Duration,
    /// The first base delay; decorrelated jitter only.
    pub initial: Duration,
    /// The longest delay allowed.
    pub cap: BaseDelay,
}

/// Lists the kinds that are one word, in the order in which messages list them. If a kind is missing, this does not
/// compile.
macro_rules! kinds_with_a_word {
    ($($variant:ident = $word:literal,)+) => {
        /// The words for the kinds, the same in the attribute and in configuration files.
        #[doc(hidden)]
        impl Jitter {
            /// The kinds that have a word; a factor is written as a number.
            pub const WITH_WORD: &'static [Self] = &[$(Self::$variant),+];

            /// The words of these kinds.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// Returns the variant's name and its word; a factor is written as a number.
            const fn names(self) -> Result<(&'static str, &'static str), f64> {
                match self {
                    $(Self::$variant => Ok((stringify!($variant), $word)),)+
                    Self::Factor(factor) => Err(factor),
                }
            }
        }
    };
}

kinds_with_a_word! {
    Full = "full",
    Equal = "equal",
    Decorrelated = "decorrelated",
    None = "none",
}

#[doc(hidden)]
impl Jitter {
    /// Returns the word for this kind.
    ///
    /// # Errors
    ///
    /// Returns the factor, which is written as a number.
    pub const fn word(self) -> Result<&'static str, f64> {
        match self.names() {
            Ok((_, word)) => Ok(word),
            Err(factor) => Err(factor),
        }
    }

    /// Returns the name of this variant.
    ///
    /// # Errors
    ///
    /// Returns the factor of [`Factor`](Self::Factor).
    pub fn variant(self) -> Result<&'static str, f64> {
        self.names().map(|(variant, _)| variant)
    }

    /// Returns the kind for a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::WITH_WORD.iter().copied().find(|kind| kind.word() == Ok(word))
    }
}

impl Jitter {
    /// Returns the range of the delay.
    #[doc(hidden)]
    #[must_use]
    pub const fn delay_range(self, base: &JitterInput) -> DelayRange {
        if self.is_decorrelated() {
            return decorrelated(base);
        }
        let (d, in_seconds, below) = match base.delay.capped(base.cap) {
            BaseDelay::Nanos(nanos) => (nanos, false, 0),
            BaseDelay::Long(delay) => (delay.as_secs(), true, delay.subsec_nanos()),
        };
        let (low, high) = self.range(d, units(base.cap, in_seconds));
        let nanos = if matches!(self, Self::None) { below } else { 0 };
        DelayRange { low, high, in_seconds, nanos }
    }

    /// Returns whether the range depends on the previous delay and not on the base delay.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the heart of each outlined decision")]
    const fn is_decorrelated(self) -> bool {
        match self {
            Self::Decorrelated => true,
            Self::None | Self::Full | Self::Equal | Self::Factor(_) => false,
        }
    }

    /// Returns the range for a base delay of `d` units and a cap. This is the only definition of each kind.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the heart of each outlined decision")]
    const fn range(self, d: u64, cap: u64) -> (u64, u64) {
        match self {
            Self::Full => (0, d),
            Self::Equal => (d - d / 2, d),
            Self::Factor(ratio) => {
                let part = fraction_of(d, ratio);
                (d.saturating_sub(part), smaller(d.saturating_add(part), cap))
            }
            // Decorrelated jitter does not depend on the base delay.
            Self::None | Self::Decorrelated => (d, d),
        }
    }

    /// Returns the delay drawn for a base delay. Without jitter, no random number is drawn.
    ///
    /// The usual case, a range of nanoseconds for a base delay, is inlined. All other cases share one function, so
    /// `base` is evaluated only for them. `draw` returns 64 random bits.
    #[doc(hidden)]
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the heart of each outlined decision")]
    pub fn delay(
        self,
        delay: BaseDelay,
        cap: BaseDelay,
        base: impl FnOnce() -> JitterInput,
        draw: impl FnOnce() -> u64,
    ) -> Duration {
        let capped = delay.capped(cap);
        if matches!(self, Self::None) {
            return capped.duration();
        }
        let draw = draw();
        match capped {
            BaseDelay::Nanos(d) if !self.is_decorrelated() => {
                let (low, high) = self.range(d, cap.saturating_nanos());
                Duration::from_nanos(draw_uniform(low, high, draw))
            }
            _ => self.delay_outlined(&base(), draw),
        }
    }

    #[inline(never)]
    fn delay_outlined(self, base: &JitterInput, draw: u64) -> Duration {
        let spread = self.delay_range(base);
        spread.duration(draw_uniform(spread.low, spread.high, draw))
    }
}

const fn decorrelated(base: &JitterInput) -> DelayRange {
    let JitterInput { previous, initial, cap, .. } = *base;
    let longest = if is_shorter(previous, initial) { initial } else { previous };
    let in_seconds = longest.as_secs() >= SECONDS_FROM;
    let initial = units(BaseDelay::of(initial).capped(cap), in_seconds);
    let (previous, cap) = (units(BaseDelay::of(previous), in_seconds), units(cap, in_seconds));
    let last = if previous > initial { previous } else { initial };
    DelayRange { low: initial, high: smaller(last.saturating_mul(3), cap), in_seconds, nanos: 0 }
}

/// Maps 64 random bits to a number from `low` to `high`, both included.
#[inline(always)]
#[expect(clippy::inline_always, reason = "the heart of each outlined decision")]
fn draw_uniform(low: u64, high: u64, draw: u64) -> u64 {
    // If the range has 2^64 units, the random number is the offset.
    let offset = match (high - low).checked_add(1) {
        Some(span) => ((u128::from(draw) * u128::from(span)) >> 64) as u64,
        None => draw,
    };
    low + offset
}

impl DelayRange {
    #[inline]
    const fn duration(self, units: u64) -> Duration {
        if self.in_seconds { Duration::new(units, self.nanos) } else { Duration::from_nanos(units) }
    }

    /// Returns the longest delay.
    #[must_use]
    pub const fn longest(self) -> Duration {
        self.duration(self.high)
    }

    /// Returns the shortest delay.
    #[must_use]
    pub const fn shortest(self) -> Duration {
        self.duration(self.low)
    }
}

#[inline]
const fn units(d: BaseDelay, in_seconds: bool) -> u64 {
    if in_seconds { d.duration().as_secs() } else { d.saturating_nanos() }
}

#[inline]
const fn smaller(a: u64, b: u64) -> u64 {
    if a < b { a } else { b }
}

/// Returns `d * ratio`, rounded down so that the range never exceeds the ratio.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a ratio in 0..=1 of a u64; casts saturate, and the caller subtracts saturating"
)]
const fn fraction_of(d: u64, ratio: f64) -> u64 {
    (d as f64 * ratio) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delay(jitter: Jitter, base: JitterInput, draw: impl FnOnce() -> u64) -> Duration {
        jitter.delay(base.delay, base.cap, || base, draw)
    }

    fn base(delay: Duration, cap: Duration) -> JitterInput {
        JitterInput { delay: BaseDelay::of(delay), previous: Duration::ZERO, initial: delay, cap: BaseDelay::of(cap) }
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a fraction of 2^64")]
    fn drawing(fraction: f64) -> impl FnOnce() -> u64 {
        let bits = (fraction * 2.0_f64.powi(64)) as u64;
        move || bits
    }

    #[test]
    fn a_draw_is_uniform_over_the_inclusive_integer_range() {
        let two = base(Duration::from_nanos(2), Duration::MAX);
        for (fraction, nanos) in [(0.0, 1), (0.33, 1), (0.34, 2), (0.66, 2), (0.67, 3), (0.99, 3)] {
            let delay = delay(Jitter::Factor(0.5), two, drawing(fraction));
            assert_eq!(delay, Duration::from_nanos(nanos), "{fraction}");
        }
    }

    #[test]
    fn the_cap_bounds_the_range_and_not_the_draw() {
        let cap = Duration::from_secs(5);
        let at_cap = Jitter::Factor(0.1).delay_range(&base(Duration::from_secs(60), cap));
        assert_eq!((at_cap.shortest(), at_cap.longest()), (Duration::from_millis(4_500), cap));
    }

    #[test]
    fn decorrelated_starts_at_the_initial_delay_and_triples_the_previous() {
        let mut at = base(Duration::from_millis(100), Duration::from_millis(500));
        let first = Jitter::Decorrelated.delay_range(&at);
        assert_eq!((first.shortest().as_millis(), first.longest().as_millis()), (100, 300));
        at.previous = Duration::from_millis(250);
        let later = Jitter::Decorrelated.delay_range(&at);
        assert_eq!((later.shortest().as_millis(), later.longest().as_millis()), (100, 500));
    }

    #[test]
    fn ranges_hold_for_the_longest_durations() {
        for jitter in [Jitter::Full, Jitter::Equal, Jitter::Factor(1.0), Jitter::Decorrelated] {
            let spread = jitter.delay_range(&base(Duration::MAX, Duration::MAX));
            assert!(spread.shortest() <= spread.longest(), "{jitter:?}");
            let longest = delay(jitter, base(Duration::MAX, Duration::MAX), || u64::MAX);
            assert_eq!(longest.as_secs(), u64::MAX, "{jitter:?}");
        }
        assert_eq!(delay(Jitter::None, base(Duration::MAX, Duration::MAX), || 0), Duration::MAX);
    }

    #[test]
    fn the_range_without_jitter_is_the_delay_for_the_longest_durations() {
        for nanos in [0, 1, 999_999_999] {
            let delay = Duration::new(u64::MAX, nanos);
            let range = Jitter::None.delay_range(&base(delay, Duration::MAX));
            assert_eq!((range.shortest(), range.longest()), (delay, delay));
        }
    }

    #[test]
    fn a_factor_of_one_reaches_zero_and_never_below() {
        let spread = Jitter::Factor(1.0).delay_range(&base(Duration::from_nanos(3), Duration::MAX));
        assert_eq!((spread.shortest(), spread.longest()), (Duration::ZERO, Duration::from_nanos(6)));
    }
}
