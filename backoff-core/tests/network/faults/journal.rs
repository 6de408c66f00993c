//! The record of one call by its client, and the record that the network expects.

use std::sync::{Mutex, PoisonError};

use backoff_core::{GiveUpEvent, RecoveredEvent, RetryEvent, StopReason};

use super::{Fate, Network};

/// A failure as the client saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    NoConnection,
    /// The connection broke before the answer began.
    Broken,
    /// The answer broke off.
    CutOff,
    /// A timeout.
    TooSlow,
    /// Something that this network does not do.
    Else,
}

/// Converts an error of a client to a [`Seen`].
pub(crate) trait Look {
    fn look(&self) -> Seen;
}

/// The record of one call. The body and the hooks write separate fields.
#[derive(Clone, Debug, Default)]
pub(crate) struct Record {
    /// Attempts, counted by the body.
    pub(crate) attempts: u32,
    /// The failures, in order.
    pub(crate) seen: Vec<Seen>,
    /// Retries that were announced.
    pub(crate) retries: u32,
    pub(crate) recovered: Option<u32>,
    /// The number of attempts, and the reason.
    pub(crate) gave_up: Option<(u32, StopReason)>,
}

/// The record of a call in progress.
#[derive(Default)]
pub(crate) struct Journal(Mutex<Record>);

impl Journal {
    pub(crate) fn attempt_starts(&self) {
        self.note(|record| record.attempts += 1);
    }

    pub(crate) fn failed<E: Look>(&self, event: &RetryEvent<'_, E>) {
        self.note(|record| {
            record.retries += 1;
            assert_eq!(event.attempt(), record.retries);
            record.seen.push(event.error().map_or(Seen::Else, Look::look));
        });
    }

    pub(crate) fn recovered(&self, event: &RecoveredEvent) {
        self.note(|record| assert_eq!(record.recovered.replace(event.attempts()), None));
    }

    pub(crate) fn gave_up<E: Look>(&self, event: &GiveUpEvent<'_, E>) {
        self.note(|record| {
            assert_eq!(record.gave_up.replace((event.attempts(), event.reason())), None);
            record.seen.push(event.error().map_or(Seen::Else, Look::look));
        });
    }

    /// Returns the record after the call has ended.
    pub(crate) fn ended(self) -> Record {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, change: impl FnOnce(&mut Record)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Record {
    /// Checks the rules that are independent of the network: the numbers agree, and the call ended once.
    pub(crate) fn is_consistent(&self, succeeded: bool) {
        assert_eq!(self.attempts + self.unmade_retries(), self.retries + 1, "{self:?}");
        let recovered = (succeeded && self.retries > 0).then_some(self.attempts);
        assert_eq!(self.recovered, recovered, "{self:?}");
        let gave_up = self.gave_up.map(|(attempts, _)| attempts);
        assert_eq!(gave_up, (!succeeded).then_some(self.attempts), "{self:?}");
    }

    /// Returns 1 if the last retry was announced but not made, because the hook left no time for it.
    pub(crate) fn unmade_retries(&self) -> u32 {
        u32::from(self.reason() == Some(StopReason::MaxElapsed) && self.retries == self.attempts)
    }

    /// Returns the reason why the call gave up.
    pub(crate) fn reason(&self) -> Option<StopReason> {
        self.gave_up.map(|(_, reason)| reason)
    }

    /// Returns the number of attempts that a slow machine made time out without any fault of the network.
    pub(crate) fn needless_timeouts(&self, network: &Network, call: u32) -> u32 {
        let fates = (1..).map(|attempt| network.fate(call, attempt));
        let needless =
            self.seen.iter().zip(fates).filter(|(seen, fate)| **seen == Seen::TooSlow && *fate != Fate::Stalled);
        u32::try_from(needless.count()).expect("few attempts")
    }
}

/// The expected end of a call, from the fates of its attempts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) attempts: u32,
    pub(crate) seen: Vec<Seen>,
    pub(crate) reason: Option<StopReason>,
    /// Attempts that reach the server.
    pub(crate) arrived: u32,
}

impl Expected {
    /// Computes the end of a call with at most `max_attempts` attempts. The call continues after an ambiguous fault
    /// only if it is `idempotent`.
    pub(crate) fn of(network: &Network, call: u32, max_attempts: u32, idempotent: bool) -> Self {
        let mut expected = Self { attempts: 0, seen: Vec::new(), reason: None, arrived: 0 };
        loop {
            expected.attempts += 1;
            let fate = network.fate(call, expected.attempts);
            expected.arrived += u32::from(fate.reaches_server());
            expected.seen.push(match fate {
                Fate::Fine | Fate::Late => return expected,
                Fate::Refused => Seen::NoConnection,
                Fate::ResetBefore | Fate::ResetAfter => Seen::Broken,
                Fate::CutOff => Seen::CutOff,
                Fate::Stalled => Seen::TooSlow,
            });
            if fate != Fate::Refused && !idempotent {
                expected.reason = Some(StopReason::Ambiguous);
            } else if expected.attempts == max_attempts {
                expected.reason = Some(StopReason::MaxAttempts);
            }
            if expected.reason.is_some() {
                return expected;
            }
        }
    }
}
