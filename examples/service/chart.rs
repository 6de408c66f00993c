//! A small chart of a policy's schedule: the range of the delay before each retry.

use std::fmt::Write as _;
use std::ops::RangeInclusive;
use std::time::Duration;

use backoff_core::Policy;

use crate::words::short;

/// The largest number of retries that are drawn, because an endless schedule has more.
const MOST: usize = 8;
const WIDTH: f64 = 256.0;
/// The distance between two bars; fixed, because all charts have the same scale.
const STEP: f64 = 22.0;
const BAR: f64 = 16.0;
const HEIGHT: f64 = 84.0;
const LEFT: f64 = 48.0;
const TOP: f64 = 8.0;
const BOTTOM: f64 = 18.0;

/// Returns the longest delay that is drawn.
pub(crate) fn longest(policy: &Policy) -> Duration {
    policy.ranges().take(MOST).map(|range| *range.end()).max().unwrap_or_default()
}

/// Draws the schedule as an inline SVG. `highest` is the delay at the upper end of the chart; all charts of a page have
/// the same, so that they can be compared.
pub(crate) fn svg(policy: &Policy, highest: Duration) -> String {
    let mut ranges: Vec<RangeInclusive<Duration>> = policy.ranges().take(MOST + 1).collect();
    let goes_on = ranges.len() > MOST;
    ranges.truncate(MOST);
    if ranges.is_empty() {
        return "<small>no retry</small>".to_owned();
    }
    let scale = (HEIGHT - TOP - BOTTOM) / highest.as_secs_f64().max(f64::MIN_POSITIVE);
    let base = HEIGHT - BOTTOM;
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" role=\"img\" \
         aria-label=\"delays before {}, at most {}\">",
        if ranges.len() == 1 { "1 retry".to_owned() } else { format!("{} retries", ranges.len()) },
        short(longest(policy)),
    );
    let mut x = LEFT + 8.0;
    let right = WIDTH - 4.0;
    let _ = write!(
        svg,
        "<path class=\"axis\" d=\"M{LEFT} {TOP}V{base}H{right}\"/><path class=\"grid\" d=\"M{LEFT} {TOP}H{right}\"/>\
         <text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>\
         <text x=\"{}\" y=\"{}\" text-anchor=\"end\">0</text>",
        LEFT - 5.0,
        TOP + 4.0,
        short(highest),
        LEFT - 5.0,
        base + 4.0,
    );
    for (range, retry) in ranges.iter().zip(1..) {
        let (high, low) = (range.end().as_secs_f64() * scale, range.start().as_secs_f64() * scale);
        // At least one unit tall; otherwise an exact delay would be invisible.
        let tall = (high - low).max(1.5);
        let y = base - high;
        let _ = write!(
            svg,
            "<g><title>retry {retry}: {} to {}</title>\
             <rect class=\"delay\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{BAR}\" height=\"{tall:.1}\"/>\
             <text x=\"{:.1}\" y=\"{}\" text-anchor=\"middle\">{retry}</text></g>",
            short(*range.start()),
            short(*range.end()),
            x + BAR / 2.0,
            HEIGHT - 4.0,
        );
        x += STEP;
    }
    if goes_on {
        let _ = write!(svg, "<text x=\"{x:.1}\" y=\"{}\">…</text>", HEIGHT - 4.0);
    }
    svg.push_str("</svg>");
    svg
}
