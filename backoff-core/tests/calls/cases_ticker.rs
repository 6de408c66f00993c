//! Tickers: attempt numbers, spaced by a policy.

use std::sync::Arc;
use std::time::Duration;

use backoff_core::{CancelToken, Jitter, Policy, Ticker};
use support::{ms, ns, paused, secs};
use tokio::time::Instant;

const AT_ONCE: Policy = Policy::constant(Duration::ZERO).forever().build();
const PLAIN: Policy = Policy::exponential().jitter(Jitter::None).max_attempts(4).build();

#[test]
fn an_operation_that_succeeds_on_the_third_tick_has_had_three() {
    let mut calls = 0;
    let answer = AT_ONCE.ticker().find_map(|tick| {
        calls += 1;
        (tick == 3).then_some("done")
    });
    assert_eq!((answer, calls), (Some("done"), 3));
}

#[test]
fn an_async_ticker_ticks_at_the_pace_of_its_policy() {
    paused(async {
        let origin = Instant::now();
        let mut ticks = Vec::new();
        let mut ticker = PLAIN.ticker();
        while let Some(tick) = ticker.tick().await {
            ticks.push((tick, origin.elapsed()));
        }
        assert_eq!(ticks, [(1, ms(0)), (2, ms(100)), (3, ms(300)), (4, ms(700))]);
        assert_eq!(ticker.tick().await, None, "an ended ticker stays ended");
        assert_eq!(origin.elapsed(), ms(700), "nothing is slept after the last tick");
    });
}

#[test]
fn a_blocking_ticker_ends_with_its_policy() {
    const POLICY: Policy = Policy::constant(ns(1)).jitter(Jitter::None).max_attempts(3).build();
    assert!(POLICY.ticker().eq([1, 2, 3]));
    let mut ticker = POLICY.ticker();
    assert_eq!(ticker.by_ref().count(), 3);
    assert_eq!(ticker.next(), None);
}

#[test]
fn an_already_cancelled_ticker_still_ticks_once() {
    let token = CancelToken::new();
    token.cancel();
    assert!(AT_ONCE.ticker().cancel(&token).eq([1]));
    paused(async {
        let mut ticker = PLAIN.ticker().cancel(&token);
        assert_eq!((ticker.tick().await, ticker.tick().await), (Some(1), None));
    });
}

#[test]
fn cancelling_an_async_ticker_ends_its_delay_at_once() {
    let token = CancelToken::new();
    paused(async {
        let origin = Instant::now();
        let mut ticker = PLAIN.ticker().cancel(&token);
        assert_eq!(ticker.tick().await, Some(1));
        let cancels = async {
            tokio::time::sleep(ms(40)).await;
            token.cancel();
        };
        let (tick, ()) = tokio::join!(ticker.tick(), cancels);
        assert_eq!((tick, origin.elapsed()), (None, ms(40)));
    });
}

#[test]
fn cancelling_a_blocking_ticker_ends_its_delay_at_once() {
    const HOURLY: Policy = Policy::constant(secs(3_600)).forever().build();
    let token = CancelToken::new();
    let mut ticker = HOURLY.ticker().cancel(&token);
    assert_eq!(ticker.next(), Some(1));
    let canceller = {
        let token = token.clone();
        std::thread::spawn(move || token.cancel())
    };
    assert_eq!(ticker.next(), None);
    canceller.join().unwrap();
}

#[test]
fn a_ticker_stops_at_the_time_limit_of_its_policy() {
    const POLICY: Policy = Policy::constant(secs(1)).jitter(Jitter::None).max_elapsed(secs(3)).build();
    paused(async {
        let origin = Instant::now();
        let mut ticker = POLICY.ticker();
        let mut ticks = Vec::new();
        while let Some(tick) = ticker.tick().await {
            ticks.push(tick);
        }
        assert_eq!((ticks, origin.elapsed()), (vec![1, 2, 3, 4], secs(3)));
    });
}

