//! Headers from another process: `Retry-After`, and the fields of a scope.
//!
//! An input is four lines: the value of `Retry-After`, and of the three fields.
#![no_main]

use std::time::{Duration, SystemTime};

use backoff_core::classify::parse_retry_after;
use backoff_core::{Policy, Scope};
use libfuzzer_sys::fuzz_target;

const TWICE: Policy = Policy::constant(Duration::ZERO).max_attempts(2).build();

fuzz_target!(|text: &str| {
    let mut lines = text.split('\n');
    let value = lines.next().unwrap_or_default();
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
    let push_back = parse_retry_after(value, now);
    let number = value.trim_ascii().parse::<u64>().ok().filter(|_| !value.contains('+'));
    if let Some(seconds) = number {
        assert_eq!(push_back, Some(Duration::from_secs(seconds)));
    }
    let sent: Vec<&str> = lines.collect();
    let field = |name: &str| match name {
        "retry-attempt" => sent.first().copied(),
        "retry-remaining-ms" => sent.get(1).copied(),
        "retry-suppress" => sent.get(2).copied(),
        _ => None,
    };
    let Some(scope) = Scope::from_headers(field) else { return };
    let remaining = scope.remaining();
    let mut written = Vec::new();
    scope.write_headers(|name, value| written.push((name, value)));
    let read = Scope::from_headers(|name| written.iter().find(|(it, _)| *it == name).map(|(_, value)| &**value));
    let read = read.expect("what a scope writes is a scope");
    assert_eq!((read.attempt(), read.suppresses_retries()), (scope.attempt(), scope.suppresses_retries()));
    assert_eq!(read.remaining().is_some(), remaining.is_some());
    assert!(read.remaining() <= remaining, "the way takes time and gives none");
    let mut attempts = 0;
    let result = scope.run(|| {
        TWICE
            .retry(|| {
                attempts += 1;
                Err::<(), _>(())
            })
            .call()
    });
    let is_over = remaining.is_some_and(|left| left.is_zero());
    let ends_soon = remaining.is_some_and(|left| left < Duration::from_secs(10));
    match attempts {
        1 => assert!(scope.suppresses_retries() || ends_soon),
        2 => assert!(!scope.suppresses_retries() && !is_over),
        other => panic!("{other} attempts of at most 2"),
    }
    assert!(result.is_err());
});
