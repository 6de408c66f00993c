//! Load and goodput through an outage, one line for each guard.

use std::error::Error;
use std::path::Path;

use plotters::chart::{ChartBuilder, SeriesLabelPosition};
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea as _};
use plotters::element::{PathElement, Rectangle, Text};
use plotters::prelude::SVGBackend;
use plotters::series::{DashedLineSeries, LineSeries};
use plotters::style::{Color as _, RGBColor, WHITE};

use super::{INK, line, text, thousands};
use simulator::measure::{Counts, Trace};
use simulator::outage::Fleet;
use simulator::statistics::count;

type Run = (String, Fleet, Trace);

const SHADE: RGBColor = RGBColor(226, 226, 226);

/// Draws the runs, all of the same server, into `file`.
pub(crate) fn draw(file: &Path, runs: &[Run]) -> Result<(), Box<dyn Error>> {
    let root = SVGBackend::new(file, (900, 620)).into_drawing_area();
    root.fill(&WHITE)?;
    let (top, bottom) = root.split_vertically(330);
    panel(&top, runs, "Requests sent to the server, per second", true, |counts| counts.attempts)?;
    panel(&bottom, runs, "Requests answered in time, per second", false, |counts| counts.successes)?;
    root.present()?;
    Ok(())
}

fn panel(
    area: &DrawingArea<SVGBackend<'_>, Shift>,
    runs: &[Run],
    title: &str,
    has_legend: bool,
    of: fn(&Counts) -> u32,
) -> Result<(), Box<dyn Error>> {
    let Some((_, fleet, trace)) = runs.first() else { return Ok(()) };
    let length = count(trace.seconds.len()) - 2.0;
    let busiest = runs.iter().flat_map(|(_, _, trace)| &trace.seconds).map(of).max().unwrap_or_default();
    let highest = f64::from(busiest).max(fleet.capacity) * 1.12;
    let mut chart = ChartBuilder::on(area)
        .caption(title, text(18))
        .margin(12)
        .margin_right(24)
        .x_label_area_size(if has_legend { 28 } else { 46 })
        .y_label_area_size(64)
        .build_cartesian_2d(0.0..length, highest * -0.02..highest)?;
    let (start, end) = (fleet.outage.starts.as_secs_f64(), (fleet.outage.starts + fleet.outage.lasts).as_secs_f64());
    chart.draw_series([Rectangle::new([(start, highest * -0.02), (end, highest)], SHADE.filled())])?;
    let mut mesh = chart.configure_mesh();
    mesh.disable_x_mesh().light_line_style(WHITE.mix(0.0)).bold_line_style(INK.mix(0.12)).label_style(text(13));
    mesh.x_labels(12).y_labels(6).y_label_formatter(&|value| thousands(*value));
    mesh.x_label_formatter(&|value| format!("{value:.0}"));
    if !has_legend {
        mesh.x_desc("seconds; the server is down in the grey part").axis_desc_style(text(14));
    }
    mesh.draw()?;
    let capacity = [(0.0, fleet.capacity), (length, fleet.capacity)];
    chart.draw_series(DashedLineSeries::new(capacity, 6, 5, INK.stroke_width(1)))?;
    for (index, (name, _, trace)) in runs.iter().enumerate() {
        let seconds = trace.seconds.iter().take(trace.seconds.len().saturating_sub(2)).map(of);
        let points = seconds.enumerate().map(|(second, value)| (count(second) + 0.5, f64::from(value)));
        let drawn = chart.draw_series(LineSeries::new(points, colour(index)))?;
        drawn.label(name.clone()).legend(move |(x, y)| PathElement::new([(x, y), (x + 24, y)], colour(index)));
    }
    if has_legend {
        let label = "capacity of the server";
        chart.draw_series([Text::new(label, (length * 0.8, fleet.capacity + highest * 0.06), text(13))])?;
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperRight)
            .margin(10)
            .legend_area_size(34)
            .background_style(WHITE.mix(0.85))
            .border_style(INK.mix(0.3))
            .label_font(text(14))
            .draw()?;
    }
    Ok(())
}

/// The second run, without a guard, is the red one; the third, with a budget, the blue one.
fn colour(index: usize) -> plotters::style::ShapeStyle {
    line(match index {
        0 => 2,
        1 => 0,
        2 => 1,
        other => other,
    })
}
