//! The scope of a call in the headers of a request, including hostile headers.

use std::time::Duration;

use backoff_core::{InnerRetries, Policy, Scope, retry};
use http::{HeaderMap, HeaderName, HeaderValue};

const ATTEMPT: &str = "retry-attempt";
const REMAINING: &str = "retry-remaining-ms";
const SUPPRESS: &str = "retry-suppress";

fn headers(fields: &[(&'static str, &[u8])]) -> HeaderMap {
    let field = |(name, value): &(&'static str, &[u8])| {
        (HeaderName::from_static(name), HeaderValue::from_bytes(value).expect("a value that a request can hold"))
    };
    fields.iter().map(field).collect()
}

/// The three facts of a scope.
fn facts(fields: &[(&'static str, &[u8])]) -> Option<(u32, Option<Duration>, bool)> {
    let scope = Scope::of(&headers(fields))?;
    Some((scope.attempt(), scope.remaining(), scope.suppresses_retries()))
}

#[tokio::test(start_paused = true)]
async fn a_scope_comes_back_from_the_headers_that_it_wrote() {
    let policy = Policy::constant(Duration::from_secs(1))
        .jitter(backoff_core::Jitter::None)
        .max_elapsed(Duration::from_secs(5))
        .build();
    let attempt = || async {
        let sent = Scope::current().expect("the call opened one");
        let mut headers = HeaderMap::new();
        sent.add_to(&mut headers);
        let read = Scope::of(&headers).expect("three fields were written");
        assert_eq!(read.attempt(), sent.attempt());
        assert_eq!(read.remaining(), sent.remaining());
        assert_eq!(read.suppresses_retries(), sent.suppresses_retries());
        let mut text: Vec<_> =
            headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
        text.sort();
        Err::<(), _>(text)
    };
    let last = policy.retry(attempt).inner_retries(InnerRetries::Suppress).await.unwrap_err();
    // The sixth attempt starts at 5 s, exactly at the limit.
    assert_eq!(last, ["retry-attempt: 6", "retry-remaining-ms: 0", "retry-suppress: true"]);
}

#[test]
fn a_scope_that_does_not_suppress_omits_that_header_and_replaces_the_others() {
    let policy = Policy::constant(Duration::ZERO).max_attempts(1).build();
    let mut sent = headers(&[(ATTEMPT, b"77")]);
    let _ = policy
        .retry(|| {
            Scope::current().expect("the call opened one").add_to(&mut sent);
            Ok::<_, ()>(())
        })
        .inner_retries(InnerRetries::Stop)
        .call();
    assert_eq!(sent, headers(&[(ATTEMPT, b"1")]));
}

#[test]
fn a_request_without_the_fields_has_no_scope() {
    assert_eq!(facts(&[]), None);
    assert_eq!(facts(&[(SUPPRESS, b"false")]), None);
    assert_eq!(
        facts(&[(HeaderName::as_str(&http::header::ACCEPT), b"true")].map(|_| ("accept", b"true".as_slice()))),
        None
    );
}

#[tokio::test(start_paused = true)]
async fn a_value_that_cannot_be_read_counts_as_missing() {
    let hostile: [&[u8]; 16] = [
        b"",
        b" ",
        b"-1",
        b"+-1",
        b"1e9",
        b"0x10",
        b"1.5",
        b"NaN",
        b"inf",
        b"4294967296 ",
        b"99999999999999999999999999",
        b"1,2",
        b"1 2",
        b"\xff\xfe",
        b"true",
        "\u{661}".as_bytes(),
    ];
    for value in hostile {
        let shown = String::from_utf8_lossy(value);
        if value != b"4294967296 " {
            assert_eq!(facts(&[(REMAINING, value)]), None, "{shown}");
            // The readable fields still count.
            assert_eq!(facts(&[(REMAINING, value), (SUPPRESS, b"true")]), Some((1, None, true)), "{shown}");
        }
        assert_eq!(facts(&[(ATTEMPT, value)]), None, "{shown}");
        if value != b"true" {
            assert_eq!(facts(&[(SUPPRESS, value)]), None, "{shown}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_greatest_values_are_taken_without_a_panic() {
    assert_eq!(facts(&[(ATTEMPT, b"0")]), Some((0, None, false)));
    assert_eq!(facts(&[(ATTEMPT, b"4294967295")]), Some((u32::MAX, None, false)));
    assert_eq!(facts(&[(REMAINING, b"0")]), Some((1, Some(Duration::ZERO), false)));
    assert_eq!(facts(&[(REMAINING, b"250")]), Some((1, Some(Duration::from_millis(250)), false)));
    assert_eq!(facts(&[(SUPPRESS, b" TRUE ")]), Some((1, None, true)));
    let (_, longest, _) = facts(&[(REMAINING, b"18446744073709551615")]).expect("a number of milliseconds");
    assert!(longest.is_none_or(|left| left >= Duration::from_secs(1 << 50)), "{longest:?}");
    // Of a field given twice the first counts.
    assert_eq!(facts(&[(ATTEMPT, b"2"), (ATTEMPT, b"9")]), Some((2, None, false)));
}

#[tokio::test(start_paused = true)]
async fn calls_in_a_scope_from_outside_are_suppressed_and_bounded() {
    #[retry(max_attempts = 3, delay = "2s", jitter = none)]
    async fn ask(calls: &mut u32) -> Result<(), &'static str> {
        *calls += 1;
        Err("down")
    }
    for (fields, expected) in [
        (vec![(ATTEMPT, b"2".as_slice()), (SUPPRESS, b"true")], 1),
        (vec![(ATTEMPT, b"2".as_slice()), (REMAINING, b"1999")], 1),
        (vec![(ATTEMPT, b"2".as_slice()), (REMAINING, b"2000")], 2),
        (vec![(ATTEMPT, b"2".as_slice())], 3),
    ] {
        let scope = Scope::of(&headers(&fields)).expect("the attempt can be read");
        let mut calls = 0;
        assert_eq!(scope.wrap(ask(&mut calls)).await, Err("down"));
        assert_eq!(calls, expected, "{fields:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_between_two_others_hands_the_scope_on() {
    #[retry(max_attempts = 3, delay = "0s", inner_retries = stop)]
    async fn middle(sent: &mut HeaderMap) -> Result<(), &'static str> {
        Scope::current().expect("the attribute opens one").add_to(sent);
        Err("down")
    }
    let scope =
        Scope::of(&headers(&[(ATTEMPT, b"2"), (REMAINING, b"700"), (SUPPRESS, b"true")])).expect("three fields");
    let mut sent = HeaderMap::new();
    assert_eq!(scope.wrap(middle(&mut sent)).await, Err("down"));
    // Its own attempt, the time of the first service, and no retries further down.
    assert_eq!(sent, headers(&[(ATTEMPT, b"1"), (REMAINING, b"700"), (SUPPRESS, b"true")]));
}
