//! Counted costs compared with a manual loop and other crates: instructions, bytes and allocations, which are
//! reproducible.
//!
//! ```text
//! cargo run --release -p backoff-benches -- table     prints every row with its goal
//! cargo run --release -p backoff-benches -- table sizes   one part: counted, features, scale, sizes, functions, rustc,
//!                                                           builds
//! cargo run --release -p backoff-benches -- check     ours alone, and fails when a figure grew since the last time
//! cargo run --release -p backoff-benches -- accept    all rows, and keeps the figures as the last ones
//! cargo run --release -p backoff-benches -- docs      first builds and a million calls, too; writes docs/benchmarks.md
//! cargo run --release -p backoff-benches -- docs scale    measures one part again, and keeps the others
//! cargo run --release -p backoff-benches -- text      writes that file again from the figures of the last `docs`
//! cargo run --release -p backoff-benches -- functions 1000    code and check time of that many functions, per function
//! ```
//!
//! It needs valgrind, and `size` from the tools of the C compiler. A missed goal is shown and never fails. Growth
//! fails, and in `docs` a cheaper crate without a written reason.

use std::env;
use std::error::Error;
use std::process::ExitCode;

use backoff_benches::features::{self, Cost};
use backoff_benches::figures::{self, Figures};
use backoff_benches::rows::{self, Depth, MeasuredGroup, Part};
use backoff_benches::{count, document, generated, scale, sizes, table, verdict};

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
    match *arguments {
        ["run", group, way, calls, failures] => return count::run(group, way, calls, failures),
        ["waiting", way, calls] => return scale::print_one(way, calls),
        ["text"] => return write_document(),
        ["functions", functions] => return generated::print(functions.parse()?),
        _ if cfg!(debug_assertions) => {
            return Err("figures of a debug build mean nothing; add `--release`".into());
        }
        ["table"] => {
            Measurement::of(&Part::KEPT, Depth::Peers)?;
        }
        ["table", part] => {
            Measurement::of(&[named(part)?], Depth::Peers)?;
        }
        ["accept"] => Measurement::of(&Part::KEPT, Depth::Peers)?.figures_that_repeat().save()?,
        ["check"] => {
            let last = Figures::load()?;
            let now = Measurement::of(&Part::KEPT, Depth::Ours)?;
            if last.compiler != now.compiler {
                println!("\nThe last figures are of another compiler, {}: growth up to a tenth passes.", last.compiler);
            }
            let grown = verdict::regressions(&now.groups, &now.features, &last, &now.compiler);
            return none_of(&grown, "dearer than last time");
        }
        ["docs"] => {
            let figures = Measurement::of(&Part::ALL, Depth::Peers)?.all_figures();
            figures.save_document()?;
            return write_document();
        }
        ["docs", part] => {
            let new = Measurement::of(&[named(part)?], Depth::Peers)?.all_figures();
            let mut figures = Figures::load_document()?;
            if figures.compiler != new.compiler {
                return Err(format!("the other figures are of {}: run `docs`", figures.compiler).into());
            }
            figures.by_name.extend(new.by_name);
            figures.save_document()?;
            return write_document();
        }
        _ => return Err(USAGE.into()),
    }
    Ok(())
}

fn named(part: &str) -> Result<Part, Box<dyn Error>> {
    Part::named(part).ok_or_else(|| {
        let names = Part::ALL.map(|part| format!("`{}`", part.name()));
        format!("expected one of the parts {}", names.join(", ")).into()
    })
}

/// The results of this run.
struct Measurement {
    groups: Vec<MeasuredGroup>,
    features: Vec<Cost>,
    sizes: Vec<sizes::Cost>,
    compiler: String,
}

impl Measurement {
    /// Measures and prints.
    fn of(parts: &[Part], depth: Depth) -> Result<Self, Box<dyn Error>> {
        let mut rows = Vec::new();
        for part in parts {
            rows.extend(rows::measure(*part, depth)?);
        }
        let features = if parts.contains(&Part::Features) { features::measure()? } else { Vec::new() };
        let sizes = if parts.contains(&Part::Sizes) { sizes::measure()? } else { Vec::new() };
        let groups = rows::grouped(&rows);
        table::print(&groups, &features, &sizes, depth);
        Ok(Self { groups, features, sizes, compiler: figures::compiler()? })
    }

    fn figures_that_repeat(self) -> Figures {
        verdict::figures(&self.groups, &self.features, self.compiler)
    }

    fn all_figures(self) -> Figures {
        let mut figures = verdict::all_figures(&self.groups, &self.features, self.compiler);
        figures.by_name.extend(self.sizes.iter().map(|cost| (cost.name(), cost.figure)));
        figures
    }
}

/// Writes the document from the kept figures, which are rounded, so that `text` writes the same one.
fn write_document() -> Result<(), Box<dyn Error>> {
    none_of(&document::write(&Figures::load_document()?)?, "cheaper for no reason that is written in benches/src/rows")
}

fn none_of(found: &[String], what: &str) -> Result<(), Box<dyn Error>> {
    if found.is_empty() { Ok(()) } else { Err(format!("\n{what}:\n{}", found.join("\n")).into()) }
}
