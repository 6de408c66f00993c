//! The sizes of calls as a table, and the bound on each.

use super::{Sizes, annotated, builders};

/// The bytes that each level of the attribute may add to the same limits by hand.
const PER_LEVEL: usize = 64;
/// The bytes that each level of the builder may add.
const PER_BUILT_LEVEL: usize = 256;

/// Prints a table; adds the rows to `too_large` in which a level exceeds the bound and what is `granted` at that level.
fn compare<const L: usize>(
    title: &str,
    rows: &[(&'static str, [Sizes; L])],
    (per_level, granted): (usize, [usize; L]),
    too_large: &mut Vec<String>,
) {
    println!("\n{title}\n{:16} level   by hand      ours  added per level", "");
    for (name, levels) in rows {
        for ((level, granted), Sizes { by_hand, ours }) in (1..).zip(granted).zip(levels) {
            let row = format!("{name:16} {level:5} {by_hand:9} {ours:9} {:>16}", per_level_of(*by_hand, *ours, level));
            println!("{row}");
            if *ours > by_hand + per_level * level + granted {
                too_large.push(format!("{title}: {row}"));
            }
        }
    }
}

fn per_level_of(by_hand: usize, ours: usize, level: usize) -> String {
    let sign = if ours < by_hand { "-" } else { "" };
    format!("{sign}{}", ours.abs_diff(by_hand) / level)
}

/// Returns the rows of the attribute that are too large. The state that the crate's features need in each call, with or
/// without arguments, is granted where `features` is set.
pub(crate) fn too_large_attributes<const N: usize>(features: bool) -> Vec<String> {
    let rows = annotated::<N>();
    let plain = rows.iter().find(|(name, _)| *name == "plain").map(|(_, levels)| *levels);
    let granted = plain.filter(|_| features).map(|levels| levels.map(|it| it.ours.saturating_sub(it.by_hand)));
    let mut too_large = Vec::new();
    let title = format!("#[retry], body of {N} bytes");
    compare(&title, &rows, (PER_LEVEL, granted.unwrap_or([0; 4])), &mut too_large);
    too_large
}

/// Returns the rows of the builder that are too large.
pub(crate) fn too_large_builders<const N: usize>() -> Vec<String> {
    let mut too_large = Vec::new();
    let title = format!("builder, body of {N} bytes");
    compare(&title, &builders::built::<N>(), (PER_BUILT_LEVEL, [0; 2]), &mut too_large);
    too_large
}
