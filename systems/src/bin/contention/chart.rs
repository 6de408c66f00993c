//! The chart: attempts and time over the number of clients, measured and predicted.

use std::path::Path;

use plotters::chart::ChartBuilder;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea as _};
use plotters::element::{Circle, PathElement, Text};
use plotters::prelude::{BindKeyPoints as _, IntoLogRange as _, SVGBackend};
use plotters::series::{DashedLineSeries, LineSeries};
use plotters::style::{Color as _, RGBColor, TextStyle, WHITE};

use crate::Result;
use crate::load::Outcome;
use crate::report::Panel;
use crate::strategy::Strategy;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

const WIDTH: u32 = 1000;
const INK: RGBColor = RGBColor(40, 40, 40);

/// Colours that also differ in lightness, for readers who cannot distinguish the hues.
const COLOURS: [RGBColor; 5] = [
    RGBColor(28, 100, 176),
    RGBColor(60, 160, 90),
    RGBColor(214, 150, 20),
    RGBColor(200, 62, 50),
    RGBColor(118, 118, 118),
];

/// The labels that the logarithmic axis may have.
const MARKS: [f64; 16] = [0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 15.0, 20.0, 30.0, 50.0, 100.0];

fn text(size: u32) -> TextStyle<'static> {
    TextStyle::from(("sans-serif", size)).color(&INK)
}

/// Draws the panels into `file`, one row for each network.
pub(crate) fn draw(file: &Path, panels: &[Panel]) -> Result<()> {
    const LEGEND: u32 = 44;
    const ROW: u32 = 360;

    let rows = u32::try_from(panels.len())?;
    let root = SVGBackend::new(file, (WIDTH, LEGEND + ROW * rows)).into_drawing_area();
    root.fill(&WHITE)?;
    let (top, mut rest) = root.split_vertically(LEGEND);
    legend(&top)?;
    for panel in panels {
        let (row, below) = rest.split_vertically(ROW);
        rest = below;
        let (left, right) = row.split_horizontally(WIDTH / 2);
        let network = if panel.network.is_loopback() { "loopback" } else { "10 ms network" };
        plot(&left, panel, &format!("Attempts per increment, {network}"), |outcome| outcome.attempts)?;
        plot(&right, panel, &format!("Seconds until all are done, {network}"), |outcome| outcome.time.as_secs_f64())?;
    }
    root.present()?;
    Ok(())
}

fn legend(area: &Area<'_>) -> Result<()> {
    let mut x = 24;
    for (strategy, colour) in Strategy::ALL.iter().zip(COLOURS) {
        area.draw(&PathElement::new([(x, 20), (x + 24, 20)], colour.stroke_width(2)))?;
        area.draw(&Circle::new((x + 12, 20), 3, colour.filled()))?;
        area.draw(&Text::new(strategy.to_string(), (x + 30, 13), text(14)))?;
        x += 136;
    }
    area.draw(&Text::new("solid: measured; dashed: simulated", (x + 20, 13), text(14)))?;
    Ok(())
}

fn plot(area: &Area<'_>, panel: &Panel, title: &str, of: fn(&Outcome) -> f64) -> Result<()> {
    let values = || panel.points.iter().flat_map(|point| [of(&point.measured), of(&point.predicted)]);
    let (lowest, highest) = (values().fold(f64::MAX, f64::min), values().fold(0.0, f64::max));
    let up = lowest * 0.8..highest * 1.25;
    // Values beyond the axis would still be drawn.
    let marks: Vec<f64> = MARKS.into_iter().filter(|mark| up.contains(mark)).collect();
    let most = panel.points.iter().map(|point| point.clients).max().unwrap_or(1);
    let mut chart = ChartBuilder::on(area)
        .caption(title, text(17))
        .margin(10)
        .margin_right(20)
        .x_label_area_size(42)
        .y_label_area_size(52)
        .build_cartesian_2d(0.0..f64::from(most) * 1.03, up.log_scale().with_key_points(marks))?;
    let mut mesh = chart.configure_mesh();
    mesh.disable_x_mesh().light_line_style(WHITE.mix(0.0)).bold_line_style(INK.mix(0.12)).label_style(text(13));
    mesh.x_desc("clients").axis_desc_style(text(13)).x_labels(11).y_labels(MARKS.len());
    mesh.x_label_formatter(&|value| format!("{value:.0}")).y_label_formatter(&ToString::to_string);
    mesh.draw()?;
    for (strategy, colour) in Strategy::ALL.into_iter().zip(COLOURS) {
        let line = |of_point: fn(&crate::report::Point) -> &Outcome| {
            let points = panel.points.iter().filter(move |point| point.strategy == strategy);
            points.map(move |point| (f64::from(point.clients), of(of_point(point)))).collect::<Vec<_>>()
        };
        let (measured, predicted) = (line(|point| &point.measured), line(|point| &point.predicted));
        chart.draw_series(DashedLineSeries::new(predicted, 5, 4, colour.stroke_width(1)))?;
        chart.draw_series(LineSeries::new(measured.iter().copied(), colour.stroke_width(2)))?;
        chart.draw_series(measured.iter().map(|point| Circle::new(*point, 3, colour.filled())))?;
    }
    Ok(())
}
