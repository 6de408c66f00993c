//! The table on the terminal.

use crate::features::{Cost, FEATURES, MEASURES};
use crate::rows::{Depth, MeasuredGroup};
use crate::sizes;
use crate::verdict::{misses, shown, verdict};
use crate::way::{OURS, WAYS, heading};

/// Prints every row, then the reasons for missed goals, then the cost of each feature.
pub fn print(groups: &[MeasuredGroup], features: &[Cost], sizes: &[sizes::Cost], depth: Depth) {
    print_sizes(sizes);
    if groups.is_empty() {
        return print_features(features);
    }
    let ways = || WAYS.into_iter().filter(|way| depth.includes(way));
    print!("{:<50}{:<8}{:<18}", "what, on x86-64 with the default release profile", "unit", "goal");
    for way in ways() {
        print!("{:>14}", heading(way));
    }
    println!("  goals");
    let rows = || groups.iter().flat_map(|(_, rows)| rows);
    for (row, measured) in rows() {
        print!("{:<50}{:<8}{:<18}", row.what, row.unit, row.goal_text);
        for way in ways() {
            let figure = measured.get(way).map_or_else(|| "-".to_owned(), shown);
            print!("{figure:>14}");
        }
        println!("  {}", verdict(row, measured, shown));
    }
    println!(
        "\n`policy` is `policy.retry(..)`, `#[retry]` the attribute; `hand` has the same features in a loop in place."
    );
    for (row, measured) in rows().filter(|(row, measured)| misses(row, measured).next().is_some()) {
        println!("\n{}: {}", row.what, measured.fill(row.explanation));
    }
    print_features(features);
}

fn print_sizes(costs: &[sizes::Cost]) {
    if costs.is_empty() {
        return;
    }
    println!("{:<80}{}", "", sizes::SIZES.map(|size| format!("{size:>12}")).join(""));
    for row in sizes::ROWS {
        let figures = costs.iter().filter(|cost| cost.key == row.key);
        let cells: Vec<String> = figures.map(|cost| format!("{:>12}", shown(cost.figure))).collect();
        println!("{:<80}{}", format!("{}, {}", row.what, row.unit), cells.join(""));
    }
}

fn print_features(features: &[Cost]) {
    if features.is_empty() {
        return;
    }
    print!("\n{:<50}", "instructions, or bytes, with");
    for feature in FEATURES {
        print!("{:>14}", feature.name);
    }
    println!();
    for (measure, _, _, words) in MEASURES {
        for way in OURS {
            print!("{:<50}", format!("{words}, {}", heading(way)));
            for figure in features.iter().filter(|cost| cost.measure == measure && cost.way == way) {
                print!("{:>14}", shown(figure.figure));
            }
            println!();
        }
    }
}
