//! Names of arguments in other libraries, each with its equivalent.

use Answer::{Form, Millis, Noted, Rename, Urllib3};

/// The equivalent of a name from another library.
#[derive(Clone, Copy)]
pub(super) enum Answer {
    /// An argument whose value has the same meaning.
    Rename(&'static str),
    /// An argument; in the other library a number without a unit is in milliseconds.
    Millis(&'static str),
    /// An argument whose value has another meaning, with an explanation.
    Noted(&'static str, &'static str),
    /// The factor of urllib3 in seconds. Its first retry has no delay, and the delay of its second is twice the factor.
    Urllib3,
    /// A form to type, with an explanation.
    Form(&'static str, &'static str),
}

impl Answer {
    /// Returns the name of the argument.
    pub(super) fn argument(self) -> Option<&'static str> {
        match self {
            Rename(ours) | Millis(ours) | Noted(ours, _) => Some(ours),
            Urllib3 => Some("initial_delay"),
            Form(form, _) => form.split([' ', '(']).next(),
        }
    }
}

/// All known names of other libraries.
pub(super) const FOREIGN: &[(&[&str], Answer)] = &[
    (
        &[
            "max_retry",
            "max_retry_attempts",
            "retries",
            "retry",
            "num_retries",
            "retry_count",
            "retry_limit",
            "max_times",
            "times",
            "take",
        ],
        Rename("max_retries"),
    ),
    (
        &[
            "attempts",
            "tries",
            "max_tries",
            "max_attempt_number",
            "stop_max_attempt_number",
            "total_attempts",
            "stop_after_attempt",
            "count",
            "limit",
        ],
        Rename("max_attempts"),
    ),
    (
        &["min_delay", "base", "base_delay", "initial_interval", "initial", "initial_backoff", "start_delay"],
        Rename("initial_delay"),
    ),
    (&["min_timeout"], Millis("initial_delay")), // node-retry, p-retry
    (
        &["min", "min_wait"],
        Noted("initial_delay", "tenacity's `min` is the shortest delay, and here no delay has a floor"),
    ),
    (
        &["factor", "backoff_multiplier", "exponential_base", "exp_base", "exponent", "rate", "growth"],
        Rename("multiplier"),
    ),
    (&["backoff_factor"], Urllib3),
    (&["max_interval", "max_backoff", "max_wait", "cap", "delay_cap", "max", "backoff_max"], Rename("max_delay")),
    (&["max_timeout"], Millis("max_delay")), // node-retry, p-retry
    (&["interval", "wait", "pause", "fixed_delay", "wait_time"], Rename("delay")),
    (&["wait_fixed"], Millis("delay")), // retrying
    (
        &[
            "max_elapsed_time",
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
    (&["total_delay"], Noted("max_elapsed", "the time of the attempts counts, too")), // backon: the sum of the delays
    (&["max_retry_time", "stop_max_delay"], Millis("max_elapsed")),                   // node-retry, p-retry; retrying
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
    (&["reconnect"], Rename("before_retry")),
    (&["before", "before_attempt", "before_each"], Noted("before_retry", "it runs before attempts 2, 3, ..")),
    (&["reraise"], Form("or_else = ..", "the last error is returned as it is; leave it out, or return something else")),
    (&["nested"], Rename("inner_retries")),
    (&["context"], Form("attempt = ctx", "it binds the number of the attempt for the body")),
    (&["label", "id", "operation"], Rename("name")),
    (
        &[
            "attempt_deadline",
            "per_attempt_timeout",
            "timeout_per_attempt",
            "api_call_attempt_timeout",
            "operation_attempt_timeout",
        ],
        Rename("attempt_timeout"),
    ),
    (&["call_timeout", "api_call_timeout", "operation_timeout"], Rename("timeout")), // AWS: retries included
    (&["cancellation", "cancel_token", "token", "shutdown"], Rename("cancel")),
    (&["sleeper", "sleep_fn", "sleep_with"], Rename("sleep")),
    (&["log_level", "level"], Rename("log")),
    (&["rng_seed", "random_seed"], Rename("seed")),
    (&["throttle", "quota", "retry_budget"], Rename("budget")),
    (&["clones", "cloned"], Form("clone(argument)", "")),
    (&["idempotency_key", "key"], Form("once(key = ..)", "every attempt sees the same key")),
    (&["retry_after"], Form("when = ..", "an error gives a delay by answering `Fault::PushBack(..)`")),
    (&["reset"], Rename("reset_after")),
    (&["package", "krate"], Rename("crate")),
];
