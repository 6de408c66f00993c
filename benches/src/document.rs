//! Writes `docs/benchmarks.md` from the figures that are kept in `document.toml`: a table of all goals, every row, and
//! the reasons.

mod features;
mod sizes;
mod summary;

use std::error::Error;
use std::fmt::Write as _;
use std::fs;

use crate::figures::Figures;
use crate::rows::{self, Measured, Part, Row};
use crate::verdict::{self, Cheaper};
use crate::way::{OURS, WAYS, heading};
use crate::{cargo, features as of_features, sizes as over_sizes};

const INTRO: &str = "\
# Benchmarks

<!-- Written by `cargo run --release -p backoff-benches -- docs`. Edit benches/src, not this file. -->

What a call costs with `backoff-core`, beside the same loop written by hand and beside other crates: every column is measured in
one run. Instructions, bytes and allocations are counted, not timed, so that they repeat; time is compared within its column
only. The goals are the project's own, and some are missed. The first table has all of them, with the reasons for what is
missed. Below every later table are the rows in which another crate is cheaper, with the reasons.

```text
cargo run --release -p backoff-benches -- docs          # measures everything and writes this file: a quarter of an hour
cargo run --release -p backoff-benches -- docs PART     # measures one part again: counted, features, scale, sizes, functions, rustc, builds
cargo run --release -p backoff-benches -- text          # writes this file from the figures of the last `docs`, which are kept
cargo run --release -p backoff-benches -- table PART    # measures one part, and prints it
cargo run --release -p backoff-benches -- check         # what CI runs: fails when one of our figures has grown
cargo run --release -p backoff-benches -- accept        # keeps the figures of this run as those to compare with
cargo run --release -p backoff-benches --bin scale      # 100,000 and 1,000,000 waiting calls of every crate
cargo run --release -p backoff-benches --bin budget     # a budget that threads contend for, beside tower's
```

It needs valgrind, and `size` from the tools of the C compiler.
";

const WAYS_TEXT: &str = "\
| row | what it is |
|---|---|
| bare | the operation alone, called once |
| hand | the same loop written in place: four attempts, exponential delays with a cap, full jitter from one small generator per thread |
| **policy** | `POLICY.retry(..)` of this library, the policy a constant |
| **#[retry]** | the attribute of this library on the function |
";

/// The other crates, by way of calling, and their differences from our call.
const PEERS_TEXT: [(&str, &str, &str); 12] = [
    ("backon", "backon", "its jitter adds up to the delay itself"),
    ("backon_macros", "backon-macros", "the attribute on backon; the same delays"),
    ("tokio_retry", "tokio-retry", "async only; full jitter"),
    ("tokio_retry2", "tokio-retry2", "async only; jitter of half to one and a half delays"),
    ("tryhard", "tryhard", "async only; it has no jitter, and draws nothing"),
    (
        "tower",
        "tower",
        "async only; its retry layer around a service, called once, with the policy that a user has to write",
    ),
    (
        "relentless",
        "relentless",
        "full jitter; the policy is a static; every call reads the clock, with or without a limit on time",
    ),
    (
        "mettle",
        "mettle",
        "full jitter, from a generator that each call seeds; every call reads the clock; failures are events of `tracing`",
    ),
    (
        "execution_policy",
        "execution-policy",
        "async only; full jitter; the policy is a static; every call reads the clock; each delay is a box",
    ),
    (
        "tower_resilience",
        "tower-resilience-retry",
        "async only; jitter of half to one and a half delays; a service in its layer, called once; its future is a box, \
         so that it has no size of its own here, but counts on the heap",
    ),
    (
        "backoff",
        "backoff",
        "jitter of half to one and a half delays; the limit on attempts is a wrapper that a user has to write",
    ),
    ("retry_crate", "retry", "blocking only; full jitter, no cap on delays"),
];

/// Writes the file, and returns the results that have no written reason.
///
/// # Errors
///
/// Returns an error when figures are missing, the file cannot be written, or the lock file cannot be read.
pub fn write(figures: &Figures) -> Result<Vec<String>, Box<dyn Error>> {
    let (text, unexplained) = text(figures)?;
    fs::write(cargo::project()?.join("docs").join("benchmarks.md"), text)?;
    Ok(unexplained)
}

/// Returns the document, and the results that have no written reason.
///
/// # Errors
///
/// Returns an error when the figures of a whole part are missing, or the lock file cannot be read.
pub fn text(figures: &Figures) -> Result<(String, Vec<String>), Box<dyn Error>> {
    let rows = rows::recall(figures);
    let (costs, sizes) = (of_features::recall(figures), over_sizes::recall(figures));
    for part in Part::ALL {
        let is_there = match part {
            Part::Features => !costs.is_empty(),
            Part::Sizes => !sizes.is_empty(),
            _ => rows.iter().any(|(row, _)| row.part() == part),
        };
        if !is_there {
            return Err(format!("document.toml has no figures of the part `{}`; run `docs`", part.name()).into());
        }
    }
    let lock = fs::read_to_string(cargo::project()?.join("Cargo.lock"))?;
    let groups = rows::grouped(&rows);
    let (mut text, mut unexplained) = (INTRO.to_owned(), Vec::new());
    summary::write(&mut text, &groups, &costs, &sizes)?;
    compared(&mut text, &figures.compiler, &lock)?;
    for (group, rows) in &groups {
        writeln!(text, "\n## {}\n\n{}\n", group.title, group.text)?;
        table(&mut text, rows)?;
        cheaper(&mut text, rows, &mut unexplained)?;
    }
    sizes::write(&mut text, &sizes)?;
    features::write(&mut text, &costs)?;
    Ok((text, unexplained))
}

