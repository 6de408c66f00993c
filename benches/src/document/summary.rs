//! The first table: every goal, what is reached, and what the loop by hand and the best other crate reach.

use std::fmt::Write as _;

use super::features::added;
use super::{code, figure};
use crate::features::{self, Cost, FEATURES, GOALS};
use crate::rows::{Goal, Measured, MeasuredGroup, Row};
use crate::way::{PEERS, heading};
use crate::{sizes, verdict};

const TEXT: &str = "\
Two figures in a cell are those of `policy.retry(..)` and of `#[retry]`. The sections below have every way of calling.

| | goal | reached | hand loop | best other crate | |
|---|---:|---:|---:|---:|---|
";

/// The sizes at which a failing attempt costs the same, if an override is found by its name.
const FEW_AND_MANY: [u32; 2] = [100, 10_000];
/// The share by which the instructions of a look-up may grow between these: the tree of names is deeper.
const MORE_KEYS: f64 = 1.5;

pub(super) fn write(
    text: &mut String,
    groups: &[MeasuredGroup],
    costs: &[Cost],
    sizes: &[sizes::Cost],
) -> std::fmt::Result {
    write!(text, "\n## Goals and what is reached\n\n{TEXT}")?;
    let mut reasons = String::new();
    for (row, measured) in groups.iter().flat_map(|(_, rows)| rows) {
        of_row(text, &mut reasons, row, measured)?;
    }
    of_features(text, &mut reasons, costs)?;
    of_overrides(text, &mut reasons, sizes)?;
    if reasons.is_empty() { Ok(()) } else { write!(text, "\nWhat is missed, and why:\n\n{reasons}") }
}

fn of_row(text: &mut String, reasons: &mut String, row: &Row, measured: &Measured) -> std::fmt::Result {
    let Goal { policy, retry } = (row.goal)(measured);
    if policy.or(retry).is_none() {
        return Ok(());
    }
    let goals = [("policy", policy), ("retry", retry)];
    let shown = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), figure);
    let goal: Vec<String> = goals.iter().map(|(_, goal)| shown(*goal)).collect();
    let reached: Vec<String> = goals.iter().map(|(way, _)| shown(measured.get(way))).collect();
    let best = PEERS.iter().filter_map(|peer| Some((peer, measured.get(peer)?)));
    let best = best.min_by(|(_, one), (_, other)| one.total_cmp(other));
    let best = best.map_or_else(|| "-".to_owned(), |(peer, cost)| format!("{} {}", heading(peer), figure(cost)));
    let by = verdict::misses(row, measured).map(|(way, over)| format!("{} by {}", code(way), figure(over)));
    let by: Vec<String> = by.collect();
    writeln!(
        text,
        "| {}, {} | {} | {} | {} | {best} | {} |",
        row.what,
        row.unit,
        goal.join(" / "),
        reached.join(" / "),
        shown(measured.get("hand")),
        missed(row, measured),
    )?;
    if by.is_empty() {
        return Ok(());
    }
    writeln!(reasons, "- *{}*, {}. {}", row.what, by.join(", "), measured.fill(row.explanation))
}

/// Names the ways that miss their goal.
fn missed(row: &Row, measured: &Measured) -> String {
    let ways: Vec<String> = verdict::misses(row, measured).map(|(way, _)| code(way)).collect();
    if ways.is_empty() { "met".to_owned() } else { format!("missed by {}", ways.join(", ")) }
}

fn of_features(text: &mut String, reasons: &mut String, costs: &[Cost]) -> std::fmt::Result {
    for goal in GOALS {
        let added_to = |way| features::added(costs, goal.feature, goal.measure, way);
        let Some((policy, retry)) = added_to("policy").zip(added_to("retry")) else { continue };
        let over: Vec<String> = [("policy", policy), ("retry", retry)]
            .into_iter()
            .filter(|(_, more)| *more > goal.more + 0.05)
            .map(|(way, _)| code(way))
            .collect();
        writeln!(
            text,
            "| `{}` enabled and unused, {}, instr. | +{} | {} / {} | - | - | {} |",
            goal.feature,
            goal.words,
            figure(goal.more),
            added(policy),
            added(retry),
            if over.is_empty() { "met".to_owned() } else { format!("missed by {}", over.join(", ")) },
        )?;
        if !over.is_empty() {
            let why = FEATURES.iter().find(|feature| feature.name == goal.feature).map_or("", |feature| feature.why);
            writeln!(reasons, "- *`{}` enabled and unused*. {why}", goal.feature)?;
        }
    }
    Ok(())
}

fn of_overrides(text: &mut String, reasons: &mut String, costs: &[sizes::Cost]) -> std::fmt::Result {
    let at = |size| costs.iter().find(|cost| cost.key == "overrides" && cost.size == size).map(|cost| cost.figure);
    let Some((few, many)) = at(FEW_AND_MANY[0]).zip(at(FEW_AND_MANY[1])) else { return Ok(()) };
    let is_met = many <= few * MORE_KEYS;
    writeln!(
        text,
        "| overrides, 10,000 keys: failing attempt, instr. | at most {MORE_KEYS} x that beside 100 keys, {} | {} | - | - | {} |",
        figure(few * MORE_KEYS),
        figure(many),
        if is_met { "met" } else { "missed" },
    )?;
    if is_met { Ok(()) } else { writeln!(reasons, "- *overrides, 10,000 keys*. A look-up compares more names.") }
}
