//! One call: the script of its operation, and its observed result.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use backoff_core::{
    AttemptTimeout, Attempts, Classify, Fault, FaultKind, GiveUpEvent, Policy, Random, RecoveredEvent, RetryError,
    RetryEvent, Seeded, StopReason, Success,
};

use crate::tally::{REASONS, Tally};

/// The error of a scripted operation.
#[derive(Debug, thiserror::Error)]
#[error("trouble of the kind {fault:?}")]
pub(crate) struct Trouble {
    fault: Fault,
}

impl Classify for Trouble {
    fn classify(&self) -> Fault {
        self.fault
    }
}

impl From<AttemptTimeout> for Trouble {
    fn from(_: AttemptTimeout) -> Self {
        Self { fault: Fault::Ambiguous }
    }
}

/// The required end of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) attempts: u32,
    pub(crate) reason: Option<StopReason>,
}

impl Expected {
    /// Returns the end of a call that would wait an hour for its second attempt, and is cancelled meanwhile. Only
    /// reasons that stop it before the wait come first. `self` is the end of a call with one attempt.
    pub(crate) fn or_else_cancelled(self) -> Self {
        match self.reason {
            Some(StopReason::MaxAttempts) => Self { reason: Some(StopReason::Cancelled), ..self },
            _ => self,
        }
    }
}

/// An operation that fails a few times in one way, and would then succeed.
pub(crate) struct Script {
    failures: u32,
    fault: Fault,
    made: AtomicU32,
}

impl Script {
    pub(crate) const fn new(failures: u32, fault: Fault) -> Self {
        Self { failures, fault, made: AtomicU32::new(0) }
    }

    fn draw(random: &mut Seeded) -> Self {
        let failures = match random.draw() % 8 {
            0..4 => 0,
            some => u32::try_from(some).expect("small") - 3,
        };
        let fault = match random.draw() % 16 {
            0..8 => Fault::Transient,
            8..10 => Fault::Permanent,
            10..12 => Fault::PushBack(Duration::from_micros(50)),
            12 => Fault::PushBack(Duration::from_secs(3600)),
            13 => Fault::AmbiguousPushBack(Duration::from_micros(50)),
            _ => Fault::Ambiguous,
        };
        Self::new(failures, fault)
    }

    /// Runs the script; the value is the number of the attempt.
    pub(crate) fn attempt(&self) -> Result<u32, Trouble> {
        let attempt = self.made.fetch_add(1, Relaxed) + 1;
        if attempt <= self.failures { Err(Trouble { fault: self.fault }) } else { Ok(attempt) }
    }

    pub(crate) fn attempts(&self) -> u32 {
        self.made.load(Relaxed)
    }

    pub(crate) fn failures(&self) -> u32 {
        self.failures
    }

    /// Returns the required end of a call with at most `max_attempts` attempts, which continues after ambiguous
    /// failures if it is `idempotent`.
    pub(crate) fn expected(&self, max_attempts: u32, idempotent: bool) -> Expected {
        let is_first_of_several = self.failures > 0 && max_attempts > 1;
        let is_too_long = self.fault.not_before().is_some_and(|wait| wait > LONGEST_PUSH_BACK);
        let at_once = match self.fault.kind() {
            FaultKind::Permanent if self.failures > 0 => Some(StopReason::Permanent),
            FaultKind::Ambiguous if self.failures > 0 && !idempotent => Some(StopReason::Ambiguous),
            _ if is_first_of_several && is_too_long => Some(StopReason::PushBackTooLong),
            _ => None,
        };
        if at_once.is_some() {
            return Expected { attempts: 1, reason: at_once };
        }
        if self.failures < max_attempts {
            return Expected { attempts: self.failures + 1, reason: None };
        }
        Expected { attempts: max_attempts, reason: Some(StopReason::MaxAttempts) }
    }
}

/// The longest push-back that a policy allows by default here.
const LONGEST_PUSH_BACK: Duration = Duration::from_secs(30);

/// One call, as seen by operation and hooks.
pub(crate) struct Call {
    tally: &'static Tally,
    script: Script,
    attempts: AtomicU32,
    retries: AtomicU32,
    /// The number of attempts that `on_recovered` received.
    recovered: AtomicU32,
    /// The position of the reason in [`REASONS`], plus 1.
    stopped: AtomicU32,
}

