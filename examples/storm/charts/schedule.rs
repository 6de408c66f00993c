//! The delays of a policy: for each retry the range, the base delay, and the delays of some calls.

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use backoff_core::Policy;
use plotters::chart::{ChartBuilder, SeriesLabelPosition};
use plotters::drawing::IntoDrawingArea as _;
use plotters::element::{Circle, PathElement, Rectangle};
use plotters::prelude::SVGBackend;
use plotters::style::{Color as _, WHITE};

use super::{COLOURS, INK, text};
use simulator::statistics::count;

/// The number of retries that fit a chart.
pub(crate) const MOST_RETRIES: usize = 12;

const CALLS: u32 = 60;

/// Draws the schedule of `policy` into `file`.
pub(crate) fn draw(file: &Path, policy: &Policy, title: &str) -> Result<(), Box<dyn Error>> {
    let ranges: Vec<_> = policy.ranges().take(MOST_RETRIES).collect();
    let longest = ranges.iter().map(|range| range.end().as_secs_f64()).fold(0.001, f64::max);
    let root = SVGBackend::new(file, (900, 420)).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .caption(title, text(18))
        .margin(12)
        .margin_right(24)
        .x_label_area_size(44)
        .y_label_area_size(64)
        .build_cartesian_2d(0.4..count(ranges.len()) + 0.6, 0.0..longest * 1.08)?;
    let delay_label = |value: &f64| label(*value, longest);
    let mut mesh = chart.configure_mesh();
    mesh.disable_x_mesh().light_line_style(WHITE.mix(0.0)).bold_line_style(INK.mix(0.12)).label_style(text(13));
    mesh.x_labels(ranges.len() + 1).y_labels(8).x_label_formatter(&|value| format!("{value:.0}"));
    mesh.y_label_formatter(&delay_label);
    mesh.x_desc("retry").y_desc("delay").axis_desc_style(text(14));
    mesh.draw()?;
    let [_, blue, ..] = COLOURS;
    let boxes = ranges.iter().enumerate().map(|(index, range)| {
        let (low, high) = (range.start().as_secs_f64(), range.end().as_secs_f64());
        Rectangle::new([(count(index) + 0.68, low), (count(index) + 1.32, high)], blue.mix(0.18).filled())
    });
    chart
        .draw_series(boxes)?
        .label("range of the delay")
        .legend(move |(x, y)| Rectangle::new([(x, y - 5), (x + 20, y + 5)], blue.mix(0.18).filled()));
    let dots = (0..CALLS).flat_map(|call| {
        let across = 0.72 + 0.56 * (f64::from(call) + 0.5) / f64::from(CALLS);
        policy
            .delays()
            .seed(call.into())
            .take(MOST_RETRIES)
            .enumerate()
            .map(move |(index, delay)| (count(index) + across, delay))
    });
    let dots: Vec<(f64, Duration)> = dots.collect();
    chart
        .draw_series(dots.iter().map(|(x, delay)| Circle::new((*x, delay.as_secs_f64()), 2, blue.filled())))?
        .label("what each of 60 calls slept")
        .legend(move |(x, y)| Circle::new((x + 10, y), 2, blue.filled()));
    let base = policy.base_delays().take(MOST_RETRIES).enumerate().map(|(index, delay)| {
        let y = delay.as_secs_f64();
        PathElement::new([(count(index) + 0.68, y), (count(index) + 1.32, y)], INK.stroke_width(2))
    });
    chart
        .draw_series(base)?
        .label("base delay, before jitter")
        .legend(|(x, y)| PathElement::new([(x, y), (x + 20, y)], INK.stroke_width(2)));
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .margin(10)
        .legend_area_size(34)
        .background_style(WHITE.mix(0.85))
        .border_style(INK.mix(0.3))
        .label_font(text(14))
        .draw()?;
    root.present()?;
    Ok(())
}

fn label(seconds: f64, longest: f64) -> String {
    if longest < 1.0 { format!("{:.0} ms", seconds * 1e3) } else { format!("{seconds:.1} s") }
}
