//! Guards of a thread, a future and the process: their effects, their precedence, and their end.
//!
//! Tests with a guard of the process are in `testing_process.rs`, because it would disturb other tests of the binary.
#![deny(warnings, clippy::all, clippy::pedantic)]

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use backoff_core::testing::{self, Setup};
use backoff_core::{Attempt, Budget, Fault, InnerRetries, Jitter, Policy, StopReason, retry};

const HOUR: Duration = Duration::from_secs(3600);
const HOURLY: Policy = Policy::constant(HOUR).jitter(Jitter::None).max_attempts(3).build();

#[retry(delay = "1h", jitter = none, max_attempts = 3)]
fn three_times(calls: &Cell<u32>) -> Result<(), &'static str> {
    calls.set(calls.get() + 1);
    Err("down")
}

#[retry(delay = "1h", jitter = none, max_attempts = 3)]
async fn three_times_async(calls: &Cell<u32>) -> Result<(), &'static str> {
    calls.set(calls.get() + 1);
    Err("down")
}

/// The number of calls that a retried function makes under the guards of this thread.
fn calls() -> u32 {
    let calls = Cell::new(0);
    assert_eq!(three_times(&calls), Err("down"));
    calls.get()
}

#[test]
fn without_waits_the_delays_are_recorded_and_not_slept() {
    let test = testing::no_waits();
    assert_eq!(calls(), 3);
    assert_eq!((test.attempts(), test.waits()), (3, vec![HOUR; 2]));
    assert_eq!(test.reasons(), [StopReason::MaxAttempts]);
}

#[test]
fn every_way_to_make_a_call_obeys_and_is_recorded() {
    let test = testing::no_waits();
    assert_eq!(HOURLY.retry(|| Err::<(), _>("down")).call(), Err("down"));
    assert_eq!(test.attempts(), 3);
    let mut attempts = HOURLY.start();
    while attempts.pause("down").is_ok() {}
    assert_eq!(test.attempts(), 6);
    attempts.success();
    assert_eq!(test.attempts(), 7);
    assert_eq!(HOURLY.ticker().count(), 3);
    assert_eq!((test.attempts(), test.waits().len()), (7, 6), "a tick is no attempt, but its delay is one");
}

#[tokio::test]
async fn the_async_ways_obey_too() {
    let test = testing::no_waits();
    let count = Cell::new(0);
    assert_eq!(three_times_async(&count).await, Err("down"));
    assert_eq!(HOURLY.retry(async || Err::<(), _>("down")).await, Err("down"));
    let mut attempts = HOURLY.start();
    while attempts.pause_async("down").await.is_ok() {}
    let mut ticker = HOURLY.ticker();
    while ticker.tick().await.is_some() {}
    assert_eq!((count.get(), test.attempts(), test.waits()), (3, 9, vec![HOUR; 8]));
}

#[test]
fn a_push_back_is_skipped_too() {
    #[retry(max_attempts = 2, when = |_| Fault::PushBack(Duration::from_secs(7)))]
    fn busy() -> Result<(), &'static str> {
        Err("busy")
    }
    let test = testing::no_waits();
    assert_eq!(busy(), Err("busy"));
    assert!(test.waits()[0] >= Duration::from_secs(7));
}

#[test]
fn a_sleeper_of_the_call_is_not_asked() {
    let _test = testing::no_waits();
    let result = HOURLY.retry(|| Err::<(), _>("down")).sleep(|_| panic!("slept")).call();
    assert_eq!(result, Err("down"));
}

