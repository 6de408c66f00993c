//! The manual loop in two steps: counting a failure, and waiting for its delay.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use backoff_core::{Attempts, Budget, CancelToken, Cancelled, Fault, Jitter, Policy, StopReason, WaitState, testing};
use support::{Virtual, block_on, ms, paused, secs};
use tokio::time::{Instant, interval, timeout};

const DOUBLING: Policy = Policy::exponential().initial_delay(secs(1)).jitter(Jitter::None).forever().build();
const THRICE: Policy = Policy::constant(secs(2)).jitter(Jitter::None).max_attempts(3).build();

#[test]
fn counting_a_failure_gives_the_delay_and_waits_for_nothing() {
    let time = Virtual::new();
    let mut attempts = THRICE.start().clock(|| time.now()).sleep(|delay| time.advance(delay));
    assert_eq!((attempts.number(), attempts.pending_delay(), attempts.last_delay()), (1, None, None));
    assert_eq!(attempts.failed("down"), Ok(secs(2)));
    assert_eq!((attempts.number(), attempts.pending_delay(), attempts.last_delay()), (2, Some(secs(2)), Some(secs(2))));
    assert_eq!((time.now(), attempts.slept()), (secs(0), secs(0)));
    assert_eq!(attempts.wait(), Ok(()));
    assert_eq!((time.now(), attempts.slept(), attempts.pending_delay()), (secs(2), secs(2), None));
}

#[test]
fn a_failure_after_which_the_policy_stops_gives_the_error_back() {
    let mut attempts = THRICE.start();
    let error = String::from("denied");
    let place = error.as_ptr();
    let error = attempts.failed_as(error, Fault::Permanent).unwrap_err();
    assert_eq!((error.as_ptr(), attempts.stopped()), (place, Some(StopReason::Permanent)));
    assert_eq!((attempts.pending_delay(), attempts.wait()), (None, Ok(())));
}

#[test]
fn an_outcome_without_an_error_is_counted_as_any_failure() {
    let mut attempts = THRICE.start().sleep(|_| ());
    for _ in 0..2 {
        assert_eq!(attempts.failed_without_error(true), Ok(secs(2)));
        assert_eq!(attempts.wait(), Ok(()));
    }
    assert_eq!(attempts.failed_without_error(Fault::Transient), Err(StopReason::MaxAttempts));
    let push_back = Fault::PushBack(secs(10));
    assert_eq!(DOUBLING.start().failed_without_error(push_back), Ok(secs(11)));
}

#[test]
fn a_wait_without_a_pending_delay_returns_at_once() {
    let sleeps = Cell::new(0);
    let mut attempts = THRICE.start().sleep(|_| sleeps.set(sleeps.get() + 1));
    assert_eq!((attempts.wait(), attempts.wait()), (Ok(()), Ok(())));
    assert_eq!(attempts.failed("down"), Ok(secs(2)));
    assert_eq!((attempts.wait(), attempts.wait()), (Ok(()), Ok(())));
    assert_eq!((sleeps.get(), attempts.number()), (1, 2));
    paused(async {
        let (origin, mut attempts) = (Instant::now(), THRICE.start());
        assert_eq!(attempts.wait_async().await, Ok(()));
        assert_eq!((origin.elapsed(), attempts.number()), (secs(0), 1));
    });
}

#[test]
fn a_dropped_wait_leaves_the_rest_of_its_delay() {
    paused(async {
        let budget = Budget::new();
        let tokens = budget.available();
        let (origin, mut attempts) = (Instant::now(), DOUBLING.start().budget(&budget));
        assert_eq!(attempts.failed("down"), Ok(secs(1)));
        for left in [700, 400] {
            assert!(timeout(ms(300), attempts.wait_async()).await.is_err());
            assert_eq!(attempts.pending_delay(), Some(ms(left)));
        }
        assert_eq!(attempts.wait_async().await, Ok(()));
        assert_eq!((origin.elapsed(), attempts.slept(), attempts.number()), (secs(1), secs(1), 2));
        assert!((tokens - budget.available() - 1.0).abs() < 1e-9, "one failure takes one token");
    });
}

