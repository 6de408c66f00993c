//! The state of a manual loop: its owner, its settings, its last attempt, and its restoration.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use backoff_core::call::{AttemptsWith, CancelSignal};
use backoff_core::{
    Attempts, Backoff, Budget, CancelToken, InnerRetries, Jitter, List, Policy, Scope, Sequence, StopReason,
    WaitForCancel, testing,
};
use support::{Virtual, ms, secs};

const AT_ONCE: Policy = Policy::constant(secs(0)).max_attempts(3).build();
const DOUBLING: Policy = Policy::exponential().jitter(Jitter::None).forever().build();

/// Returns the tenths of tokens that are left.
fn tokens(budget: &Budget) -> u32 {
    (1..=100).take_while(|tenths| f64::from(*tenths) <= budget.available() * 10.0 + 1e-6).last().unwrap_or(0)
}

/// A budget of ten tokens of which seven are left.
fn budget_of_seven() -> Budget {
    let budget = Budget::new().capacity(10).ratio(0.5);
    (0..3).for_each(|_| assert!(budget.withdraw()));
    budget
}

/// Any of the loops that a field can contain.
#[expect(dead_code, reason = "the types are what is tested")]
struct Fields {
    owned: Attempts,
    shared: Attempts<Arc<Policy>>,
    borrowed: Attempts<&'static Policy>,
    with_budget: AttemptsWith<Arc<Budget>>,
    with_all: AttemptsWith<&'static Budget, CancelSignal<WaitForCancel>, Arc<Policy>>,
    of_own_backoff: Attempts<Policy<List<Vec<std::time::Duration>>>>,
}

#[test]
fn a_loop_that_owns_its_policy_is_a_field_of_a_thread_or_task() {
    static POLICY: Policy = AT_ONCE;
    static BUDGET: Budget = Budget::new();
    fn moves<T: Send + 'static>(value: T) -> T {
        value
    }
    let token = CancelToken::new();
    let shared = Arc::new(AT_ONCE);
    let fields = moves(Fields {
        owned: Attempts::new(AT_ONCE),
        shared: Attempts::new(Arc::clone(&shared)),
        borrowed: POLICY.start(),
        with_budget: Attempts::new(AT_ONCE).budget(Arc::new(Budget::new())),
        with_all: Attempts::new(shared).budget(&BUDGET).cancel(token),
        of_own_backoff: Attempts::new(Policy::with_backoff(List::new(vec![ms(1)])).build()),
    });
    let mut owned = std::thread::spawn(move || fields).join().unwrap().owned;
    assert_eq!((owned.pause("one"), owned.pause("two"), owned.pause("three")), (Ok(()), Ok(()), Err("three")));
}

#[test]
fn owned_and_borrowed_policies_give_the_same_delays() {
    fn delays<P: backoff_core::call::PolicySource>(attempts: Attempts<P>) -> Vec<std::time::Duration> {
        let mut attempts = attempts.seed(7).sleep(|_| ());
        let mut delays = Vec::new();
        while let Ok(delay) = attempts.failed("down") {
            delays.push(delay);
            assert_eq!(attempts.wait(), Ok(()));
        }
        delays
    }
    let policy = Policy::exponential().max_attempts(6).build();
    let expected: Vec<_> = policy.delays().seed(7).collect();
    assert_eq!(delays(policy.start()), expected);
    assert_eq!(delays(Attempts::new(policy)), expected);
    assert_eq!(delays(Attempts::new(Arc::new(policy))), expected);
}

#[test]
fn a_loop_takes_its_random_numbers_from_the_given_source() {
    let policy = Policy::exponential().build();
    assert_eq!(policy.start().random(|| u64::MAX).failed("down"), Ok(ms(100)));
    assert_eq!(policy.start().random(|| 0).failed("down"), Ok(ms(0)));
}

#[test]
fn a_setting_after_a_failure_keeps_the_call() {
    let mut attempts = AT_ONCE.start();
    assert_eq!(attempts.pause("down"), Ok(()));
    let mut attempts = attempts.name("later").seed(1).sleep(|_| ());
    assert_eq!((attempts.number(), attempts.failures()), (2, 1));
    assert_eq!((attempts.pause("down"), attempts.pause("down")), (Ok(()), Err("down")));
}

#[test]
fn a_loop_that_stops_with_inner_calls_stops_after_one_gave_up() {
    let mut attempts = AT_ONCE.start().inner_retries(InnerRetries::Stop);
    let scope = attempts.scope().expect("the loop has a scope");
    let inner = || AT_ONCE.retry(|| Err::<(), _>("down")).call();
    assert_eq!(scope.run(inner), Err("down"));
    assert_eq!(attempts.failed("down"), Err("down"));
    assert_eq!(attempts.stopped(), Some(StopReason::Nested));
}

#[test]
fn the_scope_of_a_loop_counts_its_attempts_and_bounds_inner_delays() {
    let policy = Policy::constant(secs(0)).max_elapsed(secs(60)).build();
    let mut attempts = policy.start().inner_retries(InnerRetries::Suppress);
    let numbers = [1, 2, 3].map(|_| {
        let scope = attempts.scope().expect("the loop has a scope");
        let seen = scope.run(|| Scope::current().map(|scope| (scope.attempt(), scope.suppresses_retries())));
        assert!(scope.remaining().is_some_and(|left| left <= secs(60)));
        assert_eq!(attempts.pause("down"), Ok(()));
        seen.expect("the scope is entered")
    });
    assert_eq!(numbers, [(1, true), (2, true), (3, true)]);
    assert!(policy.start().inner_retries(InnerRetries::Allow).scope().is_none());
}

