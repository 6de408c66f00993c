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
        explanation: "`policy` keeps the operation in memory, for the outlined function that goes on after a failure. \
                      `#[retry]` is a loop around the body, like the loop by hand: both save six registers on entry, \
                      which the bare call does not.",
    },
    Row {
        key: "success_async",
        what: "success, async, nothing asks for time",
        unit: "instr.",
        tolerance: INSTRUCTIONS,
        goal: |row| Goal::both(row.get("hand")),
        goal_text: "hand loop",
        explanation: "`policy` is a named future of general parts, which is moved into place with its settings and goes \
                      through a phase for each attempt. `#[retry]` also carries the count of failed attempts and the \
                      question whether a success was a retry.",
    },
    Row {
        key: "success_max_elapsed_blocking",
        what: "success, blocking, with `max_elapsed`",
        unit: "instr.",
        tolerance: INSTRUCTIONS,
        goal: |row| Goal::both(row.get("clock").zip(row.plus("bare", 5.0)).map(|(clock, call)| clock + call)),
        goal_text: "bare + 5 + clock",
        explanation: "As without `max_elapsed`; the limit itself adds one read of the clock to each.",
    },
    Row {
        key: "success_max_elapsed_async",
        what: "success, async, with `max_elapsed`",
        unit: "instr.",
        tolerance: INSTRUCTIONS,
        goal: |row| Goal::both(row.get("hand")),
        goal_text: "hand loop",
        explanation: "As without `max_elapsed`; the limit adds one read of tokio's clock, and `policy` builds its state \
                      to remember the start.",
    },
    Row {
        key: "failing_blocking",
        what: "failing attempt, full jitter, no sleep, blocking",
        unit: "instr.",
        tolerance: INSTRUCTIONS,
        goal: |row| Goal { policy: Some(100.0), retry: row.plus("hand", 25.0) },
        goal_text: "100; hand + 25",
        explanation: "The core decides from a policy that it reads at run time, where the loop by hand has its constants \
                      in place. A third of `#[retry]` is the decision, with the failure and the progress of the call in \
                      memory; a third draws the delay, from the power of the multiplier rather than from the last delay; \
                      a sixth asks the calls around for a veto and counts for the call site, features that the loop by \
                      hand does not have.",
    },
    Row {
        key: "failing_async",
        what: "the same, async, one turn of tokio's timer",
        unit: "instr.",
        tolerance: Tolerance::Absolute(20.0),
        goal: |row| Goal { policy: row.plus("hand", 20.0), retry: row.plus("hand", 25.0) },
        goal_text: "hand + 20; + 25",
        explanation: "The same costs as in a blocking call, and the phases of the future. Most of every figure in this row \
                      is tokio's timer and paused clock.",
    },
    Row {
        key: "next_delay",
        what: "next delay, jittered",
        unit: "instr.",
        tolerance: INSTRUCTIONS,
        goal: |_| Goal { policy: Some(40.0), retry: None },
        goal_text: "40",
        explanation: "The delay of any retry is computed from its number alone, at the same cost for all: the power of the \
                      multiplier, in nanoseconds as a float, rounded, capped, drawn from. The loop by hand keeps the last \
                      delay and doubles it. The iterator also decides after each delay as a call would.",
    },
    Row {
        key: "future_trivial",
        what: "future, trivial body",
        unit: "bytes",
        tolerance: Tolerance::Absolute(0.0),
        goal: |row| Goal::both(row.get("hand")),
        goal_text: "hand loop",
        explanation: "tokio's timer takes 112 bytes. `policy` keeps what any policy may ask for (start, origin, time \
                      slept, previous delay), because the type of a policy does not tell which; `#[retry]` knows it and \
                      keeps a counter.",
    },
    Row {
        key: "future_trivial_max_elapsed",
        what: "future, trivial body, with `max_elapsed`",
        unit: "bytes",
        tolerance: Tolerance::Absolute(0.0),
        goal: |row| Goal::both(row.get("hand")),
        goal_text: "hand loop",
        explanation: "As without `max_elapsed`: `policy` has room for the start in any case.",
    },
    Row {
        key: "future_large",
        what: "future, body of 1 KiB",
        unit: "bytes",
        tolerance: Tolerance::Absolute(0.0),
        goal: |row| Goal::both(row.get("hand")),
        goal_text: "hand loop",
        explanation: "As for the trivial body: the state of any policy beside the body.",
    },
    Row {
        key: "heap_per_task",
        what: "heap per sleeping tokio task (of 20,000)",
        unit: "bytes",
        tolerance: Tolerance::Absolute(4.0),
        goal: |row| Goal::both(row.get("hand")),
        goal_text: "hand loop",
        explanation: "tokio allocates tasks in steps of 128 bytes. The future of `policy` is over a step, that of \
                      `#[retry]` is not.",
    },
    Row {
        key: "allocations",
        what: "allocations of 400 calls, half of them retried",
        unit: "count",
        tolerance: Tolerance::Absolute(0.0),
        goal: |_| Goal::both(Some(0.0)),
        goal_text: "0",
        explanation: "Something in the loop allocates; nothing may.",
    },
    Row {
        key: "code",
        what: "release code per function (of 250)",
        unit: "bytes",
        tolerance: Tolerance::Relative(0.02),
        goal: |row| Goal::both(row.get("hand")),
        goal_text: "hand loop",
        explanation: "`policy` compiles its driver anew for every operation, because closure and future are types of its \
                      own. `#[retry]` adds to the loop by hand a call site, the error as text for observers, and the tests \
                      of a verdict that comes back through memory.",
    },
    Row {
        key: "check",
        what: "`cargo check` per function (of 250)",
        unit: "ms",
        tolerance: Tolerance::Shown,
        goal: |row| Goal::both(row.get("hand").map(|hand| hand * 1.15)),
        goal_text: "hand x 1.15",
        explanation: "A third of what the attribute adds is the type check of the async block around each attempt, which \
                      lets `?` and `return` end the attempt; expanding, the constant policy and the questions to the error \
                      type share most of the rest.",
    },
];

/// Measures all rows, in their order.
pub(crate) fn measure() -> Result<Vec<(&'static Row, Measured)>, Box<dyn Error>> {
    let generated::Costs { code, check } = generated::measure(generated::FUNCTIONS)?;
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
