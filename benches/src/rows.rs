//! The rows of the table: the measure, its goal, the reason for a missed goal, and the reason why another crate is
//! cheaper.

mod compiler;
mod instructions;
mod memory;
mod scale;

use std::error::Error;

use crate::figures::Figures;
use crate::verdict::shown;
use crate::way::{PEERS, WAYS};
use crate::{cold, count, generated, scale as at_scale};

/// What is measured beside the ways of calling, because it is a part of some: a read of the clock, a timer of tokio.
const REFERENCES: [&str; 2] = ["clock", "timer"];

/// A figure of one way of calling.
pub type Figure = (&'static str, f64);

/// The growth of a row's figures that does not count as a regression.
#[derive(Clone, Copy, Debug)]
pub enum Tolerance {
    /// Growth by this amount.
    Absolute(f64),
    /// Growth by this share.
    Relative(f64),
    /// Any growth: the figure depends on the machine and is only shown.
    Shown,
}

/// The goals of a row.
#[derive(Clone, Copy, Debug)]
pub struct Goal {
    /// The goal of `policy.retry(..)`.
    pub policy: Option<f64>,
    /// The goal of `#[retry]`.
    pub retry: Option<f64>,
}

impl Goal {
    const NONE: Self = Self { policy: None, retry: None };

    /// The same goal for `policy.retry(..)` and `#[retry]`.
    fn both(goal: Option<f64>) -> Self {
        Self { policy: goal, retry: goal }
    }
}

/// The source of a row's figures.
#[derive(Clone, Copy, Debug)]
enum Source {
    /// Counted under valgrind, by the key of the row.
    Instructions,
    /// Measured in this process.
    Memory(fn() -> Result<Vec<Figure>, Box<dyn Error>>),
    /// From programs of many functions.
    Functions(fn(&generated::Costs) -> &Vec<Figure>),
    /// Counted in the compiler.
    Rustc,
    /// From first builds.
    ColdBuild(fn(&cold::Costs) -> &Vec<Figure>),
    /// From a million waiting calls.
    Waiting(fn(&at_scale::Costs) -> f64),
    /// From threads that are cancelled.
    Threads,
}

/// Rows that belong together and share a table in the document.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    /// The heading.
    pub title: &'static str,
    /// A description of the figures.
    pub text: &'static str,
    /// The rows, in their order.
    pub rows: &'static [Row],
}

/// One row of the table, as defined in the source.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The name in `figures.toml`.
    pub key: &'static str,
    /// The measure.
    pub what: &'static str,
    /// The unit of the figures.
    pub unit: &'static str,
    /// The allowed growth of the figures.
    pub tolerance: Tolerance,
    source: Source,
    /// The goals, from the figures of the same run.
    pub goal: fn(&Measured) -> Goal,
    /// The goal in words.
    pub goal_text: &'static str,
    /// The reason for a missed goal; shown below the table.
    pub explanation: &'static str,
    /// The crates that are cheaper, and the reasons.
    pub cheaper: &'static [(&'static [&'static str], &'static str)],
}

impl Row {
    /// Returns the part that measures the row.
    #[must_use]
    pub const fn part(&self) -> Part {
        self.source.part()
    }
}

/// A row with its figures.
#[derive(Clone, Debug)]
pub struct Measured {
    /// The figures by way of calling.
    pub figures: Vec<Figure>,
}

impl Measured {
    /// Returns the figure of one way.
    #[must_use]
    pub fn get(&self, way: &str) -> Option<f64> {
        self.figures.iter().find(|(name, _)| *name == way).map(|(_, figure)| *figure)
    }

    /// Replaces the name of a way in braces by its figure.
    #[must_use]
    pub fn fill(&self, text: &str) -> String {
        let replace = |text: String, (way, figure): &Figure| text.replace(&format!("{{{way}}}"), &shown(*figure));
        self.figures.iter().fold(text.to_owned(), replace)
    }
}

/// The ways of calling that are measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Ours and the references, which a check on every change needs.
    Ours,
    /// The other crates, too.
    Peers,
}

/// The number of runs of timed measures; the fastest is used.
const ROUNDS: u32 = 3;
/// The number of first builds of each program; the fastest is used.
const BUILDS: u32 = 2;

impl Depth {
    /// Returns whether a way of calling is measured.
    #[must_use]
    pub fn includes(self, way: &str) -> bool {
        self != Self::Ours || !PEERS.contains(&way)
    }
}

/// Rows that are measured together; each can be measured alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Instructions, bytes and allocations.
    Counted,
    /// Programs of many functions.
    Functions,
    /// The instructions of the compiler.
    Rustc,
    /// First builds.
    Builds,
    /// A million calls and a thousand threads.
    Scale,
    /// The features, on and off; these are not rows.
    Features,
    /// One operation at several sizes; these are not rows, either.
    Sizes,
}

impl Part {
    /// All, from the quickest to the slowest.
    pub const ALL: [Self; 7] =
        [Self::Counted, Self::Features, Self::Scale, Self::Sizes, Self::Functions, Self::Rustc, Self::Builds];
    /// The parts that are reproducible, so that they can be compared with the last run.
    pub const KEPT: [Self; 4] = [Self::Counted, Self::Features, Self::Functions, Self::Rustc];