fn compared(text: &mut String, compiler: &str, lock: &str) -> std::fmt::Result {
    write!(text, "\n## What is compared\n\n{WAYS_TEXT}")?;
    for (way, package, note) in PEERS_TEXT {
        writeln!(text, "| {} | {package} {}: {note} |", heading(way), version(lock, package))?;
    }
    writeln!(
        text,
        "\nA dash means that the way does not have what the column needs: no blocking calls, no limit on elapsed time, no \
         delays of its own, or it is not compiled in that table. Measured with {compiler} for {}, with the default release \
         profile and tokio with its feature `rt-multi-thread`.",
        std::env::consts::ARCH
    )
}

/// Returns the version of a package in a lock file.
fn version<'a>(lock: &'a str, package: &str) -> &'a str {
    let name = format!("name = \"{package}\"");
    let after = lock.lines().skip_while(|line| *line != name).nth(1);
    after.and_then(|line| line.strip_prefix("version = \"")?.strip_suffix('"')).unwrap_or("")
}

/// Writes one line for each way of calling, and one column for each row of the group.
fn table(text: &mut String, rows: &[(Row, Measured)]) -> std::fmt::Result {
    let mut line = |first: &str, cells: &mut dyn Iterator<Item = String>| {
        let cells: Vec<String> = cells.collect();
        writeln!(text, "| {first} | {} |", cells.join(" | "))
    };
    line("", &mut rows.iter().map(|(row, _)| format!("{}, {}", row.what, row.unit)))?;
    line("---", &mut rows.iter().map(|_| "---:".to_owned()))?;
    for way in WAYS.into_iter().filter(|way| rows.iter().any(|(_, measured)| measured.get(way).is_some())) {
        let name = if OURS.contains(&way) { format!("**{}**", heading(way)) } else { heading(way).to_owned() };
        line(&name, &mut rows.iter().map(|(_, measured)| measured.get(way).map_or_else(|| "-".to_owned(), figure)))?;
    }
    Ok(())
}

/// Crates with the same reason that are cheaper than the same ways of ours share one entry.
fn cheaper(text: &mut String, rows: &[(Row, Measured)], unexplained: &mut Vec<String>) -> std::fmt::Result {
    let mut entries = String::new();
    for (row, measured) in rows {
        let mut shared: Vec<(Cheaper, Vec<String>)> = Vec::new();
        for peer in verdict::cheaper(row, measured) {
            let name = format!("{} {}", heading(peer.peer), figure(peer.figure));
            match shared.iter_mut().find(|(first, _)| first.why == peer.why && first.ours == peer.ours) {
                Some((_, names)) => names.push(name),
                None => shared.push((peer, vec![name])),
            }
        }
        for (Cheaper { ours, why, .. }, names) in shared {
            let (names, ours) = (names.join(", "), beside(&ours));
            if why.is_none() {
                unexplained.push(format!("{}: {names}, beside {ours}", row.key));
            }
            let why = measured.fill(why.unwrap_or("Not explained yet."));
            writeln!(entries, "- *{}*: {names}, beside {ours}. {why}", row.what)?;
        }
    }
    if entries.is_empty() { Ok(()) } else { write!(text, "\nWhere another crate is cheaper:\n\n{entries}") }
}

fn beside(ours: &[(&str, f64)]) -> String {
    let ours: Vec<_> = ours.iter().map(|(way, ours)| format!("{} {}", code(way), figure(*ours))).collect();
    ours.join(" and ")
}

fn code(way: &str) -> String {
    format!("`{}`", heading(way))
}

/// Writes three digits, or all digits before the point, with commas between thousands.
fn figure(figure: f64) -> String {
    let digits = match figure.abs() {
        size if size >= 100.0 || figure.fract().abs() < 0.005 => 0,
        size if size >= 10.0 => 1,
        _ => 2,
    };
    let text = format!("{figure:.digits$}");
    let (whole, rest) =
        text.split_once('.').map_or((text.as_str(), String::new()), |(whole, rest)| (whole, format!(".{rest}")));
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + &rest
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{figure, text, version};
    use crate::cargo;
    use crate::figures::Figures;

    #[test]
    fn the_document_is_what_its_figures_say() {
        let (text, unexplained) = text(&Figures::load_document().unwrap()).unwrap();
        let written = fs::read_to_string(cargo::project().unwrap().join("docs").join("benchmarks.md")).unwrap();
        assert!(text == written, "docs/benchmarks.md is not up to date; run `text`");
        assert!(unexplained.is_empty(), "cheaper for no written reason: {unexplained:?}");
    }

    #[test]
    fn figures_have_three_digits_or_all_before_the_point() {
        let shown: Vec<String> = [0.0, 1.071, 4.0, 12.34, 385.04, 1_240.3, 1_000_000.0].map(figure).into();
        assert_eq!(shown, ["0", "1.07", "4", "12.3", "385", "1,240", "1,000,000"]);
    }

    #[test]
    fn the_version_of_a_package_is_the_line_after_its_name() {
        let lock = "[[package]]\nname = \"backoff\"\nversion = \"0.4.0\"\n\n[[package]]\nname = \"backon\"\nversion = \"1.6.0\"\n";
        assert_eq!(version(lock, "backon"), "1.6.0");
        assert_eq!(version(lock, "tower"), "");
    }
}