#[test]
fn a_loop_that_forgets_its_success_neither_drains_its_budget_nor_loses_the_recovery() {
    let test = testing::Setup::new().for_thread();
    let budget = Budget::new().capacity(10).ratio(1.0);
    for call in 0..100 {
        let mut attempts = AT_ONCE.start().budget(&budget);
        assert_eq!(attempts.pause("down"), Ok(()), "call {call}");
        // attempt 2 succeeds, then the loop is dropped
    }
    assert_eq!((tokens(&budget), test.attempts()), (100, 200));
}

#[test]
fn an_attempt_that_runs_when_the_loop_is_dropped_is_counted_once() {
    let budget = budget_of_seven();
    let mut attempts = AT_ONCE.start().budget(&budget);
    assert_eq!(attempts.pause("down"), Ok(()));
    attempts.success();
    assert_eq!(tokens(&budget), 65);
    drop(attempts);
    assert_eq!(tokens(&budget), 65, "`success` was the end of it");

    let mut attempts = AT_ONCE.start().budget(&budget);
    attempts.success();
    assert_eq!(attempts.pause("a new call"), Ok(()));
    assert_eq!(tokens(&budget), 60);
    drop(attempts);
    assert_eq!(tokens(&budget), 65, "its second attempt");
}

#[test]
fn a_loop_that_is_dropped_in_a_delay_or_after_its_end_has_not_succeeded() {
    let test = testing::Setup::new().for_thread();
    let budget = budget_of_seven();
    let mut pending = AT_ONCE.start().budget(&budget);
    assert_eq!(pending.failed("down"), Ok(secs(0)));
    drop(pending);
    assert_eq!(tokens(&budget), 60);

    let mut stopped = AT_ONCE.start().budget(&budget);
    assert_eq!(stopped.pause_as("denied", false), Err("denied"));
    drop(stopped);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _attempts = AT_ONCE.start().budget(&budget);
        std::panic::resume_unwind(Box::new("the operation panics"));
    }));
    assert!(panicked.is_err());
    assert_eq!((tokens(&budget), test.attempts()), (60, 2));
}

#[test]
fn a_setter_is_no_end_of_the_loop() {
    let test = testing::Setup::new().for_thread();
    let budget = budget_of_seven();
    let mut attempts = AT_ONCE.start().budget(&budget).name("set").seed(1).clock(|| secs(0)).sleep(|_| ());
    attempts.success();
    drop(attempts);
    assert_eq!((tokens(&budget), test.attempts()), (75, 1));
}

#[test]
fn a_restored_loop_goes_on_with_attempts_and_growth() {
    let mut first = DOUBLING.start().sleep(|_| ());
    for _ in 0..3 {
        assert_eq!(first.pause("down"), Ok(()));
    }
    let mut second = DOUBLING.start().resume(first.failures(), first.elapsed());
    assert_eq!((second.number(), second.failures()), (4, 3));
    assert_eq!((second.failed("down"), first.failed("down")), (Ok(ms(800)), Ok(ms(800))));
    let report = second.explain("down");
    assert_eq!(report.attempts, 4);
}

#[test]
fn a_restored_loop_has_the_time_that_was_left() {
    let policy = Policy::constant(secs(1)).jitter(Jitter::None).max_elapsed(secs(60)).build();
    let time = Virtual::new();
    let restored = |elapsed| policy.start().resume(9, elapsed).clock(|| time.now()).sleep(|delay| time.advance(delay));
    let mut attempts = restored(secs(58));
    assert_eq!(attempts.elapsed(), secs(58));
    assert_eq!((attempts.pause("down"), attempts.elapsed()), (Ok(()), secs(59)));
    assert_eq!((attempts.pause("down"), attempts.pause("down")), (Ok(()), Err("down")));
    assert_eq!((attempts.stopped(), attempts.failures()), (Some(StopReason::MaxElapsed), 12));
    assert_eq!((restored(secs(60)).failed("late"), restored(secs(59)).failed("in time")), (Err("late"), Ok(secs(1))));
}

/// Returns the delay after three failures of an earlier process and one of this.
fn fourth<B: Backoff>(policy: &Policy<B>) -> Result<std::time::Duration, &'static str> {
    policy.start().resume(3, secs(0)).failed("down")
}

#[test]
fn a_restored_loop_keeps_its_limit_of_attempts_and_the_place_in_a_list() {
    assert_eq!(AT_ONCE.start().resume(2, secs(0)).failed("third"), Err("third"));
    assert_eq!(AT_ONCE.start().resume(1, secs(0)).failed("second"), Ok(secs(0)));
    assert_eq!(DOUBLING.start().resume(u32::MAX, secs(0)).failed("down"), Ok(secs(20)));

    let list = Policy::with_backoff(List::new([1, 2, 3, 4].map(ms))).build();
    assert_eq!(fourth(&list), Ok(ms(4)));
    assert_eq!(list.start().resume(9, secs(0)).failed("down"), Err("down"));
    assert_eq!(fourth(&Policy::with_backoff(Sequence::new((1..).map(ms))).forever().build()), Ok(ms(4)));
    assert_eq!(fourth(&Policy::with_backoff(|retry: u32| Some(ms(retry.into()))).forever().build()), Ok(ms(4)));
}
