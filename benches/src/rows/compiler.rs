//! What a way of retrying costs the compiler and the binary.

use super::{Goal, Group, Row, Source, Tolerance};

/// Code, check time, first builds.
pub(super) const GROUP: Group = Group {
    title: "Compiler and binary",
    text: "Programs of 250 functions that retry, less one that has none. A first build is of a program that depends on one crate \
           and on tokio's timer (`hand`: on `rand` instead), release profile, in an empty target directory. Seconds and \
           milliseconds of processor time are those of the machine at hand, all taken in turn in one run: compare \
           them within their column only.",
    rows: &[
        Row {
            key: "code",
            what: "release code per function (of 250)",
            unit: "bytes",
            tolerance: Tolerance::Relative(0.02),
            source: Source::Functions(|costs| &costs.code),
            goal: |row| Goal::both(row.get("hand")),
            goal_text: "hand loop",
            explanation: "`policy` compiles its driver anew for every operation, because closure and future are types of its \
                      own. `#[retry]` adds to the loop by hand a call site, the error as text for observers, and the tests \
                      of a verdict that comes back through memory.",
            cheaper: &[],
        },
        Row {
            key: "check",
            what: "`cargo check` per function (of 250)",
            unit: "ms",
            tolerance: Tolerance::Shown,
            source: Source::Functions(|costs| &costs.check),
            goal: |row| Goal::both(row.get("hand").map(|hand| hand * 1.15)),
            goal_text: "hand x 1.15",
            explanation: "A third of what the attribute adds is the type check of the async block around each attempt, which \
                      lets `?` and `return` end the attempt; expanding, the constant policy and the questions to the error \
                      type share most of the rest.",
            cheaper: &[],
        },
        Row {
            key: "cold_build",
            what: "first release build",
            unit: "s",
            tolerance: Tolerance::Shown,
            source: Source::ColdBuild(|costs| &costs.seconds),
            goal: |_| Goal::both(Some(7.4)),
            goal_text: "7.4",
            explanation: "Seconds depend on the machine; the goal was set on another.",
            cheaper: &[],
        },
        Row {
            key: "crates",
            what: "crates in that build",
            unit: "count",
            tolerance: Tolerance::Shown,
            source: Source::ColdBuild(|costs| &costs.crates),
            goal: |_| Goal::both(Some(12.0)),
            goal_text: "at most 12",
            explanation: "A dependency came along.",
            cheaper: &[],
        },
    ],
};
