//! Seconds to recover over the number of clients, one panel for each load.

use std::error::Error;
use std::path::Path;

use plotters::chart::{ChartBuilder, ChartContext};
use plotters::coord::Shift;
use plotters::coord::combinators::IntoLogRange as _;
use plotters::coord::ranged1d::{AsRangedCoord, Ranged};
use plotters::coord::types::RangedCoordf64;
use plotters::drawing::{DrawingArea, IntoDrawingArea as _};
use plotters::element::{Circle, Text};
use plotters::prelude::{Cartesian2d, SVGBackend};
use plotters::series::LineSeries;
use plotters::style::{Color as _, ShapeStyle, WHITE};

use super::{INK, line, text, thousands};
use crate::fleets::Line;

type Area<'s> = DrawingArea<SVGBackend<'s>, Shift>;

const WIDTH: u32 = 900;
const PANEL: u32 = 300;
const HEAD: u32 = 66;
/// The size of the fleet in the headline.
const LARGE: u32 = 10_000;

/// Draws the lines into `file`, those of the same load in one panel.
pub(crate) fn draw(file: &Path, lines: &[Line]) -> Result<(), Box<dyn Error>> {
    let mut loads: Vec<f64> = lines.iter().map(|line| line.load).collect();
    loads.dedup();
    let panels = u32::try_from(loads.len())?;
    let root = SVGBackend::new(file, (WIDTH, HEAD + PANEL * panels)).into_drawing_area();
    root.fill(&WHITE)?;
    root.draw(&Text::new(headline(lines), (16, 12), text(19)))?;
    let explained =
        "A server of 1,000 requests per second stops for 30 s. Few large or many small clients send it the same load.";
    root.draw(&Text::new(explained, (16, 40), text(14)))?;
    let (_, body) = root.split_vertically(HEAD);
    let last = loads.len() - 1;
    for (index, (area, load)) in body.split_evenly((loads.len(), 1)).iter().zip(loads).enumerate() {
        let shown: Vec<&Line> = lines.iter().filter(|line| line.load.to_bits() == load.to_bits()).collect();
        panel(area, load, &shown, index == last)?;
    }
    root.present()?;
    Ok(())
}

/// Returns the finding: the recovery of the largest fleet with the last kind of budget, beside that of the fixed one.
fn headline(lines: &[Line]) -> String {
    let at_first_load = || lines.iter().filter(|line| Some(line.load) == lines.first().map(|first| first.load));
    let of = |index: usize| {
        let line = at_first_load().nth(index)?;
        line.points.iter().find(|(clients, _)| *clients == LARGE).and_then(|(_, seconds)| *seconds)
    };
    match (of(2), of(3)) {
        (Some(fixed), Some(fitted)) => format!(
            "{} small clients: back in {fitted:.0} s with fitted budgets, in {fixed:.0} s with 10 tokens each",
            thousands(f64::from(LARGE))
        ),
        _ => "Seconds until a fleet has recovered, by its number of clients".to_owned(),
    }
}

fn panel(area: &Area<'_>, load: f64, lines: &[&Line], is_last: bool) -> Result<(), Box<dyn Error>> {
    let clients = lines.iter().flat_map(|line| line.points.iter().map(|(clients, _)| f64::from(*clients)));
    let (fewest, most) = clients.fold((f64::MAX, 1.0_f64), |(low, high), value| (low.min(value), high.max(value)));
    let slowest = lines.iter().flat_map(|line| &line.points).filter_map(|(_, seconds)| *seconds).fold(1.0, f64::max);
    let never = slowest * 1.25;
    let highest = slowest * 1.4;
    let mut chart = ChartBuilder::on(area)
        .caption(
            format!("{:.0} % load: seconds after the outage until the fleet has recovered", load * 100.0),
            text(15),
        )
        .margin(10)
        .margin_right(210)
        .x_label_area_size(if is_last { 46 } else { 28 })
        .y_label_area_size(56)
        .build_cartesian_2d((fewest..most).log_scale(), 0.0..highest)?;
    let seconds = |value: &f64| if *value > slowest * 1.1 { String::new() } else { thousands(*value) };
    let mut mesh = chart.configure_mesh();
    mesh.disable_x_mesh().light_line_style(WHITE.mix(0.0)).bold_line_style(INK.mix(0.12)).label_style(text(13));
    mesh.x_labels(6).x_label_formatter(&|value| thousands(*value));
    mesh.y_labels(6).y_label_formatter(&seconds);
    if is_last {
        mesh.x_desc("clients (each axis step is ten times as many)").axis_desc_style(text(14));
    }
    mesh.draw()?;
    let mut labels = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let height = |seconds: &Option<f64>| seconds.unwrap_or(never);
        let points: Vec<(f64, f64)> =
            line.points.iter().map(|(clients, seconds)| (f64::from(*clients), height(seconds))).collect();
        labels.extend(points.last().map(|(x, y)| (*x, *y, label(line), index)));
        draw_line(&mut chart, &points, colour(index))?;
    }
    place_labels(area, &chart, labels)
}

fn draw_line<X>(
    chart: &mut ChartContext<'_, SVGBackend<'_>, Cartesian2d<X, RangedCoordf64>>,
    points: &[(f64, f64)],
    style: ShapeStyle,
) -> Result<(), Box<dyn Error>>
where
    X: Ranged<ValueType = f64> + AsRangedCoord<Value = f64>,
{
    chart.draw_series(LineSeries::new(points.iter().copied(), style))?;
    chart.draw_series(points.iter().map(|point| Circle::new(*point, 3, style.filled())))?;
    Ok(())
}

/// Writes the name of each line beside its last point, one below the other where they are close.
fn place_labels<X>(
    area: &Area<'_>,
    chart: &ChartContext<'_, SVGBackend<'_>, Cartesian2d<X, RangedCoordf64>>,
    labels: Vec<(f64, f64, String, usize)>,
) -> Result<(), Box<dyn Error>>
where
    X: Ranged<ValueType = f64> + AsRangedCoord<Value = f64>,
{
    let (left, top) = area.get_base_pixel();
    let mut placed: Vec<(i32, i32, String, usize)> = labels
        .into_iter()
        .map(|(x, y, name, index)| {
            let (x, y) = chart.backend_coord(&(x, y));
            (x - left + 10, y - top - 8, name, index)
        })
        .collect();
    placed.sort_by_key(|(_, y, ..)| -*y);
    let mut lowest = i32::MAX;
    for (x, y, name, index) in placed {
        let y = y.min(lowest.saturating_sub(17));
        lowest = y;
        area.draw(&Text::new(name, (x, y), text(14).color(&colour(index).color)))?;
    }
    Ok(())
}

fn label(line: &Line) -> String {
    match line.points.last() {
        Some((_, Some(seconds))) => format!("{}: {seconds:.0} s", line.name),
        _ => format!("{}: never", line.name),
    }
}

/// Grey without retries, red without a budget, yellow with a fixed capacity, blue with a fitted one.
fn colour(index: usize) -> ShapeStyle {
    line(match index {
        0 => 2,
        1 => 0,
        2 => 3,
        _ => 1,
    })
}