impl Call {
    /// Draws a script.
    pub(crate) fn new(tally: &'static Tally, random: &mut Seeded) -> Self {
        Self::with(tally, Script::draw(random))
    }

    pub(crate) fn with(tally: &'static Tally, script: Script) -> Self {
        tally.calls.fetch_add(1, Relaxed);
        let [attempts, retries, recovered, stopped] = [const { AtomicU32::new(0) }; 4];
        Self { tally, script, attempts, retries, recovered, stopped }
    }

    pub(crate) fn script(&self) -> &Script {
        &self.script
    }

    pub(crate) fn attempts(&self) -> u32 {
        self.attempts.load(Relaxed)
    }

    /// Runs the script, and counts; the value is the number of the attempt.
    pub(crate) fn attempt(&self) -> Result<u32, Trouble> {
        self.attempt_starts();
        self.script.attempt()
    }

    /// Counts an attempt, and returns its number.
    pub(crate) fn attempt_starts(&self) -> u32 {
        self.tally.attempts.fetch_add(1, Relaxed);
        self.attempts.fetch_add(1, Relaxed) + 1
    }

    /// The hook `on_retry`.
    pub(crate) fn retry<E>(&self, event: &RetryEvent<'_, E>) {
        self.failed_attempt(event.attempt());
    }

    /// Records that an attempt failed and another follows.
    pub(crate) fn failed_attempt(&self, number: u32) {
        self.tally.retries.fetch_add(1, Relaxed);
        let retries = self.retries.fetch_add(1, Relaxed) + 1;
        if number != retries {
            self.complain(&format!("attempt {number} was announced as the failure {retries}"));
        }
    }

    /// The hook `on_recovered`.
    pub(crate) fn recovered(&self, event: &RecoveredEvent) {
        self.recovered_at(event.attempts());
    }

    /// Records that a retry succeeded.
    pub(crate) fn recovered_at(&self, attempt: u32) {
        self.tally.recovered.fetch_add(1, Relaxed);
        self.recovered.store(attempt, Relaxed);
    }

    /// The hook `on_give_up`.
    pub(crate) fn gave_up<E>(&self, event: &GiveUpEvent<'_, E>) {
        self.gave_up_for(event.reason());
    }

    /// Records the reason why the call gave up.
    pub(crate) fn gave_up_for(&self, reason: StopReason) {
        self.tally.gave_up(reason);
        let at = REASONS.iter().position(|known| *known == reason).expect("every reason is known");
        self.stopped.store(u32::try_from(at).expect("few reasons") + 1, Relaxed);
    }

    fn reason(&self) -> Option<StopReason> {
        let at = self.stopped.load(Relaxed).checked_sub(1)?;
        REASONS.get(at as usize).copied()
    }

    /// Returns the end that the script requires of the call.
    pub(crate) fn expected(&self, max_attempts: u32, idempotent: bool) -> Expected {
        self.script.expected(max_attempts, idempotent)
    }

    /// Checks the end of the call.
    pub(crate) fn ended(&self, expected: Expected) {
        if self.found() != expected {
            self.complain(&format!("it was to end with {expected:?}"));
        }
        self.is_consistent();
    }

    /// Checks the end of the call, unless it ended for this reason.
    pub(crate) fn ended_unless(&self, reason: StopReason, expected: Expected) {
        if self.reason() == Some(reason) {
            if self.attempts() > expected.attempts {
                self.complain(&format!("it was to end with {expected:?} at the latest"));
            }
            self.is_consistent();
        } else {
            self.ended(expected);
        }
    }

    /// Checks the end of a call whose policy may have changed meanwhile, to at most `most` attempts.
    pub(crate) fn ended_somehow(&self, succeeded: bool, most: u32) {
        let Script { failures, fault, .. } = self.script;
        let (attempts, reason) = (self.attempts(), self.reason());
        let is_allowed = match reason {
            None => attempts == failures + 1,
            Some(StopReason::Permanent) => fault.kind() == FaultKind::Permanent,
            Some(StopReason::Ambiguous) => fault.kind() == FaultKind::Ambiguous,
            Some(StopReason::PushBackTooLong) => fault.not_before().is_some_and(|wait| wait > LONGEST_PUSH_BACK),
            Some(StopReason::MaxAttempts | StopReason::MaxElapsed | StopReason::Disabled) => true,
            Some(_) => false,
        };
        if !is_allowed || attempts > failures + 1 || attempts > most || succeeded != reason.is_none() {
            self.complain("no policy of it ends like this");
        }
        self.is_consistent();
    }

