//! Time per operation on a shared budget, compared with the budget of tower, with 1, 2 and more threads.
//!
//! `cargo run --release -p backoff-benches --bin budget`. Contention costs time and not instructions, so these figures
//! vary with the machine. They are printed, and never decide whether a build fails.

use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use backoff_core::Budget;
use tower::retry::budget::{Budget as _, TpsBudget};

const TIME: Duration = Duration::from_millis(100);
const BATCH: u32 = 1_000;
const RUNS: usize = 7;

/// One way to use a budget: the operation that each thread repeats.
struct Row {
    what: &'static str,
    ours: fn(&Budget),
    tower: fn(&TpsBudget),
}

const ROWS: [Row; 3] = [
    Row { what: "success, budget full", ours: Budget::deposit, tower: |budget| budget.deposit() },
    Row {
        what: "success and retry in turn",
        ours: |budget| {
            budget.deposit();
            black_box(budget.withdraw());
        },
        tower: |budget| {
            budget.deposit();
            black_box(budget.withdraw());
        },
    },
    Row {
        what: "retry denied, budget empty",
        ours: |budget| {
            black_box(budget.withdraw());
        },
        tower: |budget| {
            black_box(budget.withdraw());
        },
    },
];

fn main() {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    println!("nanoseconds per operation and thread on {cores} cores, median of {RUNS} runs of {TIME:?}\n");
    println!("{:<28} {:>7} {:>10} {:>10}", "", "threads", "ours", "tower");
    for (row, is_full) in ROWS.iter().zip([true, false, false]) {
        for threads in [1, 2, 4, 8] {
            let ours = median(threads, || ours(is_full), row.ours);
            let tower = median(threads, tower, row.tower);
            println!("{:<28} {threads:>7} {ours:>10.1} {tower:>10.1}", row.what);
        }
    }
}

fn ours(is_full: bool) -> Budget {
    let budget = Budget::new();
    while !is_full && budget.withdraw() {}
    budget
}

/// Tower's budget has no upper bound, so it is never full; without a reserve per second it starts empty.
fn tower() -> TpsBudget {
    TpsBudget::new(Duration::from_secs(10), 0, 0.1)
}

fn median<B: Sync>(threads: u32, make: impl Fn() -> B, operation: fn(&B)) -> f64 {
    let mut runs: Vec<f64> = (0..RUNS).map(|_| measure(threads, &make(), operation)).collect();
    runs.sort_by(f64::total_cmp);
    runs.get(RUNS / 2).copied().unwrap_or(f64::NAN)
}

/// Returns the nanoseconds of one operation in each of `threads` threads, which all repeat it on one budget for the
/// same time.
///
/// All threads run for the whole time. So a thread that waits for a core counts as slow, and none runs alone at the
/// end.
fn measure<B: Sync>(threads: u32, budget: &B, operation: fn(&B)) -> f64 {
    let start = Barrier::new(threads as usize);
    let work = || {
        start.wait();
        let began = Instant::now();
        let mut batches = 0_u32;
        while began.elapsed() < TIME {
            (0..BATCH).for_each(|_| operation(black_box(budget)));
            batches += 1;
        }
        f64::from(batches) * f64::from(BATCH)
    };
    let operations: f64 = thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        running.into_iter().filter_map(|thread| thread.join().ok()).sum()
    });
    TIME.as_secs_f64() * 1e9 * f64::from(threads) / operations
}
