//! A small chart of a policy's schedule: the range of the delay before each retry.

use std::fmt::Write as _;
use std::ops::RangeInclusive;
use std::time::Duration;

use backoff_core::Policy;

/// The largest number of retries that are drawn, because an endless schedule has more.
const MOST: usize = 8;
const WIDTH: f64 = 256.0;
/// The distance between two bars; fixed, so that charts of several call sites can be compared.
const STEP: f64 = 22.0;
const BAR: f64 = 16.0;
const HEIGHT: f64 = 84.0;
const LEFT: f64 = 48.0;
const TOP: f64 = 8.0;
const BOTTOM: f64 = 18.0;

/// Draws the schedule as an inline SVG; returns an empty text for a policy without retries.
pub(crate) fn svg(policy: &Policy) -> String {
    let mut ranges: Vec<RangeInclusive<Duration>> = policy.ranges().take(MOST + 1).collect();
    let goes_on = ranges.len() > MOST;
    ranges.truncate(MOST);
    let Some(longest) = ranges.iter().map(|range| *range.end()).max() else {
        return String::new();
    };
    let scale = (HEIGHT - TOP - BOTTOM) / longest.as_secs_f64().max(f64::MIN_POSITIVE);
    let base = HEIGHT - BOTTOM;
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" role=\"img\" \
         aria-label=\"delays before {} retries, at most {longest:?}\">",
        ranges.len(),
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
        short(longest),
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
        let _ = write!(svg, "<text x=\"{x:.1}\" y=\"{}\">..</text>", HEIGHT - 4.0);
    }
    svg.push_str("</svg>");
    svg
}

/// Formats a duration in few characters: "20 ms", "1.5 s".
pub(crate) fn short(time: Duration) -> String {
    if time >= Duration::from_secs(1) {
        let seconds = format!("{:.1}", time.as_secs_f64());
        return format!("{} s", seconds.trim_end_matches(".0"));
    }
    format!("{:.0} ms", time.as_secs_f64() * 1e3)
}
