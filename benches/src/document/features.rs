//! The section on the cost of each feature.

use std::fmt::Write as _;

use super::{code, figure};
use crate::features::{Cost, FEATURES, MEASURES};
use crate::way::OURS;

const TEXT: &str = "\
Instructions of a call that succeeds at once and of a failing attempt, and the size of the future: first with none of the
features, then what each adds. A feature that is not enabled costs nothing, because its code is not there. `tracing`,
`metrics`, `testing` and `overrides` are enabled here and not used: no subscriber, no recorder, no guard, no override.
`suppress` is `inner_retries = suppress` beside the default `allow`; `budget` is a budget that is full, which a success leaves
as it is and each failing attempt takes a token from.
";

pub(super) fn write(text: &mut String, features: &[Cost]) -> std::fmt::Result {
    let figures = |measure: &str, way: &str| -> Vec<f64> {
        features.iter().filter(|cost| cost.measure == measure && cost.way == way).map(|cost| cost.figure).collect()
    };
    writeln!(text, "\n## What each feature costs\n\n{TEXT}")?;
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

/// Writes a difference with its sign.
pub(super) fn added(more: f64) -> String {
    if more.abs() < 0.5 {
        "0".to_owned()
    } else {
        format!("{}{}", if more < 0.0 { "-" } else { "+" }, figure(more.abs()))
    }
}
