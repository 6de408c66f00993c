//! The model: from a case to its trace, written only from the guarantees in the guide.
//!
//! It uses only the names of reasons, jitters and push-back modes from the library.

use std::time::Duration;

use backoff_core::{PushBackMode, StopReason};

use crate::case::{Adjusted, Cancel, Case, Draws, Ends, Kind, Meaning};
use crate::rules::Rules;
use crate::trace::{Chance, Report, Trace, Trouble, Value, What};

/// Differences between drivers of a call.
pub(crate) struct Sees {
    /// A cancellation ends a delay in progress. A custom blocking sleeper is not woken.
    pub(crate) wakes: bool,
    pub(crate) has_budget: bool,
    pub(crate) view: View,
}

/// The part of a trace that a driver shows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum View {
    /// Events, and a report of every call.
    All,
    /// Events, and a report of calls that end with an error.
    Errors,
    /// Events, and the result.
    Events,
    /// Delays in place of events, and a report of calls that end with an error.
    Delays,
    /// Attempts and the result.
    Attempts,
    /// Attempts alone.
    Ticks,
}

/// Returns the trace that the contract demands. `chance` contains the delays that were drawn.
pub(crate) fn expected(case: &Case, sees: &Sees, chance: &Chance) -> Trace {
    let rules = case.settings.rules(case.timeout.is_some());
    let origin = (!case.settings.since_first_failure).then_some(Duration::ZERO);
    let previous = rules.initial;
    let call = Call {
        case,
        sees,
        chance,
        rules,
        now: Duration::ZERO,
        attempts: 0,
        retries: 0,
        slept: Duration::ZERO,
        tokens: case.budget.1 * 1_000,
        failures: 0,
        origin,
        previous,
        trace: Vec::new(),
    };
    call.run()
}

struct Call<'c> {
    case: &'c Case,
    sees: &'c Sees,
    chance: &'c Chance,
    rules: Rules,
    now: Duration,
    attempts: u32,
    retries: u32,
    slept: Duration,
    /// In thousandths.
    tokens: u32,
    /// Of the present sequence: its failures, the start of its time, and the policy's own part of the last delay.
    failures: u32,
    origin: Option<Duration>,
    previous: Duration,
    trace: Vec<(Duration, What)>,
}

/// The end of an attempt.
enum Ended {
    By(Ends),
    /// A limit ended the attempt, with this error; the reason if it also ended the call.
    Struck(Trouble, Option<StopReason>),
}

