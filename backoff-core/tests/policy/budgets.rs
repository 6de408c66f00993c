//! A budget shared by many threads: withdrawals equal the tokens that it had plus the deposits.

use std::sync::Barrier;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use backoff_core::{Budget, Budgets};

const THREADS: u32 = 100;

/// Runs `work` in a hundred threads that start together, and returns the sum of its results.
fn at_once(work: impl Fn(u32) -> u32 + Sync) -> u32 {
    let start = Barrier::new(THREADS as usize);
    let sum = AtomicU32::new(0);
    thread::scope(|scope| {
        for number in 0..THREADS {
            let (work, start, sum) = (&work, &start, &sum);
            scope.spawn(move || {
                start.wait();
                sum.fetch_add(work(number), Ordering::Relaxed);
            });
        }
    });
    sum.into_inner()
}

fn withdrawals(budget: &Budget, tries: u32) -> u32 {
    (0..tries).map(|_| u32::from(budget.withdraw())).sum()
}

#[test]
fn a_hundred_threads_get_exactly_the_capacity() {
    static BUDGET: Budget = Budget::new().capacity(1_000);
    assert_eq!(at_once(|_| withdrawals(&BUDGET, 100)), 1_000);
    assert!(!BUDGET.withdraw());
}

#[test]
fn a_hundred_threads_lose_no_deposit() {
    let budget = Budget::new().capacity(1_000);
    assert_eq!(withdrawals(&budget, 1_000), 1_000);
    at_once(|_| {
        (0..90).for_each(|_| budget.deposit());
        0
    });
    assert_eq!(budget.available().to_bits(), 900.0_f64.to_bits());
    assert_eq!(withdrawals(&budget, 1_000), 900);
}

#[test]
fn retries_never_exceed_capacity_and_deposits_while_both_go_on() {
    let budget = Budget::new().ratio(0.1).capacity(50);
    let given = at_once(|number| {
        if number % 2 == 0 {
            (0..1_000).for_each(|_| budget.deposit());
            return 0;
        }
        withdrawals(&budget, 1_000)
    });
    // 50 threads x 1,000 successes x 0.1 = 5,000 tokens; those that came while it was full are lost.
    let left = budget.available();
    assert!(f64::from(given) + left <= 50.0 + 5_000.0, "given {given}, left {left}");
    assert!(given >= 50, "given {given}");
}

#[test]
fn a_hundred_threads_share_the_budget_of_a_key() {
    static HOSTS: Budgets<String> = Budgets::new().capacity(40);
    let given = at_once(|number| {
        let host = if number % 2 == 0 { "even.example" } else { "odd.example" };
        withdrawals(&HOSTS.get(host), 10)
    });
    assert_eq!((given, HOSTS.len()), (80, 2));
}

#[test]
fn a_hundred_threads_with_made_up_keys_get_no_more_than_the_bound() {
    let tenants: Budgets<u32> = Budgets::new().max_keys(8).capacity(5);
    let given = at_once(|number| (0..50).map(|key| withdrawals(&tenants.get(&(number * 50 + key)), 10)).sum());
    assert!((40..=45).contains(&given), "8 kept and one shared budget of 5 each; given {given}");
    assert!(tenants.len() <= 8);
}

/// The share of retries that a budget denies, of calls that fail independently of one another with this probability.
fn denied(failures: f64) -> f64 {
    use backoff_core::{Random as _, Seeded};

    let (budget, mut random) = (Budget::new(), Seeded::new(7));
    let (mut wanted, mut denied) = (0, 0);
    #[expect(clippy::cast_precision_loss, reason = "a fraction of 2^64")]
    let mut fails = || (random.draw() as f64 / 2.0_f64.powi(64)) < failures;
    for _ in 0..300_000 {
        let mut has_token = true;
        while has_token && fails() {
            wanted += 1;
            has_token = budget.withdraw();
        }
        if has_token {
            budget.deposit();
        } else {
            denied += 1;
        }
    }
    f64::from(denied) / f64::from(wanted)
}

#[test]
fn the_default_budget_denies_next_to_nothing_below_five_per_cent_and_one_in_twenty_near_nine() {
    assert!(denied(0.05) < 0.001, "{}", denied(0.05));
    assert!((0.02..0.10).contains(&denied(0.09)), "{}", denied(0.09));
    assert!(denied(0.2) > 0.3, "{}", denied(0.2));
}
