//! Counts instructions, by running this program under valgrind.
//!
//! Why not gungraun, the maintained harness? Its runner (0.20) was built, but not used: it compiles 172 crates, three minutes
//! on two cores, and asks for Rust 1.88 where this workspace promises 1.85, for what is one number here: the instructions
//! that callgrind has collected when the program ends. Set-up is excluded by running everything twice: the cost of one call
//! is the difference between 2n and n calls, divided by n. Start-up, seeding and the runtime cancel out.

use std::env;
use std::error::Error;
use std::process::Command;

use crate::calls::{Run, blocking, delays, future};

/// Each way of calling is run with this many calls, and with twice as many.
const CALLS: u64 = 2_000;
/// The failures of a call whose retries are counted.
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

/// Runs one way of calling; what valgrind is given.
pub(crate) fn run(group: &str, way: &str, calls: &str, failures: &str) -> Result<(), Box<dyn Error>> {
    let (_, ways) = GROUPS.iter().find(|(name, _)| *name == group).ok_or("no such group")?;
    let (_, run) = ways.iter().find(|(name, _)| *name == way).ok_or("no such way of calling")?;
    run(calls.parse()?, failures.parse()?);
    Ok(())
}

/// The instructions of each way of calling of a group: of one call that succeeds at once, or of one failing attempt
/// and its delay.
pub(crate) fn instructions(group: &str) -> Result<Vec<(&'static str, f64)>, Box<dyn Error>> {
    let (_, ways) = GROUPS.iter().find(|(name, _)| *name == group).ok_or("no such group")?;
    let per_failure = !group.starts_with("success");
    ways.iter()
        .map(|(way, _)| {
            let success = per_call(group, way, 0)?;
            if !per_failure {
                return Ok((*way, success));
            }
            let failing = per_call(group, way, FAILURES)?;
            Ok((*way, (failing - success) / f64::from(FAILURES)))
        })
        .collect()
}

fn per_call(group: &str, way: &str, failures: u32) -> Result<f64, Box<dyn Error>> {
    let once = collected(group, way, CALLS, failures)?;
    let twice = collected(group, way, 2 * CALLS, failures)?;
    #[expect(clippy::cast_precision_loss, reason = "counts far below 2^53")]
    Ok(twice.saturating_sub(once) as f64 / CALLS as f64)
}

/// The instructions of a whole run of this program.
fn collected(group: &str, way: &str, calls: u64, failures: u32) -> Result<u64, Box<dyn Error>> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(env::current_exe()?)
        .args(["run", group, way, &calls.to_string(), &failures.to_string()])
        .output()
        .map_err(|error| format!("valgrind does not start ({error}); install it: apt-get install valgrind"))?;
    let report = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!("{group} {way} failed under valgrind:\n{report}").into());
    }
    let count = report.lines().find_map(|line| line.split_once("Collected : ")).map(|(_, count)| count.trim());
    Ok(count.ok_or("callgrind reports no count")?.parse()?)
}
