//! The cost of one operation over the number of keys, waiters, overrides or calls that exist already.
//!
//! Times vary with the machine: they are compared with one another in one run, and never decide whether a build fails.

use std::error::Error;
use std::future::Future as _;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Instant;

use allocation_counter::measure as allocations;
use backoff_core::{Budgets, CancelToken};

use crate::count::Part;
use crate::figures::Figures;
use crate::scale::tasks::{self, Waited};
use crate::{count, features};

/// The numbers of keys, waiters, overrides or calls.
pub const SIZES: [u32; 4] = [100, 10_000, 100_000, 1_000_000];
const OPERATIONS: u32 = 100_000;
/// The most keys of a collection that made-up keys are thrown at.
const MOST_KEYS: usize = 100_000;
const RUNS: usize = 3;
/// A million overrides take longer to set, under valgrind, than anybody waits.
const MOST_OVERRIDES: u32 = 100_000;

/// An operation, measured at each size.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The name in the figures.
    pub key: &'static str,
    /// The operation.
    pub what: &'static str,
    /// The unit of the figure.
    pub unit: &'static str,
    measure: fn(u32) -> Result<Option<f64>, Box<dyn Error>>,
}

/// All operations.
pub const ROWS: [Row; 11] = [
    Row {
        key: "cancel_wait",
        what: "`CancelToken`: wait and give up, beside as many waiters",
        unit: "ns",
        measure: |size| least(size, wait_and_give_up),
    },
    Row {
        key: "cancel_all",
        what: "`CancelToken`: cancel, for each waiter",
        unit: "ns",
        measure: |size| least(size, cancel),
    },
    Row {
        key: "budget_known",
        what: "`Budgets`: look up a known key of as many",
        unit: "ns",
        measure: |size| least(size, known_key),
    },
    Row {
        key: "budget_made_up",
        what: "`Budgets`: look up a made-up key, as many places, all taken",
        unit: "ns",
        measure: |size| least(size, made_up_key),
    },
    Row {
        key: "budget_flood",
        what: "`Budgets` of at most 100,000 keys: as many made-up keys, each",
        unit: "ns",
        measure: |size| least(size, |size| flood(size).0),
    },
    Row {
        key: "budget_flood_heap",
        what: "`Budgets` of at most 100,000 keys: its heap after as many made-up keys",
        unit: "KiB",
        measure: |size| Ok(Some(flood(size).1 / 1_024.0)),
    },
    Row {
        key: "budget_snapshot",
        what: "`Budgets`: snapshot, for each key",
        unit: "ns",
        measure: |size| least(size, snapshot),
    },
    Row {
        key: "overrides",
        what: "overrides: a failing attempt of `#[retry]` beside as many keys",
        unit: "instr.",
        measure: beside_overrides,
    },
    Row {
        key: "waiting_start",
        what: "waiting calls of `#[retry]`: until all wait, for each",
        unit: "ns",
        measure: |size| waiting(size, |waited| waited.start.as_secs_f64() * 1e9),
    },
    Row {
        key: "waiting_finish",
        what: "waiting calls of `#[retry]`: until all have answered, for each",
        unit: "ns",
        measure: |size| waiting(size, |waited| waited.finish.as_secs_f64() * 1e9),
    },
    Row {
        key: "waiting_heap",
        what: "waiting calls of `#[retry]`: heap of each",
        unit: "bytes",
        measure: |size| waiting(size, heap),
    },
];

/// One figure.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// The name of a [`Row`].
    pub key: &'static str,
    /// One of [`SIZES`].
    pub size: u32,
    /// The figure, in the unit of the row.
    pub figure: f64,
}

impl Cost {
    /// The name among the figures of the document.
    #[must_use]
    pub fn name(&self) -> String {
        format!("sizes_{}.{}", self.key, self.size)
    }
}

/// Measures all rows at all sizes.
///
/// # Errors
///
/// Returns an error when a call went wrong, a program does not build, or valgrind is missing.
pub fn measure() -> Result<Vec<Cost>, Box<dyn Error>> {
    let mut costs = Vec::new();
    for Row { key, what, measure, .. } in ROWS {
        eprintln!("{what}");
        for size in SIZES {
            costs.extend(measure(size)?.map(|figure| Cost { key, size, figure }));
        }
    }
    Ok(costs)
}

/// The costs that were measured before.
#[must_use]
pub fn recall(figures: &Figures) -> Vec<Cost> {
    let all = ROWS.into_iter().flat_map(|row| SIZES.map(|size| Cost { key: row.key, size, figure: 0.0 }));
    let figure = |cost: Cost| figures.by_name.get(&cost.name()).map(|figure| Cost { figure: *figure, ..cost });
    all.filter_map(figure).collect()
}

#[expect(clippy::unnecessary_wraps, reason = "every row is measured by such a function")]
fn least(size: u32, run: impl Fn(u32) -> f64) -> Result<Option<f64>, Box<dyn Error>> {
    Ok(Some((0..RUNS).map(|_| run(size)).fold(f64::MAX, f64::min)))
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

/// Looks up that many keys, no two the same, in a collection that starts empty. Returns the nanoseconds of each, and
/// the bytes on the heap afterwards.
fn flood(size: u32) -> (f64, f64) {
    let (mut time, mut budgets) = (0.0, None);
    let held = allocations(|| {
        let flooded = Budgets::<u64>::new().max_keys(MOST_KEYS);
        time = each(size, || {
            for key in 0..u64::from(size) {
                drop(black_box(flooded.get(&key)));
            }
        });
        budgets = Some(flooded);
    });
    drop(budgets);
    #[expect(clippy::cast_precision_loss, reason = "sizes far below 2^53")]
    (time, held.bytes_current as f64)
}

fn snapshot(size: u32) -> f64 {
    let budgets = full(size);
    each(size, || drop(black_box(budgets.snapshot())))
}

/// Counted, in the program that has the feature.
fn beside_overrides(keys: u32) -> Result<Option<f64>, Box<dyn Error>> {
    if keys > MOST_OVERRIDES {
        return Ok(None);
    }
    let program = features::program("overrides")?;
    Ok(Some(count::per_call(&program, &["beside", &keys.to_string(), "retry", "blocking"], Part::Failure)?))
}

/// For each call of the attribute, the least of a few runs.
fn waiting(calls: u32, figure: fn(&Waited) -> f64) -> Result<Option<f64>, Box<dyn Error>> {
    let (_, run) = tasks::WAYS.iter().find(|(way, _)| *way == "retry").ok_or("no such way of calling")?;
    let mut least = f64::MAX;
    for _ in 0..RUNS {
        let waited = run(calls);
        waited.check(calls)?;
        least = least.min(figure(&waited) / f64::from(calls));
    }
    Ok(Some(least))
}

#[expect(clippy::cast_precision_loss, reason = "sizes far below 2^53")]
fn heap(waited: &Waited) -> f64 {
    waited.heap as f64
}
