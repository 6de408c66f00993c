//! The settings that the user has set, and the defaults of the others.

mod checks;

use core::time::Duration;

use self::checks::{is_growth, is_ratio};
use crate::{Argument, BaseDelay, Jitter, Kind, Named, PushBackMode, Refusal, Rules, Schedule, Since, Usual, defaults};

/// The settings that the user has set. A limit that was not set is "no limit".
#[derive(Clone, Copy, Debug)]
pub struct Draft {
    /// The settings besides the backoff.
    pub rules: Rules,
    /// The growth that was set on this builder. An edited policy may have another one.
    multiplier: Option<f64>,
    /// The first setting that the chosen backoff does not have.
    misfit: Option<Argument>,
    /// The setting that specified the number of attempts.
    counted: Counted,
    /// `true` if the type of the backoff contains no delay.
    is_empty: bool,
    /// `true` if refused values are moved to the nearest allowed one.
    adjusting: bool,
    /// The refusal of the first value that was moved.
    moved: Option<Refusal>,
}

/// The setting that specified the number of attempts on this builder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Counted {
    /// Neither: the number is the default, or that of the policy that is edited.
    Unnamed,
    Attempts,
    Retries,
    Both,
}

impl Draft {
    /// Starts from a list or a custom backoff, which computes its delays itself.
    #[must_use]
    pub const fn custom(kind: Kind, is_empty: bool) -> Self {
        Self { is_empty, ..Self::start(kind, Duration::ZERO) }
    }

    /// Starts from a built-in backoff.
    #[must_use]
    pub const fn new(schedule: &Schedule) -> Self {
        let mut draft = Self::start(schedule.kind(), schedule.first_delay());
        draft.rules.doubles = schedule.doubles();
        draft.fit_cap(schedule);
        draft
    }

    const fn start(kind: Kind, initial: Duration) -> Self {
        Self::edit(Rules {
            kind,
            initial,
            jitter: Jitter::None,
            max_delay: BaseDelay::MAX,
            max_attempts: 0,
            max_elapsed: None,
            since: Since::Call,
            reset_after: None,
            max_push_back: None,
            push_back: PushBackMode::Add,
            idempotent: false,
            doubles: false,
            usual: Usual::NEVER,
            named: Named::NOTHING,
        })
    }

    /// Starts from the rules of a finished policy.
    #[must_use]
    pub const fn edit(rules: Rules) -> Self {
        Self {
            rules,
            multiplier: None,
            misfit: None,
            counted: Counted::Unnamed,
            is_empty: false,
            adjusting: false,
            moved: None,
        }
    }

    /// Makes later setters move a refused value to the nearest allowed one.
    pub const fn adjust_from_here(&mut self) {
        self.adjusting = true;
    }

    /// Sets `initial_delay`, and returns the backoff with it.
    #[must_use]
    pub const fn initial_delay(&mut self, schedule: Schedule, delay: Duration) -> Schedule {
        let delay = self.allowed_initial(delay);
        let schedule = match schedule {
            Schedule::Exponential { multiplier, .. } => Schedule::Exponential { initial_delay: delay, multiplier },
            Schedule::Fibonacci { .. } => Schedule::Fibonacci { initial_delay: delay },
            Schedule::Linear { increment, .. } => {
                let increment = if self.rules.named.has(Named::GROWTH) { increment } else { delay };
                Schedule::Linear { initial_delay: delay, increment }
            }
            Schedule::Constant { .. } => return self.unfit(schedule, Argument::InitialDelay),
        };
        self.rules.initial = delay;
        self.fit_cap(&schedule);
        schedule
    }

    /// Sets `multiplier`, and returns the backoff with it.
    #[must_use]
    pub const fn multiplier(&mut self, schedule: Schedule, multiplier: f64) -> Schedule {
        let Schedule::Exponential { initial_delay, .. } = schedule else {
            return self.unfit(schedule, Argument::Multiplier);
        };
        let multiplier = self.allowed_multiplier(multiplier);
        self.multiplier = Some(multiplier);
        self.name(Named::GROWTH);
        let schedule = Schedule::Exponential { initial_delay, multiplier };
        self.rules.doubles = schedule.doubles();
        schedule
    }

