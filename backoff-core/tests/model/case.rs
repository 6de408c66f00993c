//! A case: the settings of a policy, the behaviour of each attempt, hooks and cancellation. It prints as arguments of
//! the attribute.

use std::fmt;
use std::time::Duration;

use backoff_core::{Fault, InvalidPolicy, Jitter, List, Policy, PolicyBuilder, PushBackMode, Since};

pub(crate) const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// The settings of a policy as a user sets them; `None` is not set.
#[derive(Clone, PartialEq)]
pub(crate) struct Settings {
    pub(crate) backoff: Backoff,
    pub(crate) jitter: Option<Jitter>,
    pub(crate) max_delay: Option<Duration>,
    pub(crate) max_attempts: Option<u32>,
    pub(crate) max_elapsed: Option<Duration>,
    pub(crate) forever: bool,
    pub(crate) since_first_failure: bool,
    pub(crate) reset_after: Option<Duration>,
    pub(crate) max_push_back: Option<Duration>,
    pub(crate) push_back: Option<PushBackMode>,
    pub(crate) idempotent: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Backoff {
    Exponential { initial: Option<Duration>, multiplier: Option<f64> },
    Linear { initial: Option<Duration>, increment: Option<Duration> },
    Fibonacci { initial: Option<Duration> },
    Constant(Duration),
    List(Vec<Duration>),
}

impl Settings {
    /// Settings that set only a backoff.
    pub(crate) const fn of(backoff: Backoff) -> Self {
        Self {
            backoff,
            jitter: None,
            max_delay: None,
            max_attempts: None,
            max_elapsed: None,
            forever: false,
            since_first_failure: false,
            reset_after: None,
            max_push_back: None,
            push_back: None,
            idempotent: false,
        }
    }

    /// Builds the policy of the library.
    pub(crate) fn policy(&self) -> Result<AnyPolicy, InvalidPolicy> {
        let builder = match &self.backoff {
            Backoff::Exponential { initial, multiplier } => {
                let builder = with(Policy::exponential(), *initial, PolicyBuilder::initial_delay);
                with(builder, *multiplier, PolicyBuilder::multiplier)
            }
            Backoff::Linear { initial, increment } => {
                let builder = with(Policy::linear(), *initial, PolicyBuilder::initial_delay);
                with(builder, *increment, PolicyBuilder::increment)
            }
            Backoff::Fibonacci { initial } => with(Policy::fibonacci(), *initial, PolicyBuilder::initial_delay),
            Backoff::Constant(delay) => Policy::constant(*delay),
            Backoff::List(delays) => {
                let list = self.finish(Policy::with_backoff(List::new(delays.clone())));
                return list.try_build().map(AnyPolicy::List);
            }
        };
        self.finish(builder).try_build().map(AnyPolicy::BuiltIn)
    }

    fn finish<B>(&self, builder: PolicyBuilder<B>) -> PolicyBuilder<B> {
        let builder = with(builder, self.jitter, PolicyBuilder::jitter);
        let builder = with(builder, self.max_delay, PolicyBuilder::max_delay);
        let builder = with(builder, self.max_attempts, PolicyBuilder::max_attempts);
        let builder = with(builder, self.max_elapsed, PolicyBuilder::max_elapsed);
        let builder = with(builder, self.reset_after, PolicyBuilder::reset_after);
        let builder = with(builder, self.max_push_back, PolicyBuilder::max_push_back);
        let builder = with(builder, self.push_back, PolicyBuilder::push_back);
        let builder = if self.forever { builder.forever() } else { builder };
        let builder = if self.since_first_failure { builder.since(Since::FirstFailure) } else { builder };
        if self.idempotent { builder.idempotent() } else { builder }
    }
}

fn with<T, V>(builder: T, value: Option<V>, set: fn(T, V) -> T) -> T {
    match value {
        Some(value) => set(builder, value),
        None => builder,
    }
}

pub(crate) enum AnyPolicy {
    BuiltIn(Policy),
    List(Policy<List<Vec<Duration>>>),
}

/// The meaning of a failure: a kind, and the wait (push-back) that the server demands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Meaning {
    pub(crate) kind: Kind,
    pub(crate) wait: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Transient,
    Permanent,
    Ambiguous,
}

pub(crate) const TRANSIENT: Meaning = Meaning { kind: Kind::Transient, wait: None };

