//! The checks after a failed attempt have a fixed order, and the first one that stops gives the reason.

use backoff_core::{Fault, FaultKind, List, Policy, StopReason};
use support::{Case, fails, ms, secs};

/// The conditions that are true at once when the first attempt fails.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "every combination of independent conditions is a case")]
struct Conditions {
    fault: Fault,
    cancelled: bool,
    attempts: bool,
    ended: bool,
    elapsed: bool,
    idempotent: bool,
}

const LONG_PUSH_BACK: Fault = Fault::PushBack(secs(5));
const LONG_AMBIGUOUS: Fault = Fault::AmbiguousPushBack(secs(5));
const MAX_PUSH_BACK_SECONDS: u64 = 4;

impl Conditions {
    /// The reasons that hold, in the order in which they are checked.
    fn reasons(&self) -> impl Iterator<Item = StopReason> {
        let at = |condition, reason| if condition { Some(reason) } else { None };
        [
            at(self.fault.kind() == FaultKind::Permanent, StopReason::Permanent),
            at(self.fault.kind() == FaultKind::Ambiguous && !self.idempotent, StopReason::Ambiguous),
            at(self.cancelled, StopReason::Cancelled),
            at(self.attempts, StopReason::MaxAttempts),
            at(self.ended, StopReason::BackoffEnded),
            at([LONG_PUSH_BACK, LONG_AMBIGUOUS].contains(&self.fault), StopReason::PushBackTooLong),
            at(self.elapsed, StopReason::MaxElapsed),
        ]
        .into_iter()
        .flatten()
    }

    fn case(&self) -> Case<List<&'static [std::time::Duration]>> {
        const DELAYS: &[std::time::Duration] = &[ms(100)];
        let delays = if self.ended { &[] } else { DELAYS };
        let policy = Policy::with_backoff(List::new(delays))
            .max_attempts(if self.attempts { 1 } else { 2 })
            .max_push_back(secs(MAX_PUSH_BACK_SECONDS))
            .max_elapsed(if self.elapsed { secs(1) } else { secs(10) });
        let policy = if self.idempotent { policy.idempotent() } else { policy }.build();
        let case = Case::new(policy, [fails(self.fault).after(secs(2)), support::ok(1)]);
        if self.cancelled { case.cancelled_in(1) } else { case }
    }
}

fn all_combinations() -> impl Iterator<Item = Conditions> {
    let faults = [Fault::Transient, Fault::Permanent, Fault::Ambiguous, LONG_PUSH_BACK, LONG_AMBIGUOUS];
    faults.into_iter().flat_map(|fault| {
        (0..32_u8).map(move |bits| Conditions {
            fault,
            cancelled: bits & 1 != 0,
            attempts: bits & 2 != 0,
            ended: bits & 4 != 0,
            elapsed: bits & 8 != 0,
            idempotent: bits & 16 != 0,
        })
    })
}

#[test]
fn the_first_of_all_conditions_that_hold_names_the_reason() {
    let mut seen = Vec::new();
    for conditions in all_combinations() {
        let mut reasons = conditions.reasons();
        let trace = conditions.case().run();
        let Some(reason) = reasons.next() else {
            assert_eq!((trace.calls, trace.result), (2, Ok(1)), "nothing stops");
            continue;
        };
        assert_eq!(trace.ended(), (1, Some(reason)), "{conditions:?}");
        assert_eq!((trace.slept.len(), trace.retries()), (0, 0), "nothing is slept or announced: {conditions:?}");
        seen.extend(reasons.next().map(|next| (reason, next)));
    }
    let expected = [
        (StopReason::Permanent, StopReason::Cancelled),
        (StopReason::Ambiguous, StopReason::Cancelled),
        (StopReason::Cancelled, StopReason::MaxAttempts),
        (StopReason::MaxAttempts, StopReason::BackoffEnded),
        (StopReason::BackoffEnded, StopReason::PushBackTooLong),
        (StopReason::PushBackTooLong, StopReason::MaxElapsed),
    ];
    assert!(expected.iter().all(|pair| seen.contains(pair)), "every two neighbours met: {seen:?}");
}

#[test]
fn an_ambiguous_failure_is_retried_where_the_policy_or_the_call_is_idempotent() {
    let case = |policy| Case::new(policy, [fails(Fault::Ambiguous), support::ok(1)]);
    let strict = Policy::exponential().build();
    assert_eq!(case(strict).run().ended(), (1, Some(StopReason::Ambiguous)));
    assert_eq!(case(strict.edit().idempotent().build()).run().ended(), (2, None));
    let report = strict
        .retry(|| Err::<(), _>("lost answer"))
        .when(|_| Fault::Ambiguous)
        .idempotent()
        .sleep(|_| ())
        .call_report();
    assert_eq!(report.unwrap_err().reason, StopReason::MaxAttempts);
}

#[test]
fn an_idempotent_call_still_stops_at_its_other_limits() {
    let policy = Policy::exponential().idempotent().max_attempts(3).build();
    let trace = Case::new(policy, [fails(Fault::Ambiguous)]).run();
    assert_eq!(trace.ended(), (3, Some(StopReason::MaxAttempts)));
}