#[test]
fn successes_are_counted() {
    #[retry]
    fn succeeds() -> Result<u32, &'static str> {
        Ok(7)
    }
    #[retry(max_elapsed = "1h")]
    fn succeeds_in_time() -> Result<u32, &'static str> {
        Ok(7)
    }
    #[retry(seed = 1)]
    fn succeeds_with_everything() -> Result<u32, &'static str> {
        Ok(7)
    }
    let test = testing::no_waits();
    assert_eq!((succeeds(), succeeds_in_time(), succeeds_with_everything()), (Ok(7), Ok(7), Ok(7)));
    assert_eq!(HOURLY.retry(|| Ok::<_, ()>(7)).call(), Ok(7));
    assert_eq!((test.attempts(), test.waits(), test.reasons()), (4, vec![], vec![]));
}

/// The policy's limits still apply: skipped delays count as elapsed time.
#[test]
fn a_time_limit_ends_a_call_after_as_many_attempts_as_with_waits() {
    #[retry(delay = "10m", jitter = none, max_elapsed = "1h")]
    fn timed(calls: &Cell<u32>) -> Result<(), &'static str> {
        calls.set(calls.get() + 1);
        Err("down")
    }
    #[retry(delay = "10m", jitter = none, max_elapsed = "1h", seed = 1)]
    fn full(calls: &Cell<u32>) -> Result<(), &'static str> {
        calls.set(calls.get() + 1);
        Err("down")
    }
    let test = testing::no_waits();
    let count = Cell::new(0);
    assert_eq!((timed(&count), count.replace(0)), (Err("down"), 6)); // the first takes time, too
    assert_eq!((full(&count), count.replace(0)), (Err("down"), 6));
    let policy = Policy::constant(HOUR / 6).jitter(Jitter::None).max_elapsed(HOUR).build();
    let error = policy.retry(|| Err::<(), _>("down")).call_report().unwrap_err();
    assert_eq!((error.attempts, error.slept), (6, Duration::ZERO));
    assert!(error.elapsed >= 5 * HOUR / 6);
    assert_eq!(test.reasons(), [StopReason::MaxElapsed; 3]);
    let frozen = policy.retry(|| Err::<(), _>("down")).clock(|| Duration::ZERO).call_report().unwrap_err();
    assert_eq!((frozen.attempts, frozen.elapsed), (7, HOUR), "also on a clock of the call");
}

/// Inner calls skip their delays, too, and still stop when the time of the enclosing call has passed.
#[test]
fn the_time_of_the_enclosing_call_ends_an_inner_call() {
    let test = testing::no_waits();
    let outer = Policy::constant(HOUR).max_elapsed(10 * HOUR).max_attempts(1).build();
    let inner = Policy::constant(HOUR).jitter(Jitter::None).forever().build();
    let result = outer.retry(|| inner.retry(|| Err::<(), _>("down")).call()).inner_retries(InnerRetries::Stop).call();
    assert_eq!((result, test.reasons()[0]), (Err("down"), StopReason::MaxElapsed));
    assert_eq!(test.waits().len(), 9);
}

#[test]
fn attempts_are_capped_or_forced() {
    #[retry(delay = "0s", max_attempts = 3, attempt = ctx)]
    fn seen(attempts: &RefCell<Vec<Attempt>>) -> Result<(), &'static str> {
        attempts.borrow_mut().push(ctx);
        Err("down")
    }
    let last = |setup: Setup| {
        let test = setup.for_thread();
        let attempts = RefCell::default();
        assert_eq!(seen(&attempts), Err("down"));
        assert_eq!(test.reasons(), [StopReason::MaxAttempts]);
        let attempts = attempts.into_inner();
        assert!(attempts.iter().rev().skip(1).all(|attempt| !attempt.is_last()));
        attempts.last().map(|attempt| (attempt.number(), attempt.is_last())).unwrap()
    };
    assert_eq!(last(Setup::new().max_attempts(2)), (2, true));
    assert_eq!(last(Setup::new().max_attempts(9)), (3, true), "a cap raises nothing");
    assert_eq!(last(Setup::new().max_attempts(0)), (1, true));
    assert_eq!(last(Setup::new().force_attempts(5)), (5, true));
    assert_eq!(last(Setup::new().force_attempts(1)), (1, true));
}

