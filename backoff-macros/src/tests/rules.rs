//! The text of messages about rules that span values, arguments and the function.

use super::messages::each;
use super::{ASYNC, SYNC, report, squeezed, tokens};
use crate::args::Args;
use crate::errors::Errors;
use crate::function::DeclaredNames;
use crate::literals::Literals;

#[test]
fn values_that_break_a_rule_are_reported_with_the_cure() {
    each(
        ASYNC,
        &[
            (
                "max_attempts = 0",
                "`max_attempts` must be at least 1, because the first attempt counts; use `max_attempts = 1` for no retry, or \
             `forever` for no limit",
            ),
            ("multiplier = 0.5", "`multiplier` is 0.5; use a finite number of at least 1"),
            ("multiplier = -2", "`multiplier` is -2; use a finite number of at least 1"),
            ("multiplier = 1e999", "`multiplier` is inf; use a finite number of at least 1"),
            (
                "max_elapsed = \"0s\"",
                "`max_elapsed` is zero, so that no retry could start; use a longer time, or `max_attempts` = 1 for no retries",
            ),
            (
                "max_elapsed = \"0s\", jitter = none, max_attempts = 1",
                "`max_elapsed` is zero, so that no retry could start; use a longer time, or `max_attempts` = 1 for no retries",
            ),
            ("timeout = \"0s\"", "`timeout` is zero, so that no attempt could end; use a longer time, or leave it out"),
            (
                "reset_after = \"0s\"",
                "`reset_after` is zero, so that every failure would be the first; use a longer time, or leave it out",
            ),
            ("jitter = 1.5", "the jitter factor is 1.5; use a ratio in 0.0..=1.0, such as 0.5"),
            ("jitter = 25", "the jitter factor is 25; use a ratio in 0.0..=1.0, such as 0.25"),
            ("jitter = 500", "the jitter factor is 500; use a ratio in 0.0..=1.0, such as 0.5"),
            (
                "jitter = full, delay = \"0s\"",
                "jitter on a zero delay has no effect; remove `jitter`, or name a longer delay",
            ),
            (
                "initial_delay = \"0s\"",
                "`initial_delay` (0s) never grows; use a first delay such as `initial_delay = \"1ms\"`, or `delay = \"0s\"` for no \
             delay at all",
            ),
            (
                "initial_delay = \"100ms\", max_delay = \"50ms\"",
                "`max_delay` (50ms) is shorter than `initial_delay` (100ms); raise `max_delay` or lower `initial_delay`",
            ),
            (
                "max_delay = \"50ms\"",
                "`max_delay` (50ms) is shorter than the default `initial_delay` (100ms); raise `max_delay` or name a shorter \
             `initial_delay`",
            ),
            (
                "delay = \"2s\", max_delay = \"1s\"",
                "`max_delay` (1s) is shorter than the constant delay (2s); raise `max_delay` or shorten the delay",
            ),
            (
                "delay = \"10s\", max_elapsed = \"5s\"",
                "the first delay is at least 9s, longer than `max_elapsed` (5s), so that no retry could start; shorten the delay, raise \
`max_elapsed`, or use `max_attempts` = 1 for no retries",
            ),
            (
                "jitter = none, max_elapsed = \"5ms\"",
                "the first delay is at least 100ms, longer than `max_elapsed` (5ms), so that no retry could start; shorten the delay, raise \
`max_elapsed`, or use `max_attempts` = 1 for no retries",
            ),
        ],
    );
}

#[test]
fn boundaries_of_the_rules_are_accepted() {
    for args in [
        "max_attempts = 1",
        "max_attempts = 4294967295",
        "max_retries = 0",
        "max_retries = 4294967295",
        "max_elapsed = \"1ns\"",
        "timeout = \"1ns\", attempt_timeout = \"0s\"",
        "delay = \"10s\", max_elapsed = \"5s\", max_retries = 0",
        "until = f, unmet = last, max_retries = 3",
        "multiplier = 1",
        "jitter = 0",
        "jitter = 1.0",
        "delay = \"0s\"",
        "delay = \"0s\", jitter = none",
        "initial_delay = \"1s\", max_delay = \"1s\"",
        "max_delay = \"100ms\"",
        "delay = \"10s\", max_elapsed = \"9s\"",
        "delay = \"10s\", max_elapsed = \"5s\", max_attempts = 1",
        "initial_delay = \"10s\", max_elapsed = \"5s\"",
        "jitter = equal, initial_delay = \"10s\", max_elapsed = \"5s\"",
        "policy = P, max_delay = \"1ms\"",
        "policy = P, until = f, unmet = last",
        "policy = P, increment = \"1s\", initial_delay = \"0s\"",
        "max_attempts = !retries, seed = !0",
        "initial_delay = url.delay(), max_delay = \"1ms\"",
    ] {
        assert_eq!(report(args, ASYNC), Vec::<String>::new(), "{args}");
    }
}

