//! The text of every message.

use super::{ASYNC, report};

/// Asserts that each attribute on an item gives exactly one message.
pub(super) fn each(item: &str, table: &[(&str, &str)]) {
    for (args, message) in table {
        assert_eq!(report(args, item), [*message], "{args}");
    }
}

#[test]
fn grammar_mistakes_are_answered_with_a_form_to_type() {
    each(
        ASYNC,
        &[
            ("5", "expected an argument before its value; use `max_attempts = 5`"),
            ("\"max_attempts\" = 1", "an argument is a word without quotes; use `max_attempts = ..`"),
            ("= 1", "expected an argument such as `max_attempts = 5`"),
            ("max_attempts", "`max_attempts` needs a value; use `max_attempts = 5`"),
            ("max_attempts =", "`max_attempts` needs a value; use `max_attempts = 5`"),
            ("max_elapsed, jitter = full", "`max_elapsed` needs a value; use `max_elapsed = \"60s\"`"),
            ("max_attempts: 5", "expected `=` after `max_attempts`; use `max_attempts = 5`"),
            ("max_attempts(5)", "expected `=` after `max_attempts`; use `max_attempts = 5`"),
            ("max_attempts == 5", "expected `=` after `max_attempts`; use `max_attempts = 5`"),
            ("max_attempts => 7", "expected `=` after `max_attempts`; use `max_attempts = 7`"),
            ("max_attempts(7)", "expected `=` after `max_attempts`; use `max_attempts = 7`"),
            ("max_delay 7", "expected `=` after `max_delay`; use `max_delay = \"20s\"`"),
            ("max_delay: \"7s\"", "expected `=` after `max_delay`; use `max_delay = \"7s\"`"),
            ("\"7\"", "expected an argument before its value; use `max_attempts = 7`"),
            (
                "\"60s\"",
                "expected an argument before its value; use `max_elapsed = \"60s\"`, `delay = \"60s\"` or another",
            ),
            ("\"forever\"", "an argument is a word without quotes; use `forever`"),
            ("POLICY", "expected an argument before its value; use `policy = POLICY`"),
            ("Policy::exponential()", "expected an argument before its value; use `policy = Policy::..`"),
            (
                "max_attempts = 3,, jitter = full",
                "expected an argument before `,`; remove it, or write one such as `max_attempts = 5`",
            ),
            ("attempt = fn", "`attempt` takes a name for the body; use `attempt = ctx`"),
            ("attempt = ctx.number()", "`attempt` takes a name for the body; use `attempt = ctx`"),
            ("once(5)", "`once` takes names with values; use `once(key = make_key())`"),
            ("once(mut key = 5)", "`once` takes names with values; use `once(key = make_key())`"),
            ("once(key: u32 = 5)", "`key` stands before its `=` alone; use `once(key = ..)`"),
            ("once(key = 5 other = 6)", "expected `,` before `other`"),
            ("clone(&url)", "`clone` takes the names of arguments, with commas between them; use `clone(argument)`"),
            (
                "clone(url.path)",
                "`clone` takes the names of arguments, with commas between them; use `clone(argument)`",
            ),
            ("max_attempts = 3 max_delay = \"1s\"", "expected `,` before `max_delay`"),
            ("max_attempts = 3; jitter = full", "expected `,` before `;`"),
            ("when = |e|", "the value of `when` is not complete; use `when = |error| error.is_timeout()`"),
            ("max_attempts = 1 +", "the value of `max_attempts` is not complete; use `max_attempts = 5`"),
            (
                "max_attempts = 3, max_attempts = 4",
                "`max_attempts` is given twice in `#[retry(...)]`; keep one of them",
            ),
            ("forever, forever", "`forever` is given twice in `#[retry(...)]`; keep one of them"),
            ("forever = true", "`forever` stands alone; remove what follows it"),
            ("forever = false", "`forever` stands alone; remove it where it is not wanted"),
            (
                "idempotent = \"yes\"",
                "`idempotent = \"yes\"` is not a `bool`; use the bare word `idempotent`, or a condition such as `idempotent = \
                 method.is_safe()`",
            ),
            (
                "idempotent = -1",
                "`idempotent = -1` is not a `bool`; use the bare word `idempotent`, or a condition such as `idempotent = \
                 method.is_safe()`",
            ),
            ("clone = url", "`clone` takes a list in parentheses; use `clone(argument)`"),
            ("clone()", "`clone` names nothing; use `clone(argument)`, or remove it"),
            ("once(key)", "`key` needs a value; use `once(key = ..)`"),
            ("once(key = )", "`key` needs a value; use `once(key = ..)`"),
            ("attempt = 5", "`attempt` takes a name for the body; use `attempt = ctx`"),
            ("crate = 5", "`crate` is the path of the renamed crate; use `crate = backoff`"),
            ("crate = \"5\"", "`crate` is the path of the renamed crate; use `crate = backoff`"),
        ],
    );
}

