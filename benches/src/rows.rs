//! The rows of the table: what is counted, which goal it has, and why a goal is missed.

use std::error::Error;

use crate::{count, generated, memory};

/// A figure of one way of calling.
pub(crate) type Figure = (&'static str, f64);

/// What a row's figures may grow by before it counts as a regression.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Tolerance {
    /// By this much.
    Absolute(f64),
    /// By this share.
    Relative(f64),
    /// Any growth: the figure depends on the machine and is only shown.
    Shown,
}

/// The goals of a row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Goal {
    pub(crate) policy: Option<f64>,
    pub(crate) retry: Option<f64>,
}

impl Goal {
    /// The same goal for `policy.retry(..)` and `#[retry]`.
    fn both(goal: Option<f64>) -> Self {
        Self { policy: goal, retry: goal }
    }
}

/// One row of the table, as it is written down here.
pub(crate) struct Row {
    pub(crate) key: &'static str,
    pub(crate) what: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) tolerance: Tolerance,
    /// The goals, from the figures of the same run.
    pub(crate) goal: fn(&Measured) -> Goal,
    /// The goal in words.
    pub(crate) goal_text: &'static str,
    /// Why the goal is missed, where it is; shown below the table.
    pub(crate) explanation: &'static str,
}

/// A row with its figures.
pub(crate) struct Measured {
    pub(crate) figures: Vec<Figure>,
}

impl Measured {
    pub(crate) fn get(&self, way: &str) -> Option<f64> {
        self.figures.iter().find(|(name, _)| *name == way).map(|(_, figure)| *figure)
    }

    fn plus(&self, way: &str, more: f64) -> Option<f64> {
        self.get(way).map(|figure| figure + more)
    }
}

const INSTRUCTIONS: Tolerance = Tolerance::Absolute(2.0);

pub(crate) const ROWS: &[Row] = &[
    Row {
        key: "success_blocking",
        what: "success, blocking, nothing asks for time",
        unit: "instr.",
        tolerance: INSTRUCTIONS,
        goal: |row| Goal::both(row.plus("bare", 5.0)),
        goal_text: "bare + 5",
        explanation: "EXPLAIN",
    },
    Row {
        key: "success_async",
        what: "success, async, nothing asks for time",
        unit: "instr.",
        tolerance: INSTRUCTIONS,
        goal: |row| Goal::both(row.get("hand")),
        goal_text: "hand loop",
        explanation: "EXPLAIN",
    },
    Row {
        key: "success_max_elapsed_blocking",
        what: "success, blocking, with `max_elapsed`",
        unit: "instr.",
        tolerance: INSTRUCTIONS,
        goal: |row| Goal::both(row.get("clock").zip(row.plus("bare", 5.0)).map(|(clock, call)| clock + call)),
        goal_text: "bare + 5 + clock",
        explanation: "EXPLAIN",
    },
    Row {
        key: "success_max_elapsed_async",
        what: "success, async, with `max_elapsed`",
        unit: "instr.",
        tolerance: INSTRUCTIONS,
        goal: |row| Goal::both(row.get("hand")),
        goal_text: "hand loop",
        explanation: "EXPLAIN",
    },
    Row {
        key: "failing_blocking",
        what: "failing attempt, full jitter, no sleep, blocking",
        unit: "instr.",
        tolerance: INSTRUCTIONS,
        goal: |row| Goal { policy: Some(100.0), retry: row.plus("hand", 25.0) },
        goal_text: "100; hand + 25",
        explanation: "EXPLAIN",
    },
    Row {
        key: "failing_async",
        what: "the same, async, one turn of tokio's timer",
        unit: "instr.",
        tolerance: Tolerance::Absolute(20.0),
        goal: |row| Goal { policy: row.plus("hand", 20.0), retry: row.plus("hand", 25.0) },
        goal_text: "hand + 20; + 25",
        explanation: "EXPLAIN",
    },
    Row {
        key: "next_delay",
        what: "next delay, jittered",
        unit: "instr.",
        tolerance: INSTRUCTIONS,
        goal: |_| Goal { policy: Some(40.0), retry: None },
        goal_text: "40",
        explanation: "EXPLAIN",
    },
    Row {
        key: "future_trivial",
        what: "future, trivial body",
        unit: "bytes",
        tolerance: Tolerance::Absolute(0.0),
        goal: |row| Goal::both(row.get("hand")),
        goal_text: "hand loop",
        explanation: "EXPLAIN",
    },
    Row {
        key: "future_trivial_max_elapsed",
        what: "future, trivial body, with `max_elapsed`",
        unit: "bytes",
        tolerance: Tolerance::Absolute(0.0),
        goal: |row| Goal::both(row.get("hand")),
        goal_text: "hand loop",
        explanation: "EXPLAIN",
    },
    Row {
        key: "future_large",
        what: "future, body of 1 KiB",
        unit: "bytes",
        tolerance: Tolerance::Absolute(0.0),
        goal: |row| Goal::both(row.get("hand")),
        goal_text: "hand loop",
        explanation: "EXPLAIN",
    },
    Row {
        key: "heap_per_task",
        what: "heap per sleeping tokio task (of 20,000)",
        unit: "bytes",
        tolerance: Tolerance::Absolute(4.0),
        goal: |row| Goal::both(row.get("hand")),
        goal_text: "hand loop",
        explanation: "EXPLAIN",
    },
    Row {
        key: "allocations",
        what: "allocations of 400 calls, half of them retried",
        unit: "count",
        tolerance: Tolerance::Absolute(0.0),
        goal: |_| Goal::both(Some(0.0)),
        goal_text: "0",
        explanation: "EXPLAIN",
    },
    Row {
        key: "code",
        what: "release code per function (of 250)",
        unit: "bytes",
        tolerance: Tolerance::Relative(0.02),
        goal: |row| Goal::both(row.get("hand")),
        goal_text: "hand loop",
        explanation: "EXPLAIN",
    },
    Row {
        key: "check",
        what: "`cargo check` per function (of 250)",
        unit: "ms",
        tolerance: Tolerance::Shown,
        goal: |row| Goal::both(row.get("hand").map(|hand| hand * 1.15)),
        goal_text: "hand x 1.15",
        explanation: "EXPLAIN",
    },
];

/// Measures all rows, in their order.
pub(crate) fn measure() -> Result<Vec<(&'static Row, Measured)>, Box<dyn Error>> {
    let generated::Costs { code, check } = generated::measure()?;
    ROWS.iter()
        .map(|row| {
            let figures = match row.key {
                "future_trivial" => memory::trivial(),
                "future_trivial_max_elapsed" => memory::trivial_limited(),
                "future_large" => memory::large(),
                "heap_per_task" => memory::heap_per_task(),
                "allocations" => memory::allocations(),
                "code" => code.clone(),
                "check" => check.clone(),
                group => count::instructions(group)?,
            };
            Ok((row, Measured { figures }))
        })
        .collect()
}
