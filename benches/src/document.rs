//! Writes `docs/benchmarks.md`: every row as a readable table, with the explanations.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;

use crate::cargo;
use crate::features::{Cost, FEATURES, MEASURES};
use crate::rows::{Goal, Measured, MeasuredGroup, Row};
use crate::verdict::{self, Cheaper};
use crate::way::{OURS, WAYS, heading};

const INTRO: &str = "\
# Benchmarks

<!-- Written by `cargo run --release -p backoff-benches -- docs`. Edit benches/src, not this file. -->

What a call costs with `backoff-core`, beside the same loop written by hand and beside other crates: every column is measured in
one run. Instructions, bytes and allocations are counted, not timed, so that they repeat; time is compared within its column
only. The goals are the project's own, and some are missed. Below each table are the goals that are missed, and every row in which
another crate is cheaper, with the reasons.

```text
cargo run --release -p backoff-benches -- docs      # writes this file, in about ten minutes
cargo run --release -p backoff-benches -- docs scale    # measures one part again: counted, features, scale, functions, builds
cargo run --release -p backoff-benches -- check     # what CI runs: fails when one of our figures has grown
cargo run --release -p backoff-benches -- accept    # keeps the figures of this run as those to compare with
cargo run --release -p backoff-benches --bin scale  # 100,000 and 1,000,000 waiting calls
cargo run --release -p backoff-benches --bin budget # a budget that threads contend for, beside tower's
cargo run --release -p backoff-benches --bin sizes  # the cost of one operation over the number of keys and waiters
```

It needs valgrind, and `size` from the tools of the C compiler.
";

const SIZES_TEXT: &str = include_str!("sizes.md");

/// The goals of the project, and the figures of this version beside them.
const GOALS_TEXT: &str = include_str!("goals.md");

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
/// Returns an error when the file cannot be written, or the lock file cannot be read.
pub fn write(groups: &[MeasuredGroup], features: &[Cost], compiler: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let project = cargo::project()?;
    let mut unexplained = Vec::new();
    let text = text(groups, features, compiler, &fs::read_to_string(project.join("Cargo.lock"))?, &mut unexplained)?;
    fs::write(project.join("docs").join("benchmarks.md"), text)?;
    Ok(unexplained)
}

fn text(
    groups: &[MeasuredGroup],
    features: &[Cost],
    compiler: &str,
    lock: &str,
    unexplained: &mut Vec<String>,
) -> Result<String, std::fmt::Error> {
    let mut text = format!("{INTRO}\n{GOALS_TEXT}\n## What is compared\n\n{WAYS_TEXT}");
    for (way, package, note) in PEERS_TEXT {
        writeln!(text, "| {} | {package} {}: {note} |", heading(way), version(lock, package))?;
    }
    writeln!(
        text,
        "\nA dash means that the way does not have what the column needs (no blocking calls, no limit on elapsed time). Measured with {compiler} for {} with the \
         default release profile.",
        std::env::consts::ARCH
    )?;
    for (group, rows) in groups {
        writeln!(text, "\n## {}\n\n{}\n", group.title, group.text)?;
        table(&mut text, rows)?;
        missed(&mut text, rows)?;
        cheaper(&mut text, rows, unexplained)?;
    }
    if !features.is_empty() {
        of_features(&mut text, features)?;
    }
    Ok(text)
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
    line("*goal*", &mut rows.iter().map(|(row, measured)| goal(row, measured)))?;
    line("*verdict*", &mut rows.iter().map(|(row, measured)| verdict::verdict(row, measured, figure)))
}

fn goal(row: &Row, measured: &Measured) -> String {
    let Goal { policy, retry } = (row.goal)(measured);
    let mut goals: Vec<String> = policy.into_iter().chain(retry).map(figure).collect();
    goals.dedup();
    let goals = goals.join("; ");
    if goals.is_empty() || row.goal_text.ends_with(&goals) {
        row.goal_text.to_owned()
    } else {
        format!("{goals} ({})", row.goal_text)
    }
}

fn missed(text: &mut String, rows: &[(Row, Measured)]) -> std::fmt::Result {
    let missed: Vec<_> =
        rows.iter().filter(|(row, measured)| verdict::misses(row, measured).next().is_some()).collect();
    if missed.is_empty() {
        return Ok(());
    }
    writeln!(text, "\nGoals that are missed:\n")?;
    for (row, measured) in missed {
        let by: Vec<_> =
            verdict::misses(row, measured).map(|(way, over)| format!("{} by {}", code(way), figure(over))).collect();
        writeln!(text, "- *{}*, {}. {}", row.what, by.join(", "), row.explanation)?;
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
            writeln!(entries, "- *{}*: {names}, beside {ours}. {}", row.what, why.unwrap_or("Not explained yet."))?;
        }
    }
    if entries.is_empty() { Ok(()) } else { write!(text, "\nWhere another crate is cheaper:\n\n{entries}") }
}

fn beside(ours: &[(&str, f64)]) -> String {
    let ours: Vec<_> = ours.iter().map(|(way, ours)| format!("{} {}", code(way), figure(*ours))).collect();
    ours.join(" and ")
}

fn of_features(text: &mut String, features: &[Cost]) -> std::fmt::Result {
    let figures = |measure: &str, way: &str| -> Vec<f64> {
        features.iter().filter(|cost| cost.measure == measure && cost.way == way).map(|cost| cost.figure).collect()
    };
    writeln!(
        text,
        "{SIZES_TEXT}\n## What each feature costs\n\n\
         Instructions of a call that succeeds at once and of a failing attempt, and the size of the future: first with none of \
         the features, then what each adds. A feature that is not enabled costs nothing, because its code is not there. `tracing`, `metrics`, `testing` and `overrides` are \
         enabled here and not used: no subscriber, no recorder, no guard, no override. `suppress` is `inner_retries = suppress` beside the default `allow`; `budget` is a \
         budget that is full, which a success leaves as it is and each failing attempt takes a token from.\n"
    )?;
    let names: Vec<_> = FEATURES.iter().skip(1).map(|feature| format!("`{}`", feature.name)).collect();
    writeln!(text, "| | none | {} |\n|---|---:|{}", names.join(" | "), "---:|".repeat(names.len()))?;
    for (measure, _, part, words) in MEASURES {
        let unit = if part.is_some() { "instr." } else { "bytes" };
        for way in OURS {
            let figures = figures(measure, way);
            let Some((none, on)) = figures.split_first() else { continue };
            let added: Vec<String> = on.iter().map(|on| added(on - none)).collect();
            writeln!(text, "| {words}, {}, {unit} | {} | {} |", code(way), figure(*none), added.join(" | "))?;
        }
    }
    writeln!(text)?;
    for feature in FEATURES.iter().skip(1) {
        let of = |name: &'static str| features.iter().filter(move |cost| cost.feature == name).map(|cost| cost.figure);
        if of(feature.name).zip(of("nothing")).any(|(on, none)| on - none >= 0.5) {
            writeln!(text, "- `{}`: {}", feature.name, feature.why)?;
        }
    }
    Ok(())
}

fn added(more: f64) -> String {
    if more.abs() < 0.5 {
        "0".to_owned()
    } else {
        format!("{}{}", if more < 0.0 { "-" } else { "+" }, figure(more.abs()))
    }
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
    use super::{figure, version};

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
