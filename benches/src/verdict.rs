//! Missed goals, cheaper other crates, and growth since the last run.

use crate::features::Cost;
use crate::figures::Figures;
use crate::rows::{Goal, Measured, MeasuredGroup, Row, Tolerance};
use crate::way::{OURS, PEERS, heading};

/// Formats a figure with at most one digit after the point.
#[must_use]
pub fn shown(figure: f64) -> String {
    let rounded = (figure * 10.0).round() / 10.0;
    if rounded.fract().abs() < f64::EPSILON { format!("{rounded:.0}") } else { format!("{rounded:.1}") }
}

/// Returns the ways of ours that miss their goal, and by how much.
pub fn misses<'a>(row: &Row, measured: &'a Measured) -> impl Iterator<Item = (&'static str, f64)> + use<'a> {
    let Goal { policy, retry } = (row.goal)(measured);
    // Half of the last digit shown: a figure that prints as its goal meets it.
    OURS.into_iter().zip([policy, retry]).filter_map(|(way, goal)| {
        let over = measured.get(way)? - goal?;
        (over > 0.05).then_some((way, over))
    })
}

/// Describes in words whether the goals are met; `shown` formats a figure.
#[must_use]
pub fn verdict(row: &Row, measured: &Measured, shown: fn(f64) -> String) -> String {
    let Goal { policy, retry } = (row.goal)(measured);
    if policy.or(retry).is_none() {
        return "-".to_owned();
    }
    let missed: Vec<String> =
        misses(row, measured).map(|(way, over)| format!("{} +{}", heading(way), shown(over))).collect();
    if missed.is_empty() { "met".to_owned() } else { format!("missed: {}", missed.join(", ")) }
}

/// Another crate that is cheaper than ours.
#[derive(Clone, Debug)]
pub struct Cheaper {
    /// The other crate.
    pub peer: &'static str,
    /// The cost of the other crate.
    pub figure: f64,
    /// The ways of ours that cost more, and their costs.
    pub ours: Vec<(&'static str, f64)>,
    /// The reason; `None` if nobody has written it down.
    pub why: Option<&'static str>,
}

/// Returns the other crates that are cheaper than one of ours in a row.
///
/// Figures that depend on the machine count only from a difference of a tenth, because less is noise.
#[must_use]
pub fn cheaper(row: &Row, measured: &Measured) -> Vec<Cheaper> {
    let margin = |figure: f64| if matches!(row.tolerance, Tolerance::Shown) { figure * 0.1 } else { 0.05 };
    let find = |peer: &'static str| {
        let figure = measured.get(peer)?;
        let dearer = |way| measured.get(way).filter(|ours| ours - figure > margin(*ours)).map(|ours| (way, ours));
        let ours: Vec<_> = OURS.into_iter().filter_map(dearer).collect();
        let why = row.cheaper.iter().find(|(peers, _)| peers.contains(&peer)).map(|(_, why)| *why);
        (!ours.is_empty()).then_some(Cheaper { peer, figure, ours, why })
    };
    PEERS.iter().copied().filter_map(find).collect()
}

/// A figure under the name that it has in `figures.toml`.
struct Named {
    name: String,
    unit: &'static str,
    tolerance: Tolerance,
    figure: f64,
    is_ours: bool,
}

/// Returns all figures.
fn named(groups: &[MeasuredGroup], features: &[Cost]) -> Vec<Named> {
    let rows = groups.iter().flat_map(|(_, rows)| rows);
    let of_rows = rows.flat_map(|(row, measured)| {
        measured.figures.iter().map(|(way, figure)| Named {
            name: format!("{}.{way}", row.key),
            unit: row.unit,
            tolerance: row.tolerance,
            figure: *figure,
            is_ours: OURS.contains(way),
        })
    });
    let of_features = features.iter().map(|cost| {
        let (unit, tolerance) = match cost.measure {
            "future" => ("bytes", 0.0),
            "failing_async" => ("instr.", 20.0),
            _ => ("instr.", 2.0),
        };
        Named { name: cost.name(), unit, tolerance: Tolerance::Absolute(tolerance), figure: cost.figure, is_ours: true }
    });
    of_rows.chain(of_features).collect()
}

/// Returns the figures by name, without those that depend on the machine.
#[must_use]
pub fn figures(groups: &[MeasuredGroup], features: &[Cost], compiler: String) -> Figures {
    let kept = named(groups, features).into_iter().filter(|named| !matches!(named.tolerance, Tolerance::Shown));
    Figures { compiler, by_name: kept.map(|named| (named.name, named.figure)).collect() }
}

/// Returns all figures by name.
#[must_use]
pub fn all_figures(groups: &[MeasuredGroup], features: &[Cost], compiler: String) -> Figures {
    let by_name = named(groups, features).into_iter().map(|named| (named.name, named.figure)).collect();
    Figures { compiler, by_name }
}

/// Returns sentences about the figures that have grown more than allowed since the last run.
///
/// Another compiler gives other figures; then only growth by more than a tenth counts.
#[must_use]
pub fn regressions(groups: &[MeasuredGroup], features: &[Cost], last: &Figures, compiler: &str) -> Vec<String> {
    let is_same_compiler = last.compiler == compiler;
    let mut found = Vec::new();
    let ours = named(groups, features).into_iter().filter(|named| named.is_ours);
    for Named { name, unit, tolerance, figure: now, .. } in ours {
        if matches!(tolerance, Tolerance::Shown) {
            continue;
        }
        let Some(before) = last.by_name.get(&name).copied() else {
            found.push(format!("`{name}` has no last figure; run `accept`"));
            continue;
        };
        let allowed = match tolerance {
            // Exact figures stay exact; counted instructions move a little with the layout of unrelated code.
            Tolerance::Absolute(more) if more > 0.0 => (before + more).max(before * 1.03),
            Tolerance::Absolute(_) => before,
            Tolerance::Relative(share) => before * (1.0 + share),
            Tolerance::Shown => continue,
        };
        let allowed = if is_same_compiler { allowed } else { allowed.max(before * 1.1) };
        if now > allowed + 0.05 {
            found.push(format!("`{name}` grew from {} to {} {unit}", shown(before), shown(now)));
        }
    }
    found
}