#[test]
fn a_delay_that_passed_without_a_wait_is_over() {
    paused(async {
        let mut attempts = DOUBLING.start();
        assert_eq!(attempts.failed("down"), Ok(secs(1)));
        assert!(timeout(ms(300), attempts.wait_async()).await.is_err());
        tokio::time::sleep(secs(5)).await;
        assert_eq!(attempts.pending_delay(), Some(secs(0)));
        let origin = Instant::now();
        assert_eq!(attempts.wait_async().await, Ok(()));
        assert_eq!((origin.elapsed(), attempts.pending_delay(), attempts.slept()), (secs(0), None, secs(1)));
    });
}

/// Connects once, after the pending delay, and fails.
async fn connect(attempts: &mut Attempts, starts: &RefCell<Vec<Duration>>, origin: Instant) {
    attempts.wait_async().await.expect("nothing cancels it");
    starts.borrow_mut().push(origin.elapsed());
    attempts.failed("refused").expect("the policy has no limit");
}

#[test]
fn a_message_every_300_ms_does_not_change_the_pace_of_a_loop() {
    paused(async {
        let (origin, starts) = (Instant::now(), RefCell::new(Vec::new()));
        let (mut attempts, mut messages) = (Attempts::new(DOUBLING), interval(ms(300)));
        while origin.elapsed() < secs(60) {
            tokio::select! {
                _ = messages.tick() => {}
                () = connect(&mut attempts, &starts, origin) => {}
            }
        }
        let seconds: Vec<_> = starts.borrow().iter().map(Duration::as_secs_f64).collect();
        assert_eq!(seconds, [0.0, 1.0, 3.0, 7.0, 15.0, 31.0, 51.0]); // `max_delay` is 20 s
    });
}

#[test]
fn a_pause_that_is_dropped_and_then_failed_again_ends_with_the_later_of_both_delays() {
    paused(async {
        let falling = |retry| Some(secs(if retry == 1 { 10 } else { 1 }));
        let policy = Policy::with_backoff(falling).forever().build();
        let (origin, mut attempts) = (Instant::now(), policy.start());
        assert!(timeout(secs(3), attempts.pause_async("down")).await.is_err());
        // An attempt fails without having waited: it is counted, and the rest of the 10 s is not skipped.
        assert_eq!((attempts.number(), attempts.last_delay()), (2, Some(secs(10))));
        assert_eq!(attempts.pause_async("down").await, Ok(()));
        assert_eq!((origin.elapsed(), attempts.number(), attempts.last_delay()), (secs(10), 3, Some(secs(1))));
        // A new delay that ends later replaces the rest of the old one.
        let (origin, mut attempts) = (Instant::now(), DOUBLING.start());
        assert!(timeout(ms(900), attempts.pause_async("down")).await.is_err());
        assert_eq!(attempts.pause_async("down").await, Ok(()));
        assert_eq!((origin.elapsed(), attempts.slept()), (ms(2_900), secs(2)));
    });
}

#[test]
fn every_attempt_beside_messages_that_drop_pauses_is_counted() {
    paused(async {
        let (origin, mut attempts) = (Instant::now(), DOUBLING.start());
        let (mut messages, mut made) = (interval(ms(300)), 0);
        messages.tick().await;
        while origin.elapsed() < secs(3) {
            made += 1; // fails at once, without a wait before it
            tokio::select! {
                _ = messages.tick() => {}
                result = attempts.pause_async("refused") => assert_eq!(result, Ok(())),
            }
        }
        assert_eq!((made, attempts.failures()), (10, 10));
        let rest = attempts.pending_delay().expect("the last pause was dropped");
        assert_eq!((attempts.wait_async().await, rest), (Ok(()), ms(19_700)), "the growth went on");
    });
}

#[test]
fn the_delay_of_a_loop_begins_with_its_first_wait() {
    let time = Virtual::new();
    let sleeps = RefCell::new(Vec::new());
    let mut attempts = DOUBLING.start().clock(|| time.now()).sleep(|delay| sleeps.borrow_mut().push(delay));
    assert_eq!(attempts.failed("down"), Ok(secs(1)));
    time.advance(ms(400));
    assert_eq!(attempts.wait(), Ok(())); // the delay begins with the wait, as that of a call
    assert_eq!(sleeps.take(), [secs(1)]);
}

