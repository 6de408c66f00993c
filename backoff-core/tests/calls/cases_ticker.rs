//! Attempt numbers spaced by a policy.

use std::time::Duration;

use backoff_core::{CancelToken, Jitter, Policy};
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
        while let Some(tick) = ticker.next().await {
            ticks.push((tick, origin.elapsed()));
        }
        assert_eq!(ticks, [(1, ms(0)), (2, ms(100)), (3, ms(300)), (4, ms(700))]);
        assert_eq!(ticker.next().await, None, "an ended ticker stays ended");
        assert_eq!(origin.elapsed(), ms(700), "nothing is slept after the last tick");
    });
}

#[test]
fn a_blocking_ticker_ends_with_its_policy() {
    const POLICY: Policy = Policy::constant(ns(1)).jitter(Jitter::None).max_attempts(3).build();
    assert!(POLICY.ticker().eq([1, 2, 3]));
    let mut ticker = POLICY.ticker();
    assert_eq!(ticker.by_ref().count(), 3);
    assert_eq!(Iterator::next(&mut ticker), None);
}

#[test]
fn an_already_cancelled_ticker_still_ticks_once() {
    let token = CancelToken::new();
    token.cancel();
    assert!(AT_ONCE.ticker().cancel(&token).eq([1]));
    paused(async {
        let mut ticker = PLAIN.ticker().cancel(&token);
        assert_eq!((ticker.next().await, ticker.next().await), (Some(1), None));
    });
}

#[test]
fn cancelling_an_async_ticker_ends_its_delay_at_once() {
    let token = CancelToken::new();
    paused(async {
        let origin = Instant::now();
        let mut ticker = PLAIN.ticker().cancel(&token);
        assert_eq!(ticker.next().await, Some(1));
        let cancels = async {
            tokio::time::sleep(ms(40)).await;
            token.cancel();
        };
        let (tick, ()) = tokio::join!(ticker.next(), cancels);
        assert_eq!((tick, origin.elapsed()), (None, ms(40)));
    });
}

#[test]
fn cancelling_a_blocking_ticker_ends_its_delay_at_once() {
    const HOURLY: Policy = Policy::constant(secs(3_600)).forever().build();
    let token = CancelToken::new();
    let mut ticker = HOURLY.ticker().cancel(&token);
    assert_eq!(Iterator::next(&mut ticker), Some(1));
    let canceller = {
        let token = token.clone();
        std::thread::spawn(move || token.cancel())
    };
    assert_eq!(Iterator::next(&mut ticker), None);
    canceller.join().unwrap();
}

#[test]
fn a_ticker_stops_at_the_time_limit_of_its_policy() {
    const POLICY: Policy = Policy::constant(secs(1)).jitter(Jitter::None).max_elapsed(secs(3)).build();
    paused(async {
        let origin = Instant::now();
        let mut ticker = POLICY.ticker();
        let mut ticks = Vec::new();
        while let Some(tick) = ticker.next().await {
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
        assert_eq!(ticker.next().await, Some(1));
        for delay in POLICY.delays().seed(7) {
            assert!(ticker.next().await.is_some());
            let gap = last.elapsed();
            assert!(gap >= delay && gap <= delay + ms(1), "{gap:?} for {delay:?}");
            last = Instant::now();
        }
        assert_eq!(ticker.next().await, None);
    });
}

#[test]
fn an_async_ticker_without_delay_lets_other_tasks_run() {
    paused(async {
        let other = tokio::spawn(async {});
        let mut ticker = AT_ONCE.ticker();
        let mut ticks = 0;
        while !other.is_finished() {
            assert!(ticker.next().await.is_some());
            ticks += 1;
            assert!(ticks < 1_000, "the other task never runs");
        }
    });
}
