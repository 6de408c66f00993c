//! The arguments of `#[retry]`, each with the form to type.

/// Every argument with a form that a message can offer.
pub(crate) const KEYS: [(&str, &str); 39] = [
    ("max_attempts", "max_attempts = 5"),
    ("max_retries", "max_retries = 4"),
    ("max_elapsed", "max_elapsed = \"60s\""),
    ("forever", "forever"),
    ("initial_delay", "initial_delay = \"100ms\""),
    ("max_delay", "max_delay = \"20s\""),
    ("multiplier", "multiplier = 2"),
    ("delay", "delay = \"2s\""),
    ("backoff", "backoff = exponential"),
    ("increment", "increment = \"1s\""),
    ("jitter", "jitter = full"),
    ("policy", "policy = POLICY"),
    ("when", "when = |error| error.is_timeout()"),
    ("idempotent", "idempotent"),
    ("until", "until = |value| value.done()"),
    ("unmet", "unmet = last"),
    ("once", "once(key = make_key())"),
    ("clone", "clone(argument)"),
    ("attempt", "attempt = ctx"),
    ("attempt_timeout", "attempt_timeout = \"2s\""),
    ("timeout", "timeout = \"60s\""),
    ("on_timeout", "on_timeout = |timeout| MyError::from(timeout)"),
    ("on_retry", "on_retry = |event| eprintln!(\"{event}\")"),
    ("on_give_up", "on_give_up = |event| eprintln!(\"{event}\")"),
    ("on_recovered", "on_recovered = |event| eprintln!(\"{event}\")"),
    ("before_retry", "before_retry = client.reconnect()?"),
    ("or_else", "or_else = |error| Err(error.last)"),
    ("budget", "budget = BUDGET"),
    ("inner_retries", "inner_retries = suppress"),
    ("since", "since = first_failure"),
    ("reset_after", "reset_after = \"60s\""),
    ("max_push_back", "max_push_back = \"5m\""),
    ("cancel", "cancel = &TOKEN"),
    ("sleep", "sleep = my_sleep"),
    ("name", "name = \"orders\""),
    ("seed", "seed = 42"),
    ("log", "log = \"info\""),
    ("crate", "crate = backoff"),
    ("docs", "docs = false"),
];

/// The arguments that limit attempts or time.
pub(crate) const LIMITS: [&str; 4] = ["max_attempts", "max_retries", "max_elapsed", "timeout"];

/// Returns the form to type for an argument.
pub(crate) fn form(key: &str) -> &'static str {
    KEYS.iter().find(|(name, _)| *name == key).map_or("max_attempts = 5", |(_, form)| form)
}
