//! Counted costs beside a hand-written loop and other crates: instructions, bytes and allocations, which repeat.
//!
//! ```text
//! cargo run --release -p backoff-benches -- table     prints every row with its goal
//! cargo run --release -p backoff-benches -- check     ours alone, and fails when a figure grew since the last time
//! cargo run --release -p backoff-benches -- accept    all rows, and keeps the figures as the last ones
//! cargo run --release -p backoff-benches -- docs      first builds and a million calls, too; writes docs/benchmarks.md
//! cargo run --release -p backoff-benches -- text      writes that file again from the figures of the last `docs`
//! cargo run --release -p backoff-benches -- functions 1000    code and check time of that many functions, per function
//! ```
//!
//! It needs valgrind, and `size` from the tools of the C compiler. Goals are shown and never fail; only growth does, and
//! in `docs` a crate that is cheaper for a reason that nobody has written down.

use std::env;
use std::error::Error;
use std::process::ExitCode;

use backoff_benches::features::{self, Cost};
use backoff_benches::figures::{self, Figures};
use backoff_benches::rows::{self, Depth, MeasuredGroup};
use backoff_benches::{count, document, generated, scale, table, verdict};

const USAGE: &str = "expected one of `table`, `check`, `accept`, `docs`, `text`, `functions 1000`";

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
    let depth = match *arguments {
        ["run", group, way, calls, failures] => return count::run(group, way, calls, failures),
        ["waiting", way, calls] => return scale::print_one(way, calls),
        ["text"] => {
            let figures = Figures::load_document()?;
            return write_document(&rows::recall(&figures), &features::recall(&figures), &figures.compiler);
        }
        ["functions", functions] => return generated::print(functions.parse()?),
        ["check"] => Depth::Ours,
        ["table" | "accept"] => Depth::Peers,
        ["docs"] => Depth::Thorough,
        _ => return Err(USAGE.into()),
    };
    if cfg!(debug_assertions) {
        return Err("figures of a debug build mean nothing; add `--release`".into());
    }
    let groups = rows::measure(depth)?;
    let features = features::measure()?;
    table::print(&groups, &features, depth);
    let compiler = figures::compiler()?;
    match *arguments {
        ["accept"] => verdict::figures(&groups, &features, compiler).save(),
        ["docs"] => {
            verdict::all_figures(&groups, &features, compiler.clone()).save_document()?;
            write_document(&groups, &features, &compiler)
        }
        ["check"] => {
            let last = Figures::load()?;
            if last.compiler != compiler {
                println!("\nThe last figures are of another compiler, {}: growth up to a tenth passes.", last.compiler);
            }
            none_of(&verdict::regressions(&groups, &features, &last, &compiler), "dearer than last time")
        }
        _ => Ok(()),
    }
}

fn write_document(groups: &[MeasuredGroup], features: &[Cost], compiler: &str) -> Result<(), Box<dyn Error>> {
    let unexplained = document::write(groups, features, compiler)?;
    none_of(&unexplained, "cheaper for no reason that is written in benches/src/rows")
}

fn none_of(found: &[String], what: &str) -> Result<(), Box<dyn Error>> {
    if found.is_empty() { Ok(()) } else { Err(format!("\n{what}:\n{}", found.join("\n")).into()) }
}