impl Meaning {
    pub(crate) fn fault(self) -> Fault {
        match (self.kind, self.wait) {
            (Kind::Transient, None) => Fault::Transient,
            (Kind::Transient, Some(wait)) => Fault::PushBack(wait),
            (Kind::Permanent, _) => Fault::Permanent,
            (Kind::Ambiguous, None) => Fault::Ambiguous,
            (Kind::Ambiguous, Some(wait)) => Fault::Ambiguous.with_not_before(wait),
        }
    }
}

/// The behaviour of one attempt: it runs, then ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Step {
    pub(crate) runs: Duration,
    pub(crate) ends: Ends,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Ends {
    Good,
    /// A value that does not meet `until`, which returns this meaning.
    Unmet(Meaning),
    Fails(Meaning),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Cancel {
    /// During this attempt; 0 is before the call.
    Attempt(u32),
    /// In this run of `on_retry`, 1 for the first.
    Hook(u32),
    At(Duration),
}

/// The random numbers of jitter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Draws {
    Lowest,
    Highest,
    Seed(u64),
}

/// The result of `adjust` for one failure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Adjusted {
    Keep,
    Wait(Duration),
    Stop,
}

#[derive(Clone, PartialEq)]
pub(crate) struct Case {
    pub(crate) settings: Settings,
    /// After these the operation succeeds at once.
    pub(crate) script: Vec<Step>,
    /// The time that each run of `on_retry` takes; zero after these.
    pub(crate) hooks: Vec<Duration>,
    pub(crate) cancel: Option<Cancel>,
    /// The failures of these attempts are after progress (`reset_when`).
    pub(crate) progress: Vec<bool>,
    /// The results of `adjust` for the failures of these attempts; the planned delay after these.
    pub(crate) adjusts: Vec<Adjusted>,
    /// The cancellation also drops a running attempt. Never without `cancel`.
    pub(crate) cancel_attempts: bool,
    pub(crate) attempt_timeout: Option<Duration>,
    pub(crate) timeout: Option<Duration>,
    /// The meaning of the error of `attempt_timeout`.
    pub(crate) timed_out: Meaning,
    /// `until` is named; without it an unmet value is a success.
    pub(crate) until: bool,
    /// Capacity and tokens of the budget at the start.
    pub(crate) budget: (u32, u32),
    /// A test guard disables retries.
    pub(crate) disabled: bool,
    pub(crate) draws: Draws,
}

/// A budget that no case empties.
pub(crate) const AMPLE: (u32, u32) = (1_000, 1_000);

impl Case {
    pub(crate) fn step(&self, attempt: u32) -> Step {
        let position = usize::try_from(attempt - 1).expect("a case has few attempts");
        let step = self.script.get(position).copied().unwrap_or(Step { runs: Duration::ZERO, ends: Ends::Good });
        match step.ends {
            Ends::Unmet(_) if !self.until => Step { ends: Ends::Good, ..step },
            _ => step,
        }
    }

    /// Returns whether the case has `adjust` or `reset_when`.
    pub(crate) fn is_steered(&self) -> bool {
        !self.progress.is_empty() || !self.adjusts.is_empty()
    }

    pub(crate) fn is_progress(&self, attempt: u32) -> bool {
        let position = usize::try_from(attempt - 1).expect("a case has few attempts");
        self.progress.get(position).copied().unwrap_or(false)
    }

    /// Returns what `adjust` does after the failure of an attempt.
    pub(crate) fn adjusted(&self, attempt: u32) -> Adjusted {
        let position = usize::try_from(attempt - 1).expect("a case has few attempts");
        self.adjusts.get(position).copied().unwrap_or(Adjusted::Keep)
    }

    /// Returns the time that a run of `on_retry` takes, 1 for the first.
    pub(crate) fn hook(&self, retry: u32) -> Duration {
        let position = usize::try_from(retry - 1).expect("a case has few attempts");
        self.hooks.get(position).copied().unwrap_or_default()
    }
}

/// A duration as the attribute reads it.
pub(crate) fn text(time: Duration) -> String {
    match (time.as_secs(), time.subsec_nanos()) {
        (seconds, 0) => format!("{seconds}s"),
        (_, nanos) if nanos % 1_000_000 == 0 => format!("{}ms", time.as_millis()),
        _ => format!("{}ns", time.as_nanos()),
    }
}

impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words = Vec::new();
        let mut time = |name: &str, value: Option<Duration>| {
            words.extend(value.map(|value| format!("{name} = \"{}\"", text(value))));
        };
        match &self.backoff {
            Backoff::Exponential { initial, .. } | Backoff::Fibonacci { initial } => time("initial_delay", *initial),
            Backoff::Linear { initial, increment } => {
                time("initial_delay", *initial);
                time("increment", *increment);
            }
            Backoff::Constant(delay) => time("delay", Some(*delay)),
            Backoff::List(_) => {}
        }
        time("max_delay", self.max_delay);
        time("max_elapsed", self.max_elapsed);
        time("reset_after", self.reset_after);
        time("max_push_back", self.max_push_back);
        match &self.backoff {
            Backoff::Exponential { multiplier, .. } => words.extend(multiplier.map(|by| format!("multiplier = {by}"))),
            Backoff::Linear { .. } => words.insert(0, "backoff = linear".to_owned()),
            Backoff::Fibonacci { .. } => words.insert(0, "backoff = fibonacci".to_owned()),
            Backoff::List(delays) => words.insert(0, format!("backoff = List::new(vec!{delays:?})")),
            Backoff::Constant(_) => {}
        }
        words.extend(self.max_attempts.map(|attempts| format!("max_attempts = {attempts}")));
        words.extend(self.jitter.map(|jitter| match jitter {
            Jitter::Factor(ratio) => format!("jitter = {ratio}"),
            other => format!("jitter = {}", format!("{other:?}").to_lowercase()),
        }));
        words.extend(self.push_back.map(|mode| format!("push_back = {}", format!("{mode:?}").to_lowercase())));
        let bare = [
            (self.forever, "forever"),
            (self.since_first_failure, "since = first_failure"),
            (self.idempotent, "idempotent"),
        ];
        words.extend(bare.iter().filter(|(is_named, _)| *is_named).map(|(_, word)| (*word).to_owned()));
        f.write_str(&words.join(", "))
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words = vec![self.settings.to_string()];
        words.extend(self.attempt_timeout.map(|limit| format!("attempt_timeout = \"{}\"", text(limit))));
        words.extend(self.timeout.map(|limit| format!("timeout = \"{}\"", text(limit))));
        words.extend(self.until.then(|| "until = .., unmet = last".to_owned()));
        words.extend((self.budget != AMPLE).then(|| "budget = ..".to_owned()));
        words.extend(self.cancel.map(|_| "cancel = ..".to_owned()));
        words.extend(self.cancel_attempts.then(|| "cancel_attempts".to_owned()));
        words.retain(|word| !word.is_empty());
        writeln!(f, "#[retry({})]", words.join(", "))?;
        let (capacity, tokens) = self.budget;
        if self.budget != AMPLE {
            writeln!(f, "  the budget has {tokens} of {capacity} tokens")?;
        }
        match self.cancel {
            Some(Cancel::Attempt(0)) => writeln!(f, "  cancelled before the call")?,
            Some(Cancel::Attempt(attempt)) => writeln!(f, "  cancelled in attempt {attempt}")?,
            Some(Cancel::Hook(retry)) => writeln!(f, "  cancelled in run {retry} of on_retry")?,
            Some(Cancel::At(time)) => writeln!(f, "  cancelled at {}", text(time))?,
            None => {}
        }
        if self.is_steered() {
            writeln!(f, "  reset_when is true after {:?}, adjust returns {:?}", self.progress, self.adjusts)?;
        }
        if self.disabled {
            writeln!(f, "  retries are disabled")?;
        }
        if self.attempt_timeout.is_some() {
            writeln!(f, "  the error of a timeout is {}", self.timed_out)?;
        }
        match self.draws {
            Draws::Lowest => writeln!(f, "  every jitter is the shortest")?,
            Draws::Highest => writeln!(f, "  every jitter is the longest")?,
            Draws::Seed(seed) => writeln!(f, "  seed = {seed}")?,
        }
        for (attempt, step) in (1..).zip(&self.script) {
            write!(f, "  attempt {attempt} runs for {}, then ", text(step.runs))?;
            match step.ends {
                Ends::Good => write!(f, "succeeds")?,
                Ends::Unmet(meaning) => write!(f, "returns a value that does not meet `until`: {meaning}")?,
                Ends::Fails(meaning) => write!(f, "fails: {meaning}")?,
            }
            match self.hook(attempt) {
                Duration::ZERO => writeln!(f)?,
                hook => writeln!(f, "; run {attempt} of on_retry takes {}", text(hook))?,
            }
        }
        writeln!(f, "  further attempts succeed at once")
    }
}

impl fmt::Display for Meaning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", format!("{:?}", self.kind).to_lowercase())?;
        self.wait.map_or(Ok(()), |wait| write!(f, ", not before {}", text(wait)))
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#[retry({self})]")
    }
}
