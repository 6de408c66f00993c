//! Mixed calls for any time, with every count and the memory checked: `cargo run -p backoff-soak -- --seconds 600`.
//!
//! Threads and tasks call functions that fail by a script: never, for a while, permanently, with a push-back,
//! ambiguously, by not responding, or with a panic. The calls are retried, timed out, cancelled, dropped halfway,
//! nested in one another, limited by budgets, and changed by overrides all the time. Each operation counts its
//! executions; the hooks, the call sites and the observer of the process must have counted the same.
//!
//! The work is done in rounds. No call runs between two rounds, so live allocations and the resident set must return to
//! their earlier values. The program ends with 1 and a sentence when a count is wrong, or when memory has grown.

mod blocking;
mod call;
mod memory;
mod steering;
mod tally;
mod tasks;

use std::alloc::System;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use backoff_core::{Random as _, Seeded};
use clap::Parser;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

use self::memory::Memory;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Mixed calls for as long as you like, every count checked and memory watched.
#[derive(Debug, Parser)]
struct Args {
    /// Length of the run
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// Number of threads that make blocking calls
    #[arg(long, default_value_t = 3)]
    threads: u32,
    /// Number of tasks that make async calls
    #[arg(long, default_value_t = 48)]
    tasks: u32,
    /// Seed of the scripts of all calls
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Calls of one thread in one round. The number is chosen so that a thread takes as long as the tasks, whose timers
/// count milliseconds.
const CALLS_OF_A_THREAD: u32 = 40 * 13;
/// Calls of one task in one round.
const CALLS_OF_A_TASK: u32 = 4 * 13;

fn main() -> ExitCode {
    let args = Args::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime can be made");
    tally::watch_the_process();
    let mut seeds = Seeded::new(args.seed);
    let mut memory = Memory::new(args.seconds);
    let (started, limit) = (Instant::now(), Duration::from_secs(args.seconds));
    let mut told = started;
    while started.elapsed() < limit || memory.rounds() < Memory::LEAST_ROUNDS {
        round(&args, &runtime, &mut seeds);
        memory.sample(blocking::held_by_budgets());
        if told.elapsed() >= Duration::from_secs(args.seconds.div_ceil(20).max(2)) || memory.rounds() == 1 {
            told = Instant::now();
            println!("{:>6.1} s  round {:>5}  {memory}", started.elapsed().as_secs_f64(), memory.rounds());
        }
    }
    drop(runtime);

    println!("\n{}", tally::table());
    let complaints: Vec<_> = tally::complaints().into_iter().chain(memory.complaints()).collect();
    for complaint in &complaints {
        eprintln!("error: {complaint}");
    }
    if !complaints.is_empty() {
        return ExitCode::FAILURE;
    }
    println!(
        "after {} rounds in {:.1} s every count agrees, and memory is flat: {memory}",
        memory.rounds(),
        started.elapsed().as_secs_f64()
    );
    ExitCode::SUCCESS
}

/// Runs all threads and tasks once, and returns when none runs any more.
fn round(args: &Args, runtime: &tokio::runtime::Runtime, seeds: &mut Seeded) {
    let is_over = AtomicBool::new(false);
    std::thread::scope(|threads| {
        let steering = threads.spawn(|| steering::change_overrides(&is_over));
        let workers: Vec<_> = (0..args.threads)
            .map(|_| {
                let seed = seeds.draw();
                threads.spawn(move || blocking::make_calls(seed, CALLS_OF_A_THREAD))
            })
            .collect();
        let seeds: Vec<_> = (0..args.tasks).map(|_| seeds.draw()).collect();
        runtime.block_on(tasks::make_calls(seeds, CALLS_OF_A_TASK));
        for worker in workers {
            worker.join().expect("a worker catches its own panics");
        }
        is_over.store(true, Relaxed);
        steering.join().expect("overrides do not panic");
    });
}