#[test]
fn arguments_that_contradict_each_other_are_refused() {
    each(
        ASYNC,
        &[
            (
                "forever, max_attempts = 3, timeout = \"3s\"",
                "`forever` is named beside `max_attempts`; remove `forever` or `max_attempts`",
            ),
            ("forever, max_retries = 3", "`forever` is named beside `max_retries`; remove `forever` or `max_retries`"),
            (
                "max_attempts = 4, max_retries = 3",
                "`max_attempts` and `max_retries` are the same limit; keep one of the two: `max_retries` is one less",
            ),
            (
                "until = f, max_attempts = 3",
                "`until` needs to know what an unmet end is; add `unmet = last` to return the last value, or \
             `unmet = |value| Err(..)`",
            ),
            (
                "unmet = last",
                "`unmet` says what happens when `until` never held; add `until = |value| ..`, or remove `unmet`",
            ),
            (
                "until = f, unmet = last",
                "`until` needs a limit that fits the thing waited for; add `max_elapsed = \"60s\"`, `max_attempts = 5` or \
             `forever`",
            ),
            (
                "on_timeout = f",
                "`on_timeout` makes the error of a timeout, and there is none; add `attempt_timeout = \"2s\"` or \
             `timeout = \"60s\"`",
            ),
            (
                "delay = \"2s\", initial_delay = \"1s\"",
                "`delay` makes the backoff constant, so that it has no `initial_delay`; remove one of them",
            ),
            (
                "delay = \"2s\", multiplier = 2",
                "`delay` makes the backoff constant, so that it has no `multiplier`; use `initial_delay` in place of `delay`",
            ),
            (
                "delay = \"2s\", backoff = linear",
                "`delay` makes the backoff constant, and `backoff` names another one; use `initial_delay` for the first delay of a \
             growing backoff, or remove `backoff`",
            ),
            (
                "policy = P, backoff = linear",
                "`policy` has a backoff, which `backoff` cannot replace; remove `backoff`, or write the other settings of the policy in \
             place of `policy`",
            ),
            (
                "increment = \"2s\"",
                "an exponential backoff has no `increment`; add `backoff = linear`, or use `multiplier`",
            ),
            (
                "backoff = linear, multiplier = 2",
                "a linear backoff has no `multiplier`; use `increment`, or `backoff = exponential`",
            ),
            (
                "backoff = fibonacci, multiplier = 2",
                "a fibonacci backoff has no `multiplier`; remove it, or use `backoff = exponential`",
            ),
            (
                "backoff = steps(), multiplier = 2",
                "a backoff of your own computes its delays and has no `multiplier`; give it to that backoff",
            ),
            (
                "backoff = steps(), initial_delay = \"0s\"",
                "a backoff of your own computes its delays and has no `initial_delay`; give it to that backoff",
            ),
            (
                "jitter = decorrelated, multiplier = 2",
                "decorrelated jitter replaces the growth by `multiplier`; remove one of the two",
            ),
            (
                "jitter = decorrelated, backoff = linear",
                "decorrelated jitter belongs to exponential backoff, and this one is linear; use full or equal jitter, or exponential \
backoff",
            ),
        ],
    );
}

#[test]
fn async_arguments_are_refused_on_a_synchronous_function() {
    each(
        SYNC,
        &[
            (
                "attempt_timeout = \"1s\"",
                "`attempt_timeout` needs an `async fn`, because a blocking attempt cannot be interrupted; use `max_elapsed`, which \
             is checked between attempts",
            ),
            (
                "timeout = \"1s\"",
                "`timeout` needs an `async fn`, because a blocking attempt cannot be interrupted; use `max_elapsed`, which is \
             checked between attempts",
            ),
            (
                "on_retry = async |event| ()",
                "`on_retry` cannot be an `async` closure in a synchronous function; remove `async`",
            ),
            (
                "or_else = (async |e| Ok(1))",
                "`or_else` cannot be an `async` closure in a synchronous function; remove `async`",
            ),
        ],
    );
}

/// A literal policy is not checked again by the compiler, so that nothing may get past the macro.
#[test]
fn a_combination_of_literals_that_the_core_would_refuse_is_refused_here() {
    let mut refused = 0;
    for backoff in ["", "backoff = linear,", "backoff = fibonacci,", "delay = \"0s\",", "delay = \"2s\","] {
        for delay in
            ["", "initial_delay = \"0s\",", "initial_delay = \"2s\",", "increment = \"1s\",", "multiplier = 0.5,"]
        {
            for cap in ["", "max_delay = \"0s\",", "max_delay = \"50ms\",", "max_delay = \"1s\","] {
                for limit in ["", "max_attempts = 0,", "max_retries = 2,", "max_elapsed = \"1s\",", "forever,"] {
                    for jitter in ["", "jitter = decorrelated", "jitter = 2.0", "jitter = none"] {
                        let text = format!("{backoff} {delay} {cap} {limit} {jitter}");
                        let args = Args::parse(tokens(&text), &DeclaredNames::default(), &mut Errors::default());
                        let is_refused = Literals::of(&args).draft.refusals().into_iter().flatten().next().is_some();
                        refused += u32::from(is_refused);
                        assert!(!is_refused || !report(&text, ASYNC).is_empty(), "{text}");
                    }
                }
            }
        }
    }
    assert!(refused > 500, "{refused}");
}

#[test]
fn the_compiler_checks_only_values_that_the_macro_cannot_read() {
    for (args, is_checked) in [("max_attempts = 4", true), ("", true), ("max_attempts = LIMIT", false)] {
        let output = squeezed(&crate::retry_tokens(tokens(args), tokens(ASYNC)));
        assert_eq!((output.contains(".checked()"), output.contains(".build()")), (is_checked, !is_checked), "{args}");
    }
}
