//! The cost of a way of retrying for the compiler and the binary.

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
                      own. `#[retry]` adds to the loop by hand a call site, the error as text for observers, and the \
                      tests of a verdict. The check of the cooperative budget in front of the delay is 84 bytes of \
                      `#[retry]`.",
            cheaper: &[(
                &["backon", "backon_macros", "tokio_retry", "tokio_retry2", "tryhard", "tower", "backoff"],
                "The driver has fewer states and fewer reasons to stop, so that each copy of it is smaller; \
                 `policy` is compiled anew for each operation, too, and holds hooks, timeouts and cancellation. \
                 `#[retry]` is the way to retry in many functions: its failure path is shared by all of them.",
            )],
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
            cheaper: &[
                (
                    &["backon", "tokio_retry", "tokio_retry2", "tryhard", "tower", "backoff"],
                    "A closure is passed to a generic function, and no macro runs. `policy` has more type parameters \
                 to infer; `#[retry]` also parses the attribute and writes the loop, the call site and the policy \
                 into every function, which are then checked there.",
                ),
                (
                    &["backon_macros"],
                    "A call of a generic function is written around the body. `#[retry]` writes the loop itself, with \
                 a call site and a policy that is checked at compile time, and asks at compile time how the error \
                 wants to be classified.",
                ),
            ],
        },
        Row {
            key: "rustc",
            what: "`cargo check` per function, counted",
            unit: "M instr.",
            tolerance: Tolerance::Relative(0.03),
            source: Source::Rustc,
            goal: |row| Goal::both(row.get("hand").map(|hand| hand * 2.0)),
            goal_text: "hand x 2",
            explanation: "",
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
            explanation: "Seconds depend on the machine.",
            cheaper: &[
                (
                    &["backon", "tokio_retry", "tokio_retry2", "tryhard", "tower", "backoff"],
                    "No procedural macro comes along. Most of the time of `#[retry]` goes into `syn`, which parses \
                 the attribute and the signature; a build that has `syn` already, as most have through other \
                 derives, does not pay that again where the versions agree.",
                ),
                (
                    &["backon_macros"],
                    "The macro is small: it has six arguments and checks few of them. Ours checks every argument and \
                 every combination, with a message at the token that is wrong.",
                ),
            ],
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
            cheaper: &[(
                &["backon", "backon_macros", "tokio_retry", "tokio_retry2", "tryhard", "tower", "backoff"],
                "Fewer things are done by other crates: no durations written as text (`humantime`), no macro or \
                 one that checks less, or no random generator.",
            )],
        },
    ],
};
