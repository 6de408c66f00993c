//! The cost of each feature for a call that does not use it, and the cost of nesting and a budget for a call that does.
//!
//! The program in `features/` is built once for each feature, in a separate target directory, and counted.

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cargo;
use crate::count::{self, Part};
use crate::figures::Figures;
use crate::way::OURS;

const PACKAGE: &str = "backoff-feature-costs";

/// A feature or setting that can be on or off.
#[derive(Clone, Copy, Debug)]
pub struct Feature {
    /// The name in figures and headings.
    pub name: &'static str,
    /// The cargo feature that turns it on.
    cargo: Option<&'static str>,
    /// The suffix for the name of a way that has it on.
    suffix: &'static str,
    /// Its effect on a call that does not use it.
    pub why: &'static str,
}

/// All of them; the first is the call without any.
pub const FEATURES: [Feature; 7] = [
    Feature { name: "nothing", cargo: None, suffix: "", why: "" },
    Feature {
        name: "tracing",
        cargo: Some("tracing"),
        suffix: "",
        why: "A failure reads two levels, of `tracing` and of `log`. While neither has a receiver, nothing else is done. The \
              future of `#[retry]` has room for the instant of the first failure, which events report.",
    },
    Feature {
        name: "metrics",
        cargo: Some("metrics"),
        suffix: "",
        why: "Every call is timed and counted, one that succeeds at once, too: two reads of the clock, and for each counter and \
              histogram a key of name and labels. The keys of a success are made once for each annotated function, and are \
              constant for a call without a name; with `name(..)`, a call of `policy.retry` makes them again. Whatever a \
              recorder does, a panic included, cannot reach the call: 49 instructions of a success.",
    },
    Feature {
        name: "testing",
        cargo: Some("testing"),
        suffix: "",
        why: "A call asks at each step whether a guard exists, which is one relaxed load, and keeps the delays that tests left \
              out. The feature is for `dev-dependencies`.",
    },
    Feature {
        name: "overrides",
        cargo: Some("overrides"),
        suffix: "",
        why: "A failure of an annotated function asks whether any override is set. Its future keeps a reference to the \
              overrides that were set at the first failure, which is dropped with it.",
    },
    Feature {
        name: "suppress",
        cargo: None,
        suffix: "_suppress",
        why: "The call opens a scope that calls inside it find, on other threads, too, if it is handed there: one allocation \
              for each call, and a thread's current scope set and reset around each attempt.",
    },
    Feature {
        name: "budget",
        cargo: None,
        suffix: "_budget",
        why: "A success reads the budget, which is full, and leaves it; a failing attempt takes a token by compare and swap.",
    },
];

/// The measures: a name, a kind of call, the counted part (`None` for the size of the future), and the words for it.
pub const MEASURES: [(&str, &str, Option<Part>, &str); 5] = [
    ("success_blocking", "blocking", Some(Part::Success), "success, blocking"),
    ("failing_blocking", "blocking", Some(Part::Failure), "failing attempt, blocking"),
    ("success_async", "async", Some(Part::Success), "success, async"),
    ("failing_async", "async", Some(Part::Failure), "failing attempt, async"),
    ("future", "async", None, "future"),
];

/// What a feature that nobody uses may add.
#[derive(Clone, Copy, Debug)]
pub struct FeatureGoal {
    /// The name of a [`Feature`].
    pub feature: &'static str,
    /// The name of a measure.
    pub measure: &'static str,
    /// The measure in words.
    pub words: &'static str,
    /// The most that it may add.
    pub more: f64,
}

/// The goals of the project.
pub const GOALS: [FeatureGoal; 4] = [
    FeatureGoal { feature: "testing", measure: "failing_blocking", words: "failing attempt", more: 10.0 },
    FeatureGoal { feature: "overrides", measure: "failing_blocking", words: "failing attempt", more: 20.0 },
    FeatureGoal { feature: "tracing", measure: "failing_blocking", words: "failing attempt", more: 60.0 },
    FeatureGoal { feature: "metrics", measure: "success_blocking", words: "success", more: 250.0 },
];

