//! Needs about loops: their state in a struct, another token, sleeper or clock.

use std::cell::RefCell;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use backoff_core::{Attempts, CancelToken, Cancelled, Jitter, Policy, StopReason, Ticker, retry};
use support::{Virtual, all_ms, ms, paused, secs};
use tokio::sync::oneshot;
use tokio::time::Instant;

const EACH_SECOND: Policy = Policy::constant(secs(1)).jitter(Jitter::None).max_attempts(3).build();

/// A client with a policy from its configuration.
struct Client {
    attempts: Attempts<Arc<Policy>>,
}

impl Client {
    fn connect(&mut self, mut dial: impl FnMut() -> Result<u32, &'static str>) -> Result<u32, &'static str> {
        loop {
            match dial() {
                Ok(connection) => {
                    self.attempts.success();
                    return Ok(connection);
                }
                Err(error) => self.attempts.pause(error)?,
            }
        }
    }
}

#[test]
fn the_state_of_a_loop_lives_in_a_struct_with_a_policy_from_configuration() {
    let configured = Arc::new(Policy::constant(Duration::ZERO).max_attempts(4).build());
    let mut client = Client { attempts: Attempts::new(Arc::clone(&configured)) };
    let mut left = 3;
    let dial = || {
        if left == 0 {
            Ok(7)
        } else {
            left -= 1;
            Err("refused")
        }
    };
    assert_eq!(client.connect(dial), Ok(7));
    let mut calls = 0;
    assert_eq!(
        client.connect(|| {
            calls += 1;
            Err("refused")
        }),
        Err("refused")
    );
    assert_eq!(calls, 4, "a success begins a new call");
}

#[test]
fn a_loop_moves_to_a_thread_and_back() {
    let mut attempts = Attempts::new(Policy::constant(Duration::ZERO).max_attempts(2).build());
    let mut attempts = std::thread::spawn(move || attempts.pause("down").map(|()| attempts)).join().unwrap().unwrap();
    assert_eq!((attempts.number(), attempts.pause("down")), (2, Err("down")));
}

#[test]
fn any_future_cancels_a_loop() {
    paused(async {
        let (stop, stopped) = oneshot::channel::<()>(); // or the token of another crate
        let mut attempts = Attempts::new(EACH_SECOND).cancel(stopped);
        assert_eq!(attempts.pause_async("down").await, Ok(()));
        stop.send(()).unwrap();
        assert_eq!(attempts.pause_async("down").await, Err("down"));
        assert_eq!(attempts.stopped(), Some(StopReason::Cancelled));
    });
}

#[test]
fn any_future_cancels_a_ticker() {
    paused(async {
        let mut ticker = Ticker::new(EACH_SECOND).cancel(tokio::time::sleep(ms(1_500)));
        let start = Instant::now();
        let mut ticks = Vec::new();
        while let Some(tick) = ticker.tick().await {
            ticks.push(tick);
        }
        assert_eq!((ticks, start.elapsed()), (vec![1, 2], ms(1_500)));
    });
}

#[test]
fn a_loop_and_a_ticker_have_another_sleeper_and_clock() {
    let (time, delays) = (Virtual::new(), RefCell::new(Vec::new()));
    let sleep = |delay| {
        delays.borrow_mut().push(delay);
        time.advance(delay);
    };
    let policy = Policy::constant(secs(2)).jitter(Jitter::None).max_elapsed(secs(5)).build();
    let mut attempts = policy.start().clock(|| time.now()).sleep(sleep);
    while attempts.pause("down").is_ok() {}
    assert_eq!((attempts.explain("down").elapsed, delays.take()), (secs(4), all_ms([2_000, 2_000])));
    let ticks: Vec<u32> = policy.ticker().clock(|| time.now()).sleep(sleep).collect();
    assert_eq!((ticks, delays.take()), (vec![1, 2, 3], all_ms([2_000, 2_000])));
}

#[test]
fn cancellation_ends_an_attempt_that_hangs() {
    #[retry(cancel = stop.cancelled(), cancel_attempts)]
    async fn fetch(stop: &CancelToken) -> std::io::Result<u32> {
        pending().await
    }

    #[retry(cancel = stop.cancelled(), cancel_attempts, on_cancel = |_: Cancelled| "shut down")]
    async fn fetch_text(stop: &CancelToken) -> Result<u32, &'static str> {
        pending().await
    }

    paused(async {
        let stop = CancelToken::new();
        let stops_later = async {
            tokio::time::sleep(secs(5)).await;
            stop.cancel();
        };
        let start = Instant::now();
        let (result, ()) = tokio::join!(fetch(&stop), stops_later);
        assert_eq!((result.unwrap_err().to_string().as_str(), start.elapsed()), ("cancelled", secs(5)));
        assert_eq!(fetch_text(&stop).await, Err("shut down"));
    });
}
