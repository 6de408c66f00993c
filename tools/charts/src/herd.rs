//! Arrivals after a common failure, one panel for each kind of jitter, all on one scale.

use simulator::herd::{Arrivals, SLOT};
use simulator::statistics::count;

use crate::plot::{Plot, Scale};
use crate::svg::{Colour, Picture};
use crate::thousands;

/// Draws one run of each policy.
pub fn draw(clients: u32, runs: &[(String, Arrivals)]) -> String {
    let peak = |arrivals: &Arrivals| thousands(f64::from(arrivals.peak()));
    let clients = thousands(f64::from(clients));
    let described: Vec<String> = runs.iter().map(|(name, arrivals)| format!("{name}: {}", peak(arrivals))).collect();
    let mut picture = Picture::new(
        "herd",
        &headline(&clients, runs),
        "Simulated: bars are the retries that arrive in 10 ms, on one scale. Every retry fails, too.",
        &format!("The most retries in 10 ms. {}.", described.join("; ")),
    );
    let highest = runs.iter().map(|(_, arrivals)| f64::from(arrivals.peak())).fold(1.0, f64::max);
    let shown = shown(runs);
    let last = runs.len().saturating_sub(1);
    for (index, (name, arrivals)) in runs.iter().enumerate() {
        picture.panel_title(&format!("{name}: at most {}, mean wait {:.1} s", peak(arrivals), arrivals.mean_wait));
        picture.grow(10.0);
        let scales = (Scale::linear(0.0..shown), Scale::linear(0.0..highest));
        let plot = Plot::add(&mut picture, 76.0, (54.0, 8.0), scales.0, scales.1);
        plot.horizontal_marks(&mut picture, [0.0, highest].map(|value| (value, thousands(value))));
        let width = SLOT.as_secs_f64();
        let slots = arrivals.slots.iter().enumerate().map(|(slot, &arrived)| (count(slot) * width, f64::from(arrived)));
        let slots = slots.take_while(|(from, _)| from + width <= shown).filter(|(_, arrived)| *arrived > 0.0);
        // A bar is wider than its slot, because a slot is narrower than a pixel of a phone.
        let bars = slots.map(|(from, arrived)| ((plot.x(from), plot.bottom), 2.5, plot.bottom - plot.y(arrived)));
        let colour = if arrivals.peak() * 2 > runs.first().map_or(0, |(_, first)| first.peak()) {
            Colour::Red
        } else {
            Colour::Blue
        };
        picture.bars(colour, bars);
        if index == last {
            let marks = (0..=10u32).map(|half| f64::from(half) / 2.0).take_while(|at| *at <= shown);
            plot.vertical_marks(&mut picture, marks.map(|at| (at, format!("{at}"))));
            plot.axis_title(&mut picture, "seconds after the failure");
        }
    }
    picture.finish()
}

fn headline(clients: &str, runs: &[(String, Arrivals)]) -> String {
    let of = |name: &str| runs.iter().find(|(of, _)| of == name).map(|(_, arrivals)| f64::from(arrivals.peak()));
    match (of("no jitter"), of("full jitter")) {
        (Some(none), Some(full)) => format!(
            "{clients} clients fail together. Without jitter {} of them retry in the same 10 ms, with full jitter at most {}",
            if thousands(none) == clients { "all".to_owned() } else { thousands(none) },
            thousands(full)
        ),
        _ => format!("Retries of {clients} clients that fail together"),
    }
}

/// Returns the seconds that are drawn. Slow policies go on beyond them.
fn shown(runs: &[(String, Arrivals)]) -> f64 {
    let quickest = runs.iter().map(|(_, arrivals)| arrivals.longest_wait).fold(f64::MAX, f64::min);
    (quickest * 1.5).clamp(0.1, 5.0)
}
