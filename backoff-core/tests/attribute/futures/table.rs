//! The sizes of calls as a table, and the bound on each.

use super::{Sizes, annotated, builders};

/// The bytes that each level of the attribute may add to a manual loop with the same limits, with any one feature.
pub(crate) const PER_LEVEL: usize = 64;
/// The bytes that each level of the builder may add.
const PER_BUILT_LEVEL: usize = 416;

/// Prints a table; adds the rows to `too_large` in which a level exceeds the bound.
fn compare<const L: usize>(
    title: &str,
    rows: &[(&'static str, [Sizes; L])],
    per_level: usize,
    too_large: &mut Vec<String>,
) {
    println!("\n{title}\n{:16} level   by hand      ours  added per level", "");
    for (name, levels) in rows {
        for (level, Sizes { by_hand, ours }) in (1..).zip(levels) {
            let row = format!("{name:16} {level:5} {by_hand:9} {ours:9} {:>16}", per_level_of(*by_hand, *ours, level));
            println!("{row}");
            if *ours > by_hand + per_level * level {
                too_large.push(format!("{title}: {row}"));
            }
        }
    }
}

fn per_level_of(by_hand: usize, ours: usize, level: usize) -> String {
    let sign = if ours < by_hand { "-" } else { "" };
    format!("{sign}{}", ours.abs_diff(by_hand) / level)
}

/// Returns the rows of the attribute in which a level adds more than this.
pub(crate) fn too_large_attributes<const N: usize>(per_level: usize) -> Vec<String> {
    let mut too_large = Vec::new();
    compare(&format!("#[retry], body of {N} bytes"), &annotated::<N>(), per_level, &mut too_large);
    too_large
}

/// Returns the rows of the builder that are too large.
pub(crate) fn too_large_builders<const N: usize>() -> Vec<String> {
    let mut too_large = Vec::new();
    let title = format!("builder, body of {N} bytes");
    compare(&title, &builders::built::<N>(), PER_BUILT_LEVEL, &mut too_large);
    too_large
}
