//! Seconds to recover over the number of clients, one line for each kind of retries.

use crate::plot::{Plot, Scale};
use crate::svg::{Anchor, Colour, Picture};
use crate::thousands;

/// The recoveries of one kind of retries at one load.
#[derive(Clone, Debug)]
pub struct Line {
    pub label: String,
    pub load: f64,
    /// Clients, and the mean of the seconds; `None` when not every run recovers.
    pub points: Vec<(u32, Option<f64>)>,
}

/// The size of the fleet in the headline and in the labels.
const LARGE: u32 = 10_000;

/// Draws the lines of the first load: without retries, without a budget, with a fixed and with a fitted capacity.
pub fn draw(lines: &[Line]) -> String {
    let Some(load) = lines.first().map(|line| line.load) else { return String::new() };
    let lines: Vec<&Line> = lines.iter().filter(|line| line.load.to_bits() == load.to_bits()).collect();
    let explained = format!(
        "Simulated: {:.0} % of what a server can do, from few large or many small clients. It stops for 30 s. Labels are for {} clients.",
        load * 100.0,
        thousands(f64::from(LARGE)),
    );
    let described: Vec<String> = lines.iter().map(|line| label(line)).collect();
    let described = format!("Seconds to recover. {}.", described.join("; "));
    let mut picture = Picture::new("fleets", &headline(&lines), &explained, &described);
    picture.panel_title("Seconds until the service is back");
    let clients = lines.iter().flat_map(|line| line.points.iter().map(|(clients, _)| f64::from(*clients)));
    let (fewest, most) = clients.fold((f64::MAX, 1.0_f64), |(low, high), value| (low.min(value), high.max(value)));
    let slowest = lines.iter().flat_map(|line| &line.points).filter_map(|(_, seconds)| *seconds).fold(10.0, f64::max);
    let never = slowest * 1.45;
    let scales = (Scale::logarithmic(fewest..most.max(fewest * 2.0)), Scale::linear(0.0..slowest * 1.6));
    let plot = Plot::add(&mut picture, 260.0, (54.0, 8.0), scales.0, scales.1);
    let step = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0].into_iter().find(|step| slowest / step <= 5.0).unwrap_or(200.0);
    let marks = (0..=5u32).map(|mark| f64::from(mark) * step).take_while(|value| *value <= slowest * 1.05);
    plot.horizontal_marks(
        &mut picture,
        marks.map(|value| (value, thousands(value))).chain([(never, "never".to_owned())]),
    );
    let height = |seconds: &Option<f64>| plot.y(seconds.unwrap_or(never));
    for (index, line) in lines.iter().enumerate() {
        let points: Vec<(f64, f64)> =
            line.points.iter().map(|(clients, seconds)| (plot.x(f64::from(*clients)), height(seconds))).collect();
        picture.line(colour(index), if index == 0 { 6.0 } else { 2.5 }, None, &points);
        picture.dots(colour(index), &points);
        let Some((at, seconds)) = labelled(line) else { continue };
        let (x, y) = (plot.x(f64::from(*at)), height(seconds));
        match index {
            0 => picture.text((plot.left, y - 14.0), Anchor::Start, colour(index), &label(line)),
            1 => picture.text((plot.left, y + 26.0), Anchor::Start, colour(index), &label(line)),
            2 => picture.text((x - 12.0, y + 6.0), Anchor::End, colour(index), &label(line)),
            _ => picture.text((x - 70.0, plot.y(slowest * 0.3)), Anchor::End, colour(index), &label(line)),
        }
    }
    let sizes = lines.first().map(|line| line.points.clone()).unwrap_or_default();
    let tens = [1, 10, 100, 1_000, 10_000, 100_000].map(f64::from);
    let marks =
        tens.into_iter().filter(|ten| sizes.iter().any(|(clients, _)| f64::from(*clients).to_bits() == ten.to_bits()));
    plot.vertical_marks(&mut picture, marks.map(|value| (value, thousands(value))));
    plot.axis_title(&mut picture, "clients of the server");
    picture.finish()
}

/// Returns the finding: the recovery of a large fleet with the last kind of budget, beside that without one.
fn headline(lines: &[&Line]) -> String {
    let of = |index: usize| lines.get(index).and_then(|line| labelled(line)).map(|(_, seconds)| *seconds);
    match (of(1), of(3)) {
        (Some(None), Some(Some(fitted))) => format!(
            "{} clients: back {fitted:.0} s after the outage with default budgets, never without",
            thousands(f64::from(LARGE))
        ),
        _ => "Seconds until a fleet has recovered, by its number of clients".to_owned(),
    }
}

/// Returns the point that has the label of the line.
fn labelled(line: &Line) -> Option<&(u32, Option<f64>)> {
    line.points.iter().find(|(clients, _)| *clients == LARGE).or_else(|| line.points.last())
}

fn label(line: &Line) -> String {
    match labelled(line) {
        Some((_, Some(seconds))) => format!("{}: {seconds:.0} s", line.label),
        _ => format!("{}: never", line.label),
    }
}

/// Grey without retries, red without a budget, amber with a fixed capacity, blue with a fitted one.
fn colour(index: usize) -> Colour {
    match index {
        0 => Colour::Grey,
        1 => Colour::Red,
        2 => Colour::Amber,
        _ => Colour::Blue,
    }
}