#[test]
fn a_value_of_the_wrong_kind_is_answered_with_the_right_one() {
    each(
        ASYNC,
        &[
            ("max_elapsed = 60", "`max_elapsed = 60` has no unit; use `max_elapsed = \"60s\"`"),
            ("max_elapsed = 0.5", "`max_elapsed = 0.5` has no unit; use `max_elapsed = \"0.5s\"`"),
            ("max_elapsed = 60s", "`max_elapsed = 60s` needs quotes; use `max_elapsed = \"60s\"`"),
            ("max_elapsed = -60", "`max_elapsed = -60` is negative; use `max_elapsed = \"60s\"`"),
            ("max_elapsed = true", "expected a duration such as \"60s\" or an expression of type `Duration`"),
            ("max_elapsed = \"60x\"", "invalid duration \"60x\": unknown unit `x`; use ns, us, ms, s, m, h"),
            ("max_attempts = \"3\"", "`max_attempts` is a number; use `max_attempts = 3`"),
            ("max_attempts = \"x\"", "`max_attempts = \"x\"` is not a whole number; use `max_attempts = 5`"),
            ("max_attempts = 3.0", "`max_attempts = 3.0` is not a whole number; use `max_attempts = 5`"),
            ("max_attempts = -1", "`max_attempts` cannot be negative; use `forever` for no limit"),
            (
                "max_attempts = 4294967296",
                "`max_attempts = 4294967296` is too large; the largest is 4294967295, and `forever` stands for no limit",
            ),
            (
                "seed = 18446744073709551616",
                "`seed = 18446744073709551616` is too large; the largest is 18446744073709551615",
            ),
            ("seed = -1", "`seed = -1` is not a whole number; use `seed = 42`"),
            ("max_elapsed = 6_000ms", "`max_elapsed = 6_000ms` needs quotes; use `max_elapsed = \"6000ms\"`"),
            ("delay = -1", "`delay = -1` is negative; use `delay = \"1s\"`"),
            ("policy = \"API\"", "`policy` is a `Policy`; use `policy = POLICY`"),
            (
                "budget = Budget::new()",
                "`budget = Budget::new()` would be a new budget for each call; use the bare `budget` for one of this function's own, or a \
                 static: `budget = BUDGET`",
            ),
            (
                "budget = &backoff_core::Budget::new().ratio(0.2)",
                "`budget = &backoff_core::Budget::new().ratio(0.2)` would be a new budget for each call; use the bare `budget` for one \
                 of this function's own, or a static: `budget = BUDGET`",
            ),
            ("budget = 10", "`budget` is a `Budget`, alone or shared; use `budget = BUDGET`"),
            ("cancel = true", "`cancel` is a `CancelToken`, or a future in an async function; use `cancel = &TOKEN`"),
            ("sleep = \"1s\"", "`sleep` is a closure or the path of a function; use `sleep = my_sleep`"),
            ("backoff = 2", "`backoff` says how delays grow; use `multiplier = 2`"),
            ("name = 5", "`name` is a string; use `name = \"orders\"`"),
            ("name = \"\"", "`name` is empty; use a name such as `name = \"orders\"`, or remove it"),
            (
                "before_retry = reconnect",
                "`before_retry` is evaluated and not called; use `before_retry = reconnect()`",
            ),
            (
                "before_retry = || reconnect()",
                "`before_retry` is evaluated and not called; use the body of the closure, such as `before_retry = reconnect()`",
            ),
            (
                "before_retry = \"reconnect()\"",
                "`before_retry` is code without quotes; use `before_retry = reconnect()`",
            ),
            ("before_retry = \"at once\"", "`before_retry` is code to run; use `before_retry = client.reconnect()?`"),
            (
                "when = async |e| true",
                "`when` cannot be an `async` closure, because its answer is needed at once; remove `async`",
            ),
            (
                "on_retry = |event| async { log(event).await }",
                "`on_retry` does not await the block that this closure returns; use an `async` closure such as `async |event| ..`",
            ),
            (
                "when = |error| async move { true }",
                "`when` does not await the block that this closure returns; its answer is needed at once; remove `async`",
            ),
            (
                "timeout = \"2s\", on_timeout = |timeout| async { MyError::from(timeout) }",
                "`on_timeout` does not await the block that this closure returns; its answer is needed at once; remove `async`",
            ),
            ("max_attempts = 3x", "`max_attempts = 3x` is not a plain number; use `max_attempts = 3`"),
            ("seed = \"x\"", "`seed = \"x\"` is not a whole number; use `seed = 42`"),
            ("multiplier = \"2\"", "`multiplier` is a number; use `multiplier = 2`"),
            ("multiplier = \"x\"", "`multiplier = \"x\"` is not a number; use `multiplier = 2`"),
            ("multiplier = true", "`multiplier = true` is not a number; use `multiplier = 2`"),
            ("multiplier = 1.5x", "`multiplier = 1.5x` is not a plain number; use `multiplier = 1.5`"),
            ("multiplier = 3u32", "`multiplier = 3u32` is not a plain number; use `multiplier = 3`"),
        ],
    );
}

