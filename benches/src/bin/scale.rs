//! Calls that wait at the same time, compared with a manual loop and other crates.
//!
//! `cargo run --release -p backoff-benches --bin scale [-- 1000000]` measures bytes and time of that many async calls
//! on one runtime; without a number, of 100,000 and of 1,000,000. Then it cancels 1,000 threads at once. Times vary
//! with the machine and are only printed; the results of the calls are checked.

use std::env;
use std::error::Error;
use std::process::ExitCode;

use backoff_benches::scale::{self, threads};
use backoff_benches::way;

const ROUNDS: u32 = 3;
const THREADS: u32 = 1_000;
const CANCELLATIONS: usize = 9;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match *arguments {
        ["waiting", way, calls] => scale::print_one(way, calls),
        [] => print(&[100_000, 1_000_000]),
        [calls] => calls.parse().map_err(|_| "expected a number of calls".into()).and_then(|calls| print(&[calls])),
        _ => Err("expected a number of calls".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn print(sizes: &[u32]) -> Result<(), Box<dyn Error>> {
    for calls in sizes {
        println!("{calls} async calls that wait on one runtime, least of {ROUNDS} runs\n");
        println!("{:<20}{:>12}{:>14}{:>12}{:>12}", "", "heap/call", "resident/call", "start, s", "finish, s");
        for (name, costs) in scale::measure(*calls, ROUNDS)? {
            let scale::Costs { heap, resident, start, finish } = costs;
            println!("{:<20}{heap:>12.1}{resident:>14.1}{start:>12.3}{finish:>12.3}", way::heading(name));
        }
        println!();
    }
    println!("{THREADS} threads in a delay, from `cancel` to the last return, median of {CANCELLATIONS} runs\n");
    let times = threads::last_returns(THREADS, CANCELLATIONS)?;
    let by_hand = times.first().map_or(f64::NAN, |(_, time)| *time);
    for (name, time) in times {
        println!("{:<20}{:>12.2} x{time:>12.2} ms", way::heading(name), time / by_hand);
    }
    Ok(())
}
