//! The attempts and delays that follow from literals, by the rules of the core.

use std::time::Duration;

use backoff_rules::{JitterInput, Kind, PushBackMode, Rules, Schedule, starts_in_time};

use crate::args::Args;
use crate::literals::Literals;

/// The largest number of delays that are computed, because a compiler must not count to the largest `max_attempts`.
pub(super) const COUNTED: usize = 10_000;

/// The number of attempts that the attribute allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attempts {
    UpTo(u32),
    /// Limited by time only.
    Unlimited,
    Forever,
    /// The number is known at run time, or comes from a policy or a list.
    Unknown,
}

impl Attempts {
    pub(super) fn of(args: &Args) -> Self {
        let literals = Literals::of(args);
        let counts = [&args.max_attempts, &args.max_retries];
        // A list is a limit by itself, and so may be a policy.
        let is_list = literals.kind == Some(Kind::Custom) && args.max_elapsed.is_none() && args.timeout.is_none();
        let is_unknown = is_list || args.policy.is_some();
        let is_named = counts.iter().any(|count| count.is_some());
        if counts.into_iter().flatten().any(|count| count.literal().is_none()) {
            Self::Unknown
        } else if args.forever.is_some() && !is_named {
            Self::Forever
        } else if is_unknown && !is_named {
            Self::Unknown
        } else {
            literals.draft.decided().attempts_limit().map_or(Self::Unlimited, Self::UpTo)
        }
    }

    /// Leaves out the attempts that start too late for `limit` even if every attempt fails at once and every delay is
    /// as short as possible. With `needs_time`, a start at the very end is too late.
    pub(super) fn within(
        self,
        limit: Option<Duration>,
        needs_time: bool,
        schedule: Option<&Delays>,
        args: &Args,
    ) -> Self {
        // A push-back may replace the delay by a shorter one, and so may a closure.
        let may_be_shorter =
            args.adjust.is_some() || args.push_back.as_ref().is_some_and(|mode| mode.value == PushBackMode::Replace);
        let (Self::UpTo(most), Some(limit), Some(schedule), false) = (self, limit, schedule, may_be_shorter) else {
            return self;
        };
        let retries = most.saturating_sub(1);
        let counted = usize::try_from(retries).map_or(COUNTED, |retries| retries.min(COUNTED));
        let reached = schedule.reached_retries(limit, needs_time, counted, |(shortest, _)| shortest);
        Self::UpTo(reached.unwrap_or(retries).saturating_add(1))
    }

    /// Returns the number of retries, if it is known and limited.
    pub(super) fn retries(self) -> Option<usize> {
        match self {
            Self::UpTo(most) => usize::try_from(most.saturating_sub(1)).ok(),
            Self::Unlimited | Self::Forever | Self::Unknown => None,
        }
    }
}

/// The delays of a policy whose settings are all known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Delays {
    schedule: Schedule,
    rules: Rules,
}

impl Delays {
    /// Returns the delays, if every setting that they need is a literal or a default.
    pub(super) fn of(args: &Args) -> Option<Self> {
        let literals = Literals::of(args);
        let Literals { schedule, draft, .. } = &literals;
        literals.knows_all_ranges().then(|| Self { schedule: *schedule, rules: draft.decided() })
    }

    pub(super) fn is_constant(&self) -> bool {
        self.rules.kind == Kind::Constant
    }

    /// Returns whether every delay is zero.
    pub(super) fn is_zero(&self) -> bool {
        self.is_constant() && self.rules.initial.is_zero()
    }

    /// Returns the longest possible delay.
    pub(super) fn cap(&self) -> Duration {
        self.rules.max_delay.duration()
    }

    /// Returns the shortest and the longest possible delay of each retry. `chosen` selects the previous delay from its
    /// range.
    fn ranges_after(self, chosen: fn((Duration, Duration)) -> Duration) -> impl Iterator<Item = (Duration, Duration)> {
        let Self { schedule, rules } = self;
        (1..).scan(Duration::ZERO, move |previous, retry| {
            let base: JitterInput = rules.jitter_input(schedule.base(retry), *previous);
            let spread = rules.jitter.delay_range(&base);
            let range = (spread.shortest(), spread.longest());
            *previous = chosen(range);
            Some(range)
        })
    }

    /// Returns the shortest and the longest possible delay of each retry.
    pub(super) fn ranges(self) -> impl Iterator<Item = (Duration, Duration)> {
        self.ranges_after(|(_, longest)| longest)
    }

    /// Returns the sum of the longest delays.
    pub(super) fn longest(self, retries: usize) -> Duration {
        let mut last = Duration::ZERO;
        let sum = self.ranges().take(retries.min(COUNTED)).fold(Duration::ZERO, |sum, (_, longest)| {
            last = longest;
            sum.saturating_add(longest)
        });
        let rest = u32::try_from(retries.saturating_sub(COUNTED)).unwrap_or(u32::MAX);
        let longest = if self.is_constant() { last } else { self.cap() };
        sum.saturating_add(longest.saturating_mul(rest))
    }

    /// Returns the number of retries that start within a time if each attempt fails at once and each delay is the one
    /// that `chosen` selects from its range; `None` if the first `counted` do. With `needs_time`, a start at the very
    /// end is too late.
    fn reached_retries(
        self,
        limit: Duration,
        needs_time: bool,
        counted: usize,
        chosen: fn((Duration, Duration)) -> Duration,
    ) -> Option<u32> {
        let mut elapsed = Duration::ZERO;
        for (retries, range) in (0..).zip(self.ranges_after(chosen).take(counted)) {
            let delay = chosen(range);
            if !starts_in_time(delay, limit.saturating_sub(elapsed), needs_time) {
                return Some(retries);
            }
            elapsed = elapsed.saturating_add(delay);
        }
        None
    }

    /// Returns the number of attempts that fit into a time if each fails at once and each delay has its mean length;
    /// `None` above 10,000.
    pub(super) fn expected_attempts(self, limit: Duration) -> Option<u64> {
        self.reached_retries(limit, false, COUNTED, middle).map(|retries| u64::from(retries) + 1)
    }
}

fn middle((shortest, longest): (Duration, Duration)) -> Duration {
    shortest + longest.saturating_sub(shortest) / 2
}
