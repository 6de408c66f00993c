//! Time per operation over the number of keys, waiters or overrides that exist already.
//!
//! `cargo run --release -p backoff-benches --bin sizes`. Times vary with the machine. They are compared with one
//! another in one run, and never decide whether a build fails. Waiting calls are in `--bin scale`.

use std::future::Future as _;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Instant;

use backoff_core::{Budgets, CancelToken};

const OPERATIONS: u32 = 100_000;
const RUNS: usize = 5;
const SIZES: [u32; 4] = [100, 10_000, 100_000, 1_000_000];

/// An operation, measured beside this many others; returns nanoseconds for one.
type Row = (&'static str, fn(u32) -> f64);

const ROWS: [Row; 5] = [
    ("CancelToken: wait and give up", wait_and_give_up),
    ("CancelToken: cancel, for each waiter", cancel),
    ("Budgets: look up a known key", known_key),
    ("Budgets: look up a made-up key, all places taken", made_up_key),
    ("Budgets: snapshot, for each key", snapshot),
];

fn main() {
    println!("nanoseconds per operation, least of {RUNS} runs\n");
    println!("{:<50} {}", "", SIZES.map(|size| format!("{size:>10}")).join(""));
    for (what, run) in ROWS {
        let least = |size| (0..RUNS).map(|_| run(size)).fold(f64::MAX, f64::min);
        println!("{what:<50} {}", SIZES.map(|size| format!("{:>10.0}", least(size))).join(""));
    }
}

/// Returns the nanoseconds of each of `count` operations that `run` makes.
fn each(count: u32, run: impl FnOnce()) -> f64 {
    let began = Instant::now();
    run();
    began.elapsed().as_secs_f64() * 1e9 / f64::from(count)
}

fn waiters(token: &CancelToken, size: u32) -> Vec<std::pin::Pin<Box<backoff_core::WaitForCancel>>> {
    let wait = |_| {
        let mut waiter = Box::pin(token.cancelled());
        let _pending = waiter.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        waiter
    };
    (0..size).map(wait).collect()
}

fn wait_and_give_up(size: u32) -> f64 {
    let token = CancelToken::new();
    let _waiting = waiters(&token, size);
    each(OPERATIONS, || {
        for _ in 0..OPERATIONS {
            let mut waiter = pin!(token.cancelled());
            let _pending = black_box(waiter.as_mut().poll(&mut Context::from_waker(Waker::noop())));
        }
    })
}

fn cancel(size: u32) -> f64 {
    let token = CancelToken::new();
    let _waiting = waiters(&token, size);
    each(size, || token.cancel())
}

/// A collection that is full of keys, each looked up once.
fn full(size: u32) -> Budgets<u64> {
    let budgets = Budgets::new().max_keys(size as usize);
    (0..u64::from(size)).for_each(|key| drop(budgets.get(&key)));
    budgets
}

fn known_key(size: u32) -> f64 {
    let budgets = full(size);
    each(OPERATIONS, || {
        for number in 0..u64::from(OPERATIONS) {
            // A multiple of a prime visits the keys in no order.
            drop(black_box(budgets.get(&(number * 7_919 % u64::from(size)))));
        }
    })
}

fn made_up_key(size: u32) -> f64 {
    let budgets = full(size);
    each(OPERATIONS, || {
        (0..u64::from(OPERATIONS)).for_each(|number| drop(black_box(budgets.get(&(1 << 40 | number)))));
    })
}

fn snapshot(size: u32) -> f64 {
    let budgets = full(size);
    each(size, || drop(black_box(budgets.snapshot())))
}
