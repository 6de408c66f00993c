//! The delays of a policy: for each retry the range, and the delays of some calls.

use std::time::Duration;

use backoff_core::Policy;
use simulator::statistics::count;

use crate::plot::{Plot, Scale};
use crate::short;
use crate::svg::{Anchor, Colour, Picture, TEXT};

/// The number of retries that fit a chart.
pub const MOST_RETRIES: usize = 12;

const CALLS: u64 = 40;
const ROW: f64 = 34.0;
const BAR: f64 = 22.0;

/// Draws the schedule of `policy`; `jitter` is the name of its jitter.
pub fn draw(policy: &Policy, jitter: &str) -> String {
    let ranges: Vec<(f64, f64)> = policy
        .ranges()
        .take(MOST_RETRIES)
        .map(|range| (range.start().as_secs_f64(), range.end().as_secs_f64()))
        .collect();
    let longest = ranges.iter().map(|(_, end)| *end).fold(0.001, f64::max);
    let described: Vec<String> =
        ranges.iter().zip(1..).map(|(range, retry)| format!("retry {retry}: {}", words(*range))).collect();
    let explained = format!(
        "{}{}: a delay is drawn from the bar. Each tick is the delay of one of {CALLS} calls.",
        jitter.chars().take(1).flat_map(char::to_uppercase).collect::<String>(),
        jitter.chars().skip(1).collect::<String>(),
    );
    let mut picture = Picture::new("schedule", &headline(&ranges), &explained, &format!("{}.", described.join("; ")));
    picture.panel_title("Delay before each retry");
    let height = ROW * count(ranges.len());
    let plot = Plot::add(&mut picture, height, (70.0, 96.0), Scale::linear(0.0..longest), Scale::linear(0.0..1.0));
    for (index, range) in ranges.iter().enumerate() {
        let top = plot.top + ROW * count(index);
        let (from, to) = (plot.x(range.0), plot.x(range.1));
        let baseline = top + BAR / 2.0 + TEXT / 3.0;
        picture.text((plot.left - 8.0, baseline), Anchor::End, Colour::Ink, &format!("retry {}", index + 1));
        // At least two units wide: otherwise an exact delay would be invisible.
        picture.rectangle((from, top), ((to - from).max(2.0), BAR), Colour::Blue, 0.35);
        let ticks = (0..CALLS).filter_map(|seed| policy.delays().seed(seed).nth(index));
        let ticks = ticks.map(|delay: Duration| ((plot.x(delay.as_secs_f64()) - 0.5, top + BAR), 1.0, BAR));
        picture.bars(Colour::Blue, ticks);
        picture.text((to + 8.0, baseline), Anchor::Start, Colour::Ink, &words(*range));
    }
    picture.finish()
}

fn headline(ranges: &[(f64, f64)]) -> String {
    match ranges {
        [(_, first), .., (_, last)] => {
            format!("Retry 1 waits at most {}, retry {} at most {}", short(*first), ranges.len(), short(*last))
        }
        [(_, only)] => format!("The retry waits at most {}", short(*only)),
        [] => "No retry".to_owned(),
    }
}

/// Returns the range in words: "0–100 ms".
fn words((from, to): (f64, f64)) -> String {
    if (from - to).abs() < f64::EPSILON {
        return short(to);
    }
    let (from, to) = (short(from), short(to));
    let (number, unit) = from.split_once(' ').unwrap_or((&from, ""));
    if number == "0" || to.ends_with(&format!(" {unit}")) {
        format!("{number}–{to}")
    } else {
        format!("{from}–{to}")
    }
}
