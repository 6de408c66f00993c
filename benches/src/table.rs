//! The table, and the comparison with the last figures.

use crate::figures::Figures;
use crate::rows::{Goal, Measured, Row, Tolerance};

/// The ways of calling in the order of their columns.
const WAYS: [&str; 7] = ["bare", "hand", "policy", "retry", "backon", "tokio_retry", "backoff"];
/// The ways whose figures must not grow.
const OURS: [&str; 2] = ["policy", "retry"];

/// Prints every row, and below them why a goal is missed.
pub(crate) fn print(rows: &[(&Row, Measured)]) {
    print!("{:<50}{:<8}{:<18}", "what, on x86-64 with the default release profile", "unit", "goal");
    for way in WAYS {
        print!("{:>12}", heading(way));
    }
    println!("  goals");
    for (row, measured) in rows {
        print!("{:<50}{:<8}{:<18}", row.what, row.unit, row.goal_text);
        for way in WAYS {
            let figure = measured.get(way).map_or_else(|| "-".to_owned(), shown);
            print!("{figure:>12}");
        }
        println!("  {}", verdict(row, measured));
    }
    println!(
        "\n`policy` is `policy.retry(..)`, `#[retry]` the attribute; `hand` has the same features in a loop in place."
    );
    for (row, _) in rows.iter().filter(|(row, measured)| misses(row, measured).next().is_some()) {
        println!("\n{}: {}", row.what, row.explanation);
    }
}

fn heading(way: &str) -> &str {
    match way {
        "retry" => "#[retry]",
        "tokio_retry" => "tokio-retry",
        other => other,
    }
}

fn shown(figure: f64) -> String {
    let rounded = (figure * 10.0).round() / 10.0;
    if rounded.fract().abs() < f64::EPSILON { format!("{rounded:.0}") } else { format!("{rounded:.1}") }
}

fn misses<'a>(row: &Row, measured: &'a Measured) -> impl Iterator<Item = (&'static str, f64)> + 'a {
    let Goal { policy, retry } = (row.goal)(measured);
    // Half of the last digit shown: a figure that prints as its goal meets it.
    OURS.into_iter().zip([policy, retry]).filter_map(|(way, goal)| {
        let over = measured.get(way)? - goal?;
        (over > 0.05).then_some((way, over))
    })
}

fn verdict(row: &Row, measured: &Measured) -> String {
    let missed: Vec<String> =
        misses(row, measured).map(|(way, over)| format!("{} +{}", heading(way), shown(over))).collect();
    if missed.is_empty() { "met".to_owned() } else { format!("missed: {}", missed.join(", ")) }
}

/// The figures by name.
pub(crate) fn figures(rows: &[(&Row, Measured)], compiler: String) -> Figures {
    let named =
        rows.iter().filter(|(row, _)| !matches!(row.tolerance, Tolerance::Shown)).flat_map(|(row, measured)| {
            measured.figures.iter().map(|(way, figure)| (format!("{}.{way}", row.key), *figure))
        });
    Figures { compiler, by_name: named.collect() }
}

/// What has become dearer than the last figures allow, in sentences.
///
/// Another compiler gives other figures: then only what grew by more than a tenth counts.
pub(crate) fn regressions(rows: &[(&Row, Measured)], last: &Figures, compiler: &str) -> Vec<String> {
    let is_same_compiler = last.compiler == compiler;
    let mut found = Vec::new();
    for (row, measured) in rows {
        for way in OURS {
            let Some(now) = measured.get(way) else { continue };
            let name = format!("{}.{way}", row.key);
            let Some(before) = last.by_name.get(&name).copied() else {
                if !matches!(row.tolerance, Tolerance::Shown) {
                    found.push(format!("`{name}` has no last figure; run `accept`"));
                }
                continue;
            };
            let allowed = match row.tolerance {
                // Exact figures stay exact; counted instructions move a little with the layout of unrelated code.
                Tolerance::Absolute(more) if more > 0.0 => (before + more).max(before * 1.03),
                Tolerance::Absolute(_) => before,
                Tolerance::Relative(share) => before * (1.0 + share),
                Tolerance::Shown => continue,
            };
            let allowed = if is_same_compiler { allowed } else { allowed.max(before * 1.1) };
            if now > allowed + 0.05 {
                found.push(format!("`{name}` grew from {} to {} {}", shown(before), shown(now), row.unit));
            }
        }
    }
    found
}
