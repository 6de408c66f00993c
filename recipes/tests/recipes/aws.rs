use std::io;
use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::ErrorMetadata;
use backoff_core::{Fault, classify};
use backoff_recipes::aws::classify as of_aws;

type Error = SdkError<ErrorMetadata, HttpResponse>;

fn response(status: u16) -> HttpResponse {
    HttpResponse::new(status.try_into().unwrap(), SdkBody::empty())
}

fn service(status: u16, code: &str) -> Error {
    Error::service_error(ErrorMetadata::builder().code(code).build(), response(status))
}

#[test]
fn a_throttled_call_of_aws_is_transient_whatever_its_status() {
    for code in ["ThrottlingException", "SlowDown", "ProvisionedThroughputExceededException", "RequestTimeout"] {
        assert_eq!(of_aws(&service(400, code)), Fault::Transient, "{code}");
    }
}

#[test]
fn the_status_of_aws_decides_where_the_code_does_not() {
    assert_eq!(of_aws(&service(503, "ServiceUnavailable")), Fault::Transient);
    assert_eq!(of_aws(&service(500, "InternalError")), Fault::Ambiguous);
    assert_eq!(of_aws(&service(404, "NoSuchKey")), Fault::Permanent);
    assert_eq!(of_aws(&Error::service_error(ErrorMetadata::default(), response(504))), Fault::Ambiguous);
}

#[test]
fn the_header_of_aws_adds_the_wait_of_the_service() {
    let with_wait = |status, wait: &'static str| {
        let mut response = response(status);
        response.headers_mut().insert("x-amz-retry-after", wait);
        of_aws(&Error::service_error(ErrorMetadata::builder().code("Other").build(), response))
    };
    assert_eq!(with_wait(503, "1500"), Fault::PushBack(Duration::from_millis(1500)));
    assert_eq!(with_wait(500, "1500"), Fault::AmbiguousPushBack(Duration::from_millis(1500)));
    assert_eq!(with_wait(503, "soon"), Fault::Transient);
    assert_eq!(with_wait(403, "1500"), Fault::Permanent);
}

#[test]
fn a_call_of_aws_without_a_response_decides_by_what_was_sent() {
    assert_eq!(of_aws(&Error::construction_failure("no region")), Fault::Permanent);
    assert_eq!(of_aws(&Error::timeout_error("operation timeout")), Fault::Ambiguous);
    assert_eq!(of_aws(&Error::response_error("not XML", response(200))), Fault::Ambiguous);
    let dispatch = |error| of_aws(&Error::dispatch_failure(error));
    let io = |kind: io::ErrorKind| Box::new(io::Error::from(kind));
    assert_eq!(dispatch(ConnectorError::io(io(io::ErrorKind::ConnectionRefused))), Fault::Transient);
    assert_eq!(dispatch(ConnectorError::io(io(io::ErrorKind::ConnectionReset))), Fault::Ambiguous);
    assert_eq!(dispatch(ConnectorError::timeout("read timeout".into())), Fault::Ambiguous);
    assert_eq!(dispatch(ConnectorError::other("unknown".into(), None)), Fault::Ambiguous);
    assert_eq!(dispatch(ConnectorError::user("no such scheme".into())), Fault::Permanent);
}

#[test]
fn chain_sees_the_io_errors_of_aws_and_not_its_codes() {
    let reset = ConnectorError::io(Box::new(io::Error::from(io::ErrorKind::ConnectionReset)));
    assert_eq!(classify::chain(&Error::dispatch_failure(reset)), Fault::Ambiguous);
    assert_eq!(classify::chain(&service(404, "NoSuchKey")), Fault::Transient);
    let marked = Error::construction_failure(classify::permanent("no region"));
    assert_eq!(classify::marks(&marked), Some(Fault::Permanent));
}