#[test]
fn forced_attempts_lift_the_time_limit_and_nothing_else() {
    let test = Setup::new().no_waits().force_attempts(20).for_thread();
    let policy = Policy::constant(HOUR).max_elapsed(2 * HOUR).build();
    assert_eq!(policy.retry(|| Err::<(), _>("down")).call(), Err("down"));
    assert_eq!(test.attempts(), 20);
    assert_eq!(policy.retry(|| Err::<(), _>("gone")).when(|_| false).call(), Err("gone"));
    assert_eq!((test.attempts(), test.reasons()), (21, vec![StopReason::MaxAttempts, StopReason::Permanent]));
}

#[test]
fn disabled_makes_one_call_and_hands_its_own_error_back() {
    #[derive(Debug, PartialEq)]
    struct Original(Box<u32>);
    #[retry(delay = "1h", max_attempts = 5)]
    fn fails(calls: &Cell<u32>) -> Result<(), Original> {
        calls.set(calls.get() + 1);
        Err(Original(Box::new(calls.get())))
    }
    let test = testing::disabled();
    let calls = Cell::new(0);
    assert_eq!(fails(&calls), Err(Original(Box::new(1))));
    assert_eq!(calls.get(), 1);
    assert_eq!((test.attempts(), test.waits(), test.reasons()), (1, vec![], vec![StopReason::Disabled]));
}

#[tokio::test]
async fn disabled_holds_at_the_next_decision_of_a_call_in_progress() {
    let guard = RefCell::new(None);
    let calls = Cell::new(0);
    let policy = Policy::constant(Duration::ZERO).max_attempts(9).build();
    let report = policy.retry(async || {
        calls.set(calls.get() + 1);
        if calls.get() == 3 {
            *guard.borrow_mut() = Some(testing::disabled());
        }
        Err::<(), _>("down")
    });
    let error = report.report().await.unwrap_err();
    assert_eq!((error.attempts, error.reason), (3, StopReason::Disabled));
}

#[test]
fn the_inner_guard_wins_field_by_field_and_every_guard_records() {
    let outer = Setup::new().no_waits().max_attempts(2).for_thread();
    assert_eq!(calls(), 2);
    {
        let inner = Setup::new().force_attempts(4).for_thread();
        assert_eq!(calls(), 4); // the call would sleep an hour if the outer guard did not apply
        assert_eq!((inner.attempts(), outer.attempts()), (4, 6));
        let innermost = Setup::new().disabled().for_thread();
        assert_eq!((calls(), innermost.attempts(), inner.attempts(), outer.attempts()), (1, 1, 5, 7));
    }
    assert_eq!((calls(), outer.attempts()), (2, 9));
}

#[test]
fn as_written_ignores_enclosing_guards() {
    let _off = Setup::new().disabled().no_waits().lose_replies(9).max_attempts(1).for_thread();
    let _on = Setup::as_written().no_waits().for_thread();
    assert_eq!(calls(), 3);
    assert_eq!(HOURLY.retry(|| Ok::<_, ()>(7)).call_report().unwrap().attempts, 1);
}

#[test]
fn guards_that_end_out_of_order_leave_the_others_in_force() {
    let first = testing::no_waits();
    let second = Setup::new().max_attempts(2).for_thread();
    drop(first);
    let third = testing::no_waits();
    assert_eq!((calls(), second.attempts(), third.attempts()), (2, 2, 2));
    drop(second);
    assert_eq!((calls(), third.attempts()), (3, 5));
}

#[test]
fn a_recorder_outlives_its_guard() {
    let guard = testing::no_waits();
    let recorder = guard.clone();
    assert_eq!(calls(), 3);
    drop(guard);
    let _other = testing::no_waits();
    assert_eq!((calls(), recorder.attempts()), (3, 3));
}

