//! The cost of a way of retrying for the compiler and the binary.

use super::{Goal, Group, Row, Source, Tolerance};
use crate::way::ASYNC_PEERS;

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
                      tests of a verdict, and the check of tokio's cooperative budget in front of the delay.",
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
            goal: |_| Goal::NONE,
            goal_text: "none",
            explanation: "",
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
            goal: |row| Goal { policy: None, retry: row.get("hand").map(|hand| hand * 2.0) },
            goal_text: "hand x 2",
            explanation: "The async block around each attempt, which lets `?` and `return` end the attempt, is checked as a \
                      future of its own. The constant policy, the static of the call site, and the two questions to the \
                      type of the error, how it is classified and how it is shown, are most of the rest.",
            cheaper: &[
                (
                    &["backon", "tokio_retry", "tokio_retry2", "tryhard", "tower", "backoff"],
                    "As in the column of the time: one closure is passed to one generic function.",
                ),
                (
                    &["backon_macros"],
                    "As in the column of the time: a call of a generic function is written around the body.",
                ),
            ],
        },
        Row {
            key: "cold_build",
            what: "first release build",
            unit: "s",
            tolerance: Tolerance::Shown,
            source: Source::ColdBuild(|costs| &costs.seconds),
            goal: |row| Goal { policy: None, retry: row.get("backon_macros").map(|backon| backon * 1.3) },
            goal_text: "#[backon] x 1.3",
            explanation: "User time of the processor: {retry} s, and {backon_macros} s for #[backon]. The macro checks every argument and every combination, and the core has more than a loop: together they \
                      are most of what `#[retry]` takes more. Both compile `syn`.",
            cheaper: &[
                (
                    &[
                        "backon",
                        "tokio_retry",
                        "tokio_retry2",
                        "tryhard",
                        "tower",
                        "relentless",
                        "mettle",
                        "execution_policy",
                        "tower_resilience",
                        "backoff",
                    ],
                    "No procedural macro of that size comes along. `syn`, which parses the attribute and the signature, is a large \
                 part of `#[retry]`; a build that has `syn` already, as most have through other \
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
            goal: |_| Goal::both(Some(13.0)),
            goal_text: "at most 13",
            explanation: "A dependency came along.",
            cheaper: &[(
                ASYNC_PEERS,
                "Fewer things are done by other crates: no durations written as text (`humantime`), no macro or \
                 one that checks less, or no random generator.",
            )],
        },
    ],
};
