//! Real errors of reqwest, from a server that runs in a thread; timeouts run in tokio's paused time.
use alloc::boxed::Box;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use ::reqwest::dns::{Addrs, Name, Resolve, Resolving};
use ::reqwest::{Client, ClientBuilder, Error, Response};

use super::{check_reqwest, reqwest};
use crate::classify::{HttpError, mark, permanent};
use crate::{Classify, Fault};

/// Serves one connection: reads the request's head, then passes the connection to `answer`.
fn serve(answer: impl FnOnce(&mut TcpStream) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
            head.push(byte[0]);
        }
        answer(&mut stream);
    });
    address
}

fn serve_bytes(bytes: &'static [u8]) -> SocketAddr {
    serve(move |stream| stream.write_all(bytes).unwrap())
}

/// A client that uses only its own resolver and ignores the environment's proxies.
fn client() -> ClientBuilder {
    Client::builder().no_proxy()
}

async fn get(client: ClientBuilder, address: SocketAddr) -> Result<Response, Error> {
    client.build()?.get(std::format!("http://{address}/")).send().await
}

/// A resolver that fails with the given error, or never ends.
struct Lookup(Option<fn() -> Box<dyn core::error::Error + Send + Sync>>);

impl Resolve for Lookup {
    fn resolve(&self, _: Name) -> Resolving {
        let error = self.0;
        Box::pin(async move {
            match error {
                Some(error) => Err::<Addrs, _>(error()),
                None => core::future::pending().await,
            }
        })
    }
}

async fn look_up(client: ClientBuilder, lookup: Lookup) -> Error {
    client.dns_resolver(lookup).build().unwrap().get("http://nowhere.invalid/").send().await.unwrap_err()
}

#[test]
fn a_request_that_cannot_be_built_is_permanent() {
    let error = client().build().unwrap().get("no address").build().unwrap_err();
    assert!(error.is_builder());
    assert_eq!(reqwest(&error), Fault::Permanent);
}

#[tokio::test]
async fn a_refused_connection_is_transient() {
    // Port 0 never has a listener.
    let error = get(client(), SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap_err();
    assert!(error.is_connect());
    assert_eq!(reqwest(&error), Fault::Transient);
}

#[tokio::test]
async fn a_failed_lookup_is_transient_unless_marked() {
    let error = look_up(client(), Lookup(Some(|| "no such host".into()))).await;
    assert!(error.is_connect());
    assert_eq!(reqwest(&error), Fault::Transient);

    let error = look_up(client(), Lookup(Some(|| permanent("no such host, ever").into()))).await;
    assert!(error.is_connect());
    assert_eq!(reqwest(&error), Fault::Permanent);
}

#[tokio::test(start_paused = true)]
async fn a_timeout_of_connecting_is_transient() {
    let client = client().connect_timeout(Duration::from_secs(1)).timeout(Duration::from_secs(60));
    let error = look_up(client, Lookup(None)).await;
    assert!(error.is_timeout() && error.is_connect());
    assert_eq!(reqwest(&error), Fault::Transient);
}

#[tokio::test(start_paused = true)]
async fn a_timeout_of_the_request_is_ambiguous() {
    let error = look_up(client().timeout(Duration::from_secs(60)), Lookup(None)).await;
    assert!(error.is_timeout() && !error.is_connect());
    assert_eq!(reqwest(&error), Fault::Ambiguous);
}

#[tokio::test]
async fn a_connection_closed_before_the_answer_is_ambiguous() {
    let error = get(client(), serve(|_| ())).await.unwrap_err();
    assert!(error.is_request() && !error.is_connect());
    assert_eq!(reqwest(&error), Fault::Ambiguous);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_ambiguous() {
    let address = serve_bytes(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf");
    let error = get(client(), address).await.unwrap().text().await.unwrap_err();
    assert!(error.is_body() || error.is_decode());
    assert_eq!(reqwest(&error), Fault::Ambiguous);
}

#[tokio::test]
async fn a_redirect_that_is_refused_is_permanent() {
    let address = serve_bytes(b"HTTP/1.1 302 Found\r\nlocation: /again\r\ncontent-length: 0\r\n\r\n");
    let never = ::reqwest::redirect::Policy::custom(|attempt| attempt.error("no redirects here"));
    let error = get(client().redirect(never), address).await.unwrap_err();
    assert!(error.is_redirect());
    assert_eq!(reqwest(&error), Fault::Permanent);
}

#[test]
fn an_error_made_from_a_status_is_classified_by_it() {
    for (code, fault) in [(429, Fault::Transient), (404, Fault::Permanent), (502, Fault::Ambiguous)] {
        let error = answer(code).error_for_status().unwrap_err();
        assert_eq!(reqwest(&error), fault, "{code}");
    }
}

fn answer(code: u16) -> Response {
    ::http::Response::builder().status(code).header("retry-after", "2").body("text").unwrap().into()
}

#[test]
fn a_checked_response_keeps_its_header() {
    let error = check_reqwest(answer(503)).unwrap_err();
    assert_eq!(error, HttpError::from_reqwest(&answer(503)));
    assert_eq!(error.classify(), Fault::PushBack(Duration::from_secs(2)));
    let error = check_reqwest(answer(502)).unwrap_err();
    assert_eq!(error.classify(), Fault::AmbiguousPushBack(Duration::from_secs(2)));
}

#[tokio::test]
async fn an_ambiguous_mark_with_a_wait_goes_before_the_kind_of_the_error() {
    let wait = Duration::from_secs(2);
    let error = look_up(
        client(),
        Lookup(Some(|| mark(Fault::Ambiguous.with_not_before(Duration::from_secs(2)), "the proxy is full").into())),
    )
    .await;
    assert!(error.is_connect());
    assert_eq!(reqwest(&error), Fault::AmbiguousPushBack(wait));
}

#[tokio::test]
async fn a_response_that_is_no_failure_is_handed_back_whole() {
    let response = check_reqwest(answer(200)).unwrap();
    assert_eq!(response.text().await.unwrap(), "text");
}

#[tokio::test]
async fn a_response_from_the_wire_keeps_its_header() {
    let address = serve_bytes(b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 3\r\ncontent-length: 0\r\n\r\n");
    let error = check_reqwest(get(client(), address).await.unwrap()).unwrap_err();
    assert_eq!(error.classify(), Fault::PushBack(Duration::from_secs(3)));
}
