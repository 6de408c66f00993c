//! The delays that literals tell: the same rules as in the core, for a text that rounds to three digits.

use std::time::Duration;

use crate::args::{Arg, Args, Backoff, Jitter, Value};

/// The cap on growing delays when none is named; longer where the first delay or the increment asks for it.
const DEFAULT_CAP: Duration = Duration::from_secs(20);
/// How far above the first delay and the increment an unnamed cap is at least.
const ROOM_TO_GROW: u32 = 10;
/// The first delay when none is named.
const DEFAULT_DELAY: Duration = Duration::from_millis(100);

/// How many delays are computed at most: a compiler must not count to the largest `max_attempts`.
pub(super) const COUNTED: usize = 10_000;

/// How many attempts the attribute allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attempts {
    UpTo(u32),
    /// A time limit is named, and no number.
    Unlimited,
    Forever,
    /// The number is known at run time, or comes from a policy or a list.
    Unknown,
}

impl Attempts {
    pub(super) fn of(args: &Args) -> Self {
        if let Some(most) = &args.max_attempts {
            return most.literal().map_or(Self::Unknown, |most| Self::UpTo(*most));
        }
        if let Some(most) = &args.max_retries {
            return most.literal().map_or(Self::Unknown, |most| Self::UpTo(most.saturating_add(1)));
        }
        if args.forever.is_some() {
            Self::Forever
        } else if args.policy.is_some() {
            Self::Unknown
        } else if args.max_elapsed.is_some() || args.timeout.is_some() {
            Self::Unlimited
        } else if matches!(&args.backoff, Some(Arg { value: Backoff::Custom(_), .. })) {
            Self::Unknown // as many as the list is long
        } else {
            Self::UpTo(3)
        }
    }

    /// Returns the number of retries, where there is one.
    pub(super) fn retries(self) -> Option<usize> {
        match self {
            Self::UpTo(most) => usize::try_from(most.saturating_sub(1)).ok(),
            Self::Unlimited | Self::Forever | Self::Unknown => None,
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Growth {
    Exponential(f64),
    Linear(Duration),
    Fibonacci,
    Constant,
}

/// A schedule of literals; times are in seconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Schedule {
    first: Duration,
    growth: Growth,
    jitter: Jitter,
    cap: Duration,
}

impl Schedule {
    /// Returns the schedule, if everything that it needs is a literal.
    pub(super) fn of(args: &Args) -> Option<Self> {
        if args.policy.is_some() {
            return None;
        }
        // Read as a whole first: one value that is not a literal leaves the schedule unknown.
        let known = |arg: &Option<Arg<Value<Duration>>>, default: Duration| match arg {
            Some(arg) => arg.literal().copied(),
            None => Some(default),
        };
        let initial = known(&args.initial_delay, DEFAULT_DELAY)?;
        let (first, growth) = match (args.backoff.as_ref().map(|backoff| &backoff.value), &args.delay) {
            (_, Some(delay)) => (*delay.literal()?, Growth::Constant),
            (Some(Backoff::Custom(_)), None) => return None,
            (Some(Backoff::Linear), None) => (initial, Growth::Linear(known(&args.increment, initial)?)),
            (Some(Backoff::Fibonacci), None) => (initial, Growth::Fibonacci),
            (Some(Backoff::Exponential) | None, None) => {
                let multiplier = match &args.multiplier {
                    Some(multiplier) => *multiplier.literal()?,
                    None => 2.0,
                };
                (initial, Growth::Exponential(multiplier))
            }
        };
        let is_constant = matches!(growth, Growth::Constant);
        let default_cap = match growth {
            Growth::Constant => Duration::MAX,
            Growth::Linear(increment) => DEFAULT_CAP.max(first.max(increment).saturating_mul(ROOM_TO_GROW)),
            Growth::Exponential(_) | Growth::Fibonacci => DEFAULT_CAP.max(first.saturating_mul(ROOM_TO_GROW)),
        };
        let jitter = match &args.jitter {
            Some(jitter) => *jitter.literal()?,
            None if first.is_zero() => Jitter::None,
            None if is_constant => Jitter::Factor(0.1),
            None => Jitter::Full,
        };
        Some(Self { first, growth, jitter, cap: known(&args.max_delay, default_cap)? })
    }

    pub(super) fn is_constant(&self) -> bool {
        matches!(self.growth, Growth::Constant)
    }

    /// Returns whether nothing is ever waited for.
    pub(super) fn is_zero(&self) -> bool {
        self.is_constant() && self.first.is_zero()
    }

    /// Returns the longest delay that there can be.
    pub(super) fn cap(&self) -> Duration {
        self.cap
    }

    /// Returns the base delays.
    fn bases(self) -> impl Iterator<Item = Duration> {
        let mut current = self.first;
        let mut before = Duration::ZERO;
        let mut seconds = self.first.as_secs_f64();
        core::iter::from_fn(move || {
            let base = current.min(self.cap);
            current = match self.growth {
                Growth::Constant => current,
                Growth::Linear(increment) => current.saturating_add(increment),
                Growth::Fibonacci => core::mem::replace(&mut before, current).saturating_add(current),
                Growth::Exponential(multiplier) => {
                    seconds *= multiplier;
                    scaled(seconds)
                }
            };
            Some(base)
        })
    }

    /// Returns the shortest and the longest possible delay of each retry.
    pub(super) fn ranges(self) -> impl Iterator<Item = (Duration, Duration)> {
        let mut longest_before = self.first;
        self.bases().map(move |base| match self.jitter {
            Jitter::None => (base, base),
            Jitter::Full => (Duration::ZERO, base),
            Jitter::Equal => (base.saturating_sub(base / 2), base),
            Jitter::Factor(ratio) => {
                let (low, high) = (base.as_secs_f64() * (1.0 - ratio), base.as_secs_f64() * (1.0 + ratio));
                (scaled(low), scaled(high).min(self.cap))
            }
            Jitter::Decorrelated => {
                longest_before = longest_before.saturating_mul(3).min(self.cap);
                (self.first, longest_before)
            }
        })
    }

    /// Returns the sum of the longest delays.
    pub(super) fn longest(self, retries: usize) -> Duration {
        let mut last = Duration::ZERO;
        let sum = self.ranges().take(retries.min(COUNTED)).fold(Duration::ZERO, |sum, (_, longest)| {
            last = longest;
            sum.saturating_add(longest)
        });
        let rest = u32::try_from(retries.saturating_sub(COUNTED)).unwrap_or(u32::MAX);
        let longest = if self.is_constant() { last } else { self.cap };
        sum.saturating_add(longest.saturating_mul(rest))
    }

    /// Returns how many attempts fit into a time when each fails at once and each delay is of mean length; `None` above
    /// 10,000.
    pub(super) fn expected_attempts(self, limit: Duration) -> Option<u64> {
        let mut elapsed = Duration::ZERO;
        let mut mean_before = self.first;
        for (attempts, (shortest, longest)) in (1..).zip(self.ranges().take(COUNTED)) {
            let mean = match self.jitter {
                Jitter::Decorrelated => {
                    mean_before = middle(self.first, mean_before.saturating_mul(3).min(self.cap));
                    mean_before
                }
                _ => middle(shortest, longest),
            };
            elapsed = elapsed.saturating_add(mean);
            if elapsed > limit {
                return Some(attempts);
            }
        }
        None
    }
}

fn middle(shortest: Duration, longest: Duration) -> Duration {
    shortest + longest.saturating_sub(shortest) / 2
}

/// Returns seconds as a duration, the longest one if they are too many.
fn scaled(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}
