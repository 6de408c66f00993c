//! One function for each subcommand, from settings to table and charts.

use std::error::Error;
use std::fs;

use std::process::ExitCode;
use std::time::Duration;

use backoff_core::{Budget, Jitter, Policy};

use crate::args::{HerdArgs, LayersArgs, OccArgs, OutageArgs, Output, PolicyArgs, ScheduleArgs, VerifyArgs};

use crate::report::{Cell, Table, progress};
use simulator::acceptance::{self, Extent};
use simulator::guard::Guard;
use simulator::herd::Herd;
use simulator::layers::Layers;
use simulator::measure::Figures;
use simulator::occ::Contention;
use simulator::outage::Fleet;
use simulator::runs::each_seed;
use simulator::server::Outage;
use simulator::statistics::{Summary, count};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

impl Output {
    /// Writes the chart of this name, if charts are wanted.
    pub(crate) fn chart(&self, name: &str, draw: impl FnOnce() -> String) -> Result<()> {
        let Some(directory) = &self.svg else { return Ok(()) };
        fs::create_dir_all(directory)?;
        Ok(fs::write(directory.join(name), draw())?)
    }
}

/// Returns the rows of a comparison: the named jitter, or every kind.
fn kinds(named: Option<Jitter>) -> Vec<Jitter> {
    named.map_or_else(|| vec![Jitter::None, Jitter::Equal, Jitter::Full, Jitter::Decorrelated], |jitter| vec![jitter])
}

fn name(jitter: Jitter) -> String {
    match jitter {
        Jitter::None => "no jitter".to_owned(),
        Jitter::Full => "full jitter".to_owned(),
        Jitter::Equal => "equal jitter".to_owned(),
        Jitter::Decorrelated => "decorrelated jitter".to_owned(),
        Jitter::Factor(factor) => format!("jitter ±{:.0} %", factor * 100.0),
        _ => format!("{jitter:?}"),
    }
}

pub(crate) fn schedule(args: &ScheduleArgs, output: &Output) -> Result<()> {
    let policy = args.policy.policy(Some(5))?;
    let mut table = Table::new(&["retry", "base delay", "shortest", "longest", "mean of 1,000"]);
    let drawn: Vec<Vec<Duration>> = (0..1_000).map(|seed| policy.delays().seed(seed).collect()).collect();
    let rows = policy.base_delays().zip(policy.ranges()).enumerate().take(charts::schedule::MOST_RETRIES);
    for (index, (base, range)) in rows {
        let mean = Summary::of(drawn.iter().filter_map(|delays| delays.get(index)).map(Duration::as_secs_f64)).mean;
        let mut cells = vec![Cell::text((index + 1).to_string())];
        let delays = [base, *range.start(), *range.end()].map(|delay| delay.as_secs_f64());
        cells.extend(delays.into_iter().chain([mean]).map(|seconds| Cell::number(seconds, 3).unit("s")));
        table.row(cells);
    }
    table.show(output.csv.as_deref())?;
    output.chart("schedule.svg", || charts::schedule::draw(&policy, &name(policy.jitter())))
}

pub(crate) fn contention(args: &OccArgs, output: &Output) -> Result<()> {
    let mut table = Table::new(&["policy", "calls", "time", "gave up"]);
    let none = Policy::constant(Duration::ZERO).forever().build();
    let mut rows = if args.policy.jitter.is_none() { vec![("no backoff".to_owned(), none)] } else { Vec::new() };
    for jitter in kinds(args.policy.jitter) {
        // The first delay of decorrelated jitter is drawn from one to three times the initial delay, of the others from
        // up to one.
        let first = Duration::from_millis(if jitter == Jitter::Decorrelated { 5 } else { 10 });
        let policy = PolicyArgs {
            jitter: Some(jitter),
            initial_delay: args.policy.initial_delay.or(Some(first)),
            max_delay: args.policy.max_delay.or(Some(Duration::from_secs(2))),
            ..args.policy
        };
        rows.push((name(jitter), policy.policy(None)?));
    }
    for (name, policy) in rows {
        let setting = Contention { clients: args.clients, policy };
        let outcomes = each_seed(args.seeds, |seed| simulator::occ::run(&setting, seed));
        let calls: Vec<f64> = outcomes.iter().map(|outcome| outcome.calls).collect();
        let time: Vec<f64> = outcomes.iter().map(|outcome| outcome.time).collect();
        let gave_up = Summary::of(outcomes.iter().map(|outcome| f64::from(outcome.gave_up))).mean;
        let time = Cell::spread(time, 2).unit("s");
        table.row(vec![Cell::text(name), Cell::spread(calls, 0), time, Cell::number(gave_up, 1)]);
    }
    Ok(table.show(output.csv.as_deref())?)
}

