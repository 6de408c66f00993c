//! Budgets in calls: withdrawals, deposits, and calls without a token.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Duration;

use backoff_core::StopReason::{BudgetEmpty, MaxAttempts};
use backoff_core::{Budget, Budgets, Fault, Jitter, Policy, StopReason, retry, testing};
use support::{Virtual, block_on, paused, secs};

const FOUR: Policy = Policy::constant(Duration::ZERO).max_attempts(4).build();

type Down = Result<(), &'static str>;

/// Takes tokens until `left` are left.
fn spend(budget: &Budget, left: u32) {
    while budget.available() > f64::from(left) {
        assert!(budget.withdraw());
    }
}

/// Fails, and counts.
fn fails(calls: &Cell<u32>) -> Down {
    calls.set(calls.get() + 1);
    Err("down")
}

#[track_caller]
fn has(budget: &Budget, tokens: f64) {
    assert!((budget.available() - tokens).abs() < 1e-9, "{budget:?}, expected {tokens}");
}

#[test]
fn a_bare_budget_is_one_for_all_calls_of_the_function_and_without_successes_has_two_tokens() {
    #[retry(budget, max_attempts = 4, delay = "0s", on_give_up = |event| reasons.borrow_mut().push(event.reason()))]
    fn ask(calls: &Cell<u32>, reasons: &RefCell<Vec<StopReason>>) -> Down {
        fails(calls)
    }
    let (calls, reasons) = (Cell::new(0), RefCell::default());
    let per_call: Vec<_> = (0..5)
        .map(|_| {
            assert_eq!(ask(&calls, &reasons), Err("down"));
            calls.take()
        })
        .collect();
    assert_eq!(per_call, [3, 1, 1, 1, 1]);
    assert_eq!(reasons.take(), [BudgetEmpty; 5]);
}

#[test]
fn ten_successes_pay_for_one_retry() {
    static BUDGET: Budget = Budget::new().capacity(2);
    #[retry(budget = BUDGET, max_attempts = 4, delay = "0s")]
    fn ask(is_up: bool, calls: &Cell<u32>) -> Down {
        if is_up { Ok(()) } else { fails(calls) }
    }
    let calls = Cell::new(0);
    assert_eq!(ask(false, &calls), Err("down"));
    assert_eq!(calls.take(), 3);
    for _ in 0..10 {
        assert_eq!(ask(true, &calls), Ok(()));
    }
    has(&BUDGET, 1.0);
    assert_eq!(ask(false, &calls), Err("down"));
    assert_eq!(calls.take(), 2);
    has(&BUDGET, 0.0);
}

struct Client {
    own: Arc<Budget>,
    plain: Budget,
    hosts: Budgets<String>,
}

impl Client {
    #[retry(budget = self.own, max_attempts = 9, delay = "0s")]
    fn by_arc(&self, calls: &Cell<u32>) -> Down {
        fails(calls)
    }

    #[retry(budget = &self.plain, max_attempts = 9, delay = "0s")]
    fn by_reference(&self, calls: &Cell<u32>) -> Down {
        fails(calls)
    }

    #[retry(budget = self.hosts.get(host), max_attempts = 9, delay = "0s")]
    fn by_host(&self, host: &str, calls: &Cell<u32>) -> Down {
        let _ = host;
        fails(calls)
    }

    #[retry(budget = self.hosts.get(host), max_attempts = 9, delay = "0s")]
    async fn by_host_async(&self, host: &str, calls: &Cell<u32>) -> Down {
        let _ = host;
        fails(calls)
    }
}

#[test]
fn a_budget_can_be_a_field_an_arc_or_be_made_from_an_argument() {
    let own = Arc::new(Budget::new().capacity(2));
    let client = Client { own: Arc::clone(&own), plain: Budget::new().capacity(3), hosts: Budgets::new().capacity(1) };
    let calls = Cell::new(0);
    let count = |result: Down| {
        assert_eq!(result, Err("down"));
        calls.take()
    };
    assert_eq!(count(client.by_arc(&calls)), 3);
    has(&own, 0.0);
    assert_eq!(count(client.by_reference(&calls)), 4);
    // One token for each host, for all callers together.
    assert_eq!(count(client.by_host("a.example", &calls)), 2);
    assert_eq!(count(client.by_host("a.example", &calls)), 1);
    assert_eq!(count(client.by_host("b.example", &calls)), 2);
    assert_eq!(count(block_on(client.by_host_async("b.example", &calls))), 1);
    assert_eq!(count(block_on(client.by_host_async("c.example", &calls))), 2);
    assert_eq!(client.hosts.len(), 3);
}