/// Returns what a feature adds to a measure.
#[must_use]
pub fn added(costs: &[Cost], feature: &str, measure: &str, way: &str) -> Option<f64> {
    let of = |name: &str| costs.iter().find(|cost| (cost.feature, cost.measure, cost.way) == (name, measure, way));
    of(feature).zip(of("nothing")).map(|(on, none)| on.figure - none.figure)
}

/// One figure.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// The name of a [`Feature`].
    pub feature: &'static str,
    /// The name of a measure.
    pub measure: &'static str,
    /// `policy` or `retry`.
    pub way: &'static str,
    /// Instructions, or bytes.
    pub figure: f64,
}

impl Cost {
    /// The name in `figures.toml`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("with_{}.{}_{}", self.feature, self.measure, self.way)
    }
}

/// The costs that were measured before.
#[must_use]
pub fn recall(figures: &Figures) -> Vec<Cost> {
    let mut costs = Vec::new();
    for feature in FEATURES {
        for (measure, ..) in MEASURES {
            costs.extend(OURS.map(|way| Cost { feature: feature.name, measure, way, figure: 0.0 }));
        }
    }
    let figure = |cost: Cost| figures.by_name.get(&cost.name()).map(|figure| Cost { figure: *figure, ..cost });
    costs.into_iter().filter_map(figure).collect()
}

/// Builds and counts everything.
///
/// # Errors
///
/// Returns an error when a program does not build, or valgrind is missing.
pub fn measure() -> Result<Vec<Cost>, Box<dyn Error>> {
    let target = cargo::target()?.join("backoff-feature-costs");
    let mut jobs = Vec::new();
    for feature in FEATURES {
        let program = build(&target, feature.cargo)?;
        for (measure, kind, part, _) in MEASURES {
            jobs.extend(OURS.map(|way| (feature, program.clone(), measure, kind, part, way)));
        }
    }
    let figures = count::side_by_side(&jobs, |(feature, program, _, kind, part, way)| {
        let way = format!("{way}{}", feature.suffix);
        match part {
            Some(part) => count::per_call(program, &[&way, kind], *part),
            None => size(program, &way),
        }
    })?;
    let cost = |((feature, _, measure, _, _, way), figure): ((Feature, _, _, _, _, _), _)| Cost {
        feature: feature.name,
        measure,
        way,
        figure,
    };
    Ok(jobs.into_iter().zip(figures).map(cost).collect())
}

/// Builds the program with one feature, and returns its path.
///
/// # Errors
///
/// Returns an error when it does not build.
pub fn program(feature: &str) -> Result<PathBuf, Box<dyn Error>> {
    build(&cargo::target()?.join("backoff-feature-costs"), Some(feature))
}

/// Builds the program with one feature, and keeps it under that name.
fn build(target: &Path, feature: Option<&str>) -> Result<PathBuf, Box<dyn Error>> {
    let kept = target.join(format!("with-{}", feature.unwrap_or("nothing")));
    let target = target.to_str().ok_or("the target directory has no name in UTF-8")?;
    let mut arguments = vec!["build", "--release", "-p", PACKAGE, "--target-dir", target];
    if let Some(feature) = feature {
        arguments.extend(["--features", feature]);
    }
    cargo::run(&cargo::project()?, &arguments)?;
    fs::copy(Path::new(target).join("release").join(PACKAGE).with_extension(env::consts::EXE_EXTENSION), &kept)?;
    Ok(kept)
}

fn size(program: &Path, way: &str) -> Result<f64, String> {
    let output = Command::new(program).arg("sizes").output().map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout);
    let size = text.lines().filter_map(|line| line.split_once(' ')).find(|(name, _)| *name == way);
    size.and_then(|(_, size)| size.parse().ok()).ok_or_else(|| format!("no size of {way}"))
}
