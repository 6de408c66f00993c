//! The rules for HTTP, with paused time.

use std::io;
use std::time::Duration;

use backoff_core::tower::{RetryLayer, host};
use backoff_core::{Budgets, permanent};
use http::{Method, Request, Response, StatusCode};
use tower::{BoxError, ServiceBuilder, ServiceExt};

use crate::support::{FOUR, Scripted};

/// A response with a status and a `Retry-After`.
fn response(status: u16, retry_after: Option<&str>) -> Response<&'static str> {
    let response = Response::builder().status(status);
    let response = retry_after.into_iter().fold(response, |response, value| response.header("retry-after", value));
    response.body("body").expect("a valid response")
}

fn request(method: Method) -> Request<&'static str> {
    Request::builder().method(method).uri("http://a.example/").body("order").expect("a valid request")
}

/// Sends a request through the layer. Returns the status, and the times of the attempts.
async fn sent(
    request: Request<&'static str>,
    script: impl IntoIterator<Item = (u16, Option<&str>)>,
) -> (StatusCode, Vec<u128>) {
    let script = script.into_iter().map(|(status, retry_after)| Ok::<_, Never>(response(status, retry_after)));
    let service = Scripted::new(script);
    let client = ServiceBuilder::new().layer(RetryLayer::http(FOUR)).service(service.clone());
    let response = client.oneshot(request).await.expect("a response");
    assert_eq!(*response.body(), "body");
    (response.status(), service.times())
}

#[derive(Clone, Debug, thiserror::Error)]
#[error("never")]
struct Never;

#[tokio::test(start_paused = true)]
async fn retry_after_is_waited_for() {
    let script = [(503, Some("2")), (502, None), (200, None)];
    assert_eq!(sent(request(Method::GET), script).await, (StatusCode::OK, vec![0, 2100, 2200]));
}

#[tokio::test(start_paused = true)]
async fn a_503_is_handed_back_as_a_response() {
    assert_eq!(
        sent(request(Method::GET), [(503, None)]).await,
        (StatusCode::SERVICE_UNAVAILABLE, vec![0, 100, 200, 300])
    );
}

#[tokio::test(start_paused = true)]
async fn a_retry_after_that_is_too_long_hands_the_response_back() {
    assert_eq!(sent(request(Method::GET), [(503, Some("3600"))]).await, (StatusCode::SERVICE_UNAVAILABLE, vec![0]));
}

#[tokio::test(start_paused = true)]
async fn a_client_error_and_a_redirection_are_not_repeated() {
    for status in [404, 400, 302, 204] {
        let (got, times) = sent(request(Method::GET), [(status, None)]).await;
        assert_eq!((got.as_u16(), times), (status, vec![0]));
    }
}

#[tokio::test(start_paused = true)]
async fn an_ambiguous_status_is_repeated_for_idempotent_methods_and_keys_only() {
    for (method, attempts) in [
        (Method::GET, 4),
        (Method::HEAD, 4),
        (Method::PUT, 4),
        (Method::DELETE, 4),
        (Method::OPTIONS, 4),
        (Method::POST, 1),
        (Method::PATCH, 1),
    ] {
        assert_eq!(sent(request(method.clone()), [(502, None)]).await.1.len(), attempts, "{method}");
        assert_eq!(sent(request(method), [(429, None)]).await.1.len(), 4);
    }
    let mut keyed = request(Method::POST);
    keyed.headers_mut().insert("idempotency-key", "order-7".parse().unwrap());
    assert_eq!(sent(keyed, [(502, None)]).await.1.len(), 4);
}

#[tokio::test(start_paused = true)]
async fn an_error_that_nothing_knows_is_ambiguous() {
    for (method, attempts) in [(Method::GET, 4), (Method::POST, 1)] {
        let service = Scripted::<Response<&str>, _>::new([Err(Never)]);
        let client = ServiceBuilder::new().layer(RetryLayer::http(FOUR)).service(service.clone());
        assert!(client.oneshot(request(method)).await.is_err());
        assert_eq!(service.times().len(), attempts);
    }
}

#[tokio::test(start_paused = true)]
async fn errors_are_classified_by_their_source_chain_also_in_a_box() {
    let refused = || -> BoxError { io::Error::from(io::ErrorKind::ConnectionRefused).into() };
    let reset = || -> BoxError { io::Error::from(io::ErrorKind::ConnectionReset).into() };
    let marked = || -> BoxError { permanent("no route").into() };
    for (method, error, attempts) in [
        (Method::POST, &refused as &(dyn Fn() -> BoxError + Sync), 4),
        (Method::POST, &reset, 1),
        (Method::GET, &reset, 4),
        (Method::GET, &marked, 1),
    ] {
        let service = Scripted::<Response<&str>, u8>::new([Err(0)]);
        let boxed = ServiceBuilder::new().map_err(|_| error()).service(service.clone());
        let client = ServiceBuilder::new().layer(RetryLayer::http(FOUR)).service(boxed);
        assert!(client.oneshot(request(method)).await.is_err());
        assert_eq!(service.times().len(), attempts, "{}", error());
    }
}

#[tokio::test(start_paused = true)]
async fn each_host_has_a_budget() {
    static HOSTS: Budgets<String> = Budgets::new().capacity(1);
    let service = Scripted::<_, Never>::new([Ok(response(503, None))]);
    let layer = RetryLayer::http(FOUR).budget_by(host::<&'static str>, &HOSTS);
    let client = ServiceBuilder::new().layer(layer).service(service.clone());
    let mut attempts = Vec::new();
    for uri in ["http://a.example/1", "http://A.example/2", "http://b.example/", "http://a.example:81/"] {
        let before = service.times().len();
        assert_eq!(client.clone().oneshot(Request::get(uri).body("").unwrap()).await.unwrap().status(), 503);
        attempts.push(service.times().len() - before);
    }
    assert_eq!((attempts, HOSTS.len()), (vec![2, 1, 2, 2], 3));
}

#[test]
fn a_host_is_found_in_the_uri_or_in_the_header() {
    let of = |uri: &str, header: Option<&str>| {
        let request = Request::get(uri);
        host(&header.into_iter().fold(request, |request, value| request.header("host", value)).body(()).unwrap())
    };
    assert_eq!(of("https://User@Shop.example:8080/x", Some("other")), "shop.example:8080");
    assert_eq!(of("/x", Some("Shop.example")), "shop.example");
    assert_eq!(of("/x", None), "");
}

#[tokio::test(start_paused = true)]
async fn other_settings_apply_beside_the_rules() {
    let service = Scripted::<_, Never>::new([Ok(response(503, None))]);
    let layer = RetryLayer::http(FOUR)
        .timeout(Duration::from_millis(250))
        .on_timeout(|_| Never)
        .clone_with(|request: &Request<&'static str>| Some(request.clone()));
    let client = ServiceBuilder::new().layer(layer).service(service.clone());
    assert!(client.oneshot(request(Method::GET)).await.is_err());
    assert_eq!(service.times(), [0, 100, 200]);
}
