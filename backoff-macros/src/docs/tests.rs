use proc_macro2::TokenStream;

use super::*;
use crate::errors::Errors;
use crate::function::DeclaredNames;

/// Returns the section of an attribute as one text.
fn text(args: &str) -> String {
    let mut errors = Errors::default();
    let args = Args::parse(args.parse::<TokenStream>().unwrap(), &DeclaredNames::default(), &mut errors);
    errors.finish().unwrap();
    section(&args).join("\n").trim_start().to_owned()
}

/// Returns one line of the section.
fn line(args: &str, start: &str) -> Option<String> {
    text(args).lines().find_map(|line| line.strip_prefix(&format!("- {start}: ")).map(str::to_owned))
}

#[test]
fn the_defaults_are_documented() {
    let expected = "# Retries

- attempts: at most 3, the first included
- delays: 0 to 100ms and 0 to 200ms
- longest wait in all: 300ms, unless the server asks for more
- retried: every error that is not marked as permanent or ambiguous
- load on a dependency that is down: up to 3 x";
    assert_eq!(text(""), expected);
}

#[test]
fn delays_follow_the_rules_of_the_core() {
    for (args, expected) in [
        ("max_attempts = 4, jitter = none, multiplier = 1.5", "100ms, 150ms and 225ms"),
        ("max_attempts = 4, jitter = equal", "50ms to 100ms, 100ms to 200ms and 200ms to 400ms"),
        ("max_attempts = 3, jitter = 0.5, max_delay = \"150ms\"", "50ms to 150ms and 75ms to 150ms"),
        (
            "max_attempts = 4, jitter = decorrelated, max_delay = \"500ms\"",
            "100ms to 300ms, 100ms to 500ms and 100ms to 500ms",
        ),
        ("max_attempts = 4, backoff = linear, increment = \"1s\", jitter = none", "100ms, 1.1s and 2.1s"),
        ("max_attempts = 6, backoff = fibonacci, jitter = none", "100ms, 100ms, 200ms, 300ms and 500ms"),
        ("delay = \"2s\"", "1.8s to 2.2s"),
        ("delay = \"0s\", max_attempts = 9", "none"),
        ("max_attempts = 2", "0 to 100ms"),
        ("max_attempts = 20", "0 to 100ms, 0 to 200ms, 0 to 400ms, 0 to 800ms, 0 to 1.6s, .., 0 to 20s"),
        ("max_elapsed = \"1h\"", "0 to 100ms, 0 to 200ms, 0 to 400ms, 0 to 800ms, 0 to 1.6s, .., at most 20s"),
        ("initial_delay = \"30s\", max_attempts = 3", "0 to 30s and 0 to 1m"),
        ("initial_delay = \"30s\", multiplier = 3, jitter = none, max_retries = 5", "30s, 1m 30s, 4m 30s, 5m and 5m"),
        ("backoff = linear, increment = \"1m\", jitter = none, max_retries = 3", "100ms, 1m and 2m"),
        ("backoff = linear, increment = \"1m\", jitter = none, forever", "100ms, 1m, 2m, 3m, 4m, .., at most 10m"),
        ("max_retries = 1", "0 to 100ms"),
    ] {
        assert_eq!(line(args, "delays").as_deref(), Some(expected), "{args}");
    }
}

#[test]
fn values_that_are_not_literals_are_not_documented() {
    for args in
        ["initial_delay = first", "jitter = JITTER", "multiplier = self.by", "backoff = Steps::new()", "policy = API"]
    {
        assert_eq!(line(args, "delays"), None, "{args}");
        assert_eq!(line(args, "longest wait in all"), None, "{args}");
    }
    assert_eq!(line("max_attempts = self.n", "attempts"), None);
    assert_eq!(line("max_attempts = self.n", "load on a dependency that is down"), None);
    assert_eq!(line("max_elapsed = self.limit, max_attempts = 3", "longest wait in all"), None);
    assert_eq!(line("policy = net::API", "policy").as_deref(), Some("`net::API`"));
    assert_eq!(line("policy = self.policy()", "policy").as_deref(), Some("computed for each call"));
}

