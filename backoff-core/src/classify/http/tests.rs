//! Every row of the table, and every combination of `Retry-After` and `Date`.
use alloc::boxed::Box;
use alloc::string::ToString;
use core::error::Error;
use core::time::Duration;
use std::time::SystemTime;

use ::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};

use super::{HttpError, check_http, http};
use crate::classify::{marks, permanent};
use crate::{Classify, Fault, FaultKind};

const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
const MINUTE_LATER: &str = "Sun, 06 Nov 1994 08:50:37 GMT";

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    pairs.iter().map(|&(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
}

fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap()
}

fn error(code: u16, pairs: &[(&'static str, &'static str)]) -> HttpError {
    HttpError::from_parts(status(code), &headers(pairs))
}

/// A local clock that is 45 seconds before `MINUTE_LATER`.
fn local_clock() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_792)
}

fn at(pairs: &[(&'static str, &'static str)]) -> Option<Duration> {
    HttpError::at(StatusCode::SERVICE_UNAVAILABLE, &headers(pairs), local_clock).retry_after()
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn refusals_that_pass_are_transient() {
    for code in [408, 421, 425, 429, 503, 529] {
        assert_eq!(http(status(code)), Fault::Transient, "{code}");
    }
}

#[test]
fn failures_on_the_way_are_ambiguous() {
    for code in [500, 502, 504, 509, 512, 520, 522, 524, 528, 530, 598, 599] {
        assert_eq!(http(status(code)), Fault::Ambiguous, "{code}");
    }
}

#[test]
fn what_the_server_cannot_do_is_permanent() {
    for code in [501, 505, 506, 507, 508, 510, 511] {
        assert_eq!(http(status(code)), Fault::Permanent, "{code}");
    }
}

#[test]
fn every_other_status_is_permanent() {
    let transient = [408, 421, 425, 429];
    for code in (100..500).chain(600..1000).filter(|code| !transient.contains(code)) {
        assert_eq!(http(status(code)), Fault::Permanent, "{code}");
    }
}

#[test]
fn without_retry_after_the_fault_is_that_of_the_status() {
    for code in 100..1000 {
        let error = error(code, &[]);
        assert_eq!(error.classify(), http(status(code)), "{code}");
        assert_eq!(error.retry_after(), None);
        assert_eq!(error.status(), code);
    }
}

#[test]
fn a_refusal_that_names_a_time_is_a_push_back() {
    for code in [400, 403, 408, 413, 429, 499, 501, 503, 507, 529] {
        assert_eq!(error(code, &[("retry-after", "2")]).classify(), Fault::PushBack(Duration::from_secs(2)), "{code}");
    }
    for code in [403, 503] {
        assert_eq!(error(code, &[("retry-after", "0")]).classify(), Fault::Transient, "at once: {code}");
    }
}

#[test]
fn an_ambiguous_answer_that_names_a_time_stays_ambiguous_and_keeps_the_time() {
    for code in [500, 502, 504, 599] {
        let wait = seconds(2);
        let error = error(code, &[("retry-after", "2")]);
        assert_eq!(error.classify(), Fault::AmbiguousPushBack(wait), "{code}");
        assert_eq!(error.retry_after(), Some(wait), "{code}");
        assert_eq!(marks(&std::io::Error::other(error)), Some(Fault::AmbiguousPushBack(wait)), "{code}");
    }
    assert_eq!(error(502, &[("retry-after", "0")]).classify(), Fault::Ambiguous);
    assert_eq!(error(502, &[("retry-after", "soon")]).classify(), Fault::Ambiguous);
}

#[test]
fn retry_after_changes_the_kind_of_no_answer_that_is_not_permanent() {
    for code in 100..1000 {
        let (without, with) = (http(status(code)), error(code, &[("retry-after", "2")]).classify());
        match (without.kind(), (400..600).contains(&code)) {
            (FaultKind::Permanent, true) => assert_eq!(with, Fault::PushBack(seconds(2)), "{code}"),
            (_, true) => assert_eq!(with, without.with_not_before(seconds(2)), "{code}"),
            (_, false) => assert_eq!(with, Fault::Permanent, "{code}"),
        }
    }
}

#[test]
fn a_status_that_is_no_failure_stays_permanent_beside_a_named_time() {
    for code in [202, 301, 399, 600] {
        assert_eq!(error(code, &[("retry-after", "2")]).classify(), Fault::Permanent, "{code}");
    }
}

#[test]
fn a_date_is_measured_from_the_answers_own_date() {
    assert_eq!(at(&[("retry-after", MINUTE_LATER), ("date", DATE)]), Some(seconds(60)));
    assert_eq!(at(&[("date", MINUTE_LATER), ("retry-after", DATE)]), Some(seconds(0)));
}

#[test]
fn a_date_is_measured_from_the_local_clock_where_the_answer_has_none() {
    assert_eq!(at(&[("retry-after", MINUTE_LATER)]), Some(seconds(45)));
    assert_eq!(at(&[("retry-after", MINUTE_LATER), ("date", "yesterday")]), Some(seconds(45)));
    assert_eq!(at(&[("retry-after", DATE)]), Some(seconds(0)));
}

#[test]
fn seconds_do_not_depend_on_any_date() {
    assert_eq!(at(&[("retry-after", "7"), ("date", DATE)]), Some(seconds(7)));
    assert_eq!(at(&[("retry-after", " 7 ")]), Some(seconds(7)));
}

#[test]
fn of_several_values_the_longest_readable_one_counts() {
    assert_eq!(at(&[("retry-after", "1"), ("retry-after", "3"), ("retry-after", "soon")]), Some(seconds(3)));
    assert_eq!(at(&[("retry-after", "3, 5")]), Some(seconds(5)), "joined by a proxy");
    assert_eq!(at(&[("retry-after", "1, 2"), ("retry-after", "9"), ("retry-after", "4, soon")]), Some(seconds(9)));
    assert_eq!(at(&[("retry-after", "soon")]), None);
    assert_eq!(at(&[("retry-after", "")]), None);
}

#[test]
fn a_value_that_is_no_text_is_left_out() {
    let mut headers = headers(&[]);
    headers.insert("retry-after", HeaderValue::from_bytes(b"\xff\xfe").unwrap());
    headers.insert("date", HeaderValue::from_bytes(b"\xff").unwrap());
    let error = HttpError::from_parts(StatusCode::SERVICE_UNAVAILABLE, &headers);
    assert_eq!(error.retry_after(), None);
    headers.insert("retry-after", HeaderValue::from_static(MINUTE_LATER));
    let error = HttpError::at(StatusCode::SERVICE_UNAVAILABLE, &headers, local_clock);
    assert_eq!(error.retry_after(), Some(seconds(45)));
}

#[test]
fn the_message_is_one_line_with_status_and_time() {
    let cases = [
        (error(503, &[("retry-after", "2")]), "the server answered 503 Service Unavailable; retry after 2s"),
        (error(503, &[]), "the server answered 503 Service Unavailable"),
        (error(504, &[("retry-after", "0")]), "the server answered 504 Gateway Timeout; retry after 0ns"),
        (error(529, &[]), "the server answered 529"),
    ];
    for (error, message) in cases {
        assert_eq!(error.to_string(), message);
        assert!(error.source().is_none());
    }
}

#[test]
fn checking_refuses_what_is_4xx_or_5xx() {
    for code in 100..1000 {
        let refused = HttpError::check(status(code), &headers(&[])).is_err();
        assert_eq!(refused, (400..600).contains(&code), "{code}");
    }
}

#[test]
fn a_checked_response_is_handed_back_whole() {
    let response = Response::builder().status(200).header("retry-after", "2").body("text").unwrap();
    assert_eq!(check_http(response).unwrap().into_body(), "text");

    let response = Response::builder().status(503).header("retry-after", "2").body("text").unwrap();
    let error = check_http(response).unwrap_err();
    assert_eq!((error.status(), error.retry_after()), (StatusCode::SERVICE_UNAVAILABLE, Some(seconds(2))));
}

#[test]
fn it_is_found_like_a_mark_behind_every_erased_error() {
    let fault = Some(Fault::PushBack(Duration::from_secs(2)));
    let error = || error(429, &[("retry-after", "2")]);
    assert_eq!(marks(&error()), fault);
    assert_eq!(marks(&*anyhow::Error::new(error()).context("c")), fault);
    assert_eq!(marks(&*(Box::new(error()) as Box<dyn Error + Send + Sync>)), fault);
    assert_eq!(marks(&std::io::Error::other(error())), fault);
    assert_eq!(marks(&permanent(error())), Some(Fault::Permanent));
}