#[test]
fn a_cancelled_wait_is_an_error_and_ends_the_call() {
    let test = testing::Setup::new().for_thread();
    let token = CancelToken::new();
    let mut attempts = DOUBLING.start().cancel(&token).sleep(|_| token.cancel());
    assert_eq!(attempts.failed("down"), Ok(secs(1)));
    assert_eq!(attempts.wait(), Err(Cancelled));
    assert_eq!((attempts.stopped(), attempts.number()), (Some(StopReason::Cancelled), 1));
    assert_eq!((attempts.wait(), attempts.pending_delay()), (Err(Cancelled), None));
    assert_eq!(attempts.failed("down"), Err("down"), "the token stays cancelled");
    drop(attempts);
    assert_eq!((test.attempts(), test.reasons()), (2, vec![StopReason::Cancelled; 2]));
}

#[test]
fn any_future_cancels_a_loop_that_awaits() {
    paused(async {
        let origin = Instant::now();
        let (sender, receiver) = tokio::sync::oneshot::channel::<()>();
        let stop = async move { drop(receiver.await) }; // of a type that cannot be moved once it was polled
        let mut attempts = DOUBLING.start().cancel(stop);
        assert_eq!(attempts.failed("down"), Ok(secs(1)));
        let stops = async {
            tokio::time::sleep(ms(400)).await;
            drop(sender);
        };
        let (waited, ()) = tokio::join!(attempts.wait_async(), stops);
        assert_eq!((waited, origin.elapsed()), (Err(Cancelled), ms(400)));
        assert_eq!(attempts.stopped(), Some(StopReason::Cancelled));
        assert_eq!((attempts.wait_async().await, attempts.failed("more")), (Err(Cancelled), Err("more")));
    });
}

#[test]
fn a_future_that_completed_before_the_failure_stops_the_loop_without_a_delay() {
    paused(async {
        let budget = Budget::new();
        let tokens = budget.available();
        let mut attempts = DOUBLING.start().cancel(tokio::time::sleep(ms(5))).budget(&budget);
        tokio::time::sleep(ms(5)).await;
        assert_eq!(attempts.pause_async("down").await, Err("down"));
        assert_eq!(attempts.stopped(), Some(StopReason::Cancelled));
        assert!((tokens - budget.available()).abs() < 1e-9, "no token was taken");
    });
}

#[test]
fn a_loop_whose_token_was_checked_by_an_async_wait_still_blocks_on_it() {
    let token = CancelToken::new();
    let mut attempts = Attempts::new(Policy::constant(secs(1_000_000)).forever().build()).cancel(&token);
    assert!(attempts.failed("down").is_ok());
    let mut cx = Context::from_waker(Waker::noop());
    paused(async { assert!(pin!(attempts.wait_async()).poll(&mut cx).is_pending()) });
    let canceller = std::thread::spawn(move || token.cancel());
    assert_eq!(attempts.wait(), Err(Cancelled), "a million seconds were not waited out");
    canceller.join().unwrap();
}

/// Completes at an instant of a manual clock.
struct At(Virtual, Duration);

impl Future for At {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if self.0.now() >= self.1 { Poll::Ready(()) } else { Poll::Pending }
    }
}

type SleepsUntil = Box<dyn Fn(Duration) -> At>;
type Reads = Box<dyn Fn() -> Duration>;
type Connecting = backoff_core::Environment<SleepsUntil, Reads>;

/// A connector as in a tower layer: a poll function whose state is a field. It needs no runtime.
struct Connector {
    attempts: Attempts<Policy, Connecting>,
    delay: Pin<Box<WaitState<At>>>,
    dialled: Vec<Duration>,
    time: Virtual,
}

impl Connector {
    fn new(policy: Policy) -> Self {
        let time = Virtual::new();
        let (sleeps, reads) = (time.clone(), time.clone());
        let sleep: SleepsUntil = Box::new(move |delay| At(sleeps.clone(), sleeps.now() + delay));
        let clock: Reads = Box::new(move || reads.now());
        let attempts = Attempts::new(policy).clock(clock).sleep_with(sleep);
        Self { attempts, delay: Box::pin(WaitState::new()), dialled: Vec::new(), time }
    }

