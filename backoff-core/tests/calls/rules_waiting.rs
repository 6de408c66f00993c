//! Waits: zero delays, sleepers, yields.

use std::cell::{Cell, RefCell};
use std::future::{Future, ready};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Wake};
use std::time::Duration;

use backoff_core::{BlockingSleeper, Jitter, Policy, Sleeper, StopReason};
use support::{all_ms, block_on, ms, ns, paused, secs};
use tokio::time::Instant;

const AT_ONCE: Policy = Policy::constant(Duration::ZERO).max_attempts(4).build();
const PLAIN: Policy = Policy::exponential().jitter(Jitter::None).max_attempts(3).build();

struct Wakes(AtomicU32);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Polls to the end, and returns how often the future was pending, and how often it woke itself.
fn yields<F: Future>(future: F) -> (F::Output, u32, u32) {
    let counter = Arc::new(Wakes(AtomicU32::new(0)));
    let waker = Arc::clone(&counter).into();
    let mut cx = Context::from_waker(&waker);
    let mut future = pin!(future);
    for pending in 0..1_000 {
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return (output, pending, counter.0.load(Ordering::Relaxed));
        }
    }
    panic!("the future is never ready");
}

#[test]
fn a_zero_delay_skips_the_blocking_sleeper() {
    let result = AT_ONCE.retry(|| Err::<(), _>("down")).sleep(|delay| panic!("asked for {delay:?}")).call();
    assert_eq!(result, Err("down"));
}

#[test]
fn a_zero_delay_skips_the_async_sleeper_and_yields_exactly_once() {
    let call = AT_ONCE.retry(|| ready(Err::<(), _>("down"))).sleep(|delay| {
        panic!("asked for {delay:?}");
        #[expect(unreachable_code, reason = "names the future that is never made")]
        ready(())
    });
    assert_eq!(yields(call.into_future()), (Err("down"), 3, 3));
}

#[test]
fn a_drawn_delay_of_zero_skips_the_sleeper_too() {
    let policy = Policy::exponential().max_attempts(3).build();
    let asked = Cell::new(0);
    let result = policy.retry(|| Err::<(), _>(())).random(|| 0).sleep(|_| asked.set(asked.get() + 1)).call();
    assert_eq!((result, asked.get()), (Err(()), 0));
    let call = policy.retry(|| ready(Err::<(), _>(()))).random(|| 0).sleep(|_| {
        asked.set(asked.get() + 1);
        ready(())
    });
    assert_eq!((yields(call.into_future()), asked.get()), ((Err(()), 2, 2), 0));
}

#[test]
fn the_smallest_delay_is_slept() {
    let policy = Policy::constant(ns(1)).jitter(Jitter::None).max_attempts(2).build();
    let asked = Cell::new(Duration::ZERO);
    let result = policy.retry(|| Err::<(), _>(())).sleep(|delay| asked.set(delay)).call();
    assert_eq!((result, asked.get()), (Err(()), ns(1)));
}

#[test]
fn a_ready_sleeper_is_not_yielded_for() {
    let call = PLAIN.retry(|| ready(Err::<(), _>("down"))).sleep(|_| ready(()));
    assert_eq!(yields(call.into_future()), (Err("down"), 0, 0));
}

#[test]
fn a_call_without_delays_lets_other_tasks_run() {
    paused(async {
        let forever = Policy::constant(Duration::ZERO).forever().build();
        let other = tokio::spawn(async {});
        let done = forever.retry(|| async { other.is_finished().then_some(()) }).await;
        assert_eq!(done, Some(()));
    });
}

#[test]
fn the_default_async_sleeper_takes_paused_time_and_no_real_time() {
    paused(async {
        let origin = Instant::now();
        let policy = Policy::constant(secs(86_400)).jitter(Jitter::None).max_attempts(8).build();
        assert_eq!(policy.retry(|| async { Err::<(), _>("down") }).await, Err("down"));
        assert_eq!(origin.elapsed(), 7 * secs(86_400));
    });
}

#[test]
fn a_manual_loop_without_delays_yields_once_for_each_retry() {
    let counts = async {
        let mut attempts = AT_ONCE.start();
        let mut failures = 0;
        while attempts.pause_async("down").await.is_ok() {
            failures += 1;
        }
        failures
    };
    assert_eq!(yields(counts), (3, 3, 3));
}

/// A sleeper with a name, instead of a closure.
struct Recorder(RefCell<Vec<Duration>>);

