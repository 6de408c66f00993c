//! The events that hooks receive, and the cases in which no hook runs.

use backoff_core::{Fault, Jitter, Policy, StopReason};
use support::{Case, Event, FAILS, Trouble, fails, ms, ns, ok, secs};

const PLAIN: Policy = Policy::exponential().jitter(Jitter::None).max_attempts(5).build();

fn trouble(attempt: u32, fault: Fault) -> Trouble {
    Trouble { attempt, fault }
}

#[test]
fn no_hook_runs_for_a_first_try_success() {
    let trace = Case::new(PLAIN, [ok(1).after(secs(1))]).run();
    assert_eq!(trace.events, []);
}

#[test]
fn a_retry_is_announced_with_attempt_error_delay_and_elapsed_time() {
    let trace = Case::new(PLAIN, [FAILS.after(ms(30)), ok(1).after(ms(5))]).run();
    let retry = Event::Retry {
        attempt: 1,
        max_attempts: Some(5),
        error: Some(trouble(1, Fault::Transient)),
        delay: ms(100),
        elapsed: ms(30),
    };
    assert_eq!(trace.events, [retry, Event::Recovered { attempts: 2, elapsed: ms(135) }]);
}

#[test]
fn giving_up_reports_the_reason_and_the_last_error() {
    for (fault, reason) in [(Fault::Permanent, StopReason::Permanent), (Fault::Ambiguous, StopReason::Ambiguous)] {
        let trace = Case::new(PLAIN, [FAILS, fails(fault).after(ms(7))]).run();
        let gave_up = Event::GaveUp { attempts: 2, error: Some(trouble(2, fault)), reason, elapsed: ms(107) };
        assert_eq!(trace.events[1..], [gave_up]);
    }
}

#[test]
fn every_call_ends_with_at_most_one_closing_event() {
    let scripts = [vec![ok(1)], vec![FAILS, ok(1)], vec![FAILS], vec![fails(Fault::Permanent)]];
    for script in scripts {
        let trace = Case::new(PLAIN, script).run();
        let closing = trace.events.iter().filter(|event| !matches!(event, Event::Retry { .. })).count();
        assert_eq!(closing, usize::from(!trace.events.is_empty()), "{:?}", trace.events);
        assert!(trace.events.iter().rev().skip(1).all(|event| matches!(event, Event::Retry { .. })));
    }
}

#[test]
fn an_unlimited_policy_announces_no_largest_attempt() {
    let policy = Policy::constant(ms(1)).jitter(Jitter::None).max_elapsed(ms(1)).build();
    let trace = Case::always_fails(policy).run();
    assert!(matches!(trace.events[0], Event::Retry { attempt: 1, max_attempts: None, .. }));
}

#[test]
fn the_announced_delay_is_the_one_that_is_slept() {
    let policy = Policy::exponential().max_attempts(8).build();
    for seed in 0..20 {
        let trace = Case::always_fails(policy).seed(seed).run();
        assert_eq!(trace.announced(), trace.slept);
        assert_eq!(trace.report.slept, trace.slept.iter().sum());
    }
}

#[test]
fn an_unmet_condition_is_announced_without_an_error() {
    let trace = Case::new(PLAIN, [ok(1), ok(2)]).until_at_least(2).run();
    assert!(matches!(trace.events[0], Event::Retry { attempt: 1, error: None, .. }));
    assert_eq!(trace.events[1], Event::Recovered { attempts: 2, elapsed: ms(100) });
}