pub(crate) fn herd(args: &HerdArgs, output: &Output) -> Result<()> {
    let mut table = Table::new(&["policy", "most in 10 ms", "mean wait", "longest wait"]);
    let mut drawn = Vec::new();
    for jitter in kinds(args.policy.jitter) {
        let policy = PolicyArgs { jitter: Some(jitter), ..args.policy }.policy(Some(5))?;
        let setting = Herd { clients: args.clients, policy };
        let mut runs = each_seed(args.seeds, |seed| simulator::herd::run(&setting, seed));
        let of = |figure: fn(&simulator::herd::Arrivals) -> f64| runs.iter().map(figure).collect::<Vec<_>>();
        let peaks = of(|run| f64::from(run.peak()));
        let (mean, longest) = (of(|run| run.mean_wait), of(|run| run.longest_wait));
        let seconds = |values| Cell::spread(values, 2).unit("s");
        table.row(vec![Cell::text(name(jitter)), Cell::spread(peaks, 0), seconds(mean), seconds(longest)]);
        drawn.extend(runs.drain(..).next().map(|run| (name(jitter), run)));
    }
    table.show(output.csv.as_deref())?;
    output.chart("herd.svg", || charts::herd::draw(args.clients, &drawn))
}

pub(crate) fn outage(args: &OutageArgs, output: &Output) -> Result<()> {
    let policy = args.policy.policy(Some(3))?;
    check_budget(args.budget_ratio, args.budget_capacity)?;
    let budget =
        Guard::Budget { ratio: args.budget_ratio, capacity: args.budget_capacity, deposit: args.deposit.into() };
    let attempts = policy.max_attempts().map_or_else(|| "unlimited".to_owned(), |attempts| attempts.to_string());
    let mut rows = vec![
        ("no retries".to_owned(), "no retries", Policy::never().build(), Guard::None),
        (format!("{attempts} attempts, no budget"), "no budget", policy, Guard::None),
        (format!("{attempts} attempts and a budget"), "with budget", policy, budget),
    ];
    rows.extend(args.breaker.map(|failures| {
        (
            format!("{attempts} attempts and a breaker"),
            "breaker",
            policy,
            Guard::Breaker { failures, open: Duration::from_secs(5) },
        )
    }));
    let outage = Outage { kind: args.kind.into(), starts: args.starts, lasts: args.lasts };
    let length = (args.starts + args.lasts + args.settle).as_secs();
    let bar = progress(length * args.seeds * rows.len() as u64);
    let mut table =
        Table::new(&["policy", "amplification", "peak", "recovered", "after", "good in 60 s", "load at the end"]);
    let mut drawn = Vec::new();
    for (name, label, policy, guard) in rows {
        let fleet = Fleet {
            clients: args.clients,
            capacity: args.capacity,
            load: args.load,
            outage,
            settle: args.settle,
            policy,
            guard,
            timeout: args.timeout,
            queue: args.queue,
        };
        let run = charts::committed::run(label, fleet, args.seeds, &|| bar.inc(1));
        table.row(outage_row(name, run.as_ref().map_or(&[], |run| run.figures.as_slice())));
        drawn.extend(run);
    }
    bar.finish_and_clear();
    table.show(output.csv.as_deref())?;
    output.chart("outage.svg", || charts::outage::draw(&drawn))
}

/// Refuses settings that no budget has.
fn check_budget(ratio: f64, capacity: Option<u32>) -> Result<()> {
    let budget = Budget::new().try_ratio(ratio)?;
    Ok(capacity.map_or(Ok(()), |tokens| budget.try_capacity(tokens).map(drop))?)
}

