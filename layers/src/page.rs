//! The table in the page of the guide, between two comments.

use std::fmt::Write as _;

use crate::peers::PEERS;
use crate::rows::ROWS;

/// The page, relative to the directory of this package.
pub const PAGE: &str = "../backoff-core/src/guide/layers.md";

const START: &str = "<!-- The table is written by `cargo run -p backoff-layers -- write`. -->\n";
const END: &str = "<!-- The end of the table. -->\n";

/// Returns the text of the page with the table of this run.
///
/// # Panics
///
/// If the page does not contain the two comments.
#[must_use]
pub fn refreshed(page: &str) -> String {
    let (before, rest) = page.split_once(START).expect("the page contains the first comment");
    let (_, after) = rest.split_once(END).expect("the page contains the second comment");
    format!("{before}{START}\n{}\n{END}{after}", table())
}

/// Runs every case with every peer.
fn table() -> String {
    let mut table = String::from("| |");
    for peer in PEERS {
        let _ = write!(table, " {} |", peer.name());
    }
    table.push_str("\n|---|");
    table.push_str(&"---|".repeat(PEERS.len()));
    table.push('\n');
    for (title, cell) in ROWS {
        let _ = write!(table, "| {title} |");
        for peer in PEERS {
            let _ = write!(table, " {} |", cell(peer));
        }
        table.push('\n');
    }
    table
}