    /// Returns the part of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.name() == name)
    }

    /// Returns the name.
    #[must_use]
    pub fn name(self) -> String {
        format!("{self:?}").to_lowercase()
    }
}

impl Source {
    const fn part(self) -> Part {
        match self {
            Self::Instructions | Self::Memory(_) => Part::Counted,
            Self::Functions(_) => Part::Functions,
            Self::Rustc => Part::Rustc,
            Self::ColdBuild(_) => Part::Builds,
            Self::Waiting(_) | Self::Threads => Part::Scale,
        }
    }
}

/// Returns all rows.
pub const GROUPS: [Group; 5] =
    [instructions::SUCCESS, instructions::FAILURE, memory::GROUP, compiler::GROUP, scale::GROUP];

/// A group with the figures of the rows that were measured.
pub type MeasuredGroup = (Group, Vec<(Row, Measured)>);

/// Measures the rows of one part, in their order; reports the progress on standard error.
///
/// # Errors
///
/// Returns an error when a tool is missing, a program does not compile, or a call went wrong.
pub fn measure(part: Part, depth: Depth) -> Result<Vec<(Row, Measured)>, Box<dyn Error>> {
    let mut functions = generated::Costs::default();
    let mut builds = cold::Costs::default();
    let (mut waiting, mut returns) = (Vec::new(), Vec::new());
    match part {
        Part::Counted | Part::Features | Part::Sizes | Part::Rustc => {}
        Part::Functions => functions = generated::measure(generated::FUNCTIONS, ROUNDS, depth)?,
        Part::Builds => builds = cold::measure(BUILDS)?,
        Part::Scale => {
            waiting = at_scale::measure(scale::CALLS, ROUNDS)?;
            returns = at_scale::threads::last_returns(scale::THREADS, scale::CANCELLATIONS)?;
        }
    }
    let measured = |row: &Row| -> Result<(Row, Measured), Box<dyn Error>> {
        eprintln!("{}", row.what);
        let figures = match row.source {
            Source::Instructions => count::instructions(row.key, depth)?,
            Source::Memory(measure) => measure()?,
            Source::Functions(part) => part(&functions).clone(),
            Source::Rustc => generated::instructions::measure(depth)?,
            Source::ColdBuild(part) => part(&builds).clone(),
            Source::Waiting(part) => waiting.iter().map(|(way, costs)| (*way, part(costs))).collect(),
            Source::Threads => returns.clone(),
        };
        Ok((*row, Measured { figures }))
    };
    GROUPS.into_iter().flat_map(|group| group.rows).filter(|row| row.source.part() == part).map(measured).collect()
}

/// Puts rows into their groups, in the order of the groups; groups without figures are omitted.
#[must_use]
pub fn grouped(rows: &[(Row, Measured)]) -> Vec<MeasuredGroup> {
    let of = |row: &Row| rows.iter().find(|(measured, _)| measured.key == row.key).cloned();
    let group = |group: Group| (group, group.rows.iter().filter_map(of).collect::<Vec<_>>());
    GROUPS.into_iter().map(group).filter(|(_, rows)| !rows.is_empty()).collect()
}

/// Returns the rows with figures that were measured before.
#[must_use]
pub fn recall(figures: &Figures) -> Vec<(Row, Measured)> {
    let measured = |row: &Row| {
        let figure = |way| Some((way, *figures.by_name.get(&format!("{}.{way}", row.key))?));
        (*row, Measured { figures: WAYS.into_iter().chain(REFERENCES).filter_map(figure).collect() })
    };
    let rows = GROUPS.into_iter().flat_map(|group| group.rows).map(measured);
    rows.filter(|(_, measured)| !measured.figures.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;

    use super::{GROUPS, Row};
    use crate::cargo;
    use crate::way::PEERS;

    fn rows() -> impl Iterator<Item = Row> {
        GROUPS.into_iter().flat_map(|group| group.rows).copied()
    }

    #[test]
    fn no_two_rows_have_one_key() {
        let keys: BTreeSet<_> = rows().map(|row| row.key).collect();
        assert_eq!(keys.len(), rows().count());
    }

    #[test]
    fn reasons_are_written_for_crates_that_are_measured_and_once_for_each() {
        for row in rows() {
            let named: Vec<_> = row.cheaper.iter().flat_map(|(peers, _)| *peers).collect();
            let once: BTreeSet<_> = named.iter().collect();
            assert_eq!(once.len(), named.len(), "{}: a crate has two reasons", row.key);
            assert!(named.iter().all(|peer| PEERS.contains(peer)), "{}: an unknown crate", row.key);
        }
    }

    #[test]
    fn the_document_has_a_column_for_every_row() {
        let text = fs::read_to_string(cargo::project().unwrap().join("docs").join("benchmarks.md")).unwrap();
        for Row { what, unit, .. } in rows() {
            assert!(text.contains(&format!("| {what}, {unit} |")), "`{what}` is missing; run `docs`");
        }
    }
}