#[test]
fn a_panic_puts_back_what_was_before() {
    let outer = testing::no_waits();
    let result = catch_unwind(AssertUnwindSafe(|| {
        let _inner = testing::disabled();
        let _: Result<(), ()> = HOURLY.retry(|| panic!("bug")).call();
    }));
    assert!(result.is_err());
    assert_eq!((calls(), outer.attempts()), (3, 3));
}

#[test]
fn a_panic_in_a_future_puts_back_what_was_before() {
    let outer = testing::no_waits();
    let mut future = Box::pin(Setup::new().disabled().for_future(async { panic!("bug") }));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let result = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(&mut context).is_ready()));
    assert!(result.is_err());
    assert_eq!((calls(), outer.attempts()), (3, 3));
}

#[test]
fn other_threads_are_left_alone() {
    let test = testing::disabled();
    let elsewhere = std::thread::spawn(|| {
        let test = testing::no_waits();
        (calls(), test.attempts())
    });
    assert_eq!(elsewhere.join().unwrap(), (3, 3));
    assert_eq!((calls(), test.attempts()), (1, 1));
}

#[test]
fn a_guard_can_be_taken_to_another_thread() {
    let test = testing::no_waits();
    let recorder = test.clone();
    let elsewhere = std::thread::spawn(move || recorder.run(calls));
    assert_eq!((elsewhere.join().unwrap(), test.attempts()), (3, 3));
}

#[test]
fn parallel_guards_do_not_disturb_one_another() {
    std::thread::scope(|scope| {
        for number in 1..=8 {
            scope.spawn(move || {
                for round in 1..=50 {
                    let test = Setup::new().no_waits().force_attempts(number).for_thread();
                    assert_eq!((calls(), test.attempts()), (number, number), "round {round}");
                }
            });
        }
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_guard_of_a_future_follows_it_across_threads() {
    #[retry(delay = "1h", jitter = none, max_attempts = 20)]
    async fn fails() -> Result<(), &'static str> {
        tokio::task::yield_now().await;
        Err("down")
    }
    let tasks: Vec<_> = (1..=16)
        .map(|number| {
            let setup = Setup::new().no_waits().force_attempts(number);
            tokio::spawn(async move { (number, setup.for_future(fails()).await) })
        })
        .collect();
    for task in tasks {
        let (number, (result, test)) = task.await.unwrap();
        assert_eq!((result, test.attempts(), test.waits().len()), (Err("down"), number, number as usize - 1));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_spawned_task_takes_the_guard_along_by_wrap() {
    async fn fails() -> Result<(), &'static str> {
        HOURLY.retry(async || Err::<(), _>("down")).await
    }
    let test = Setup::new().no_waits().for_future(async {}).recorder();
    let task = tokio::spawn(test.wrap(fails()));
    assert_eq!((task.await.unwrap(), test.attempts()), (Err("down"), 3));
}

#[tokio::test]
async fn futures_that_take_turns_on_one_thread_keep_their_guards() {
    let (one, two) = (Cell::new(0), Cell::new(0));
    let ((_, capped), (_, disabled)) = tokio::join!(
        Setup::new().no_waits().max_attempts(2).for_future(three_times_async(&one)),
        Setup::new().disabled().for_future(three_times_async(&two)),
    );
    assert_eq!((one.get(), capped.attempts(), two.get(), disabled.attempts()), (2, 2, 1, 1));
}

#[tokio::test]
async fn a_thread_guard_made_in_a_future_stays_inside_of_the_futures_guard() {
    let outside = testing::no_waits();
    let inside = Setup::new().max_attempts(2).for_future(async {
        let innermost = Setup::new().force_attempts(4).for_thread();
        let count = Cell::new(0);
        assert_eq!(three_times_async(&count).await, Err("down"));
        assert_eq!(three_times_async(&count).await, Err("down"));
        assert_eq!((count.get(), innermost.attempts()), (8, 8));
        drop(innermost);
        assert_eq!(three_times_async(&count).await, Err("down"));
        count.get()
    });
    let beside = async {
        tokio::task::yield_now().await;
        calls() // between the polls of the other future: its guards are not active here
    };
    let ((total, test), other) = tokio::join!(inside, beside);
    assert_eq!((total, test.attempts(), other, outside.attempts()), (10, 10, 3, 13));
}

#[test]
fn a_future_that_is_dropped_leaves_nothing_behind() {
    let outer = testing::no_waits();
    let future = Setup::new().disabled().for_future(async {
        let _inner = Setup::new().max_attempts(1).for_thread();
        std::future::pending::<()>().await;
    });
    let recorder = future.recorder();
    let mut future = Box::pin(future);
    assert!(future.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())).is_pending());
    drop(future);
    assert_eq!((calls(), outer.attempts(), recorder.attempts()), (3, 3, 0));
}

#[test]
fn a_lost_reply_is_a_transient_failure_that_counts() {
    #[retry(delay = "1h", jitter = none, max_attempts = 3)]
    fn charge(charged: &Cell<u32>) -> Result<u32, &'static str> {
        charged.set(charged.get() + 1);
        Ok(charged.get())
    }
    for (lost, attempts, reasons) in
        [(0, 1, vec![]), (1, 2, vec![]), (2, 3, vec![]), (3, 3, vec![StopReason::MaxAttempts])]
    {
        let test = testing::lose_replies(lost);
        let charged = Cell::new(0);
        assert_eq!(charge(&charged), Ok(attempts), "the last value is handed back, lost or not");
        assert_eq!((test.attempts(), test.lost_replies()), (attempts, lost));
        assert_eq!((test.waits().len(), test.reasons()), (attempts as usize - 1, reasons));
    }
}

