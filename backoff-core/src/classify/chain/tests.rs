//! The outermost error that can be classified decides, at any depth and behind any wrapper.
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::error::Error;
use core::fmt;
use core::time::Duration;

use super::chain;
use crate::classify::{ambiguous, mark, permanent, transient};
use crate::{AttemptTimeout, Classify, Fault, RetryError};

/// A custom error with a source.
#[derive(Debug)]
struct Outer<E>(E);

impl<E> fmt::Display for Outer<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("outer")
    }
}

impl<E: Error + 'static> Error for Outer<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

impl Classify for Outer<fmt::Error> {
    fn classify(&self) -> Fault {
        Fault::Permanent
    }
}

/// Returns the classifier's result for an error and for everything that can hold it.
#[track_caller]
fn everywhere<E: Error + Send + Sync + 'static>(make: impl Fn() -> E) -> Fault {
    let fault = chain(&make());
    let plain: Box<dyn Error> = Box::new(make());
    let send: Box<dyn Error + Send> = Box::new(make());
    let both: Box<dyn Error + Send + Sync> = Box::new(make());
    let shared: Arc<dyn Error> = Arc::new(Outer(make()));
    for (held, how) in [
        (chain(&Outer(Outer(make()))), "two errors around it"),
        (chain(&plain), "Box<dyn Error>"),
        (chain(&send), "Box<dyn Error + Send>"),
        (chain(&both), "Box<dyn Error + Send + Sync>"),
        (chain::<_, dyn Error>(&shared), "Arc<dyn Error>"),
        (chain(&anyhow::Error::new(make())), "anyhow::Error"),
        (chain(&anyhow::Error::new(make()).context("one").context("two")), "anyhow::Error with context"),
        (chain(&Outer(Box::new(make()))), "a box"),
        (chain(&Outer(Arc::new(make()) as Arc<dyn Error + Send + Sync>)), "a shared pointer without the type"),
    ] {
        assert_eq!(held, fault, "{how}");
    }
    fault
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn an_error_without_a_classification_is_transient() {
    assert_eq!(everywhere(|| fmt::Error), Fault::Transient);
    assert_eq!(everywhere(|| Outer(fmt::Error)), Fault::Transient);
    assert_eq!(chain(&anyhow::anyhow!("text")), Fault::Transient);
}

#[test]
fn marks_are_found_with_their_wait() {
    assert_eq!(everywhere(|| permanent("e")), Fault::Permanent);
    assert_eq!(everywhere(|| ambiguous("e")), Fault::Ambiguous);
    let fault = Fault::Ambiguous.with_not_before(seconds(2));
    assert_eq!(everywhere(|| mark(fault, "e")), fault);
}

#[test]
fn a_dropped_attempt_is_ambiguous() {
    assert_eq!(everywhere(|| AttemptTimeout::new(seconds(1))), Fault::Ambiguous);
}

#[test]
fn the_outermost_that_is_known_wins() {
    assert_eq!(everywhere(|| Outer(transient(permanent("e")))), Fault::Transient);
    assert_eq!(everywhere(|| permanent(AttemptTimeout::new(seconds(1)))), Fault::Permanent);
}

#[test]
fn a_custom_classification_is_not_found() {
    assert_eq!(everywhere(|| Outer(fmt::Error)), Fault::Transient);
}

#[test]
fn a_chain_without_end_is_given_up() {
    #[derive(Debug)]
    struct Endless;
    impl fmt::Display for Endless {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("endless")
        }
    }
    impl Error for Endless {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(self)
        }
    }
    assert_eq!(chain(&Endless), Fault::Transient);
}

#[test]
fn the_last_error_of_a_report_is_found() {
    let report = |last| {
        let policy = crate::Policy::default();
        let failed: Result<_, RetryError<_>> = policy.retry(|| Err::<(), _>(last)).sleep(|_| ()).call_report();
        failed.unwrap_err()
    };
    assert_eq!(chain(&report(AttemptTimeout::new(seconds(1)))), Fault::Ambiguous);
}

#[cfg(feature = "std")]
mod io {
    use std::io::{Error, ErrorKind};

    use super::*;

    #[test]
    fn an_io_error_is_classified_by_its_kind() {
        for (kind, fault) in [
            (ErrorKind::NotFound, Fault::Permanent),
            (ErrorKind::ConnectionReset, Fault::Ambiguous),
            (ErrorKind::ConnectionRefused, Fault::Transient),
            (ErrorKind::Other, Fault::Transient),
        ] {
            assert_eq!(everywhere(|| Error::from(kind)), fault, "{kind}");
            assert_eq!(everywhere(|| Error::new(kind, "text")), fault, "{kind}");
            assert_eq!(chain(&Arc::new(Error::from(kind))), fault, "shared: {kind}");
            assert_eq!(chain(&Outer(Arc::new(Error::from(kind)))), fault, "a shared source: {kind}");
        }
    }

    #[test]
    fn a_mark_in_an_io_error_goes_before_its_kind() {
        assert_eq!(everywhere(|| Error::new(ErrorKind::ConnectionRefused, permanent("e"))), Fault::Permanent);
    }

    #[test]
    fn an_io_error_that_only_wraps_another_error_is_searched_inside() {
        let lost = || Error::from(ErrorKind::ConnectionReset);
        assert_eq!(everywhere(|| Error::other(lost())), Fault::Ambiguous);
        assert_eq!(everywhere(|| Error::other(Outer(lost()))), Fault::Ambiguous);
        assert_eq!(everywhere(|| Error::other(Outer(Error::other(Outer(lost()))))), Fault::Ambiguous);
        assert_eq!(everywhere(|| Error::other(AttemptTimeout::new(seconds(1)))), Fault::Ambiguous);
        assert_eq!(everywhere(|| Error::other(Outer(fmt::Error))), Fault::Transient);
    }

    #[test]
    fn sixty_wrappers_around_one_another_are_each_searched_once() {
        let mut error = Error::from(ErrorKind::ConnectionReset);
        for _ in 0..60 {
            error = Error::other(Outer(error));
        }
        assert_eq!(chain(&error), Fault::Ambiguous);
    }
}

#[cfg(feature = "http-1")]
#[test]
fn an_answer_of_an_http_server_is_found_with_its_wait() {
    use crate::classify::HttpError;

    let answer = |status: u16| {
        let response = ::http::Response::builder().status(status).header("retry-after", "2").body(()).unwrap();
        HttpError::from_response(&response)
    };
    assert_eq!(everywhere(|| answer(502)), Fault::AmbiguousPushBack(seconds(2)));
    assert_eq!(everywhere(|| Outer(answer(429))), Fault::PushBack(seconds(2)));
    assert_eq!(everywhere(|| std::io::Error::other(answer(429))), Fault::PushBack(seconds(2)));
}

#[cfg(feature = "reqwest-0-13")]
#[test]
fn an_error_of_reqwest_is_found() {
    let error = || ::reqwest::Client::new().get("no address").build().unwrap_err();
    assert_eq!(everywhere(error), Fault::Permanent);
    assert_eq!(chain(&Outer(Arc::new(error()))), Fault::Permanent);
    assert_eq!(everywhere(|| std::io::Error::other(error())), Fault::Permanent);
}