impl BlockingSleeper for &Recorder {
    fn sleep(&self, delay: Duration) {
        self.0.borrow_mut().push(delay);
    }
}

impl Sleeper for &Recorder {
    type Sleep = std::future::Ready<()>;

    fn sleep(&self, delay: Duration) -> Self::Sleep {
        self.0.borrow_mut().push(delay);
        ready(())
    }
}

#[test]
fn a_sleeper_may_be_a_type() {
    let recorder = Recorder(RefCell::default());
    assert_eq!(PLAIN.retry(|| Err::<(), _>(1)).sleep_with(&recorder).call(), Err(1));
    assert_eq!(recorder.0.take(), all_ms([100, 200]));
    let call = PLAIN.retry(|| ready(Err::<(), _>(1))).sleep_with(&recorder);
    assert_eq!(block_on(call.into_future()), Err(1));
    assert_eq!(recorder.0.take(), all_ms([100, 200]));
}

#[test]
fn the_default_blocking_sleeper_waits() {
    // a nanosecond with the thread's sleeper and clock: the only real delays of this file
    let policy = Policy::constant(ns(1)).jitter(Jitter::None).max_attempts(3).build();
    let error = policy.retry(|| Err::<(), _>("down")).call_report().unwrap_err();
    assert_eq!((error.attempts, error.slept), (3, ns(2)));
    assert!(error.elapsed >= error.slept);
}

#[test]
fn a_blocking_call_inside_of_a_tokio_runtime_takes_the_system_s_time() {
    paused(async {
        let policy = Policy::constant(ms(1)).jitter(Jitter::None).max_attempts(2).build();
        let origin = Instant::now();
        let error = policy.retry(|| Err::<(), _>("down")).call_report().unwrap_err();
        assert!(error.elapsed >= ms(1), "the thread slept, and std's clock saw it: {:?}", error.elapsed);
        assert_eq!(origin.elapsed(), Duration::ZERO, "paused time did not pass");
    });
}

#[test]
fn a_manual_loop_that_blocks_inside_of_a_tokio_runtime_takes_the_system_s_time() {
    const POLICY: Policy = Policy::constant(ms(2)).jitter(Jitter::None).max_elapsed(ms(5)).build();
    paused(async {
        let mut attempts = POLICY.start();
        let error = loop {
            assert!(attempts.number() < 10, "5 ms never pass");
            if let Err(error) = attempts.pause("down") {
                break attempts.explain(error);
            }
        };
        assert_eq!(error.reason, StopReason::MaxElapsed);
        assert!(error.slept >= ms(2) && error.elapsed >= error.slept, "{error:?}");
        assert!(POLICY.ticker().take(10).count() < 10, "5 ms never pass");
    });
}

/// An error that records its drop.
struct Held<'a>(&'a Cell<bool>);

impl<'a> Held<'a> {
    fn new(is_held: &'a Cell<bool>) -> Self {
        is_held.set(true);
        Self(is_held)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

#[test]
fn values_in_an_error_are_freed_before_the_delay() {
    let is_held = Cell::new(false);
    let held_in_delay = Cell::new(None);
    let note = || held_in_delay.set(Some(is_held.get()));
    let _ = PLAIN.retry(|| Err::<(), _>(Held::new(&is_held))).sleep(|_| note()).call();
    assert_eq!(held_in_delay.take(), Some(false), "blocking");
    paused(async {
        let sleeper = |_| {
            note();
            ready(())
        };
        let _ = PLAIN.retry(|| async { Err::<(), _>(Held::new(&is_held)) }).sleep(sleeper).await;
    });
    assert_eq!(held_in_delay.take(), Some(false), "async");
}

#[test]
fn a_manual_loop_drops_the_error_before_it_blocks() {
    struct DroppedAt(std::sync::mpsc::Sender<std::time::Instant>);
    impl Drop for DroppedAt {
        fn drop(&mut self) {
            self.0.send(std::time::Instant::now()).unwrap();
        }
    }
    let (sender, dropped) = std::sync::mpsc::channel();
    let policy = Policy::constant(ms(50)).jitter(Jitter::None).max_attempts(2).build();
    let mut attempts = policy.start();
    assert!(attempts.pause(DroppedAt(sender)).is_ok());
    assert!(dropped.recv().unwrap() + ms(50) <= std::time::Instant::now(), "the delay came after it");
}