#[test]
fn a_seeded_ticker_keeps_the_pace_of_the_seeded_delays() {
    const POLICY: Policy = Policy::exponential().max_attempts(4).build();
    paused(async {
        let mut ticker = POLICY.ticker().seed(7);
        let mut last = Instant::now();
        assert_eq!(ticker.tick().await, Some(1));
        for delay in POLICY.delays().seed(7) {
            assert!(ticker.tick().await.is_some());
            let gap = last.elapsed();
            assert!(gap >= delay && gap <= delay + ms(1), "{gap:?} for {delay:?}");
            last = Instant::now();
        }
        assert_eq!(ticker.tick().await, None);
    });
}

#[test]
fn an_async_ticker_without_delay_lets_other_tasks_run() {
    paused(async {
        let other = tokio::spawn(async {});
        let mut ticker = AT_ONCE.ticker();
        let mut ticks = 0;
        while !other.is_finished() {
            assert!(ticker.tick().await.is_some());
            ticks += 1;
            assert!(ticks < 1_000, "the other task never runs");
        }
    });
}

#[test]
fn a_ticker_beside_a_message_every_300_ms_keeps_its_pace() {
    const EVERY_SECOND: Policy = Policy::constant(secs(1)).jitter(Jitter::None).forever().build();
    paused(async {
        let (origin, mut messages) = (Instant::now(), tokio::time::interval(ms(300)));
        let (mut ticker, mut ticks, mut received) = (EVERY_SECOND.ticker(), Vec::new(), 0);
        while origin.elapsed() < secs(60) {
            tokio::select! {
                biased;
                tick = ticker.tick() => ticks.push((tick, origin.elapsed())),
                _ = messages.tick() => received += 1,
            }
        }
        let expected: Vec<_> = (1..=61).map(|tick| (Some(tick), secs(u64::from(tick) - 1))).collect();
        assert_eq!(ticks, expected);
        assert!(received >= 199, "{received} messages");
    });
}

#[test]
fn a_tick_that_fell_due_without_a_wait_comes_at_once() {
    paused(async {
        let mut ticker = PLAIN.ticker();
        assert_eq!(ticker.tick().await, Some(1));
        assert!(tokio::time::timeout(ms(50), ticker.tick()).await.is_err());
        tokio::time::sleep(secs(1)).await;
        let origin = Instant::now();
        assert_eq!((ticker.tick().await, origin.elapsed()), (Some(2), ms(0)));
        assert_eq!((ticker.tick().await, origin.elapsed()), (Some(3), ms(200)), "its own delay begins then");
    });
}

#[test]
fn a_ticker_takes_another_sleeper_clock_and_source_of_jitter() {
    let time = support::Virtual::new();
    let policy = Policy::exponential().max_elapsed(secs(1)).build();
    let ticker = policy.ticker().clock(|| time.now()).sleep(|delay| time.advance(delay)).random(|| u64::MAX);
    let ticks: Vec<_> = ticker.map(|tick| (tick, time.now())).collect();
    assert_eq!(ticks, [(1, ms(0)), (2, ms(100)), (3, ms(300)), (4, ms(700))]);
}

#[test]
fn any_future_ends_a_ticker_that_is_awaited() {
    paused(async {
        let origin = Instant::now();
        let mut ticker = Ticker::new(PLAIN).cancel(tokio::time::sleep(ms(150)));
        let mut ticks = Vec::new();
        while let Some(tick) = ticker.tick().await {
            ticks.push(tick);
        }
        assert_eq!((ticks, origin.elapsed(), ticker.tick().await), (vec![1, 2], ms(150), None));
    });
}

#[test]
fn a_ticker_that_owns_its_policy_can_be_moved_into_a_task() {
    struct Poller {
        ticker: Ticker<Arc<Policy>>,
    }
    paused(async {
        let mut poller = Poller { ticker: Ticker::new(Arc::new(PLAIN)) };
        let ticks = tokio::spawn(async move {
            let mut ticks = 0;
            while poller.ticker.tick().await.is_some() {
                ticks += 1;
            }
            ticks
        });
        assert_eq!(ticks.await.unwrap(), 4);
    });
}
