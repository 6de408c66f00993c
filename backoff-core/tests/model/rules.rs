//! The model of a policy: its defaults, its refusals, and the range of each delay.

use std::time::Duration;

use backoff_core::Jitter;

use crate::case::{Backoff, Settings, ms};

/// Settings with every default decided.
pub(crate) struct Rules {
    pub(crate) initial: Duration,
    cap: Option<Duration>,
    jitter: Jitter,
    pub(crate) max_attempts: Option<u32>,
    pub(crate) max_push_back: Option<Duration>,
}

impl Settings {
    fn initial(&self) -> Duration {
        match &self.backoff {
            Backoff::Exponential { initial, .. } | Backoff::Linear { initial, .. } | Backoff::Fibonacci { initial } => {
                initial.unwrap_or(ms(100))
            }
            Backoff::Constant(delay) => *delay,
            Backoff::List(delays) => delays.first().copied().unwrap_or_default(),
        }
    }

    fn grows(&self) -> bool {
        !matches!(self.backoff, Backoff::Constant(_) | Backoff::List(_))
    }

    fn increment(&self) -> Option<Duration> {
        match self.backoff {
            Backoff::Linear { increment, .. } => Some(increment.unwrap_or(self.initial())),
            _ => None,
        }
    }

    /// Decides the defaults; `timeout` is whether the call has one.
    pub(crate) fn rules(&self, timeout: bool) -> Rules {
        let initial = self.initial();
        let tenfold = initial.max(self.increment().unwrap_or_default()) * 10;
        let default_cap = self.grows().then_some(tenfold.max(ms(20_000)));
        let default_jitter = match self.backoff {
            Backoff::Constant(Duration::ZERO) | Backoff::List(_) => Jitter::None,
            Backoff::Constant(_) => Jitter::Factor(0.1),
            _ => Jitter::Full,
        };
        let is_limited =
            self.max_elapsed.is_some() || timeout || self.forever || matches!(self.backoff, Backoff::List(_));
        let default_push_back = match (self.forever, self.max_elapsed) {
            (true, _) => Some(ms(3_600_000)),
            (false, Some(_)) => None,
            (false, None) => Some(ms(60_000)),
        };
        Rules {
            initial,
            cap: self.max_delay.or(default_cap),
            jitter: self.jitter.unwrap_or(default_jitter),
            max_attempts: self.max_attempts.or((!is_limited).then_some(3)),
            max_push_back: self.max_push_back.or(default_push_back),
        }
    }

    /// Returns the reason to refuse such a policy.
    pub(crate) fn refusal(&self) -> Option<&'static str> {
        let rules = self.rules(false);
        let (factor, multiplier) = match (self.jitter, &self.backoff) {
            (Some(Jitter::Factor(factor)), Backoff::Exponential { multiplier, .. }) => (factor, *multiplier),
            (Some(Jitter::Factor(factor)), _) => (factor, None),
            (_, Backoff::Exponential { multiplier, .. }) => (0.0, *multiplier),
            _ => (0.0, None),
        };
        let is_decorrelated = self.jitter == Some(Jitter::Decorrelated);
        let exponential = matches!(self.backoff, Backoff::Exponential { .. });
        let is_zero = self.backoff == Backoff::Constant(Duration::ZERO);
        let refusals = [
            (self.max_attempts == Some(0), "no attempt"),
            (self.max_elapsed == Some(Duration::ZERO), "no time"),
            (self.reset_after == Some(Duration::ZERO), "every failure starts a new sequence"),
            (multiplier.is_some_and(|by| !(1.0..f64::INFINITY).contains(&by)), "multiplier"),
            (self.grows() && rules.initial.is_zero(), "nothing grows from zero"),
            (
                self.max_delay.is_some_and(|cap| cap < rules.initial && !self.is_list()),
                "the cap is below the first delay",
            ),
            (!(0.0..=1.0).contains(&factor), "jitter factor"),
            (is_zero && self.jitter.is_some_and(|jitter| jitter != Jitter::None), "jitter on a zero delay"),
            (is_decorrelated && (multiplier.is_some() || !exponential), "decorrelated jitter in place of growth"),
            (self.forever && (self.max_attempts.is_some() || self.max_elapsed.is_some()), "forever beside a limit"),
        ];
        let first = refusals.into_iter().find(|(holds, _)| *holds).map(|(_, why)| why);
        // `build` does not know the delays of a custom backoff.
        first.or_else(|| {
            let (shortest, _) = rules.range(self.base(1)?, rules.initial);
            let never_fits = self.max_elapsed.is_some_and(|limit| shortest > limit) && rules.max_attempts != Some(1);
            never_fits.then_some("no retry fits the time")
        })
    }

    fn is_list(&self) -> bool {
        matches!(self.backoff, Backoff::List(_))
    }

    /// Returns the base delay of retry `n` before the cap; `None` when the backoff has ended.
    pub(crate) fn base(&self, n: u32) -> Option<Duration> {
        let (first, steps) = (self.initial(), n - 1);
        Some(match &self.backoff {
            Backoff::Exponential { multiplier, .. } => {
                let halves = (multiplier.unwrap_or(2.0) * 2.0) as u128;
                let scale = 1_u128 << steps;
                let nanos = first.as_nanos() * halves.pow(steps);
                Duration::from_nanos(u64::try_from((nanos + scale / 2) / scale).expect("cases have short delays"))
            }
            Backoff::Linear { .. } => first + self.increment()? * steps,
            Backoff::Fibonacci { .. } => first * (0..steps).fold((1, 1), |(a, b), _| (b, a + b)).0,
            Backoff::Constant(delay) => *delay,
            Backoff::List(delays) => *delays.get(usize::try_from(steps).expect("few"))?,
        })
    }
}

impl Rules {
    /// Returns the shortest and the longest delay that jitter can draw for a base delay.
    pub(crate) fn range(&self, base: Duration, previous: Duration) -> (Duration, Duration) {
        let cap = self.cap.unwrap_or(Duration::MAX);
        let base = base.min(cap);
        match self.jitter {
            Jitter::Full => (Duration::ZERO, base),
            Jitter::Equal => (base / 2, base),
            Jitter::Factor(ratio) => {
                let part = base.mul_f64(ratio);
                (base.saturating_sub(part), base.saturating_add(part).min(cap))
            }
            Jitter::Decorrelated => (self.initial, (previous * 3).min(cap)),
            Jitter::None => (base, base),
            other => panic!("the model has no rule for {other:?}"),
        }
    }
}
