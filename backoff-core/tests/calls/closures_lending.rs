//! `policy.retry_mut`: an async closure that lends its state to its future, with the settings and rules of
//! `policy.retry`.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::io;
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use backoff_core::{Budget, CancelToken, Fault, InnerRetries, Jitter, Policy, Scope, StopReason};
use support::{all_ms, ms, paused, secs};
use tokio::task::yield_now;

const PLAIN: Policy = Policy::exponential().jitter(Jitter::None).max_attempts(3).build();

async fn push(log: &mut Vec<usize>) -> Result<usize, &'static str> {
    yield_now().await;
    log.push(log.len());
    Err("down")
}

#[test]
fn the_future_of_an_attempt_changes_what_the_closure_has_borrowed() {
    let mut log = Vec::new();
    let result = paused(PLAIN.retry_mut(async || push(&mut log).await).call());
    assert_eq!((result, log), (Err("down"), vec![0, 1, 2]));
}

#[test]
fn a_closure_that_owns_its_state_lends_it_too() {
    let mut log = vec![7];
    let report = paused(PLAIN.retry_mut(async move || push(&mut log).await).call_report()).unwrap_err();
    assert_eq!((report.last, report.attempts, report.slept), ("down", 3, ms(300)));
}

#[test]
fn the_future_is_send_for_a_closure_that_owns_its_state() {
    fn is_send<T: Future + Send>(future: T) -> T {
        future
    }
    let (mut log, text) = (Vec::new(), String::from("a"));
    let call = PLAIN.retry_mut(async move || {
        yield_now().await;
        push(&mut log).await.map_err(|error| format!("{error} {text} {}", log.len()))
    });
    assert_eq!(paused(is_send(call.call())), Err("down a 3".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_spawned_task_may_own_the_state() {
    let task = tokio::spawn(async move {
        let mut log = Vec::new();
        let call = PLAIN.retry_mut(async move || push(&mut log).await.map_err(|_| log.len()));
        call.attempt_timeout(secs(1)).on_timeout(|_| 0).call().await
    });
    assert_eq!(task.await.expect("the task ends"), Err(3));
}

#[test]
fn every_setting_of_a_call_has_its_effect() {
    let (mut state, mut hooks, delays) = (0, Vec::new(), RefCell::new(Vec::new()));
    let budget = Budget::new().capacity(1);
    let call = PLAIN
        .retry_mut(async || {
            state += 1;
            Err::<(), _>(state)
        })
        .when(|error| if *error < 9 { Fault::Transient } else { Fault::Permanent })
        .on_retry(|event| hooks.push(event.attempt()))
        .budget(&budget)
        .seed(7)
        .name("lending")
        .sleep(|delay| {
            delays.borrow_mut().push(delay);
            std::future::ready(())
        });
    let report = paused(call.call_report()).unwrap_err();
    assert_eq!((report.last, report.reason, hooks), (2, StopReason::BudgetEmpty, vec![1]));
    assert_eq!((delays.take(), state), (all_ms([100]), 2));
}

#[test]
fn until_is_checked_and_a_panic_free_value_is_returned() {
    let mut progress = 0;
    let call = PLAIN.retry_mut(async || {
        progress += 50;
        Some(progress)
    });
    assert_eq!(paused(call.until(|percent| *percent == 100).call()), Some(100));
}

#[test]
fn timeouts_drop_the_attempt_before_the_error_is_made() {
    struct Held<'a>(&'a Cell<bool>);
    impl Drop for Held<'_> {
        fn drop(&mut self) {
            self.0.set(false);
        }
    }
    let (is_held, mut attempts) = (Cell::new(false), 0);
    let call = PLAIN.retry_mut(async || {
        attempts += 1;
        is_held.set(true);
        let held = Held(&is_held);
        std::future::pending::<()>().await;
        drop(held);
        Ok::<(), bool>(())
    });
    let call = call.attempt_timeout(secs(1)).on_timeout(|_| is_held.get());
    let report = paused(call.call_report()).unwrap_err();
    assert_eq!((report.last, report.attempts, report.elapsed), (false, 3, ms(3300)));
    assert_eq!(attempts, 3);

    let mut attempts = 0;
    let call = PLAIN.retry_mut(async || {
        attempts += 1;
        tokio::time::sleep(secs(1)).await;
        Err::<(), _>(io::Error::other("down"))
    });
    let report = paused(call.timeout(ms(1050)).call_report()).unwrap_err();
    assert_eq!((report.last.kind(), report.reason, attempts), (io::ErrorKind::TimedOut, StopReason::Timeout, 1));
}

#[test]
fn a_cancelled_delay_ends_the_call_with_its_last_error() {
    let (token, mut attempts) = (CancelToken::new(), 0);
    let report = paused(async {
        let call = PLAIN.retry_mut(async || {
            attempts += 1;
            if attempts == 2 {
                token.cancel();
            }
            Err::<(), _>(attempts)
        });
        call.cancel(token.cancelled()).call_report().await.unwrap_err()
    });
    assert_eq!((report.last, report.reason), (2, StopReason::Cancelled));
}

#[test]
fn attempts_run_in_the_scope_of_the_call() {
    let mut seen = Vec::new();
    let call = PLAIN.retry_mut(async || {
        let inside = || Scope::current().map(|scope| scope.attempt());
        seen.push(inside());
        yield_now().await;
        seen.push(inside());
        PLAIN.retry(|| async { Err::<(), _>("inner") }).await
    });
    let report = paused(call.inner_retries(InnerRetries::Stop).call_report()).unwrap_err();
    assert_eq!((report.attempts, report.reason, seen), (1, StopReason::Nested, vec![Some(1); 2]));
}

#[test]
fn dropping_the_future_drops_the_attempt_and_frees_the_state() {
    let mut log = vec![1];
    {
        let mut future = pin!(PLAIN.retry_mut(async || push(&mut log).await).call());
        assert!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }
    log.push(2);
    assert_eq!(log, [1, 2]);
}

/// A store whose transactions fail a few times at the commit.
#[derive(Default)]
struct Store {
    conflicts: u32,
    rows: Vec<String>,
    begun: u32,
}

struct Tx<'s> {
    store: &'s mut Store,
    added: Vec<String>,
}

