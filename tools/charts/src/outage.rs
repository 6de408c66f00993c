//! Answers and load through an outage, one line for each kind of retries.

use simulator::measure::{Counts, Figures, Trace};
use simulator::outage::Fleet;
use simulator::statistics::{Summary, count};

use crate::plot::{Plot, Scale, spread};
use crate::svg::{Anchor, Colour, Picture, TEXT};
use crate::thousands;

/// The runs of one kind of retries.
#[derive(Clone, Debug)]
pub struct Run {
    pub label: String,
    pub fleet: Fleet,
    /// The first of several runs; it is drawn.
    pub trace: Trace,
    /// The figures of all runs.
    pub figures: Vec<Figures>,
}

impl Run {
    /// Returns the mean of the seconds until recovery; `None` if not every run recovers.
    fn recovery(&self) -> Option<f64> {
        let recovered: Vec<f64> = self.figures.iter().filter_map(|figures| figures.recovery).collect();
        (recovered.len() == self.figures.len()).then(|| Summary::of(recovered).mean)
    }

    fn tail(&self) -> f64 {
        Summary::of(self.figures.iter().map(|figures| figures.tail)).mean
    }

    fn line(&self, of: fn(&Counts) -> u32) -> Vec<(f64, f64)> {
        let seconds = self.trace.seconds.iter().take(self.trace.seconds.len().saturating_sub(2)).map(of);
        seconds.enumerate().map(|(second, value)| (count(second) + 0.5, f64::from(value))).collect()
    }
}

/// Draws the runs, all of the same server: without retries, without a guard, with a budget, and others.
pub fn draw(runs: &[Run]) -> String {
    let Some(first) = runs.first() else { return String::new() };
    let fleet = &first.fleet;
    let explained = format!(
        "Simulated: {} clients send a server {:.0} % of what it can do. Then it stops for {:.0} s.",
        thousands(f64::from(fleet.clients)),
        fleet.load * 100.0,
        fleet.outage.lasts.as_secs_f64(),
    );
    let described: Vec<String> = runs.iter().map(outcome).collect();
    let described = format!("After the outage: {}.", described.join("; "));
    let mut picture = Picture::new("outage", &headline(runs), &explained, &described);
    picture.panel_title("Answers in time, per second");
    answers(&mut picture, runs, fleet);
    picture.panel_title("Requests sent to the server, per second");
    load(&mut picture, runs, fleet);
    picture.finish()
}

/// Returns the finding: recovery with the third kind of retries, beside the second.
fn headline(runs: &[Run]) -> String {
    let outcome = |run: &Run| match run.recovery() {
        Some(seconds) => format!("comes back in {seconds:.0} s"),
        None => "never comes back".to_owned(),
    };
    let short = |run: &Run| run.recovery().map_or_else(|| "never".to_owned(), |seconds| format!("in {seconds:.0} s"));
    match runs {
        [_, unguarded, guarded, ..] => {
            format!("Without a retry budget the service {}, with one {}", outcome(unguarded), short(guarded))
        }
        _ => "Answers and load through an outage".to_owned(),
    }
}

fn outcome(run: &Run) -> String {
    match run.recovery() {
        Some(seconds) => format!("{}: back in {seconds:.0} s", run.label),
        None => format!("{}: never back", run.label),
    }
}

fn answers(picture: &mut Picture, runs: &[Run], fleet: &Fleet) {
    let plot = plot(picture, fleet, fleet.capacity * 1.15, runs);

    plot.horizontal_marks(picture, [0.0, fleet.capacity].map(|value| (value, thousands(value))));
    let down = plot.x((fleet.outage.starts + fleet.outage.lasts / 2).as_secs_f64());
    let middle = plot.y(fleet.capacity / 2.0);
    picture.text((down, middle), Anchor::Middle, Colour::Ink, "server");
    picture.text((down, middle + TEXT + 3.0), Anchor::Middle, Colour::Ink, "down");

    lines(picture, &plot, runs, |counts| counts.successes);
    let heights: Vec<f64> = runs.iter().map(|run| plot.y(last(&run.line(|counts| counts.successes))) - 10.0).collect();
    // Those that recover are written below their common line.
    let others = runs.iter().filter(|run| run.recovery().is_some()).count().saturating_sub(2);
    let recovered = plot.y(fleet.rate()) + 34.0 + (TEXT + 3.0) * count(others);
    let heights = heights.iter().map(|height| if *height < recovered { recovered + 20.0 } else { *height });
    let heights = spread(&heights.collect::<Vec<_>>());
    for ((index, run), height) in runs.iter().enumerate().zip(heights) {
        picture.text((plot.right - 4.0, height), Anchor::End, colour(index), &outcome(run));
    }
    time_marks(picture, &plot, fleet);
}

