//! The section on cost over size.

use std::fmt::Write as _;

use super::figure;
use crate::sizes::{Cost, ROWS, SIZES};

const TEXT: &str = "\
One operation beside as many waiters, keys, overrides or calls as the heading says. Times are those of one machine: compare
them within their row only.
";

const READING: &str = "\
A key of `Budgets` is hashed once and compared at most once, at any number of keys, which a test counts. What grows above
10,000 keys is the time of memory that no longer fits the cache of the processor. A collection stops at its `max_keys`, so
that made-up keys cost no more memory than that. An override is found by as many look-ups beside 10,000 keys as beside 10,
which a test counts; the instructions are those of comparing names in a larger tree.
";

pub(super) fn write(text: &mut String, costs: &[Cost]) -> std::fmt::Result {
    let sizes: Vec<String> = SIZES.iter().map(|size| figure(f64::from(*size))).collect();
    writeln!(text, "\n## Cost over size\n\n{TEXT}\n| | {} |\n|---{}|", sizes.join(" | "), "|---:".repeat(SIZES.len()))?;
    for row in ROWS {
        let cell = |size: &u32| {
            let cost = costs.iter().find(|cost| cost.key == row.key && cost.size == *size);
            cost.map_or_else(|| "-".to_owned(), |cost| figure(cost.figure))
        };
        let cells: Vec<String> = SIZES.iter().map(cell).collect();
        writeln!(text, "| {}, {} | {} |", row.what, row.unit, cells.join(" | "))?;
    }
    write!(text, "\n{READING}")
}
