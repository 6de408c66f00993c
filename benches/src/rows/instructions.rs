//! Instructions of a call.

use super::{Goal, Group, Row, Source, Tolerance};

const COUNTED: Tolerance = Tolerance::Absolute(2.0);

/// Calls that succeed at once.
pub(super) const SUCCESS: Group = Group {
    title: "A call that succeeds at once",
    text: "Instructions of the whole call. The default sleeper is in place, and never used; an async call is ready at the \
           first poll. `bare` is the call alone.",
    rows: &[
        Row {
            key: "success_blocking",
            what: "success, blocking, nothing asks for time",
            unit: "instr.",
            tolerance: COUNTED,
            source: Source::Instructions,
            goal: |_| Goal { policy: Some(24.0), retry: Some(36.0) },
            goal_text: "24; 36",
            explanation: "`policy` keeps the operation in memory, for the outlined function that goes on after a failure. \
                      `#[retry]` is a loop around the body, like the loop by hand: both save registers on entry, \
                      which the bare call does not.",
            cheaper: &[],
        },
        Row {
            key: "success_async",
            what: "success, async, nothing asks for time",
            unit: "instr.",
            tolerance: COUNTED,
            source: Source::Instructions,
            goal: |_| Goal { policy: Some(110.0), retry: Some(62.0) },
            goal_text: "110; 62",
            explanation: "`policy` is a named future of general parts, which is moved into place with its settings and goes \
                      through a phase for each attempt. `#[retry]` also carries the count of failed attempts and the \
                      question whether a success was a retry.",
            cheaper: &[
                (
                    &["tokio_retry", "tokio_retry2"],
                    "The operation is called when the future is made, before the first poll, so that the future is \
                 born in its first attempt and has no way into it. Ours promises that nothing runs before the \
                 first poll.",
                ),
                (
                    &["tryhard", "backon"],
                    "There is less to move into the future with the operation: `policy` has with it how a call is \
                 judged, its hooks, timeouts and cancellation, whether they are used or not. `#[retry]` has none \
                 of that to move.",
                ),
            ],
        },
        Row {
            key: "success_max_elapsed_blocking",
            what: "success, blocking, with `max_elapsed`",
            unit: "instr.",
            tolerance: COUNTED,
            source: Source::Instructions,
            goal: |row| Goal { policy: Some(60.0), retry: row.get("hand") },
            goal_text: "60; hand loop",
            explanation: "As without `max_elapsed`; the limit itself adds one read of the clock to each, which is {clock}.",
            cheaper: &[],
        },
        Row {
            key: "success_max_elapsed_async",
            what: "success, async, with `max_elapsed`",
            unit: "instr.",
            tolerance: COUNTED,
            source: Source::Instructions,
            goal: |row| Goal { policy: Some(160.0), retry: row.get("hand") },
            goal_text: "160; hand loop",
            explanation: "As without `max_elapsed`; the limit adds one read of tokio's clock, which is {clock}, and `policy` builds its state \
                      to remember the start.",
            cheaper: &[(
                &["backoff"],
                "The clock read is the system's. Ours is tokio's, which asks first whether time is paused, so \
                 that tests with paused time work.",
            )],
        },
    ],
};

/// Attempts that fail.
pub(super) const FAILURE: Group = Group {
    title: "An attempt that fails, and its delay",
    text: "Instructions of one failing attempt and of the delay after it: the third part of what a call with three \
           failures costs more than one with none. Blocking calls sleep with a sleeper that returns at once; async ones \
           take one turn of tokio's timer, in a runtime whose time is paused.",
    rows: &[
        Row {
            key: "failing_blocking",
            what: "failing attempt, full jitter, no sleep, blocking",
            unit: "instr.",
            tolerance: COUNTED,
            source: Source::Instructions,
            goal: |_| Goal { policy: Some(150.0), retry: Some(116.0) },
            goal_text: "150; 116",
            explanation: "A doubling policy with full jitter and no limit on time has a short path: one comparison for the \
                      number of the retry, one word that counts guards, overrides, scopes and observers of the process, \
                      and the draw. The generator of the thread is behind a cell and a check. `#[retry]` also passes the error as text and the policy by its call site. `policy` passes \
                      the state of the call through memory.",
            cheaper: &[
                (
                    &["backon", "backon_macros", "retry_crate"],
                    "One question follows a failure, whether an iterator has another delay, and it is compiled into \
                 the caller together with its settings. Ours asks one outlined decision, shared by all functions, \
                 which reads the whole policy and knows every reason to stop, asks the calls around it, counts for \
                 the call site and tells observers; the caller's code stays small for it.",
                ),
                (
                    &["backoff"],
                    "The decision is made from settings in the call's own state, and nobody else is asked, counted or \
                 told. A read of the clock and a draw from a cryptographic generator at every failure take most \
                 of what that saves.",
                ),
            ],
        },
        Row {
            key: "failing_async",
            what: "the same, async, one turn of tokio's timer",
            unit: "instr.",
            tolerance: Tolerance::Absolute(20.0),
            source: Source::Instructions,
            goal: |_| Goal { policy: Some(3_320.0), retry: Some(3_235.0) },
            goal_text: "3,320; 3,235",
            explanation: "The same costs as in a blocking call, and the phases of the future. Most of every figure in this row \
                      is tokio's timer and paused clock. Each poll of the delay checks the cooperative budget of the task \
                      first, so that a busy task cannot starve it.",
            cheaper: &[
                (
                    &["backon", "backon_macros", "tokio_retry", "tokio_retry2", "tower", "backoff"],
                    "The difference is that of the blocking call: one question to an iterator or a counter, compiled \
                 into the caller, where ours also checks for a guard, an override, a scope or an \
                 observer, and passes the error and the call site to an outlined function. \
                 Both sides take the same turn of the timer, which is most of the figure.",
                ),
                (
                    &["tryhard"],
                    "Attempts are counted and the delay is doubled in place; without jitter, nothing is drawn. There are \
                 no observers, guards or call sites to check.",
                ),
            ],
        },
        Row {
            key: "next_delay",
            what: "next delay, jittered",
            unit: "instr.",
            tolerance: COUNTED,
            source: Source::Instructions,
            goal: |_| Goal { policy: Some(40.0), retry: None },
            goal_text: "40",
            explanation: "Much of it is the random number of the thread's generator, which every way pays, too. The delay of \
                      any retry is computed from its number alone, and the iterator decides after each as a call would.",
            cheaper: &[(
                &["backon", "tokio_retry", "tokio_retry2", "retry_crate"],
                "The last delay is kept and multiplied, where ours can give the delay of any retry and goes \
                 through the same decision as a call. Delays are counted in whole milliseconds or rounded through \
                 a float of 32 bits; ours are exact to the nanosecond, and `max_delay` caps what is slept, jitter \
                 included.",
            )],
        },
    ],
};