#[test]
fn a_word_that_does_not_exist_is_answered_with_one_that_does() {
    each(
        ASYNC,
        &[
            ("jitter = \"full\"", "`jitter` is a word without quotes; use `jitter = full`"),
            ("jitter = true", "`jitter` is a word or a factor; use `jitter = full`"),
            ("jitter = false", "`jitter` is a word or a factor; use `jitter = none`"),
            ("jitter = 'x'", "expected `full`, `equal`, `decorrelated`, `none`, or a factor such as `0.5`"),
            ("jitter = ful", "unknown value `ful` of `jitter`; use `jitter = full`"),
            (
                "jitter = gauss",
                "unknown value `gauss` of `jitter`; expected one of `full`, `equal`, `decorrelated`, `none`, or a factor such as `0.5`",
            ),
            ("backoff = \"linear\"", "`backoff` is a word without quotes; use `backoff = linear`"),
            ("backoff = expontial", "unknown value `expontial` of `backoff`; use `backoff = exponential`"),
            ("backoff = Linear", "unknown value `Linear` of `backoff`; use `backoff = linear`"),
            (
                "backoff = geometric",
                "unknown value `geometric` of `backoff`; expected one of `exponential`, `linear`, `fibonacci`, or an expression",
            ),
            (
                "backoff = constant",
                "`backoff = constant` is said by a delay alone; use `delay = \"2s\"` without `backoff`",
            ),
            (
                "backoff = constant, delay = \"1s\"",
                "`backoff = constant` is said by a delay alone; use `delay = \"2s\"` without `backoff`",
            ),
            ("backoff = \"linear\", delay = \"1s\"", "`backoff` is a word without quotes; use `backoff = linear`"),
            ("when = \"is_timeout\"", "`when` is code without quotes; use `when = is_timeout`"),
            (
                "on_retry = 5",
                "`on_retry` is a closure or the path of a function; use `on_retry = |event| eprintln!(\"{event}\")`",
            ),
            ("inner_retries = stopp", "unknown value `stopp` of `inner_retries`; use `inner_retries = stop`"),
            ("inner_retries = \"stop\"", "`inner_retries` is a word without quotes; use `inner_retries = stop`"),
            ("since = 3", "`since` is one of `call`, `first_failure`; use `since = first_failure`"),
            ("push_back = max", "unknown value `max` of `push_back`; expected one of `add`, `replace`, `longest`"),
            ("push_back = replaced", "unknown value `replaced` of `push_back`; use `push_back = replace`"),
            ("push_back = \"add\"", "`push_back` is a word without quotes; use `push_back = add`"),
            ("push_back", "`push_back` needs a value; use `push_back = replace`"),
            (
                "push_back = \"5s\"",
                "`push_back` is one of `add`, `replace`, `longest`; use `push_back = replace`, or `max_push_back = \"5s\"` for a limit",
            ),
            ("since = Since::FirstFailure", "`since` is a word; use `since = first_failure`"),
            ("jitter = \"0.5\"", "`jitter` is a word or a factor without quotes; use `jitter = 0.5`"),
            ("jitter = \"250%\"", "expected `full`, `equal`, `decorrelated`, `none`, or a factor such as `0.5`"),
            ("jitter = \"25%\"", "`jitter` is a word or a factor without quotes; use `jitter = 0.25`"),
            ("log = \"INFO\"", "unknown level `INFO`; use `log = \"info\"`"),
            (
                "name = url",
                "`name` is known before the call; use a string such as `name = \"orders\"`, a constant, or `const { concat!(..) }`",
            ),
            ("log = info", "`log` is a string; use `log = \"info\"`"),
            ("log = \"loud\"", "unknown level `loud`; use `trace`, `debug`, `info`, `warn` or `error`"),
            ("docs = \"false\"", "`docs` is `true` or `false`; use `docs = false`"),
            ("max_elapse = \"1s\"", "unknown argument `max_elapse`; use `max_elapsed`"),
            ("retries = 3", "unknown argument `retries`; use `max_retries = 3`"),
            ("max_retries = -1", "`max_retries` cannot be negative; use `forever` for no limit"),
            (
                "max_retries = 4294967296",
                "`max_retries = 4294967296` is too large; the largest is 4294967295, and `forever` stands for no limit",
            ),
            ("max_retries = 2.5", "`max_retries = 2.5` is not a whole number; use `max_retries = 4`"),
        ],
    );
}