#[test]
fn replies_are_lost_in_every_driver() {
    #[retry(delay = "1h", max_elapsed = "5h")]
    fn timed(calls: &Cell<u32>) -> Result<u32, &'static str> {
        calls.set(calls.get() + 1);
        Ok(calls.get())
    }
    #[retry(delay = "1h", max_attempts = 3, seed = 1)]
    fn full(calls: &Cell<u32>) -> Result<u32, &'static str> {
        calls.set(calls.get() + 1);
        Ok(calls.get())
    }
    let calls = Cell::new(0);
    let test = testing::lose_replies(3);
    assert_eq!(timed(&calls), Ok(4));
    drop(test);
    let test = testing::lose_replies(2);
    assert_eq!(full(&calls), Ok(7));
    drop(test);
    let test = testing::lose_replies(1);
    let success = HOURLY.retry(|| Ok::<_, ()>(calls.replace(0))).call_report().unwrap();
    assert_eq!((success.value, success.attempts, test.lost_replies()), (0, 2, 1));
}

#[tokio::test]
async fn replies_are_lost_in_async_code() {
    #[retry(delay = "1h", max_attempts = 3)]
    async fn counted(calls: &Cell<u32>) -> Result<u32, &'static str> {
        calls.set(calls.get() + 1);
        Ok(calls.get())
    }
    let test = testing::lose_replies(4);
    let calls = Cell::new(0);
    assert_eq!(counted(&calls).await, Ok(3));
    assert_eq!(HOURLY.retry(async || Ok::<_, ()>(calls.get())).report().await.unwrap().attempts, 2);
    assert_eq!(test.lost_replies(), 4);
}

#[test]
fn a_lost_reply_takes_a_token_and_deposits_none() {
    static BUDGET: Budget = Budget::new().capacity(2).ratio(1.0);
    #[retry(delay = "1h", max_attempts = 5, budget = BUDGET)]
    fn act() -> Result<(), &'static str> {
        Ok(())
    }
    let test = testing::lose_replies(9);
    assert_eq!(act(), Ok(()));
    assert_eq!((test.attempts(), test.reasons()), (3, vec![StopReason::BudgetEmpty]));
}

