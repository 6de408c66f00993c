//! Very many calls that wait at the same time: async ones on one runtime, blocking ones on threads.

pub mod tasks;
pub mod threads;

use std::env;
use std::error::Error;
use std::process::Command;

use self::tasks::Waited;

/// The cost of one way of calling at scale, for one call.
#[derive(Clone, Copy, Debug)]
pub struct Costs {
    /// Bytes on the heap while all calls wait.
    pub heap: f64,
    /// The growth of the process's resident set, in bytes.
    pub resident: f64,
    /// Seconds from the first call until all wait.
    pub start: f64,
    /// Seconds from the end of the outage until all have returned; delays pass at once, in the runtime's paused time.
    pub finish: f64,
}

/// Runs the command `waiting way calls` of a program of this package: measures one way of calling and prints it.
///
/// # Errors
///
/// Returns an error when there is no such way, or a call went wrong.
pub fn print_one(way: &str, calls: &str) -> Result<(), Box<dyn Error>> {
    let run = find(way)?;
    let calls: u32 = calls.parse()?;
    let waited = run(calls);
    waited.check(calls)?;
    let Waited { heap, resident, start, finish, .. } = waited;
    println!("{heap} {resident} {} {}", start.as_secs_f64(), finish.as_secs_f64());
    Ok(())
}

fn find(way: &str) -> Result<tasks::Run, Box<dyn Error>> {
    let (_, run) = tasks::WAYS.iter().find(|(name, _)| *name == way).ok_or("no such way of calling")?;
    Ok(*run)
}

/// Measures every way of calling in a separate process, so that none inherits the heap of another.
///
/// The ways take turns, `rounds` times. The least of each figure is used, because disturbances only add to it.
///
/// # Errors
///
/// Returns an error when a call of any way went wrong.
pub fn measure(calls: u32, rounds: u32) -> Result<Vec<(&'static str, Costs)>, Box<dyn Error>> {
    let worst = Costs { heap: f64::MAX, resident: f64::MAX, start: f64::MAX, finish: f64::MAX };
    let mut costs: Vec<_> = tasks::WAYS.iter().map(|(way, _)| (*way, worst)).collect();
    for _ in 0..rounds {
        for (way, least) in &mut costs {
            let now = in_child(way, calls)?;
            least.heap = least.heap.min(now.heap);
            least.resident = least.resident.min(now.resident);
            least.start = least.start.min(now.start);
            least.finish = least.finish.min(now.finish);
        }
    }
    Ok(costs)
}

fn in_child(way: &str, calls: u32) -> Result<Costs, Box<dyn Error>> {
    let output = Command::new(env::current_exe()?).args(["waiting", way, &calls.to_string()]).output()?;
    if !output.status.success() {
        return Err(format!("{calls} calls of {way}: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    let text = String::from_utf8(output.stdout)?;
    let figures: Result<Vec<f64>, _> = text.split_whitespace().map(str::parse).collect();
    let [heap, resident, start, finish] = *figures? else { return Err("unknown figures".into()) };
    Ok(Costs { heap: heap / f64::from(calls), resident: resident / f64::from(calls), start, finish })
}
