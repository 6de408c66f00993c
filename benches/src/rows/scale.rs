//! Very many calls that wait at the same time.

use super::{Goal, Group, Row, Source, Tolerance};
use crate::way::ASYNC_PEERS;

/// The async calls that wait at the same time.
pub(super) const CALLS: u32 = 1_000_000;
/// The threads that are cancelled at once.
pub(super) const THREADS: u32 = 1_000;
/// The number of runs; the median is used.
pub(super) const CANCELLATIONS: usize = 15;

/// A million tasks, a thousand threads.
pub(super) const GROUP: Group = Group {
    title: "Scale",
    text: "A million async calls on one runtime of one thread. Each fails once, waits in a delay of full jitter up to a \
           minute, is attempted again when the outage is over, and answers. Time is paused, so that delays pass at once: \
           the seconds are work. The last column is blocking: a thousand threads in a delay, from `CancelToken::cancel` to the \
           return of the last; `hand` waits on a condition variable. What the calls return is checked. Times vary with the \
           machine: compare them within their column only.",
    rows: &[
        Row {
            key: "waiting_heap",
            what: "heap per waiting call",
            unit: "bytes",
            tolerance: Tolerance::Shown,
            source: Source::Waiting(|costs| costs.heap),
            goal: |row| Goal::both(row.get("hand")),
            goal_text: "hand loop",
            explanation: "tokio allocates tasks in steps of 128 bytes. The future of `policy` is over a step, that of \
                      `#[retry]` is not.",
            cheaper: &[(
                &["tower_resilience"],
                "The future is in a box of its own beside a small task, so that it is not rounded up to a step of 128 bytes.",
            )],
        },
        Row {
            key: "waiting_resident",
            what: "resident memory per waiting call",
            unit: "bytes",
            tolerance: Tolerance::Shown,
            source: Source::Waiting(|costs| costs.resident),
            goal: |_| Goal::NONE,
            goal_text: "none",
            explanation: "",
            cheaper: &[(
                &["tower_resilience"],
                "As on the heap; the allocator adds more to a task, for its alignment, than to a box.",
            )],
        },
        Row {
            key: "waiting_start",
            what: "first attempts of all, until all wait",
            unit: "s",
            tolerance: Tolerance::Shown,
            source: Source::Waiting(|costs| costs.start),
            goal: |_| Goal::NONE,
            goal_text: "none",
            explanation: "",
            cheaper: &[(
                ASYNC_PEERS,
                "The first failure is cheaper by what the rows of a failing attempt say, and a smaller task is \
                 written to memory faster.",
            )],
        },
        Row {
            key: "waiting_finish",
            what: "second attempts of all, until all have answered",
            unit: "s",
            tolerance: Tolerance::Shown,
            source: Source::Waiting(|costs| costs.finish),
            goal: |_| Goal::NONE,
            goal_text: "none",
            explanation: "",
            cheaper: &[
                (
                    &["tryhard"],
                    "Without jitter all calls wake in the same millisecond, in the order in which they sleep, where \
                 the others are spread over a minute. That is what jitter is there to prevent.",
                ),
                (
                    &["tower"],
                    "The jitter of tower's backoff cuts fractions of a second off: all calls wake at some thirty \
                 instants, where the others are spread over a minute.",
                ),
                (
                    &[
                        "backon",
                        "backon_macros",
                        "tokio_retry",
                        "tokio_retry2",
                        "relentless",
                        "mettle",
                        "execution_policy",
                        "tower_resilience",
                        "backoff",
                    ],
                    "The second attempt costs the same; what differs is how much memory is read and given back, and \
                 how the delays are spread.",
                ),
            ],
        },
        Row {
            key: "cancelled_threads",
            what: "1,000 threads, cancelled at once",
            unit: "ms",
            tolerance: Tolerance::Shown,
            source: Source::Threads,
            goal: |_| Goal::NONE,
            goal_text: "none",
            explanation: "",
            cheaper: &[],
        },
    ],
};