#[test]
fn the_expression_is_evaluated_once_per_call() {
    #[retry(budget = chosen(times), max_attempts = 4, delay = "0s")]
    fn ask(times: &Cell<u32>, calls: &Cell<u32>) -> Down {
        fails(calls)
    }
    fn chosen(times: &Cell<u32>) -> Arc<Budget> {
        times.set(times.get() + 1);
        Arc::new(Budget::new().capacity(3))
    }
    let (times, calls) = (Cell::new(0), Cell::new(0));
    assert_eq!((ask(&times, &calls), times.get(), calls.get()), (Err("down"), 1, 4));
}

#[test]
fn a_call_by_the_builder_takes_a_reference_or_an_arc() {
    let shared = Arc::new(Budget::new().capacity(3));
    let report = FOUR.retry(|| Err::<(), _>("down")).budget(&*shared).call_report().unwrap_err();
    assert_eq!((report.reason, report.attempts), (MaxAttempts, 4));
    shared.deposit();
    let report = FOUR.retry(|| Err::<(), _>("down")).budget(&shared).call_report().unwrap_err();
    assert_eq!((report.reason, report.attempts), (BudgetEmpty, 1));
    let report = block_on(FOUR.retry(|| async { Err::<(), _>("down") }).budget(Arc::clone(&shared)).report());
    assert_eq!(report.unwrap_err().reason, BudgetEmpty);
}

#[test]
fn a_manual_loop_takes_tokens_and_gives_back_on_success() {
    let budget = Budget::new().capacity(2);
    let mut attempts = FOUR.start().budget(&budget);
    assert_eq!((attempts.pause("one"), attempts.pause("two")), (Ok(()), Ok(())));
    assert_eq!(attempts.pause("three"), Err("three"));
    assert_eq!(attempts.stopped(), Some(BudgetEmpty));
    for _ in 0..10 {
        let mut attempts = FOUR.start().budget(&budget);
        attempts.success();
    }
    has(&budget, 1.0);
}

#[test]
fn an_unmet_condition_takes_a_token_and_deposits_none() {
    let budget = Budget::new().ratio(1.0).capacity(5);
    let report = FOUR.retry(|| Ok::<_, ()>(1)).until(|_| false).budget(&budget).call_report().unwrap();
    assert_eq!((report.attempts, report.stopped), (4, Some(MaxAttempts)));
    has(&budget, 2.0);
    let call = FOUR.retry(|| async { Ok::<_, ()>(1) }).until(|_| false).budget(&budget);
    let report = block_on(call.report()).unwrap();
    assert_eq!((report.attempts, report.stopped), (3, Some(BudgetEmpty)));
    has(&budget, 0.0);
}

#[test]
fn an_annotated_function_whose_condition_is_unmet_takes_tokens_too() {
    static POLLS: Budget = Budget::new().ratio(1.0).capacity(5);
    #[retry(budget = POLLS, max_attempts = 4, delay = "0s", until = |done| *done, unmet = last)]
    fn poll(is_done: bool) -> Result<bool, &'static str> {
        Ok(is_done)
    }
    assert_eq!(poll(false), Ok(false));
    has(&POLLS, 2.0);
    assert_eq!(poll(true), Ok(true));
    has(&POLLS, 3.0);
}

#[test]
fn only_a_retry_takes_a_token() {
    let budget = Budget::new().capacity(10);
    for fault in [Fault::Permanent, Fault::Ambiguous, Fault::PushBack(secs(3600))] {
        let report = FOUR.retry(|| Err::<(), _>("down")).when(|_| fault).budget(&budget).call_report().unwrap_err();
        assert_eq!(report.attempts, 1, "{fault:?}");
    }
    let limits = [
        Policy::constant(Duration::ZERO).max_attempts(1).build(),
        Policy::never().build(),
        Policy::constant(secs(2)).jitter(Jitter::None).max_elapsed(secs(3)).build(),
    ];
    for policy in limits {
        let clock = Virtual::new();
        let attempt = || {
            clock.advance(secs(2));
            Err::<(), _>("down")
        };
        let call = policy.retry(attempt).clock(|| clock.now()).sleep(|delay| clock.advance(delay));
        assert_eq!(call.budget(&budget).call_report().unwrap_err().attempts, 1, "{policy:?}");
    }
    has(&budget, 10.0);
    // A permanent failure after a retry: one token for the retry, no deposit.
    let calls = Cell::new(0);
    let call = FOUR.retry(|| fails(&calls)).when(|_| calls.get() < 2).budget(&budget);
    assert_eq!(call.call_report().unwrap_err().attempts, 2);
    has(&budget, 9.0);
}