    /// Checks the end of a call with another one inside, with three attempts each: together they make three.
    pub(crate) fn ended_around_another(&self, succeeded: bool, stops_with_it: bool) {
        let inside = self.expected(3, false);
        self.check("attempts multiplied", self.script.attempts() == inside.attempts);
        self.check("the result is another", succeeded == inside.reason.is_none());
        self.ended(match inside.reason {
            _ if !stops_with_it => inside,
            Some(StopReason::MaxAttempts | StopReason::PushBackTooLong) => {
                Expected { attempts: 1, reason: Some(StopReason::Nested) }
            }
            reason => Expected { attempts: 1, reason },
        });
    }

    /// Checks the end of the call, and its report.
    pub(crate) fn ended_as_reported(&self, report: Result<Success<u32>, RetryError<Trouble>>, expected: Expected) {
        let reported = match report {
            Ok(success) => Expected { attempts: success.attempts, reason: success.stopped },
            Err(error) => Expected { attempts: error.attempts, reason: Some(error.reason) },
        };
        self.check("the report says something else", reported == expected);
        self.ended(expected);
    }

    /// Ends a manual loop, unless it has given up.
    pub(crate) fn succeeded_by_hand(&self, attempts: &mut Attempts<&Policy>) {
        if self.reason().is_none() {
            if self.attempts() > 1 {
                self.recovered_at(self.attempts());
            }
            attempts.success();
        }
    }

    fn found(&self) -> Expected {
        Expected { attempts: self.attempts(), reason: self.reason() }
    }

    /// Checks that hooks and operation agree, and counts the end.
    pub(crate) fn is_consistent(&self) {
        let (attempts, retries) = (self.attempts(), self.retries.load(Relaxed));
        // Cancelled in the delay, or out of time after the hook that announced the retry.
        let is_early = matches!(self.reason(), Some(StopReason::Cancelled | StopReason::MaxElapsed));
        let ended_in_delay = is_early && retries == attempts;
        self.tally.ended_in_delay.fetch_add(u64::from(ended_in_delay), Relaxed);
        let has_recovered = self.reason().is_none() && attempts > 1;
        self.tally.first_tries.fetch_add(u64::from(self.reason().is_none() && attempts == 1), Relaxed);
        let agree = retries + 1 == attempts + u32::from(ended_in_delay)
            && self.recovered.load(Relaxed) == if has_recovered { attempts } else { 0 };
        if !agree {
            self.complain("the hooks were told something else");
        }
    }

    /// Checks the end of the call, if it ended before its future was dropped.
    pub(crate) fn ended_or_broke_off(&self, has_ended: bool, max_attempts: u32) {
        if has_ended {
            self.ended(self.expected(max_attempts, false));
        } else {
            self.broke_off();
        }
    }

    /// Counts a call without a result: dropped halfway, or ended by a panic.
    pub(crate) fn broke_off(&self) {
        let (attempts, retries) = (self.attempts(), self.retries.load(Relaxed));
        self.tally.broken_off.fetch_add(1, Relaxed);
        match attempts.checked_sub(retries) {
            Some(1) => {}
            Some(0) => _ = self.tally.ended_in_delay.fetch_add(1, Relaxed),
            _ => self.complain("it broke off between attempts"),
        }
    }

    /// Counts a call whose future was dropped before its first poll.
    pub(crate) fn never_ran(&self) {
        self.tally.calls.fetch_sub(1, Relaxed);
    }

    /// Checks an observation of the caller.
    pub(crate) fn check(&self, what: &str, holds: bool) {
        if !holds {
            self.complain(what);
        }
    }

    fn complain(&self, what: &str) {
        let (attempts, retries, reason) = (self.attempts(), self.retries.load(Relaxed), self.reason());
        let Script { failures, fault, .. } = self.script;
        self.tally.complain(&format!(
            "{what}; {failures} failures ({fault:?}) were to come, there were {attempts} attempts and {retries} retries, and the reason to stop was {reason:?}"
        ));
    }
}
