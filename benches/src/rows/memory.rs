//! Bytes and allocations.

use super::{Goal, Group, Row, Source, Tolerance};
use crate::memory;

/// Futures, tasks, allocations.
pub(super) const GROUP: Group = Group {
    title: "Memory",
    text: "The size of the future of a call, what a sleeping task keeps on the heap (its future, and tokio's own part), and \
           how often calls allocate. Peers without blocking calls make half of the calls of the last column.",
    rows: &[
        Row {
            key: "future_trivial",
            what: "future, trivial body",
            unit: "bytes",
            tolerance: Tolerance::Absolute(0.0),
            source: Source::Memory(|| Ok(memory::trivial())),
            goal: |row| Goal { policy: Some(152.0), retry: row.get("hand") },
            goal_text: "152; hand loop",
            explanation: "tokio's timer takes {timer} bytes. `policy` keeps what any policy may ask for (start, origin, \
                      previous delay), because the type of a policy does not tell which; `#[retry]` knows it and keeps a \
                      counter.",
            cheaper: &[(
                &["tokio_retry", "tokio_retry2", "tryhard", "tower", "relentless", "mettle"],
                "An iterator of delays, or a counter and the last delay, is all that is kept: no limit on elapsed \
                 time, no `reset_after`. `policy` has room for what these need in every call.",
            )],
        },
        Row {
            key: "future_trivial_max_elapsed",
            what: "future, trivial body, with `max_elapsed`",
            unit: "bytes",
            tolerance: Tolerance::Absolute(0.0),
            source: Source::Memory(|| Ok(memory::trivial_limited())),
            goal: |row| Goal::both(row.get("hand")),
            goal_text: "hand loop",
            explanation: "As without `max_elapsed`: `policy` has room for the start in any case.",
            cheaper: &[(
                &["relentless", "mettle"],
                "As without `max_elapsed`: less is kept about the call than `policy` keeps.",
            )],
        },
        Row {
            key: "future_large",
            what: "future, body of 1 KiB",
            unit: "bytes",
            tolerance: Tolerance::Absolute(0.0),
            source: Source::Memory(|| Ok(memory::large())),
            goal: |row| Goal::both(row.get("hand")),
            goal_text: "hand loop",
            explanation: "As for the trivial body: the state of any policy beside the body.",
            cheaper: &[(
                &["tokio_retry", "tryhard", "tower", "backon", "relentless"],
                "As for the trivial body: less is kept about the call than `policy` keeps.",
            )],
        },
        Row {
            key: "heap_per_task",
            what: "heap per sleeping tokio task (of 20,000)",
            unit: "bytes",
            tolerance: Tolerance::Absolute(4.0),
            source: Source::Memory(memory::heap_per_task),
            goal: |row| Goal::both(row.get("hand")),
            goal_text: "hand loop",
            explanation: "tokio allocates tasks in steps of 128 bytes. The future of `policy` is over a step, that of \
                      `#[retry]` is not.",
            cheaper: &[(
                &["tower_resilience"],
                "The future is in a box of its own beside a small task, so that it is not rounded up to a step of 128 bytes. \
                     Each call allocates it.",
            )],
        },
        Row {
            key: "allocations",
            what: "allocations of 400 calls, half of them retried",
            unit: "count",
            tolerance: Tolerance::Absolute(0.0),
            source: Source::Memory(|| Ok(memory::allocations())),
            goal: |_| Goal::both(Some(0.0)),
            goal_text: "0",
            explanation: "Something in the loop allocates; nothing may.",
            cheaper: &[],
        },
    ],
};