#[test]
fn a_denial_comes_before_the_sleep_and_keeps_the_last_error() {
    const SLOW: Policy = Policy::constant(secs(5)).jitter(Jitter::None).max_attempts(4).build();
    let budget = Budget::new().capacity(2);
    spend(&budget, 1);
    let (number, slept) = (Cell::new(0), RefCell::new(Vec::new()));
    let attempt = || {
        number.set(number.get() + 1);
        Err::<(), _>(format!("failure {}", number.get()))
    };
    let report = SLOW.retry(attempt).budget(&budget).sleep(|delay| slept.borrow_mut().push(delay)).call_report();
    let error = report.unwrap_err();
    assert_eq!((error.last.as_str(), error.reason, error.slept), ("failure 2", BudgetEmpty, secs(5)));
    assert_eq!(slept.take(), [secs(5)], "one delay, for the one token");
}

#[test]
fn an_annotated_function_without_a_token_returns_at_once() {
    static EMPTY: Budget = Budget::new().capacity(1);
    #[retry(budget = EMPTY, delay = "5s", jitter = none, max_attempts = 4)]
    async fn ask() -> Result<(), String> {
        Err("down".to_owned())
    }
    paused(async {
        let start = tokio::time::Instant::now();
        assert_eq!(ask().await, Err("down".to_owned()));
        assert_eq!(start.elapsed(), secs(5));
        assert_eq!(ask().await, Err("down".to_owned()));
        assert_eq!(start.elapsed(), secs(5), "no token, no delay");
    });
}

#[test]
fn a_recovery_deposits_once_and_in_both_worlds_alike() {
    let budget = Budget::new().capacity(10);
    let calls = Cell::new(0);
    let recovers = || {
        calls.set(calls.get() + 1);
        if calls.get() % 3 == 0 { Ok(()) } else { Err("down") }
    };
    assert_eq!(FOUR.retry(recovers).budget(&budget).call(), Ok(()));
    has(&budget, 8.1);
    assert_eq!(block_on(FOUR.retry(|| std::future::ready(recovers())).budget(&budget).into_future()), Ok(()));
    has(&budget, 6.2);
}

#[test]
fn a_recovery_of_an_annotated_function_deposits_once() {
    static SHARED: Budget = Budget::new().capacity(10);
    #[retry(budget = SHARED, max_attempts = 4, delay = "0s")]
    async fn ask(calls: &Cell<u32>) -> Down {
        if calls.get() == 2 { Ok(()) } else { fails(calls) }
    }
    assert_eq!(block_on(ask(&Cell::new(0))), Ok(()));
    has(&SHARED, 8.1);
}

#[test]
fn a_hundred_threads_of_annotated_calls_retry_no_more_than_there_are_tokens() {
    static BUDGET: Budget = Budget::new().capacity(50);
    #[retry(budget = BUDGET, max_attempts = 3, delay = "0s")]
    fn ask(calls: &Cell<u32>) -> Down {
        fails(calls)
    }
    let threads: Vec<_> = (0..100)
        .map(|_| {
            std::thread::spawn(|| {
                let calls = Cell::new(0);
                (0..5).for_each(|_| assert_eq!(ask(&calls), Err("down")));
                calls.get()
            })
        })
        .collect();
    let calls: u32 = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
    assert_eq!(calls, 100 * 5 + 50);
}

#[test]
fn in_virtual_time_the_capacity_is_an_exact_tenth_of_the_successes_of_ten_seconds() {
    static BUDGET: Budget = Budget::new();
    #[retry(budget = BUDGET, max_attempts = 20, delay = "0s")]
    fn ask(is_up: bool, calls: &Cell<u32>) -> Down {
        if is_up { Ok(()) } else { fails(calls) }
    }
    let calls = Cell::new(0);
    let after = |successes: u32, wait: Duration| {
        let _clock = testing::virtual_time();
        (0..successes).for_each(|_| assert_eq!(ask(true, &calls), Ok(())));
        testing::advance(wait);
        assert_eq!(ask(false, &calls), Err("down"));
        calls.take() - 1
    };
    assert_eq!(after(100, secs(9)), 10);
    assert_eq!(after(100, secs(15)), 5, "half of the window is past");
    assert_eq!(after(100, secs(60)), 2);
    assert_eq!(after(1_000, secs(0)), 10, "ten at most");
}
