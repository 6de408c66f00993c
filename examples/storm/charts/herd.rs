//! Arrivals after a common failure, one panel for each kind of jitter.

use std::error::Error;
use std::path::Path;

use plotters::chart::ChartBuilder;
use plotters::drawing::IntoDrawingArea as _;
use plotters::element::Rectangle;
use plotters::prelude::SVGBackend;
use plotters::style::{Color as _, WHITE};

use super::{COLOURS, INK, text, thousands};
use simulator::herd::{Arrivals, SLOT};
use simulator::statistics::count;

const PANEL: u32 = 190;

/// Draws the arrivals of one run of each policy into `file`.
pub(crate) fn draw(file: &Path, runs: &[(String, Arrivals)]) -> Result<(), Box<dyn Error>> {
    let panels = u32::try_from(runs.len())?;
    let root = SVGBackend::new(file, (900, PANEL * panels + 20)).into_drawing_area();
    root.fill(&WHITE)?;
    let shown = shown(runs);
    for ((name, arrivals), area) in runs.iter().zip(root.split_evenly((runs.len(), 1))) {
        let highest = f64::from(arrivals.peak()) * 1.1;
        let title = format!("{name}: at most {} retries in 10 ms", thousands(f64::from(arrivals.peak())));
        let mut chart = ChartBuilder::on(&area)
            .caption(title, text(16))
            .margin(8)
            .margin_right(24)
            .x_label_area_size(40)
            .y_label_area_size(56)
            .build_cartesian_2d(0.0..shown, 0.0..highest)?;
        let mut mesh = chart.configure_mesh();
        mesh.disable_x_mesh().light_line_style(WHITE.mix(0.0)).bold_line_style(INK.mix(0.12)).label_style(text(12));
        mesh.x_labels(10).y_labels(4).y_label_formatter(&|value| thousands(*value));
        mesh.x_label_formatter(&|value| format!("{value:.1}"));
        mesh.x_desc("seconds after the failure").axis_desc_style(text(12));
        mesh.draw()?;
        let width = SLOT.as_secs_f64();
        let bars = arrivals.slots.iter().enumerate().map(|(slot, &arrived)| (count(slot) * width, f64::from(arrived)));
        let bars = bars.take_while(|(from, _)| *from < shown);
        let [_, colour, ..] = COLOURS;
        chart.draw_series(
            bars.map(|(from, high)| Rectangle::new([(from, 0.0), (from + width, high)], colour.filled())),
        )?;
    }
    root.present()?;
    Ok(())
}

/// Returns the seconds in which 99 % of all retries arrive, for the slowest policy.
fn shown(runs: &[(String, Arrivals)]) -> f64 {
    let most = runs.iter().map(|(_, arrivals)| {
        let all: u32 = arrivals.slots.iter().sum();
        let mut left = all / 100;
        let late = arrivals.slots.iter().rev().take_while(|&&arrived| {
            let is_late = arrived <= left;
            left = left.saturating_sub(arrived);
            is_late
        });
        arrivals.slots.len() - late.count()
    });
    (count(most.max().unwrap_or(1)) * SLOT.as_secs_f64()).max(0.1)
}
