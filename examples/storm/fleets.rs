//! The same outage for fleets of every size.

use std::error::Error;

use charts::committed::{SETTLE, WARM_UP};
use charts::fleets::Line;
use simulator::measure::Figures;
use simulator::runs::each_seed;
use simulator::sizes::{Retries, fleet};
use simulator::statistics::Summary;

use crate::args::{FleetsArgs, Output};

use crate::report::{Cell, Table, progress};

pub(crate) fn fleets(args: &FleetsArgs, output: &Output) -> Result<(), Box<dyn Error>> {
    let fixed = args.budget_capacity;
    let kinds = [
        ("no retries".to_owned(), "no retries".to_owned(), Retries::None),
        ("3 attempts, no budget".to_owned(), "no budget".to_owned(), Retries::Unguarded),
        (format!("3 attempts, capacity {fixed}"), format!("{fixed} tokens each"), Retries::Capacity(fixed)),
        ("3 attempts, fitted budget".to_owned(), "default budgets".to_owned(), Retries::Fitted),
    ];
    let runs = kinds.len() * args.load.len() * args.clients.len();
    let bar = progress(runs as u64 * args.seeds);
    let mut table = Table::new(&["policy", "load", "clients", "amplification", "recovered", "after"]);
    let mut lines = Vec::new();
    for &load in &args.load {
        for (name, label, retries) in &kinds {
            let mut line = Line { label: label.clone(), load, points: Vec::new() };
            for &clients in &args.clients {
                let fleet = fleet(clients, load, retries.policy().build(), retries.guard(), WARM_UP, SETTLE);
                let figures = each_seed(args.seeds, |seed| {
                    bar.inc(1);
                    simulator::outage::run(&fleet, seed, &|| ()).figures(&fleet)
                });
                line.points.push((clients, mean_recovery(&figures)));
                table.row(row(name, load, clients, &figures));
            }
            lines.push(line);
        }
    }
    bar.finish_and_clear();
    table.show(output.csv.as_deref())?;
    output.chart("fleets.svg", || charts::fleets::draw(&lines))
}

fn recoveries(figures: &[Figures]) -> Vec<f64> {
    figures.iter().filter_map(|figures| figures.recovery).collect()
}

fn mean_recovery(figures: &[Figures]) -> Option<f64> {
    let recovered = recoveries(figures);
    (recovered.len() == figures.len()).then(|| Summary::of(recovered).mean)
}

fn row(name: &str, load: f64, clients: u32, figures: &[Figures]) -> Vec<Cell> {
    let recovered = recoveries(figures);
    let amplification = figures.iter().map(|figures| figures.amplification).collect();
    vec![
        Cell::text(name.to_owned()),
        Cell::number(load, 2),
        Cell::text(charts::thousands(f64::from(clients))),
        Cell::spread(amplification, 3),
        Cell::text(format!("{}/{}", recovered.len(), figures.len())),
        Cell::spread(recovered, 1).unit("s"),
    ]
}
