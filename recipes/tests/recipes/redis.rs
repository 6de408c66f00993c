use std::io;

use backoff_core::{Fault, classify};
use backoff_recipes::redis::classify as of_redis;
use redis::{ErrorKind, RedisError, Value};

/// Returns the error of a reply, as a server sends it.
fn reply(text: &str) -> RedisError {
    match redis::parse_redis_value(format!("-{text}\r\n").as_bytes()) {
        Ok(Value::ServerError(error)) => error.into(),
        other => panic!("not an error: {other:?}"),
    }
}

#[test]
fn a_redis_between_masters_is_transient() {
    for code in ["LOADING", "TRYAGAIN", "CLUSTERDOWN", "MASTERDOWN", "READONLY"] {
        assert_eq!(of_redis(&reply(&format!("{code} later"))), Fault::Transient, "{code}");
    }
    let sentinel = RedisError::from((ErrorKind::MasterNameNotFoundBySentinel, "no master"));
    assert_eq!(of_redis(&sentinel), Fault::Transient);
}

#[test]
fn a_refusal_of_redis_is_permanent() {
    for code in ["ERR", "WRONGTYPE", "NOPERM", "NOSCRIPT", "CROSSSLOT", "EXECABORT"] {
        assert_eq!(of_redis(&reply(&format!("{code} no"))), Fault::Permanent, "{code}");
    }
    assert_eq!(of_redis(&RedisError::from((ErrorKind::AuthenticationFailed, "no"))), Fault::Permanent);
    assert_eq!(of_redis(&RedisError::from((ErrorKind::UnexpectedReturnType, "no"))), Fault::Permanent);
}

#[test]
fn a_connection_to_redis_decides_by_what_was_sent() {
    let of = |kind: io::ErrorKind| of_redis(&io::Error::from(kind).into());
    assert_eq!(of(io::ErrorKind::ConnectionRefused), Fault::Transient);
    assert_eq!(of(io::ErrorKind::TimedOut), Fault::Ambiguous);
    assert_eq!(of(io::ErrorKind::WouldBlock), Fault::Ambiguous);
    assert_eq!(of(io::ErrorKind::ConnectionReset), Fault::Ambiguous);
    assert_eq!(of(io::ErrorKind::UnexpectedEof), Fault::Ambiguous);
    let refused = redis::Client::open("redis://127.0.0.1:1").unwrap().get_connection().map(drop).unwrap_err();
    assert_eq!(of_redis(&refused), Fault::Transient, "{refused:?}");
}

#[test]
fn chain_sees_the_io_errors_of_redis_and_not_its_codes() {
    assert_eq!(classify::chain(&reply("WRONGTYPE no")), Fault::Transient);
    let lost = RedisError::from(io::Error::from(io::ErrorKind::ConnectionReset));
    assert_eq!((classify::marks(&lost), classify::chain(&lost)), (None, Fault::Ambiguous));
}