fn outage_row(name: String, figures: &[Figures]) -> Vec<Cell> {
    let of = |figure: fn(&Figures) -> f64| figures.iter().map(figure).collect::<Vec<_>>();
    let recovered: Vec<f64> = figures.iter().filter_map(|figures| figures.recovery).collect();
    let share = count(recovered.len()) / count(figures.len());
    vec![
        Cell::text(name),
        Cell::spread(of(|figures| figures.amplification), 3),
        Cell::spread(of(|figures| figures.peak), 1),
        Cell::number(share * 100.0, 0).unit("%"),
        Cell::spread(recovered, 1).unit("s"),
        Cell::spread(of(|figures| figures.good60 * 100.0), 1).unit("%"),
        Cell::spread(of(|figures| figures.tail), 2),
    ]
}

pub(crate) fn layers(args: &LayersArgs, output: &Output) -> Result<()> {
    let policy = args.policy.policy(Some(3))?;
    check_budget(args.budget_ratio, args.budget_capacity)?;
    let has_budget = args.budget || args.budget_capacity.is_some();
    let budget = has_budget.then_some((args.budget_ratio, args.budget_capacity));
    let header = ["bottom fails", "inner retries", "calls", "by formula", "success", "by formula", "denied"];
    let mut table = Table::new(&header);
    for &failure_rate in &args.failure_rate {
        for is_suppressed in [false, true] {
            let setting = Layers {
                depth: args.layers,
                policy,
                is_suppressed,
                failure_rate,
                requests: args.requests,
                budget,
                gap: args.gap,
            };
            let loads = each_seed(args.seeds, |seed| simulator::layers::run(&setting, seed));
            let mean = |of: fn(&simulator::layers::Load) -> f64| loads.iter().map(of).sum::<f64>() / count(loads.len());
            let expected = simulator::layers::expected(&setting);
            let by_formula = |value| if budget.is_some() { Cell::text("-".to_owned()) } else { Cell::number(value, 4) };
            table.row(vec![
                Cell::text(format!("{failure_rate}")),
                Cell::text(if is_suppressed { "suppressed" } else { "allowed" }.to_owned()),
                Cell::number(mean(|load| load.calls), 4),
                by_formula(expected.calls),
                Cell::number(mean(|load| load.success), 4),
                by_formula(expected.success),
                Cell::number(mean(|load| load.denied) * 100.0, 1).unit("%"),
            ]);
        }
    }
    Ok(table.show(output.csv.as_deref())?)
}

pub(crate) fn verify(args: &VerifyArgs, output: &Output) -> Result<ExitCode> {
    let (warm_up, settle) = (Duration::from_secs(20), Duration::from_secs(200));
    let extent = Extent { seeds: args.seeds, fleet_seeds: args.seeds, warm_up, settle };
    let bar = progress(acceptance::fleet_runs(&extent) + acceptance::size_runs(&extent));
    let mut checks = acceptance::contention_checks(&extent);
    checks.extend(acceptance::herd_checks(&extent));
    checks.extend(acceptance::layer_checks());
    checks.extend(acceptance::client_checks(&extent));
    checks.extend(acceptance::fleet_checks(&extent, &|| bar.inc(1)));
    checks.extend(acceptance::size_checks(&extent, &[10, 100, 1_000, 10_000], &|| bar.inc(1)));
    bar.finish_and_clear();
    let mut table = Table::new(&["figure", "row", "expected", "got", "verdict"]);
    let missed = checks.iter().filter(|check| !check.holds).count();
    for check in checks {
        let verdict = if check.holds { "ok" } else { "missed" };
        let cells = [check.what, check.row.to_owned(), check.expected, check.got, verdict.to_owned()];
        table.row(cells.into_iter().map(Cell::text).collect());
    }
    table.show(output.csv.as_deref())?;
    println!();
    for (letter, experiment) in acceptance::EXPERIMENTS {
        println!("{letter}  {experiment}");
    }
    println!("\n{missed} missed");
    Ok(if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
