//! Counts instructions, by running a program under valgrind.
//!
//! Gungraun, the maintained harness, is not used. Its runner (0.20) was built and tried: it compiles 172 crates, which
//! takes three minutes on two cores, and requires Rust 1.88, but this workspace promises 1.85. Only one number is
//! needed here: the instructions that callgrind has collected when the program ends. Set-up is excluded by running
//! everything twice: the cost of one call is the difference between 2n and n calls, divided by n. Start-up, seeding and
//! the runtime cancel out.

use std::env;
use std::error::Error;
use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::calls::{Run, blocking, delays, future};
use crate::rows::Depth;

/// Each way of calling is run with this many calls, and with twice as many.
const CALLS: u64 = 1_000;
/// The number of failures in a call whose retries are counted.
const FAILURES: u32 = 3;

/// The calls of one row, by name; each entry is a way of calling.
const GROUPS: &[(&str, &[(&str, Run)])] = &[
    ("success_blocking", blocking::SUCCESS),
    ("success_async", future::SUCCESS),
    ("success_max_elapsed_blocking", blocking::LIMITED_SUCCESS),
    ("success_max_elapsed_async", future::LIMITED_SUCCESS),
    ("failing_blocking", blocking::FAILING),
    ("failing_async", future::FAILING),
    ("next_delay", delays::NEXT),
];

/// The counted part of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A call that succeeds at once.
    Success,
    /// One failing attempt and its delay.
    Failure,
}

/// Runs one way of calling; valgrind runs this function.
///
/// # Errors
///
/// Returns an error when there is no such way, or an argument is not a number.
pub fn run(group: &str, way: &str, calls: &str, failures: &str) -> Result<(), Box<dyn Error>> {
    let (_, ways) = GROUPS.iter().find(|(name, _)| *name == group).ok_or("no such group")?;
    let (_, run) = ways.iter().find(|(name, _)| *name == way).ok_or("no such way of calling")?;
    run(calls.parse()?, failures.parse()?);
    Ok(())
}

/// Returns the instructions of each way of calling of a group that `depth` includes.
///
/// # Errors
///
/// Returns an error when valgrind is missing or reports nothing.
pub fn instructions(group: &str, depth: Depth) -> Result<Vec<(&'static str, f64)>, Box<dyn Error>> {
    let (_, ways) = GROUPS.iter().find(|(name, _)| *name == group).ok_or("no such group")?;
    let part = if group.starts_with("success") { Part::Success } else { Part::Failure };
    let program = env::current_exe()?;
    let ways: Vec<&'static str> = ways.iter().map(|(way, _)| *way).filter(|way| depth.includes(way)).collect();
    let counts = side_by_side(&ways, |way| per_call(&program, &["run", group, way], part))?;
    Ok(ways.into_iter().zip(counts).collect())
}

/// Applies `count` to all of `items`, on all cores, because counts do not depend on other processes.
///
/// # Errors
///
/// Returns the first error of `count`.
pub fn side_by_side<T: Sync>(
    items: &[T],
    count: impl Fn(&T) -> Result<f64, String> + Sync,
) -> Result<Vec<f64>, Box<dyn Error>> {
    let (next, results) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(items.len())));
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while let Some((index, item)) = Some(next.fetch_add(1, Ordering::Relaxed))
                    .and_then(|index| items.get(index).map(|item| (index, item)))
                {
                    let result = count(item);
                    results.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((index, result));
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    results.sort_by_key(|(index, _)| *index);
    Ok(results.into_iter().map(|(_, result)| result).collect::<Result<_, _>>()?)
}

/// Returns the instructions of one part of a call. `program` receives `arguments`, the number of calls, and the number
/// of their failures.
///
/// # Errors
///
/// Returns an error when valgrind is missing or reports nothing.
pub fn per_call(program: &Path, arguments: &[&str], part: Part) -> Result<f64, String> {
    let call = |failures: u32| {
        let collected = |calls: u64| {
            let numbers = [calls.to_string(), failures.to_string()];
            let all: Vec<&str> = arguments.iter().copied().chain(numbers.iter().map(String::as_str)).collect();
            collected(program, &all)
        };
        let (once, twice) = (collected(CALLS)?, collected(2 * CALLS)?);
        #[expect(clippy::cast_precision_loss, reason = "counts far below 2^53")]
        Ok::<f64, String>(twice.saturating_sub(once) as f64 / CALLS as f64)
    };
    let success = call(0)?;
    match part {
        Part::Success => Ok(success),
        Part::Failure => Ok((call(FAILURES)? - success) / f64::from(FAILURES)),
    }
}

/// Returns the instructions of a whole run.
///
/// # Errors
///
/// Returns an error when valgrind is missing or reports nothing, or the program fails.
pub fn collected(program: &Path, arguments: &[impl AsRef<OsStr>]) -> Result<u64, String> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args(arguments)
        .output()
        .map_err(|error| format!("valgrind does not start ({error}); install it: apt-get install valgrind"))?;
    let report = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        let arguments: Vec<_> = arguments.iter().map(|argument| argument.as_ref().to_string_lossy()).collect();
        return Err(format!("`{}` failed under valgrind:\n{report}", arguments.join(" ")));
    }
    let count = report.lines().find_map(|line| line.split_once("Collected : ")).map(|(_, count)| count.trim());
    let count = count.ok_or("callgrind reports no count")?;
    count.parse().map_err(|error| format!("`{count}`: {error}"))
}