#[test]
fn a_lost_value_is_handed_back_and_not_taken_for_an_unmet_one() {
    #[retry(delay = "1h", max_attempts = 3, until = |number| *number >= 2, unmet = Err)]
    fn count(calls: &Cell<u32>) -> Result<u32, u32> {
        calls.set(calls.get() + 1);
        Ok(calls.get())
    }
    let calls = Cell::new(0);
    let test = testing::lose_replies(9);
    assert_eq!(count(&calls), Ok(3));
    assert_eq!((test.attempts(), test.lost_replies()), (3, 2));
    drop(test);
    let _one = Setup::new().max_attempts(1).for_thread();
    assert_eq!(count(&Cell::new(0)), Err(1));
}

#[test]
fn disabled_hands_a_lost_reply_back_at_once() {
    let test = Setup::new().disabled().lose_replies(1).for_thread();
    assert_eq!(HOURLY.retry(|| Ok::<_, ()>(7)).call(), Ok(7));
    assert_eq!((test.attempts(), test.reasons()), (1, vec![StopReason::Disabled]));
}

#[test]
fn a_manual_loop_loses_no_reply() {
    let test = testing::lose_replies(1);
    let mut attempts = HOURLY.start();
    attempts.success();
    assert_eq!((test.attempts(), test.lost_replies()), (1, 0));
}

#[test]
fn hooks_receive_the_events_under_the_guard() {
    #[retry(delay = "1h", max_attempts = 9, on_retry = |event| told.borrow_mut().push((event.max_attempts(), event.delay())))]
    fn fails(told: &RefCell<Vec<(Option<u32>, Duration)>>) -> Result<(), &'static str> {
        Err("down")
    }
    let _test = Setup::new().no_waits().max_attempts(2).for_thread();
    let told = RefCell::default();
    assert_eq!(fails(&told), Err("down"));
    assert_eq!(told.into_inner(), [(Some(2), Duration::ZERO)]);
}

/// With the feature on and no guard, calls run as without it: real delays on the real clock, real limits, no loss.
#[test]
fn without_a_guard_nothing_changes() {
    let slept = RefCell::new(Vec::new());
    let policy = Policy::exponential().jitter(Jitter::None).max_attempts(3).build();
    let report = policy
        .retry(|| Err::<(), _>("down"))
        .sleep(|delay: Duration| slept.borrow_mut().push(delay.as_millis()))
        .call_report()
        .unwrap_err();
    assert_eq!((report.attempts, report.reason), (3, StopReason::MaxAttempts));
    assert_eq!(slept.into_inner(), [100, 200]);
    let before = Instant::now();
    let short = Policy::constant(Duration::from_millis(2)).jitter(Jitter::None).max_attempts(2).build();
    assert_eq!(short.retry(|| Err::<(), _>("down")).call(), Err("down"));
    assert!(before.elapsed() >= Duration::from_millis(2));
    testing::advance(HOUR); // no virtual clock: nothing happens
    assert_eq!(short.retry(|| Ok::<_, ()>(7)).call_report().unwrap().attempts, 1);
}

#[retry(timeout = "10s", delay = "1s", jitter = none)]
async fn for_ten_seconds(calls: &Cell<u32>) -> Result<(), std::io::Error> {
    calls.set(calls.get() + 1);
    Err(std::io::Error::other("down"))
}

#[retry(timeout = "10s", delay = "1s", jitter = none, cancel = std::future::pending::<()>())]
async fn for_ten_seconds_or_less(calls: &Cell<u32>) -> Result<(), std::io::Error> {
    calls.set(calls.get() + 1);
    Err(std::io::Error::other("down"))
}

