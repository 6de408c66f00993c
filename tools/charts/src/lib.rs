//! The pictures of the documentation, as SVG texts.
//!
//! A picture is drawn from the results of the simulator, or from the tables of a page. The same data give the same
//! bytes, so the committed pictures can be compared with new ones; see [`committed`].
#![expect(
    missing_docs,
    clippy::must_use_candidate,
    reason = "only an example and a tool of the workspace use this crate"
)]

pub mod committed;
pub mod contention;
pub mod fleets;
pub mod herd;
pub mod outage;
pub mod plot;
pub mod schedule;
pub mod svg;

/// Returns a number with commas between thousands.
pub fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let first = digits.len() % 3;
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && index % 3 == first {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Returns a duration in few characters: "100 ms", "3.2 s".
pub fn short(seconds: f64) -> String {
    if seconds < 0.9995 {
        return format!("{:.0} ms", seconds * 1e3);
    }
    let text = format!("{seconds:.1}");
    format!("{} s", text.trim_end_matches(".0"))
}
