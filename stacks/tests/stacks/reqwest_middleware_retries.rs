//! Requests of clients of reqwest-middleware. No test waits; the guard records the delays.

use std::time::Duration;

use backoff_core::testing;
use backoff_stacks::reqwest_middleware_retries::{Outcome, run, run_annotated, stream};
use reqwest::{Body, Method};

/// The result and the bodies that the server received.
async fn sent(method: Method, path: &str, key: Option<&str>, body: Body) -> ((u16, String), Vec<String>) {
    let Outcome { result, requests } = run(method, path, key, body).await.expect("loopback");
    let tokens: Vec<_> = requests.iter().map(|request| request.token.clone()).collect();
    let numbered: Vec<_> = (1..=requests.len()).map(|number| format!("token {number}")).collect();
    assert_eq!(tokens, numbered, "the middleware below the retries runs in each attempt");
    (result.expect("a response"), requests.into_iter().map(|request| request.body).collect())
}

fn answer(status: u16, text: &str) -> (u16, String) {
    (status, text.to_owned())
}

#[tokio::test]
async fn the_middleware_waits_for_retry_after_and_sends_the_body_again() {
    let test = testing::no_waits();
    let (result, bodies) = sent(Method::PUT, "/busy", None, "order 7".into()).await;
    assert_eq!((result, bodies), (answer(200, "tea for \"order 7\""), vec!["order 7".to_owned(); 2]));
    let waits = test.waits();
    assert!(waits.len() == 1 && waits[0] >= Duration::from_secs(1), "{waits:?}");
}

#[tokio::test]
async fn the_last_response_is_handed_back() {
    let _test = testing::no_waits();
    let (result, bodies) = sent(Method::GET, "/closed", None, Body::default()).await;
    assert_eq!((result, bodies.len()), (answer(503, "closed"), 3));
}

#[tokio::test]
async fn a_stream_is_sent_once() {
    let _test = testing::no_waits();
    let (result, bodies) = sent(Method::PUT, "/busy", None, stream("order 7")).await;
    assert_eq!((result, bodies), (answer(503, "busy"), vec!["order 7".to_owned()]));
}

#[tokio::test]
async fn a_post_is_repeated_after_a_crash_only_with_a_key() {
    let _test = testing::no_waits();
    let (result, bodies) = sent(Method::POST, "/crash", None, "order 7".into()).await;
    assert_eq!((result, bodies.len()), (answer(502, "crashed"), 1));
    let (result, bodies) = sent(Method::POST, "/crash", Some("7"), "order 7".into()).await;
    assert_eq!((result, bodies.len()), (answer(200, "tea for \"order 7\""), 2));
    // 503: the server has not acted, so the key is not needed.
    assert_eq!(sent(Method::POST, "/busy", None, "order 7".into()).await.1.len(), 2);
}

#[tokio::test]
async fn a_permanent_status_ends_the_call() {
    let _test = testing::no_waits();
    let (result, bodies) = sent(Method::GET, "/nowhere", None, Body::default()).await;
    assert_eq!((result, bodies.len()), (answer(404, "no such shop"), 1));
}

#[tokio::test]
async fn an_annotated_function_retries_above_other_middleware() {
    let test = testing::no_waits();
    let busy = run_annotated("/busy").await.expect("loopback");
    assert_eq!(busy.result, Ok(answer(200, "tea for \"\"")));
    let tokens: Vec<_> = busy.requests.iter().map(|request| request.token.as_str()).collect();
    assert_eq!(tokens, ["token 1", "token 2"]);
    assert!(test.waits()[0] >= Duration::from_secs(1));

    let nowhere = run_annotated("/nowhere").await.expect("loopback");
    assert_eq!((nowhere.result, nowhere.requests.len()), (Err("the server answered 404 Not Found".to_owned()), 1));
}