impl Store {
    async fn begin(&mut self) -> Result<Tx<'_>, &'static str> {
        yield_now().await;
        self.begun += 1;
        Ok(Tx { store: self, added: Vec::new() })
    }
}

impl Tx<'_> {
    async fn insert(&mut self, row: &str) -> Result<(), &'static str> {
        yield_now().await;
        self.added.push(row.to_owned());
        Ok(())
    }

    async fn commit(self) -> Result<(), &'static str> {
        yield_now().await;
        if self.store.conflicts > 0 {
            self.store.conflicts -= 1;
            return Err("serialization failure");
        }
        self.store.rows.extend(self.added);
        Ok(())
    }
}

/// Runs a transaction, and repeats all of it after a conflict.
async fn in_transaction<T>(
    store: &mut Store,
    mut work: impl AsyncFnMut(&mut Tx<'_>) -> Result<T, &'static str>,
) -> Result<T, &'static str> {
    let call = PLAIN.retry_mut(async || {
        let mut tx = store.begin().await?;
        let value = work(&mut tx).await?;
        tx.commit().await?;
        Ok(value)
    });
    call.when(|error| *error == "serialization failure").call().await
}

#[test]
fn a_transaction_helper_repeats_the_whole_transaction() {
    let mut store = Store { conflicts: 2, ..Store::default() };
    let mut runs = 0;
    let result = paused(in_transaction(&mut store, async |tx| {
        runs += 1;
        tx.insert(&format!("row of run {runs}")).await?;
        Ok(runs)
    }));
    assert_eq!((result, store.begun, store.rows), (Ok(3), 3, vec!["row of run 3".to_owned()]));

    let mut store = Store { conflicts: 9, ..Store::default() };
    let result = paused(in_transaction(&mut store, async |tx| tx.insert("never").await));
    assert_eq!((result, store.begun, store.rows), (Err("serialization failure"), 3, Vec::new()));
}

#[test]
fn a_first_success_reads_no_clock_and_makes_no_delay() {
    let reads = Cell::new(0);
    let policy = Policy::constant(Duration::ZERO).build();
    let mut calls = 0;
    let call = policy.retry_mut(async || {
        calls += 1;
        Some(calls)
    });
    let call = call.clock(|| {
        reads.set(reads.get() + 1);
        Duration::ZERO
    });
    assert_eq!(paused(call.call()), Some(1));
    assert_eq!(reads.get() > 0, cfg!(feature = "metrics"));
}