fn load(picture: &mut Picture, runs: &[Run], fleet: &Fleet) {
    let busiest = runs.iter().flat_map(|run| &run.trace.seconds).map(|counts| counts.attempts).max();
    let highest = f64::from(busiest.unwrap_or_default()).max(fleet.capacity * 2.0) * 1.05;
    let plot = plot(picture, fleet, highest, runs);
    let step = fleet.capacity;
    let marks = (0..=10u32).map(|mark| f64::from(mark) * step).take_while(|value| *value <= highest);
    plot.horizontal_marks(picture, marks.map(|value| (value, thousands(value))));
    let capacity = plot.y(fleet.capacity);
    picture.line(Colour::Ink, 1.5, Some("6 5"), &[(plot.left, capacity), (plot.right, capacity)]);
    picture.text((plot.right - 4.0, capacity - 8.0), Anchor::End, Colour::Ink, "capacity of the server");
    lines(picture, &plot, runs, |counts| counts.attempts);
    for (index, run) in runs.iter().enumerate() {
        if run.tail() > 1.5 {
            let text = format!("{}: {:.1} requests per call", run.label, run.tail());
            let y = plot.y(fleet.rate() * run.tail()) - 32.0;
            picture.text((plot.right - 4.0, y), Anchor::End, colour(index), &text);
        }
    }
    if let Some((index, run)) = runs.iter().enumerate().rfind(|(_, run)| run.tail() <= 1.5) {
        picture.text((plot.right - 4.0, plot.y(fleet.rate()) + 24.0), Anchor::End, colour(index), &run.label);
    }
    time_marks(picture, &plot, fleet);
    plot.axis_title(picture, "seconds");
}

fn plot(picture: &mut Picture, fleet: &Fleet, highest: f64, runs: &[Run]) -> Plot {
    let seconds = runs.first().map_or(1.0, |run| count(run.trace.seconds.len()) - 2.0);
    let plot = Plot::add(picture, 180.0, (54.0, 0.0), Scale::linear(0.0..seconds), Scale::linear(0.0..highest));
    let starts = plot.x(fleet.outage.starts.as_secs_f64());
    let ends = plot.x((fleet.outage.starts + fleet.outage.lasts).as_secs_f64());
    picture.rectangle((starts, plot.top), (ends - starts, plot.bottom - plot.top), Colour::Shade, 1.0);
    plot
}

fn lines(picture: &mut Picture, plot: &Plot, runs: &[Run], of: fn(&Counts) -> u32) {
    for (index, run) in runs.iter().enumerate() {
        // The first is wide, because another may cover it.
        let width = if index == 0 { 6.0 } else { 2.5 };
        picture.line(colour(index), width, None, &plot.at(&run.line(of)));
    }
}

fn time_marks(picture: &mut Picture, plot: &Plot, fleet: &Fleet) {
    let end = (fleet.outage.starts + fleet.outage.lasts + fleet.settle).as_secs_f64();
    let step = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0].into_iter().find(|step| end / step <= 7.0).unwrap_or(end);
    let marks = (0..=7u32).map(|mark| f64::from(mark) * step).take_while(|value| *value < end);
    plot.vertical_marks(picture, marks.map(|value| (value, format!("{value:.0}"))));
}

fn last(points: &[(f64, f64)]) -> f64 {
    let tail = points.len().saturating_sub(10);
    Summary::of(points.iter().skip(tail).map(|(_, value)| *value)).mean
}

/// The second run, without a guard, is red; the third, with a budget, blue.
fn colour(index: usize) -> Colour {
    match index {
        0 => Colour::Grey,
        1 => Colour::Red,
        2 => Colour::Blue,
        _ => Colour::Amber,
    }
}