#[test]
fn the_load_is_the_number_of_attempts() {
    for (args, expected) in [
        ("max_attempts = 1_000", "up to 1,000 x"),
        ("forever", "without bound"),
        ("max_elapsed = \"60s\", delay = \"1s\"", "about 61 x"),
        // Means of 50, 100, 200, .. ms: 9 delays make 25.55 s, and each further one 10 s.
        ("max_elapsed = \"60s\"", "about 13 x"),
        ("timeout = \"60s\", max_elapsed = \"10s\", delay = \"1s\"", "about 11 x"),
        ("max_elapsed = \"60s\", delay = \"0s\"", "more than 10,000 x"),
        ("max_elapsed = \"60s\", budget", "about 13 x, less what the budget denies"),
    ] {
        assert_eq!(line(args, "load on a dependency that is down").as_deref(), Some(expected), "{args}");
    }
}

#[test]
fn attempts_that_the_time_limit_cannot_reach_are_not_counted() {
    for (args, attempts, wait, load) in [
        // The second delay ends at 120 ms.
        (
            "max_attempts = 3, max_elapsed = \"100ms\", delay = \"60ms\", jitter = none",
            2,
            "60ms, unless the server asks for more",
            2,
        ),
        // A retry at the very end is made; the time of an attempt is not part of it.
        ("max_attempts = 5, max_elapsed = \"2s\", delay = \"1s\", jitter = none", 3, "2s", 3),
        // With a timeout for attempts, a retry needs some time that is left.
        (
            "max_attempts = 5, max_elapsed = \"2s\", delay = \"1s\", jitter = none, attempt_timeout = \"1s\"",
            2,
            "1s, unless the server asks for more",
            2,
        ),
        // The shortest delays are 0.9 s each.
        ("max_attempts = 9, max_elapsed = \"2s\", delay = \"1s\"", 3, "2s", 3),
        ("max_attempts = 9, max_elapsed = \"1s\", jitter = equal", 5, "1s", 5),
        // The shortest delays are zero.
        ("max_attempts = 9, max_elapsed = \"1s\"", 9, "1s", 9),
        // `timeout` ends a call during a delay.
        ("max_attempts = 3, timeout = \"100ms\", delay = \"60ms\", jitter = none", 2, "100ms", 2),
        // At the same instant, `timeout` has priority over the end of a delay.
        ("max_attempts = 5, timeout = \"2s\", delay = \"1s\", jitter = none", 2, "2s", 2),
        // The server or a closure may shorten the delays.
        (
            "max_attempts = 3, max_elapsed = \"100ms\", delay = \"60ms\", jitter = none, push_back = replace",
            3,
            "100ms",
            3,
        ),
        ("max_attempts = 3, max_elapsed = \"100ms\", delay = \"60ms\", jitter = none, adjust = f", 3, "100ms", 3),
        (
            "max_attempts = 3, max_elapsed = \"100ms\", delay = \"60ms\", jitter = none, push_back = longest",
            2,
            "60ms, unless the server asks for more",
            2,
        ),
    ] {
        assert_eq!(line(args, "attempts"), Some(format!("at most {attempts}, the first included")), "{args}");
        assert_eq!(line(args, "longest wait in all").as_deref(), Some(wait), "{args}");
        assert_eq!(line(args, "load on a dependency that is down"), Some(format!("up to {load} x")), "{args}");
    }
    let growing = "max_attempts = 9, max_elapsed = \"1s\", jitter = none";
    assert_eq!(line(growing, "delays").as_deref(), Some("100ms, 200ms and 400ms"));
    let unknown = "max_attempts = 3, max_elapsed = self.limit, delay = \"60ms\"";
    assert_eq!(line(unknown, "attempts").as_deref(), Some("at most 3, the first included"));
}

