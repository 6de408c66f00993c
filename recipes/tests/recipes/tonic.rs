use std::future::poll_fn;
use std::net::SocketAddr;
use std::time::Duration;

use backoff_core::{Fault, classify};
use backoff_recipes::tonic::classify as grpc;
use tonic::body::Body;
use tonic::client::GrpcService as _;
use tonic::metadata::MetadataMap;
use tonic::transport::Endpoint;
use tonic::{Code, Status};
use tonic_types::{ErrorDetail, Help, RetryInfo, StatusExt as _};

use crate::loopback;

const SECOND: Duration = Duration::from_secs(1);
const MS_250: Duration = Duration::from_millis(250);

/// Returns a status as a server sends it, with these values of `grpc-retry-pushback-ms`.
fn pushed_back(code: Code, values: &[&str], delays: &[Option<Duration>]) -> Fault {
    let mut metadata = MetadataMap::new();
    for value in values {
        metadata.append("grpc-retry-pushback-ms", value.parse().unwrap());
    }
    let details = delays.iter().map(|delay| ErrorDetail::from(RetryInfo::new(*delay)));
    let details = details.chain([ErrorDetail::from(Help::with_link("limits", "https://example.org"))]);
    grpc(&Status::with_error_details_vec_and_metadata(code, "refused", details, metadata))
}

#[test]
fn a_code_of_grpc_decides_alone() {
    let of = |code| grpc(&Status::new(code, "failed"));
    for code in [Code::ResourceExhausted, Code::Aborted] {
        assert_eq!(of(code), Fault::Transient, "{code}");
    }
    for code in [Code::Unavailable, Code::DeadlineExceeded, Code::Cancelled, Code::Unknown] {
        assert_eq!(of(code), Fault::Ambiguous, "{code}");
    }
    for code in [Code::InvalidArgument, Code::NotFound, Code::AlreadyExists, Code::PermissionDenied, Code::Internal] {
        assert_eq!(of(code), Fault::Permanent, "{code}");
    }
}

#[test]
fn metadata_of_grpc_adds_the_wait_of_the_server() {
    assert_eq!(pushed_back(Code::Aborted, &["250"], &[]), Fault::PushBack(MS_250));
    assert_eq!(pushed_back(Code::Unavailable, &["250"], &[]), Fault::AmbiguousPushBack(MS_250));
    assert_eq!(pushed_back(Code::Aborted, &["0"], &[]), Fault::Transient);
    assert_eq!(pushed_back(Code::NotFound, &["250"], &[]), Fault::Permanent);
}

#[test]
fn of_several_push_backs_of_grpc_the_longest_counts() {
    assert_eq!(pushed_back(Code::Aborted, &["250", "1000", "30"], &[]), Fault::PushBack(SECOND));
}

#[test]
fn a_negative_or_unreadable_push_back_of_grpc_ends_the_call() {
    for values in [&["-1"][..], &["soon"], &[""], &["1.5"], &["250", "-1"], &["soon", "250"]] {
        assert_eq!(pushed_back(Code::Aborted, values, &[]), Fault::Permanent, "{values:?}");
    }
}

#[test]
fn retry_info_of_grpc_adds_the_wait_of_the_server() {
    assert_eq!(pushed_back(Code::ResourceExhausted, &[], &[Some(SECOND)]), Fault::PushBack(SECOND));
    assert_eq!(pushed_back(Code::ResourceExhausted, &[], &[None]), Fault::Transient);
    let several = [None, Some(MS_250), Some(SECOND), Some(MS_250)];
    assert_eq!(pushed_back(Code::ResourceExhausted, &["250"], &several), Fault::PushBack(SECOND));
    assert_eq!(pushed_back(Code::ResourceExhausted, &["1000"], &[Some(MS_250)]), Fault::PushBack(SECOND));
}

/// Returns the status of one call to this address, made as the clients that tonic generates make it.
async fn call(address: SocketAddr) -> Status {
    let mut channel = Endpoint::from_shared(format!("http://{address}")).unwrap().connect_lazy();
    let call = async {
        poll_fn(|context| channel.poll_ready(context)).await?;
        channel.call(http::Request::new(Body::empty())).await
    };
    Status::from_error(call.await.unwrap_err().into())
}

#[tokio::test]
async fn a_refused_connection_of_grpc_is_transient() {
    let status = call(loopback::refusing().await).await;
    assert_eq!((status.code(), grpc(&status)), (Code::Unavailable, Fault::Transient), "{status:?}");
    // The I/O error is in the source chain of the status.
    assert_eq!(classify::chain(&status), Fault::Transient);
}

#[tokio::test]
async fn a_lost_connection_of_grpc_is_ambiguous() {
    let status = call(loopback::closing().await).await;
    assert_eq!(grpc(&status), Fault::Ambiguous, "{status:?}");
    assert_eq!((status.code(), classify::chain(&status)), (Code::Unknown, Fault::Ambiguous), "{status:?}");
}

#[test]
fn a_status_of_grpc_alone_contains_nothing_that_chain_classifies() {
    let status = Status::not_found("no such row");
    assert_eq!((classify::marks(&status), classify::chain(&status)), (None, Fault::Transient));
    let status = Status::from_error(Box::new(classify::permanent("no such row")));
    assert_eq!(classify::marks(&status), Some(Fault::Permanent), "the source of a status keeps its mark");
}
