use std::error::Error as StdError;
use std::io;

use backoff_core::{Fault, classify};
use backoff_recipes::object_store::classify as of_object_store;
use object_store::Error;

fn generic(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Error {
    Error::Generic { store: "S3", source: source.into() }
}

#[test]
fn a_final_answer_of_a_store_is_permanent() {
    let source = || Box::new(io::Error::other("the store's own words"));
    let path = || "a/b".to_owned();
    for error in [
        Error::NotFound { path: path(), source: source() },
        Error::AlreadyExists { path: path(), source: source() },
        Error::Precondition { path: path(), source: source() },
        Error::NotModified { path: path(), source: source() },
        Error::PermissionDenied { path: path(), source: source() },
        Error::Unauthenticated { path: path(), source: source() },
        Error::NotSupported { source: source() },
    ] {
        assert_eq!(of_object_store(&error), Fault::Permanent, "{error:?}");
        assert_eq!(classify::chain(&error), Fault::Transient, "`chain` does not know the variants: {error:?}");
    }
}

#[test]
fn a_generic_error_of_a_store_is_ambiguous_unless_the_connection_was_refused() {
    assert_eq!(of_object_store(&generic("503 Service Unavailable")), Fault::Ambiguous);
    let io = |kind: io::ErrorKind| of_object_store(&generic(io::Error::from(kind)));
    assert_eq!(io(io::ErrorKind::ConnectionRefused), Fault::Transient);
    assert_eq!(io(io::ErrorKind::ConnectionReset), Fault::Ambiguous);
    let below = generic(io::Error::new(io::ErrorKind::TimedOut, generic("outer")));
    assert_eq!(of_object_store(&below), Fault::Ambiguous);
}

#[test]
fn chain_sees_the_marks_below_a_generic_error_of_a_store() {
    let error = generic(classify::permanent("no such bucket"));
    assert_eq!((classify::marks(&error), classify::chain(&error)), (Some(Fault::Permanent), Fault::Permanent));
}