    /// Sets `increment`, and returns the backoff with it.
    #[must_use]
    pub const fn increment(&mut self, schedule: Schedule, increment: Duration) -> Schedule {
        let Schedule::Linear { initial_delay, .. } = schedule else {
            return self.unfit(schedule, Argument::Increment);
        };
        let schedule = Schedule::Linear { initial_delay, increment };
        self.name(Named::GROWTH);
        self.fit_cap(&schedule);
        schedule
    }

    /// Sets `delay`, and returns the backoff with it.
    #[must_use]
    pub const fn delay(&mut self, schedule: Schedule, delay: Duration) -> Schedule {
        if !matches!(schedule, Schedule::Constant { .. }) {
            return self.unfit(schedule, Argument::Delay);
        }
        self.rules.initial = delay;
        Schedule::Constant { delay }
    }

    /// Replaces the backoff by a built-in one, and keeps the other settings.
    pub const fn reschedule(&mut self, schedule: &Schedule) {
        self.rules.kind = schedule.kind();
        self.rules.doubles = schedule.doubles();
        self.rules.initial = schedule.first_delay();
        self.rules.named = self.rules.named.without(Named::GROWTH);
        self.fit_cap(schedule);
    }

    /// Sets the default cap of a backoff if no cap was set.
    const fn fit_cap(&mut self, schedule: &Schedule) {
        if !self.rules.named.has(Named::MAX_DELAY) {
            self.rules.max_delay = schedule.default_cap();
        }
    }

    const fn unfit(&mut self, schedule: Schedule, argument: Argument) -> Schedule {
        if self.misfit.is_none() {
            self.misfit = Some(argument);
        }
        schedule
    }

    /// Sets `max_attempts`.
    pub const fn max_attempts(&mut self, attempts: u32) {
        self.count_by(Counted::Attempts);
        let attempts = self.allowed_attempts(attempts);
        self.attempts(attempts);
    }

    /// Sets `max_retries`.
    pub const fn max_retries(&mut self, retries: u32) {
        self.count_by(Counted::Retries);
        self.attempts(retries.saturating_add(1));
    }

    const fn attempts(&mut self, attempts: u32) {
        self.limited();
        self.rules.max_attempts = attempts;
        self.name(Named::MAX_ATTEMPTS);
    }

    /// Sets `max_elapsed`.
    pub const fn max_elapsed(&mut self, limit: Duration) {
        self.limited();
        self.rules.max_elapsed = Some(self.allowed_elapsed(limit));
    }

    /// Removes every limit of the edited policy. A limit that was set on this draft stays, and is refused.
    pub const fn forever(&mut self) {
        if self.rules.named.has(Named::BUILT) {
            self.rules.max_attempts = 0;
            self.rules.max_elapsed = None;
            let named = self.rules.named.without(Named::MAX_ATTEMPTS).without(Named::TIMEOUT);
            self.rules.named = named.without(Named::BUILT);
        }
        self.name(Named::FOREVER);
    }

    /// Sets `max_delay`.
    pub const fn max_delay(&mut self, cap: Duration) {
        self.rules.max_delay = BaseDelay::of(cap);
        self.name(Named::MAX_DELAY);
    }

    /// Sets `jitter`.
    pub const fn jitter(&mut self, jitter: Jitter) {
        self.rules.jitter = self.allowed_jitter(jitter);
        self.name(Named::JITTER);
    }

    /// Sets `reset_after`.
    pub const fn reset_after(&mut self, ran: Duration) {
        self.rules.reset_after = self.allowed_reset(ran);
    }

    /// Sets `max_push_back`.
    pub const fn max_push_back(&mut self, longest: Duration) {
        self.rules.max_push_back = Some(longest);
        self.name(Named::MAX_PUSH_BACK);
    }

    const fn name(&mut self, setting: Named) {
        self.rules.named = self.rules.named.with(setting);
    }

    const fn note(&mut self, refusal: Refusal) {
        if self.moved.is_none() {
            self.moved = Some(refusal);
        }
    }

    /// Replaces the `forever` of an edited policy by a limit. A later `forever` on this draft contradicts that limit.
    const fn limited(&mut self) {
        if self.rules.named.has(Named::BUILT) {
            self.rules.named = self.rules.named.without(Named::FOREVER).without(Named::BUILT);
        }
    }