impl Call<'_> {
    fn run(mut self) -> Trace {
        loop {
            let begun = self.now;
            let (meaning, outcome) = match self.attempt() {
                Ended::By(Ends::Good) => return self.succeeds(),
                Ended::By(Ends::Unmet(meaning)) => (meaning, Ok(Value { attempt: self.attempts, is_good: false })),
                Ended::By(Ends::Fails(meaning)) => (meaning, Err(Trouble::Failed { attempt: self.attempts, meaning })),
                Ended::Struck(error, Some(reason)) => return self.gives_up(Err(error), reason),
                Ended::Struck(error, None) => (self.case.timed_out, Err(error)),
            };
            let is_failed = matches!(outcome, Err(Trouble::Failed { .. }));
            self.counts_failure(self.now.saturating_sub(begun), is_failed);
            let delay = match self.decides(meaning) {
                Ok(delay) => delay,
                Err(reason) => return self.gives_up(outcome, reason),
            };
            self.notifies(outcome.err(), delay);
            // The clock is read again after the hook, before anything that could end the delay.
            if !self.fits(delay) {
                self.tokens += 1_000;
                return self.gives_up(outcome, StopReason::MaxElapsed);
            }
            if self.is_cancelled() {
                return self.gives_up(outcome, StopReason::Cancelled);
            }
            if let Err(reason) = self.waits(delay) {
                let timeout = self.case.timeout.map(|limit| Err(Trouble::TimedOut(limit)));
                let outcome = timeout.filter(|_| reason == StopReason::Timeout).unwrap_or(outcome);
                return self.gives_up(outcome, reason);
            }
        }
    }

    /// A result that is ready when a limit expires is kept. If limits expire together, `timeout` goes first, and
    /// cancellation last.
    fn attempt(&mut self) -> Ended {
        self.attempts += 1;
        self.notes(What::Starts(self.attempts));
        let step = self.case.step(self.attempts);
        let (begun, ends) = (self.now, self.now + step.runs);
        let left = self.left().filter(|left| self.case.attempt_timeout.is_some_and(|limit| *left < limit));
        let limits = [
            self.case.timeout.map(|limit| (limit, Trouble::TimedOut(limit), Some(StopReason::Timeout))),
            left.map(|left| (begun + left, Trouble::TimedOut(left), Some(StopReason::MaxElapsed))),
            self.case.attempt_timeout.map(|limit| (begun + limit, Trouble::TimedOut(limit), None)),
            self.cancels_attempt_at().map(|at| (at.max(begun), Trouble::Cancelled, Some(StopReason::Cancelled))),
        ];
        let first = limits.into_iter().flatten().min_by_key(|(at, ..)| *at);
        if let Some((at, error, reason)) = first.filter(|(at, ..)| *at < ends) {
            self.now = at.max(begun);
            self.notes(What::Dropped(self.attempts));
            return Ended::Struck(error, reason);
        }
        self.now = ends;
        self.notes(What::Ends(self.attempts));
        Ended::By(step.ends)
    }

    /// A long attempt starts a new sequence at its failure; the clock may start at the first failure.
    fn counts_failure(&mut self, ran: Duration, is_error: bool) {
        let has_progress = is_error && self.case.is_progress(self.attempts);
        if has_progress || self.case.settings.reset_after.is_some_and(|enough| ran >= enough) {
            (self.failures, self.origin, self.previous) = (0, Some(self.now), self.rules.initial);
        }
        self.origin.get_or_insert(self.now);
        self.failures += 1;
    }

    /// The first check that stops names the reason.
    fn decides(&mut self, meaning: Meaning) -> Result<Duration, StopReason> {
        let settings = &self.case.settings;
        let stops = [
            (meaning.kind == Kind::Permanent, StopReason::Permanent),
            (meaning.kind == Kind::Ambiguous && !settings.idempotent, StopReason::Ambiguous),
            (self.is_cancelled(), StopReason::Cancelled),
            (self.case.disabled, StopReason::Disabled),
            (self.rules.max_attempts.is_some_and(|max| self.failures >= max), StopReason::MaxAttempts),
        ];
        if let Some((_, reason)) = stops.into_iter().find(|(stops, _)| *stops) {
            return Err(reason);
        }
        let base = settings.base(self.failures).ok_or(StopReason::BackoffEnded)?;
        let wait = meaning.wait.unwrap_or_default();
        if self.rules.max_push_back.is_some_and(|longest| wait > longest) {
            return Err(StopReason::PushBackTooLong);
        }
        let range = self.rules.range(base, self.previous);
        let (own, delay) = match self.case.adjusted(self.attempts) {
            Adjusted::Keep => self.draws(range, wait).ok_or(StopReason::MaxElapsed)?,
            Adjusted::Wait(delay) => (self.hidden(range), delay),
            Adjusted::Stop => return Err(StopReason::BackoffEnded),
        };
        if !self.fits(delay) {
            return Err(StopReason::MaxElapsed);
        }
        self.tokens = self.tokens.checked_sub(1_000).ok_or(StopReason::BudgetEmpty)?;
        self.previous = own;
        Ok(delay)
    }

    /// With `attempt_timeout`, a retry that would start with no time left is not started.
    fn fits(&self, delay: Duration) -> bool {
        let needs_time = self.case.attempt_timeout.is_some();
        self.left().is_none_or(|left| !left.is_zero() && if needs_time { delay < left } else { delay <= left })
    }

    fn left(&self) -> Option<Duration> {
        Some(self.case.settings.max_elapsed?.saturating_sub(self.now.saturating_sub(self.origin?)))
    }

    /// Returns the policy's part of the delay, and the delay; `None` where chance drew one that does not fit the time.
    fn draws(&self, own: (Duration, Duration), wait: Duration) -> Option<(Duration, Duration)> {
        let mode = self.case.settings.push_back.unwrap_or_default();
        let delay_of = |own: Duration| match mode {
            PushBackMode::Replace if !wait.is_zero() => wait,
            PushBackMode::Longest => wait.max(own),
            _ => wait + own,
        };
        let delay = self.draws_delay((delay_of(own.0), delay_of(own.1)), wait)?;
        let is_hidden = !wait.is_zero() && mode != PushBackMode::Add && delay == wait;
        let own = match mode {
            _ if is_hidden => self.hidden(own),
            PushBackMode::Add => delay.saturating_sub(wait),
            _ => delay,
        };
        Some((own, delay))
    }

    /// Returns the policy's part of a delay that does not show it; of a random one, the largest.
    fn hidden(&self, own: (Duration, Duration)) -> Duration {
        if self.case.draws == Draws::Lowest { own.0 } else { own.1 }
    }

    /// Returns the delay within its range; `None` where chance drew one that does not fit the time.
    fn draws_delay(&self, (shortest, longest): (Duration, Duration), wait: Duration) -> Option<Duration> {
        let drawn = usize::try_from(self.retries).ok().and_then(|retry| self.chance.delays.get(retry));
        let drawn = drawn.copied().filter(|delay| *delay >= wait);
        let near = |bound: Duration| drawn.filter(|drawn| drawn.abs_diff(bound).as_nanos() <= 1).unwrap_or(bound);
        match self.case.draws {
            Draws::Lowest => Some(near(shortest)),
            Draws::Highest => Some(near(longest)),
            Draws::Seed(_) => match drawn {
                Some(drawn) if drawn < shortest => Some(near(shortest)),
                Some(drawn) if drawn > longest => Some(near(longest)),
                Some(drawn) => Some(drawn),
                None if self.fits(longest) => Some(longest),
                None if self.chance.reason.is_some_and(|reason| reason != StopReason::MaxElapsed) => Some(shortest),
                None => None,
            },
        }
    }

    /// R13: `on_retry` runs before the delay, and may take time.
    fn notifies(&mut self, error: Option<Trouble>, delay: Duration) {
        self.retries += 1;
        let (attempt, max_attempts, elapsed) = (self.failures, self.rules.max_attempts, self.now);
        self.notes(What::OnRetry { attempt, max_attempts, error, delay, elapsed });
        self.now += self.case.hook(self.retries);
    }

    /// At the end of a delay come `cancel`, then `timeout`, then the next attempt.
    fn waits(&mut self, delay: Duration) -> Result<(), StopReason> {
        let (ends, begun) = (self.now + delay, self.now);
        let cancelled = match self.case.cancel {
            Some(Cancel::At(at)) => Some(if self.sees.wakes { at } else { at.max(ends) }).filter(|_| at <= ends),
            _ => None,
        };
        let timeout = self.case.timeout.filter(|limit| *limit <= ends);
        let (at, reason) = match (cancelled, timeout) {
            (Some(cancelled), Some(timeout)) if timeout < cancelled => (timeout, Some(StopReason::Timeout)),
            (Some(cancelled), _) => (cancelled, Some(StopReason::Cancelled)),
            (None, Some(timeout)) => (timeout, Some(StopReason::Timeout)),
            (None, None) => (ends, None),
        };
        self.now = at.max(begun);
        if reason.is_none() {
            self.slept += delay; // the sum of the delays before retries
        }
        reason.map_or(Ok(()), Err)
    }

    /// Returns the time at which cancellation ends the attempt that has just begun.
    fn cancels_attempt_at(&self) -> Option<Duration> {
        match self.case.cancel.filter(|_| self.case.cancel_attempts)? {
            Cancel::At(at) => Some(at),
            Cancel::Attempt(_) | Cancel::Hook(_) => self.is_cancelled().then_some(self.now),
        }
    }

    fn is_cancelled(&self) -> bool {
        match self.case.cancel {
            Some(Cancel::Attempt(attempt)) => self.attempts >= attempt,
            Some(Cancel::Hook(retry)) => self.retries >= retry,
            Some(Cancel::At(at)) => self.now >= at,
            None => false,
        }
    }

    fn succeeds(mut self) -> Trace {
        self.tokens = (self.tokens + 100).min(self.case.budget.0 * 1_000);
        let (attempts, elapsed) = (self.attempts, self.now);
        if attempts > 1 {
            self.notes(What::OnRecovered { attempts, elapsed });
        }
        self.returns(Ok(Value { attempt: attempts, is_good: true }), None)
    }

    fn gives_up(mut self, outcome: Result<Value, Trouble>, reason: StopReason) -> Trace {
        let (attempts, elapsed, error) = (self.attempts, self.now, outcome.err());
        self.notes(What::OnGiveUp { attempts, error, reason, elapsed });
        self.returns(outcome, Some(reason))
    }

    fn returns(mut self, outcome: Result<Value, Trouble>, reason: Option<StopReason>) -> Trace {
        let (attempts, elapsed, slept) = (self.attempts, self.now, self.slept);
        let report = Report { reason, attempts, elapsed, slept };
        let has_report = match self.sees.view {
            View::All => true,
            View::Errors | View::Delays => outcome.is_err(),
            View::Events | View::Attempts | View::Ticks => false,
        };
        let (report, result) = (has_report.then_some(report), (self.sees.view != View::Ticks).then_some(outcome));
        let tokens = self.sees.has_budget.then_some(self.tokens);
        self.notes(What::Returns { result, report, tokens });
        Trace(self.trace)
    }

    /// Writes a line, as far as the driver shows it.
    fn notes(&mut self, what: What) {
        let what = match (what, self.sees.view) {
            (What::OnRetry { delay, .. }, View::Delays) => What::Waits(delay),
            (What::OnRetry { .. } | What::OnGiveUp { .. } | What::OnRecovered { .. }, view)
                if !matches!(view, View::All | View::Errors | View::Events) =>
            {
                return;
            }
            (what, _) => what,
        };
        self.trace.push((self.now, what));
    }
}