/// Returns the log lines for the events of a call.
fn lines(policy: Policy, script: &[Result<u32, &'static str>]) -> Vec<String> {
    let lines = std::cell::RefCell::new(Vec::new());
    let time = support::Virtual::new();
    let mut script = script.iter().copied();
    let result = policy
        .retry(|| script.next().expect("the script has a step for every attempt"))
        .until(|value| *value > 0)
        .on_retry(|event| lines.borrow_mut().push(event.to_string()))
        .on_give_up(|event| lines.borrow_mut().push(event.to_string()))
        .on_recovered(|event| lines.borrow_mut().push(event.to_string()))
        .clock(|| time.now())
        .sleep(|delay| time.advance(delay))
        .call();
    assert_eq!(script.next(), None, "every step was run, and the last gave {result:?}");
    lines.into_inner()
}

#[test]
fn events_read_as_a_line_of_a_log() {
    let policy = Policy::exponential().initial_delay(ms(650)).jitter(Jitter::None).max_attempts(3).build();
    assert_eq!(
        lines(policy, &[Err("refused"), Ok(0), Err("reset")]),
        [
            "attempt 1 of 3 failed: refused; next in 650 ms",
            "attempt 2 of 3 did not meet the condition; next in 1.3 s",
            "gave up after 3 attempts: no attempts left: reset",
        ]
    );
    assert_eq!(lines(policy, &[Err("refused"), Ok(1)])[1..], ["recovered at attempt 2 after 650 ms"]);
    let unlimited = Policy::constant(ns(1_500)).jitter(Jitter::None).max_elapsed(ns(1_500)).build();
    assert_eq!(
        lines(unlimited, &[Err("down"), Ok(0)]),
        ["attempt 1 failed: down; next in 2 µs", "gave up after 2 attempts: no time left"]
    );
    for (delay, written) in [
        (ns(400), "400 ns"),
        (ns(999_499), "999 µs"),
        (ns(999_500), "1 ms"),
        (ns(999_499_999), "999 ms"),
        (ns(999_500_000), "1.0 s"),
    ] {
        let policy = Policy::constant(delay).jitter(Jitter::None).build();
        let first = lines(policy, &[Err("down"), Ok(1)]).remove(0);
        assert_eq!(first, format!("attempt 1 of 3 failed: down; next in {written}"));
    }
}

#[test]
fn every_reason_has_a_different_word_and_sentence() {
    use StopReason::{
        Ambiguous, BackoffEnded, BudgetEmpty, Cancelled, Disabled, MaxAttempts, MaxElapsed, Nested, Permanent,
        PushBackTooLong, Timeout,
    };
    let all = [
        (Permanent, "permanent"),
        (Ambiguous, "ambiguous"),
        (MaxAttempts, "max_attempts"),
        (MaxElapsed, "max_elapsed"),
        (Timeout, "timeout"),
        (BackoffEnded, "backoff_ended"),
        (PushBackTooLong, "push_back_too_long"),
        (BudgetEmpty, "budget_empty"),
        (Cancelled, "cancelled"),
        (Nested, "nested"),
        (Disabled, "disabled"),
    ];
    assert_eq!(StopReason::ALL, all.map(|(reason, _)| reason), "a new reason gets its word here, too");
    let sentences: std::collections::HashSet<_> = StopReason::ALL.iter().map(ToString::to_string).collect();
    assert_eq!(sentences.len(), all.len());
    for (reason, word) in all {
        assert_eq!(reason.as_str(), word);
    }
}

#[test]
fn the_alternate_form_of_an_event_is_that_of_the_error() {
    let mut lines = Vec::new();
    let error = || anyhow::anyhow!("refused").context("cannot load");
    let call = Policy::constant(std::time::Duration::ZERO).max_attempts(2).build();
    let told = std::cell::RefCell::new(&mut lines);
    let _ = call
        .retry(|| Err::<(), _>(error()))
        .on_retry(|event| told.borrow_mut().extend([format!("{event}"), format!("{event:#}")]))
        .on_give_up(|event| told.borrow_mut().push(format!("{event:#}")))
        .call();
    assert_eq!(
        lines,
        [
            "attempt 1 of 2 failed: cannot load; next in 0 ms",
            "attempt 1 of 2 failed: cannot load: refused; next in 0 ms",
            "gave up after 2 attempts: no attempts left: cannot load: refused",
        ]
    );
}