#[test]
fn one_mistake_does_not_cause_a_second_report() {
    each(
        ASYNC,
        &[
            ("until = f, unmet = last, max_attempts = \"3\"", "`max_attempts` is a number; use `max_attempts = 3`"),
            ("on_timeout = f, timeout = 3", "`timeout = 3` has no unit; use `timeout = \"3s\"`"),
            ("initial_delay = 1, max_delay = \"1ms\"", "`initial_delay = 1` has no unit; use `initial_delay = \"1s\"`"),
            (
                "delay = \"10s\", jitter = ful, max_elapsed = \"5s\"",
                "unknown value `ful` of `jitter`; use `jitter = full`",
            ),
            ("untill = f, unmet = last", "unknown argument `untill`; use `until`"),
            ("until = f, unmeet = last, max_attempts = 3", "unknown argument `unmeet`; use `unmet`"),
            ("timout = \"3s\", on_timeout = f", "unknown argument `timout`; use `timeout`"),
            (
                "until = f",
                "`until` needs a limit that fits the thing waited for, and to know what an unmet end is; add \
             `max_elapsed = \"60s\", unmet = last`",
            ),
            ("backoff = \"linear\", increment = \"1s\"", "`backoff` is a word without quotes; use `backoff = linear`"),
        ],
    );
    let syntax = report("when = |a, b c| x, max_attempts = 3", ASYNC);
    assert_eq!(syntax.len(), 1, "{syntax:?}");
}

#[test]
fn independent_mistakes_are_reported_together() {
    let messages = report(
        "max_elapse = \"1s\", max_attempts = 0, jitter = ful, delay = 3, \"x\" = 1",
        "#[retry] const fn f() -> u8 { 3 }",
    );
    let expected = [
        "unknown argument `max_elapse`",
        "unknown value `ful` of `jitter`",
        "`delay = 3` has no unit",
        "an argument is a word without quotes",
        "`max_attempts` must be at least 1",
        "`#[retry]` cannot wrap a `const fn`",
        "`#[retry]` is applied twice",
    ];
    assert_eq!(messages.len(), expected.len(), "{messages:#?}");
    for (message, start) in messages.iter().zip(expected) {
        assert!(message.starts_with(start), "{message}");
    }
}

#[test]
fn every_value_in_a_row_is_reported() {
    let messages = report("3, \"1s\", jitter = ful", ASYNC);
    assert_eq!(messages.len(), 3, "{messages:#?}");
}