#[tokio::test(start_paused = true)]
async fn delays_that_are_not_waited_for_count_for_the_timeout_of_the_call() {
    let test = testing::no_waits();
    let calls = Cell::new(0);
    let kind = |result: Result<(), std::io::Error>| result.unwrap_err().kind();
    assert_eq!(kind(for_ten_seconds(&calls).await), std::io::ErrorKind::TimedOut);
    assert_eq!(calls.replace(0), 10, "at 0, 1, .. 9 s");
    assert_eq!(kind(for_ten_seconds_or_less(&calls).await), std::io::ErrorKind::TimedOut);
    assert_eq!(calls.replace(0), 10);
    let policy = Policy::constant(Duration::from_secs(1)).jitter(Jitter::None).build();
    let call = policy.retry(|| async {
        calls.set(calls.get() + 1);
        Err::<(), _>(std::io::Error::other("down"))
    });
    let error = call.timeout(Duration::from_secs(10)).report().await.unwrap_err();
    assert_eq!((error.reason, error.attempts, calls.get()), (StopReason::Timeout, 10, 10));
    assert_eq!(test.reasons(), [StopReason::Timeout; 3]);
}

#[tokio::test]
async fn a_recorder_counts_once_where_its_guard_is_in_force_already() {
    let test = testing::no_waits();
    let spawned = tokio::spawn(test.wrap(async { HOURLY.retry(|| async { Err::<(), _>("down") }).await }));
    assert_eq!(spawned.await.unwrap(), Err("down"));
    assert_eq!((test.attempts(), test.waits(), test.reasons()), (3, vec![HOUR; 2], vec![StopReason::MaxAttempts]));
    assert_eq!(test.run(calls), 3);
    assert_eq!(test.attempts(), 6);
    let lost = testing::lose_replies(2);
    assert_eq!(lost.run(|| HOURLY.retry(|| Ok::<_, &str>(())).call()), Ok(()));
    assert_eq!((lost.attempts(), lost.lost_replies()), (3, 2));
}

#[test]
fn a_number_of_attempts_holds_for_attempts_that_would_start_a_new_sequence() {
    let endless = Policy::constant(Duration::from_secs(1)).reset_after(Duration::from_secs(5)).forever().build();
    for setup in [Setup::new().max_attempts(4), Setup::new().force_attempts(4)] {
        let _time = testing::virtual_time();
        let test = setup.for_thread();
        let result = endless.retry(|| {
            testing::advance(Duration::from_secs(9));
            if test.attempts() < 50 { Err("down") } else { Ok(()) }
        });
        assert_eq!((result.call(), test.attempts()), (Err("down"), 4), "{setup:?}");
    }
}

#[retry(policy = HOURLY, on_retry = |event| told.borrow_mut().push(event.elapsed()))]
fn tells_the_time(told: &RefCell<Vec<Duration>>) -> Result<(), &'static str> {
    Err("down")
}

#[retry(delay = "1h", jitter = none, max_attempts = 3, seed = 1, on_retry = |event| told.borrow_mut().push(event.elapsed()))]
fn tells_the_time_with_a_seed(told: &RefCell<Vec<Duration>>) -> Result<(), &'static str> {
    Err("down")
}

#[test]
fn hooks_receive_the_time_before_the_skipped_delay_in_every_driver() {
    let _test = testing::no_waits();
    let told = RefCell::new(Vec::new());
    let in_hours =
        || told.take().iter().map(|time: &Duration| (time.as_secs_f64() / 3600.0).round()).collect::<Vec<_>>();
    tells_the_time(&told).unwrap_err();
    assert_eq!(in_hours(), [0.0, 1.0], "constant policy");
    tells_the_time_with_a_seed(&told).unwrap_err();
    assert_eq!(in_hours(), [0.0, 1.0], "any policy");
    let _ = HOURLY.retry(|| Err::<(), _>("down")).on_retry(|event| told.borrow_mut().push(event.elapsed())).call();
    assert_eq!(in_hours(), [0.0, 1.0], "builder");
    let _ = backoff_core::overrides::with_policy(HOURLY, || tells_the_time(&told));
    assert_eq!(in_hours(), [0.0, 1.0], "another policy for one call");
}
