//! Counted costs beside a hand-written loop and other crates: instructions, bytes and allocations, which repeat.
//!
//! ```text
//! cargo run --release -p backoff-benches -- table     prints every row with its goal
//! cargo run --release -p backoff-benches -- check     the same, and fails when a figure grew since the last time
//! cargo run --release -p backoff-benches -- accept    the same, and keeps the figures as the last ones
//! cargo run --release -p backoff-benches -- functions 1000    code and check time of that many functions, per function
//! ```
//!
//! It needs valgrind, and `size` from the tools of the C compiler. Goals are shown and never fail; only growth does.

mod calls;
mod count;
mod figures;
mod generated;
mod memory;
mod rows;
mod table;

use std::env;
use std::error::Error;
use std::process::ExitCode;

use crate::figures::Figures;

const USAGE: &str = "expected one of `table`, `check`, `accept`, `functions 1000`";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[&str]) -> Result<(), Box<dyn Error>> {
    match *arguments {
        ["run", group, way, calls, failures] => return count::run(group, way, calls, failures),
        ["functions", functions] => return generated::print(functions.parse()?),
        ["table" | "check" | "accept"] => {}
        _ => return Err(USAGE.into()),
    }
    if cfg!(debug_assertions) {
        return Err("figures of a debug build mean nothing; add `--release`".into());
    }
    let rows = rows::measure()?;
    table::print(&rows);
    let compiler = figures::compiler()?;
    match *arguments {
        ["accept"] => table::figures(&rows, compiler).save(),
        ["check"] => {
            let last = Figures::load()?;
            if last.compiler != compiler {
                println!("\nThe last figures are of another compiler, {}: growth up to a tenth passes.", last.compiler);
            }
            let grown = table::regressions(&rows, &last, &compiler);
            if grown.is_empty() {
                Ok(())
            } else {
                Err(format!("\ndearer than last time:\n{}", grown.join("\n")).into())
            }
        }
        _ => Ok(()),
    }
}
