//! The rules for gRPC, with paused time.

use backoff_core::tower::RetryLayer;
use http::{Request, Response};
use tower::{ServiceBuilder, ServiceExt};

use crate::support::{FOUR, Scripted};

#[derive(Clone, Debug, thiserror::Error)]
#[error("never")]
struct Never;

/// Sends a request to a server that returns these headers, and `grpc-status: 0` from the second request on. Returns the
/// times of the attempts.
async fn sent(status: u16, headers: &[(&'static str, &str)], is_idempotent: bool) -> Vec<u128> {
    let first =
        headers.iter().fold(Response::builder().status(status), |first, (name, value)| first.header(*name, *value));
    let second = Response::builder().header("grpc-status", "0");
    let service = Scripted::<_, Never>::new([first, second].map(|response| response.body(()).map_err(|_| Never)));
    let layer = RetryLayer::grpc(FOUR).idempotent_if(move |_: &Request<()>| is_idempotent);
    let client = ServiceBuilder::new().layer(layer).service(service.clone());
    let request = Request::post("/tea.Kitchen/Brew").body(()).expect("a valid request");
    client.oneshot(request).await.expect("a response");
    service.times()
}

#[tokio::test(start_paused = true)]
async fn each_code_has_a_fault() {
    for code in 0..20 {
        let code_text = code.to_string();
        let headers = [("grpc-status", code_text.as_str())];
        let attempts = [sent(200, &headers, false).await.len(), sent(200, &headers, true).await.len()];
        let expected = match code {
            8 | 10 => [2, 2],
            1 | 2 | 4 | 14 => [1, 2],
            _ => [1, 1],
        };
        assert_eq!(attempts, expected, "code {code}");
    }
    assert_eq!(sent(200, &[("grpc-status", "x")], true).await.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_longest_push_back_is_waited_for() {
    let headers = [("grpc-status", "8"), ("grpc-retry-pushback-ms", "500"), ("grpc-retry-pushback-ms", "2000")];
    assert_eq!(sent(200, &headers, false).await, [0, 2100]);
}

#[tokio::test(start_paused = true)]
async fn a_push_back_that_is_negative_or_unreadable_means_no_retry() {
    for value in ["-1", "", "soon", "99999999999999999999"] {
        assert_eq!(sent(200, &[("grpc-status", "8"), ("grpc-retry-pushback-ms", value)], true).await, [0], "{value:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_push_back_does_not_make_a_permanent_code_transient() {
    assert_eq!(sent(200, &[("grpc-status", "3"), ("grpc-retry-pushback-ms", "1")], true).await, [0]);
}

#[tokio::test(start_paused = true)]
async fn a_response_that_has_started_is_accepted_and_an_error_of_a_proxy_is_not() {
    assert_eq!(sent(200, &[], true).await, [0]);
    assert_eq!(sent(503, &[("retry-after", "1")], false).await, [0, 1100]);
    assert_eq!(sent(502, &[], false).await, [0]);
}

#[tokio::test(start_paused = true)]
async fn a_condition_replaces_the_rule_for_responses_and_keeps_the_one_for_errors() {
    let responses = [Err(Never), Ok(Response::new("busy")), Ok(Response::new("ready"))];
    let service = Scripted::new(responses);
    let layer = RetryLayer::grpc(FOUR).until(|response: &Response<&str>| *response.body() == "ready");
    let is_idempotent = |_: &Request<()>| true; // an error that is not known is ambiguous
    let client = ServiceBuilder::new().layer(layer.idempotent_if(is_idempotent)).service(service.clone());
    let response = client.oneshot(Request::new(())).await.expect("a response");
    assert_eq!((*response.body(), service.times().len()), ("ready", 3));

    let service = Scripted::<Response<&str>, _>::new([Err(Never), Err(Never)]);
    let layer = RetryLayer::grpc(FOUR).until(|response: &Response<&str>| *response.body() == "ready");
    let client = ServiceBuilder::new().layer(layer).service(service.clone());
    assert!(client.oneshot(Request::new(())).await.is_err());
    assert_eq!(service.times().len(), 1);
}