#[test]
fn limits_and_conditions_are_documented() {
    let text = text(
        "max_elapsed = \"90s\", since = first_failure, attempt_timeout = \"2s\", timeout = \"5m\", cancel = STOP, when = \
         classify::io, idempotent, until = |v| v.done(), unmet = last",
    );
    for line in [
        "- attempts: as many as the time allows",
        "- no retry is scheduled later than 1m 30s after the first failure",
        "- an attempt is dropped after 2s",
        "- the call ends after 5m",
        "- the call can be cancelled between attempts",
        "- retried: what `classify::io` accepts, also where the first attempt may have acted, and a value that is not good enough yet",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    assert_eq!(line("max_attempts = 1", "attempts").as_deref(), Some("1, no retry"));
    assert_eq!(line("max_attempts = 1", "delays"), None);
    assert_eq!(line("max_retries = 0", "attempts").as_deref(), Some("1, no retry"));
    assert_eq!(line("max_retries = 3", "attempts").as_deref(), Some("at most 4, the first included"));
    assert_eq!(
        line("max_retries = 4294967295", "attempts").as_deref(),
        Some("at most 4,294,967,295, the first included")
    );
    assert_eq!(line("backoff = Steps::new()", "attempts"), None, "as many as the list is long");
}

#[test]
fn cancellation_is_reported_with_its_time() {
    for (args, expected) in [
        ("cancel = STOP", "- the call can be cancelled between attempts"),
        ("cancel = STOP, cancel_attempts", "- the call can be cancelled at any time"),
    ] {
        let text = text(args);
        assert!(text.lines().any(|found| found == expected), "{args}\n{text}");
    }
}

#[test]
fn the_longest_wait_is_bounded_by_the_time_limits() {
    for (args, expected) in [
        ("max_attempts = 5, jitter = none", Some("1.5s, unless the server asks for more")),
        ("max_attempts = 100, max_elapsed = \"1m\"", Some("1m")),
        ("max_attempts = 100, timeout = \"5s\"", Some("5s")),
        ("max_attempts = 100, timeout = \"5s\", max_elapsed = \"3s\"", Some("3s")),
        ("max_attempts = 3, timeout = \"1h\"", Some("300ms, unless the server asks for more")),
        ("max_attempts = 3, delay = \"0s\"", None),
        ("max_elapsed = \"1m\"", None),
        ("forever", None),
    ] {
        assert_eq!(line(args, "longest wait in all").as_deref(), expected, "{args}");
    }
}

#[test]
fn every_kind_of_condition_reads_well() {
    for (args, expected) in [
        ("", "every error that is not marked as permanent or ambiguous"),
        ("idempotent", "every error that is not marked as permanent, also where the first attempt may have acted"),
        (
            "idempotent = true",
            "every error that is not marked as permanent, also where the first attempt may have acted",
        ),
        ("idempotent = false", "every error that is not marked as permanent or ambiguous"),
        (
            "idempotent = url.is_empty()",
            "every error that is not marked as permanent (where the first attempt may have acted, only if the call is idempotent)",
        ),
        ("when = |error| error.is_timeout()", "errors that meet a condition of its own"),
        ("when = classify::io", "what `classify::io` accepts"),
        (
            "max_attempts = 2, until = f, unmet = last",
            "every error that is not marked as permanent or ambiguous, and a value that is not good enough yet",
        ),
    ] {
        assert_eq!(line(args, "retried").as_deref(), Some(expected), "{args}");
    }
    let text = text("max_elapsed = \"1m\", reset_after = \"10m\", max_push_back = \"2m\"");
    for line in [
        "- no retry is scheduled later than 1m after the call began",
        "- an attempt that fails after 10m or more counts as the first",
        "- a server that asks to wait longer than 2m ends the call",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
}

#[test]
fn a_push_back_that_is_not_added_is_described() {
    let mode = |word: &str| text(&format!("max_attempts = 2, push_back = {word}"));
    assert!(mode("replace").contains("- a wait that the server asks for replaces the delay"));
    assert!(mode("longest").contains("- of the delay and a wait that the server asks for, the longer one counts"));
    assert_eq!(mode("add"), text("max_attempts = 2"));
}

#[test]
fn nothing_is_too_large() {
    for args in [
        "max_attempts = 4294967295, multiplier = 1e300, initial_delay = \"500000000000y\"",
        "max_elapsed = \"500000000000y\", backoff = fibonacci, initial_delay = \"1ns\", max_delay = \"500000000000y\"",
        "max_attempts = 4294967295, delay = \"500000000000y\", jitter = 1.0",
        "max_attempts = 100000, jitter = decorrelated, max_delay = \"500000000000y\"",
    ] {
        assert!(text(args).contains("# Retries"));
    }
}