    fn poll_connect(&mut self, cx: &mut Context<'_>) -> Poll<Result<usize, &'static str>> {
        loop {
            if self.attempts.poll_wait(self.delay.as_mut(), cx).is_pending() {
                return Poll::Pending;
            }
            self.dialled.push(self.time.now());
            if self.dialled.len() == 4 {
                self.attempts.success();
                return Poll::Ready(Ok(4));
            }
            if let Err(error) = self.attempts.failed("refused") {
                return Poll::Ready(Err(error));
            }
        }
    }
}

#[test]
fn a_connector_that_is_polled_needs_no_runtime() {
    let mut connector = Connector::new(DOUBLING);
    let mut cx = Context::from_waker(Waker::noop());
    let connected = loop {
        match connector.poll_connect(&mut cx) {
            Poll::Ready(connected) => break connected,
            Poll::Pending => connector.time.advance(ms(100)),
        }
    };
    assert_eq!((connected, connector.dialled), (Ok(4), [0, 1, 3, 7].map(secs).to_vec()));
}

#[test]
fn a_polled_wait_whose_state_was_dropped_waits_for_the_rest() {
    let mut connector = Connector::new(DOUBLING);
    let mut cx = Context::from_waker(Waker::noop());
    assert!(connector.poll_connect(&mut cx).is_pending());
    connector.time.advance(ms(600));
    connector.delay = Box::pin(WaitState::new());
    assert!(connector.poll_connect(&mut cx).is_pending());
    connector.time.advance(ms(399));
    assert!(connector.poll_connect(&mut cx).is_pending());
    assert_eq!(connector.dialled.len(), 1);
    connector.time.advance(ms(1));
    assert!(connector.poll_connect(&mut cx).is_pending());
    assert_eq!(connector.dialled, [secs(0), secs(1)]);
}

#[test]
fn a_state_with_the_sleep_of_an_older_delay_sleeps_for_the_new_one() {
    let mut connector = Connector::new(DOUBLING);
    let mut cx = Context::from_waker(Waker::noop());
    assert!(connector.poll_connect(&mut cx).is_pending());
    // A new loop replaces the one with the delay of 1 s. Its first delay has the same number.
    let time = connector.time.clone();
    let (sleeps, reads) = (time.clone(), time);
    let clock: Reads = Box::new(move || reads.now());
    let sleep: SleepsUntil = Box::new(move |delay| At(sleeps.clone(), sleeps.now() + delay));
    connector.attempts = Attempts::new(THRICE).clock(clock).sleep_with(sleep);
    assert_eq!(connector.attempts.failed("refused"), Ok(secs(2)));
    assert!(connector.poll_connect(&mut cx).is_pending());
    connector.time.advance(ms(1_999));
    assert!(connector.poll_connect(&mut cx).is_pending());
    assert_eq!(connector.dialled.len(), 1);
    connector.time.advance(ms(1));
    assert!(connector.poll_connect(&mut cx).is_pending());
    assert_eq!(connector.dialled, [secs(0), secs(2)]);
}

#[test]
fn a_loop_with_a_timer_of_its_own_records_that_the_delay_has_passed() {
    let mut attempts = DOUBLING.start();
    attempts.delay_passed(); // nothing is pending
    assert_eq!((attempts.number(), attempts.slept()), (1, secs(0)));
    assert_eq!(attempts.failed("down"), Ok(secs(1)));
    attempts.delay_passed();
    assert_eq!((attempts.pending_delay(), attempts.slept()), (None, secs(1)));
    assert_eq!(attempts.failed("down"), Ok(secs(2)));
}

#[test]
fn a_zero_delay_yields_once_and_skips_the_sleeper() {
    let policy = Policy::constant(secs(0)).max_attempts(3).build();
    let mut attempts = policy.start().sleep(|_| async { panic!("a zero delay sleeps") });
    assert_eq!(attempts.failed("down"), Ok(secs(0)));
    let polls = Cell::new(0);
    let mut delay = pin!(WaitState::new());
    let waited = block_on(poll_fn(|cx| {
        polls.set(polls.get() + 1);
        attempts.poll_wait(delay.as_mut(), cx)
    }));
    assert_eq!((waited, polls.get()), (Ok(()), 2));
}

#[test]
fn a_test_guard_skips_the_delays_of_both_steps() {
    let test = testing::no_waits();
    let mut attempts = DOUBLING.start();
    assert_eq!((attempts.failed("down"), attempts.wait()), (Ok(secs(0)), Ok(())));
    assert_eq!((attempts.failed("down"), block_on(attempts.wait_async())), (Ok(secs(0)), Ok(())));
    assert_eq!(test.waits(), [secs(1), secs(2)]);
}
