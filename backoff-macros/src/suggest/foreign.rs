//! Names that people bring from other libraries, each with what it means here.

use Answer::{Form, Rename, Retries};

/// What a name from elsewhere means here.
#[derive(Clone, Copy)]
pub(super) enum Answer {
    /// Our name, with the same meaning of the value.
    Rename(&'static str),
    /// A number of retries; ours counts the first attempt too.
    Retries,
    /// A form to type in its place, with an explanation.
    Form(&'static str, &'static str),
}

impl Answer {
    /// Returns the argument that the answer names.
    pub(super) fn argument(self) -> Option<&'static str> {
        match self {
            Rename(ours) => Some(ours),
            Retries => Some("max_attempts"),
            Form(form, _) => form.split([' ', '(']).next(),
        }
    }
}

/// Names that people bring from other libraries.
pub(super) const FOREIGN: &[(&[&str], Answer)] = &[
    (
        &[
            "max_retries",
            "max_retry",
            "max_retry_attempts",
            "retries",
            "retry",
            "num_retries",
            "retry_count",
            "retry_limit",
            "max_times",
            "times",
        ],
        Retries,
    ),
    (
        &[
            "attempts",
            "tries",
            "max_tries",
            "max_attempt_number",
            "total_attempts",
            "stop_after_attempt",
            "count",
            "limit",
        ],
        Rename("max_attempts"),
    ),
    (
        &[
            "min_delay",
            "base",
            "base_delay",
            "initial_interval",
            "initial",
            "initial_backoff",
            "start_delay",
            "min",
            "min_wait",
            "min_timeout",
        ],
        Rename("initial_delay"),
    ),
    (
        &["factor", "backoff_multiplier", "exponential_base", "exp_base", "exponent", "rate", "growth"],
        Rename("multiplier"),
    ),
    (
        &["backoff_factor"],
        Form(
            "initial_delay = \"500ms\"",
            "elsewhere that factor is the first delay in seconds; growth is `multiplier`",
        ),
    ),
    (&["max_interval", "max_backoff", "max_wait", "max_timeout", "cap", "delay_cap", "max"], Rename("max_delay")),
    (&["interval", "wait", "wait_fixed", "pause", "fixed_delay", "wait_time"], Rename("delay")),
    (
        &[
            "max_elapsed_time",
            "total_delay",
            "max_duration",
            "deadline",
            "max_total_time",
            "max_time",
            "time_limit",
            "stop_after_delay",
            "total_timeout",
            "ttl",
        ],
        Rename("max_elapsed"),
    ),
    (&["randomization_factor", "randomize", "jitter_factor"], Rename("jitter")),
    (&["full_jitter", "wait_random_exponential"], Form("jitter = full", "")),
    (&["no_jitter"], Form("jitter = none", "")),
    (&["wait_increment", "step"], Rename("increment")),
    (
        &["exponential_backoff", "exponential", "exponential_builder", "wait_exponential"],
        Form("backoff = exponential", ""),
    ),
    (&["linear", "linear_backoff"], Form("backoff = linear", "")),
    (&["fibonacci", "fibonacci_backoff", "fibonacci_builder"], Form("backoff = fibonacci", "")),
    (&["constant", "constant_backoff", "constant_builder", "fixed", "fixed_interval"], Form("delay = \"2s\"", "")),
    (&["strategy", "algorithm"], Rename("backoff")),
    (&["config", "settings", "builder"], Rename("policy")),
    (&["stop"], Form("max_attempts = 5", "or `max_elapsed = \"60s\"`")),
    (&["infinite", "unlimited", "indefinitely", "always", "endless"], Form("forever", "")),
    (
        &["on", "retry_on", "retry_if", "predicate", "condition", "filter", "retryable", "is_retryable", "if_"],
        Rename("when"),
    ),
    (
        &["exceptions", "errors", "retry_for", "retry_if_exception_type", "retry_on_exception"],
        Form("when = |error| matches!(error, ..)", "errors are told apart by a closure"),
    ),
    (
        &["abort_on", "abort_if", "skip_if", "give_up_on", "non_retryable", "unless", "giveup"],
        Form("when = |error| !..", "`true` means that another attempt is worth it"),
    ),
    (&["retry_if_result", "retry_on_result", "retry_while"], Form("until = |value| ..", "`true` ends the retries")),
    (&["notify", "before_sleep", "on_error", "on_backoff", "on_attempt", "callback"], Rename("on_retry")),
    (&["on_failure", "on_giveup", "on_exhausted", "on_exhaustion"], Rename("on_give_up")),
    (&["on_success"], Form("on_recovered", "it runs for a success after a retry")),
    (&["fallback", "default", "recover", "retry_error_callback", "recovery"], Rename("or_else")),
    (&["before", "before_attempt", "before_each", "reconnect"], Rename("before_retry")),
    (&["reraise"], Form("or_else = ..", "the last error is returned as it is; leave it out, or return something else")),
    (&["nested"], Rename("inner_retries")),
    (&["context"], Form("attempt = ctx", "it binds the number of the attempt for the body")),
    (&["label", "id", "operation"], Rename("name")),
    (&["attempt_deadline", "per_attempt_timeout", "timeout_per_attempt", "call_timeout"], Rename("attempt_timeout")),
    (&["cancellation", "cancel_token", "token", "shutdown"], Rename("cancel")),
    (&["sleeper", "sleep_fn", "sleep_with"], Rename("sleep")),
    (&["log_level", "level"], Rename("log")),
    (&["rng_seed", "random_seed"], Rename("seed")),
    (&["throttle", "quota", "retry_budget"], Rename("budget")),
    (&["clones", "cloned"], Form("clone(argument)", "")),
    (&["idempotency_key", "key"], Form("once(key = ..)", "every attempt sees the same key")),
    (&["retry_after"], Form("when = ..", "an error gives a delay by answering `Fault::PushBack(..)`")),
    (&["reset", "reset_timeout"], Rename("reset_after")),
    (&["package", "krate"], Rename("crate")),
];