    const fn allowed_attempts(&mut self, attempts: u32) -> u32 {
        if self.adjusting && attempts == 0 {
            self.note(Refusal::ZeroAttempts);
            return 1;
        }
        attempts
    }

    const fn count_by(&mut self, setting: Counted) {
        self.counted = match (self.counted, setting) {
            (Counted::Unnamed, setting) => setting,
            (Counted::Attempts, Counted::Attempts) => Counted::Attempts,
            (Counted::Retries, Counted::Retries) => Counted::Retries,
            (Counted::Attempts | Counted::Retries | Counted::Both, _) => Counted::Both,
        };
    }

    const fn allowed_elapsed(&mut self, limit: Duration) -> Duration {
        if self.adjusting && limit.is_zero() {
            self.note(Refusal::ZeroMaxElapsed);
            return Duration::from_nanos(1);
        }
        limit
    }

    const fn allowed_initial(&mut self, delay: Duration) -> Duration {
        if self.adjusting && delay.is_zero() {
            self.note(Refusal::ZeroInitialDelay { backoff: self.rules.kind.name() });
            return Duration::from_nanos(1);
        }
        delay
    }

    const fn allowed_multiplier(&mut self, multiplier: f64) -> f64 {
        if self.adjusting && !is_growth(multiplier) {
            self.note(Refusal::Multiplier(multiplier));
            return if multiplier > 1.0 { f64::MAX } else { 1.0 };
        }
        multiplier
    }

    const fn allowed_jitter(&mut self, jitter: Jitter) -> Jitter {
        match jitter {
            Jitter::Factor(factor) if self.adjusting && !is_ratio(factor) => {
                self.note(Refusal::JitterFactor(factor));
                Jitter::Factor(if factor > 1.0 { 1.0 } else { 0.0 })
            }
            Jitter::None | Jitter::Full | Jitter::Equal | Jitter::Factor(_) | Jitter::Decorrelated => jitter,
        }
    }

    const fn allowed_reset(&mut self, ran: Duration) -> Option<Duration> {
        if self.adjusting && ran.is_zero() {
            self.note(Refusal::ZeroResetAfter);
            return None;
        }
        Some(ran)
    }

    /// Returns the refusal of the first value that was moved.
    #[must_use]
    pub const fn first_moved(&self) -> Option<Refusal> {
        self.moved
    }

    /// Moves the values that contradict another setting.
    pub const fn adjust(&mut self) {
        if let Some(argument) = self.misfit.take() {
            self.note(Refusal::Misfit { argument, backoff: self.rules.kind.name() });
        }
        if let Some(refusal) = self.short_cap() {
            self.note(refusal);
            self.rules.max_delay = BaseDelay::of(self.rules.initial);
        }
        if let Some(refusal) = self.broken_jitter() {
            self.note(refusal);
            self.rules.named = self.rules.named.without(Named::JITTER);
        }
        if matches!(self.counted, Counted::Both) {
            self.note(Refusal::AttemptsAndRetries);
        }
    }

    /// Returns the rules with every default filled in.
    #[must_use]
    pub const fn decided(&self) -> Rules {
        let mut rules = self.rules;
        let forever = rules.named.has(Named::FOREVER);
        if !rules.named.has(Named::MAX_ATTEMPTS) {
            let limited = self.is_limited() || matches!(rules.kind, Kind::List);
            rules.max_attempts = if forever || limited { 0 } else { defaults::MAX_ATTEMPTS };
        }
        if !rules.named.has(Named::MAX_PUSH_BACK) {
            rules.max_push_back = if rules.max_elapsed.is_some() {
                None
            } else if forever {
                Some(defaults::MAX_PUSH_BACK_FOREVER)
            } else {
                Some(defaults::MAX_PUSH_BACK)
            };
        }
        if !rules.named.has(Named::JITTER) {
            rules.jitter = match rules.kind {
                Kind::List | Kind::Custom => Jitter::None,
                Kind::Constant if rules.initial.is_zero() => Jitter::None,
                Kind::Constant => Jitter::Factor(defaults::CONSTANT_FACTOR),
                Kind::Exponential | Kind::Linear | Kind::Fibonacci => Jitter::Full,
            };
        }
        rules.named = rules.named.with(Named::BUILT);
        rules.with_usual()
    }
}
