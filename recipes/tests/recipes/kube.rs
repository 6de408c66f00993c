use std::net::SocketAddr;
use std::time::Duration;

use backoff_core::{Fault, classify};
use backoff_recipes::kube::classify as of_kube;
use kube::core::Status;
use kube::core::response::StatusDetails;
use kube::{Client, Config, Error};

use crate::loopback;

fn status(code: u16, reason: &str, retry_after_seconds: u32) -> Error {
    let details = StatusDetails {
        name: String::new(),
        group: String::new(),
        kind: String::new(),
        uid: String::new(),
        causes: Vec::new(),
        retry_after_seconds,
    };
    Error::Api(Status::failure("refused", reason).with_code(code).with_details(details).boxed())
}

#[test]
fn a_conflict_of_kubernetes_is_transient_and_an_existing_object_is_permanent() {
    assert_eq!(of_kube(&status(409, "Conflict", 0)), Fault::Transient);
    assert_eq!(of_kube(&status(409, "AlreadyExists", 0)), Fault::Permanent);
}

#[test]
fn the_status_of_kubernetes_decides() {
    assert_eq!(of_kube(&status(429, "TooManyRequests", 0)), Fault::Transient);
    assert_eq!(of_kube(&status(503, "ServiceUnavailable", 0)), Fault::Transient);
    assert_eq!(of_kube(&status(500, "InternalError", 0)), Fault::Ambiguous);
    assert_eq!(of_kube(&status(504, "Timeout", 0)), Fault::Ambiguous);
    for (code, reason) in [(404, "NotFound"), (403, "Forbidden"), (422, "Invalid"), (410, "Gone"), (0, "")] {
        assert_eq!(of_kube(&status(code, reason, 0)), Fault::Permanent, "{code}");
    }
    assert_eq!(of_kube(&Error::Api(Status::failure("", "").with_code(503).boxed())), Fault::Transient, "no details");
}

#[test]
fn retry_after_seconds_of_kubernetes_is_the_wait() {
    assert_eq!(of_kube(&status(429, "TooManyRequests", 2)), Fault::PushBack(Duration::from_secs(2)));
    assert_eq!(of_kube(&status(500, "ServerTimeout", 2)), Fault::AmbiguousPushBack(Duration::from_secs(2)));
    assert_eq!(of_kube(&status(403, "Forbidden", 2)), Fault::Permanent);
}

#[test]
fn an_error_of_kube_before_the_request_is_permanent() {
    assert_eq!(of_kube(&Error::TlsRequired), Fault::Permanent);
    assert_eq!(classify::chain(&Error::TlsRequired), Fault::Transient);
    assert_eq!(classify::chain(&status(404, "NotFound", 0)), Fault::Transient, "`chain` does not know the status");
}

async fn call(address: SocketAddr) -> Error {
    let client = Client::try_from(Config::new(format!("http://{address}").parse().unwrap())).unwrap();
    client.apiserver_version().await.unwrap_err()
}

#[tokio::test]
async fn a_connection_of_kube_decides_by_what_was_sent() {
    let refused = call(loopback::refusing().await).await;
    assert_eq!(of_kube(&refused), Fault::Transient, "{refused:?}");
    let lost = call(loopback::closing().await).await;
    assert_eq!(of_kube(&lost), Fault::Ambiguous, "{lost:?}");
    // hyper's own error for it is none that `chain` knows.
    assert_eq!((classify::marks(&lost), classify::chain(&lost)), (None, Fault::Transient), "{lost:?}");
}
