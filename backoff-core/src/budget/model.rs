//! Every order in which threads can use one budget, executed by loom.
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p backoff-core --release --lib budget::model`

use loom::sync::Arc;
use loom::thread;

use super::settings::TOKEN;
use super::{Budget, Moment};

/// Runs `model` for every interleaving of its threads.
fn every_order(model: impl Fn() + Send + Sync + 'static) {
    loom::model(model);
}

fn take(budget: &Budget, tokens: u32) {
    (0..tokens).for_each(|_| assert!(budget.withdraw()));
}

#[track_caller]
fn assert_available(budget: &Budget, tokens: f64) {
    assert_eq!(budget.available().to_bits(), tokens.to_bits(), "{budget:?}");
}

#[test]
fn the_last_token_is_given_once() {
    every_order(|| {
        let budget = Arc::new(Budget::new().capacity(2));
        take(&budget, 1);
        let others: Vec<_> = (0..2)
            .map(|_| {
                let budget = Arc::clone(&budget);
                thread::spawn(move || budget.withdraw())
            })
            .collect();
        let mine = budget.withdraw();
        let given = others.into_iter().map(|other| other.join().unwrap()).filter(|given| *given).count();
        assert_eq!(given + usize::from(mine), 1);
        assert_available(&budget, 0.0);
    });
}

#[test]
fn no_deposit_is_lost() {
    every_order(|| {
        let budget = Arc::new(Budget::new().ratio(0.5).capacity(2));
        take(&budget, 2);
        let others: Vec<_> = (0..2)
            .map(|_| {
                let budget = Arc::clone(&budget);
                thread::spawn(move || budget.deposit())
            })
            .collect();
        budget.deposit();
        others.into_iter().for_each(|other| other.join().unwrap());
        assert_available(&budget, 1.5);
    });
}

#[test]
fn a_deposit_and_a_retry_at_once_both_count() {
    every_order(|| {
        let budget = Arc::new(Budget::new().ratio(0.5).capacity(2));
        take(&budget, 1);
        let retry = thread::spawn({
            let budget = Arc::clone(&budget);
            move || budget.withdraw()
        });
        let success = thread::spawn({
            let budget = Arc::clone(&budget);
            move || budget.deposit()
        });
        assert!(retry.join().unwrap(), "a token was there all the time");
        success.join().unwrap();
        assert_available(&budget, 0.5);
    });
}

#[test]
fn a_retry_gets_a_token_only_if_the_deposit_came_first() {
    every_order(|| {
        let budget = Arc::new(Budget::new().ratio(1.0).capacity(1));
        take(&budget, 1);
        let retry = thread::spawn({
            let budget = Arc::clone(&budget);
            move || budget.withdraw()
        });
        budget.deposit();
        let given = retry.join().unwrap();
        assert_available(&budget, if given { 0.0 } else { 1.0 });
    });
}

#[test]
fn deposits_at_once_never_pass_the_capacity() {
    every_order(|| {
        let budget = Arc::new(Budget::new().ratio(0.6).capacity(2));
        take(&budget, 1);
        let other = thread::spawn({
            let budget = Arc::clone(&budget);
            move || budget.deposit()
        });
        budget.deposit();
        other.join().unwrap();
        assert_available(&budget, 2.0);
    });
}

#[test]
fn no_counted_success_is_lost_when_a_window_ends() {
    every_order(|| {
        let budget = Arc::new(Budget::new());
        budget.history.count(Moment(0), 40, 100);
        let others: Vec<_> = [999, 1_000]
            .map(|moment| {
                let budget = Arc::clone(&budget);
                thread::spawn(move || budget.history.count(Moment(moment), 16, 100))
            })
            .into();
        others.into_iter().for_each(|other| other.join().unwrap());
        assert_eq!(budget.history.successes(Moment(1_000)), 72, "the thread that is late counts in the new window");
    });
}

#[test]
fn retries_at_once_get_no_more_than_fits_whatever_is_counted_meanwhile() {
    every_order(|| {
        let budget = Arc::new(Budget::new());
        let retry = |budget: &Budget| (0..2).filter(|_| budget.withdraw_at(|| Moment(0))).count();
        let other = thread::spawn({
            let budget = Arc::clone(&budget);
            move || retry(&budget)
        });
        let success = thread::spawn({
            let budget = Arc::clone(&budget);
            move || budget.history.count(Moment(0), 30, 100)
        });
        let given = retry(&budget) + other.join().unwrap();
        success.join().unwrap();
        assert!((2..=3).contains(&given), "2 fit without the successes, 3 with them: {given}");
        assert!(budget.held() <= 3 * TOKEN);
    });
}
