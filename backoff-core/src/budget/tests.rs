//! The capacity that fits its client, at times that the tests choose.

use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;

const SECOND: u32 = 100;

fn draws_at(budget: &Budget, moment: u32) -> u32 {
    let mut taken = 0;
    while budget.withdraw_at(|| Moment(moment)) {
        taken += 1;
    }
    taken
}

/// A budget whose successes of the last 10 s before `moment` are these.
fn after(successes: u32, moment: u32) -> Budget {
    let budget = Budget::new();
    for _ in 0..successes {
        budget.history.count(Moment(moment), 1, budget.limits.enough());
    }
    budget
}

#[test]
fn a_client_without_history_may_retry_twice_and_one_with_a_fixed_capacity_up_to_it() {
    assert_eq!(draws_at(&Budget::new(), 0), 2);
    assert_eq!(draws_at(&Budget::new().capacity(7), 0), 7);
    assert_eq!(draws_at(&Budget::new().capacity(1), 0), 1);
    assert_eq!(draws_at(&Budget::new().try_capacity(10).unwrap(), 0), 10);
}

#[test]
fn the_capacity_is_a_tenth_of_the_successes_of_ten_seconds_from_two_to_ten() {
    for (successes, expected) in [(0, 2), (19, 2), (29, 2), (30, 3), (55, 5), (99, 9), (100, 10), (1_000, 10)] {
        assert_eq!(draws_at(&after(successes, 5), 5), expected, "{successes}");
    }
    let half = after(0, 0).ratio(0.5);
    (0..10).for_each(|_| half.history.count(Moment(0), 1, half.limits.enough()));
    assert_eq!(draws_at(&half, 0), 5, "the ratio that is set");
}

#[test]
fn successes_count_fully_for_ten_seconds_then_less_and_after_twenty_not_at_all() {
    for (seconds, expected) in [(0, 10), (9, 10), (11, 9), (15, 5), (17, 3), (20, 2), (1_000_000, 2)] {
        assert_eq!(draws_at(&after(100, 0), seconds * SECOND), expected, "after {seconds} s");
    }
}

#[test]
fn tokens_that_do_not_fit_at_a_retry_are_lost_even_if_more_would_fit_later() {
    let budget = Budget::new();
    assert!(budget.withdraw_at(|| Moment(0)));
    for _ in 0..1_000 {
        budget.history.count(Moment(0), 1, budget.limits.enough());
    }
    assert_eq!(draws_at(&budget, 0), 1);
}

#[test]
fn no_clock_is_read_when_every_client_may_retry() {
    let unread = || unreachable!("a clock was read");
    let budget = Budget::new();
    assert!(budget.withdraw_at(|| Moment(0)));
    assert!(budget.withdraw_at(unread));
    assert!(!budget.withdraw_at(unread));
    assert!(Budget::new().capacity(5).withdraw_at(unread), "a named capacity needs no clock");
}

#[test]
fn a_clock_that_goes_back_or_begins_again_leaves_the_capacity_of_a_client_without_history() {
    assert_eq!(draws_at(&after(100, 500 * SECOND), 499 * SECOND), 10, "a thread that was overtaken");
    assert_eq!(draws_at(&after(100, 500 * SECOND), 400 * SECOND), 2);
    assert_eq!(draws_at(&after(100, u32::MAX), 0), 2);
    let budget = after(100, u32::MAX);
    for _ in 0..50 {
        budget.history.count(Moment(7), 1, budget.limits.enough());
    }
    assert_eq!(draws_at(&budget, 8), 5, "counted anew");
}

#[test]
fn counts_stop_at_what_the_largest_capacity_needs() {
    let budget = Budget::new().ratio(0.001);
    for _ in 0..100_000 {
        budget.history.count(Moment(1), 16, budget.limits.enough());
    }
    assert_eq!(budget.history.successes(Moment(1)), 10_000);
    let busy = after(1_000_000, 3);
    assert_eq!(busy.history.successes(Moment(3)), 100);
}

#[test]
fn debug_and_the_tokens_left_show_the_present_capacity() {
    let budget = Budget::new();
    assert_eq!(alloc::format!("{budget:?}"), "Budget { available: 2.0, ratio: 0.1, capacity: 2 }");
    assert!(budget.withdraw());
    assert_eq!(budget.available().to_bits(), 1.0_f64.to_bits());
}

#[test]
fn samples_of_a_busy_client_give_the_capacity_that_its_successes_give() {
    for successes in [0, 200, 1_000] {
        let budget = Budget::new();
        (0..successes).for_each(|_| budget.deposit());
        let expected = if successes == 0 { 2 } else { 10 };
        assert_eq!(budget.present().1, expected, "{successes}");
    }
}

#[derive(Clone, Debug)]
enum Step {
    Pass(u32),
    Succeed(u32),
    Retry(u32),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (0..3_000_u32).prop_map(Step::Pass),
        (1..60_u32).prop_map(Step::Succeed),
        (1..15_u32).prop_map(Step::Retry),
    ];
    proptest::collection::vec(step, 1..60)
}

proptest! {
    /// The estimate may count successes that are up to 20 s old, and never more than there were.
    #[test]
    fn no_burst_is_above_what_the_last_twenty_seconds_earned(ratio in 1..=1_000_u32, steps in steps()) {
        let budget = Budget::new().ratio(f64::from(ratio) / 1_000.0);
        let (mut now, mut successes) = (0, Vec::new());
        let (mut taken, mut put_back) = (0_u64, 0_u64);
        for step in steps {
            match step {
                Step::Pass(time) => now += time,
                Step::Succeed(count) => for _ in 0..count {
                    successes.push(now);
                    budget.history.count(Moment(now), 1, budget.limits.enough());
                    let deposit = budget.limits.deposit;
                    let _full = budget.missing.fetch_update(Relaxed, Relaxed, |m| Some(m.saturating_sub(deposit)));
                    put_back += u64::from(deposit);
                },
                Step::Retry(count) => {
                    let recent = successes.iter().filter(|at| now - **at < 2_000).count();
                    let earned = u32::try_from(recent).unwrap() * ratio / TOKEN;
                    let most = earned.clamp(2, 10);
                    let given = (0..count).filter(|_| budget.withdraw_at(|| Moment(now))).count();
                    prop_assert!(given <= most as usize, "{given} at once, where {most} fit");
                    taken += given as u64 * u64::from(TOKEN);
                    prop_assert!(taken <= 10 * u64::from(TOKEN) + put_back);
                }
            }
        }
    }

    /// Within a window, before any has passed, the estimate is exact.
    #[test]
    fn the_successes_of_one_window_are_counted_exactly(times in proptest::collection::vec(0..999_u32, 1..90)) {
        let (budget, mut times) = (Budget::new(), times);
        times.sort_unstable();
        for time in &times {
            budget.history.count(Moment(*time), 1, budget.limits.enough());
        }
        let last = times.last().copied().unwrap();
        prop_assert_eq!(budget.history.successes(Moment(last)) as usize, times.len());
    }
}
