//! reqwest-middleware: a middleware that retries, and `#[retry]` above a client with other middleware.
//!
//! 1. [`RetryMiddleware`] drives the attempts of every request of a client by a policy, for code that receives its
//!    client from elsewhere. It waits for `Retry-After`, sends copies of a body, and hands the last response back.
//! 2. [`fetch`] is annotated instead, so it can read the body inside of its attempt, and has its own error type.
//!
//! Use one of them for a call, because both together multiply.

pub mod shop;

#[path = "../../recipes/src/reqwest_middleware.rs"]
pub mod recipe;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use async_trait::async_trait;
use axum::body::Bytes;
use axum::http::{Extensions, HeaderValue, header::AUTHORIZATION};
use backoff_core::classify::{self, HttpError, check_reqwest};
use backoff_core::{Budget, Classify, Fault, Policy, retry};
use http_body_util::Full;
use reqwest::{Body, Client, Method, Request, Response};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, Error, Middleware, Next};
use tower::BoxError;

use self::shop::{Received, Shop};

/// A middleware that retries by a policy. Middleware that is added after it runs in each attempt.
#[derive(Debug)]
pub struct RetryMiddleware {
    policy: Policy,
    /// The budget of all requests of the client.
    budget: Arc<Budget>,
}

#[async_trait]
impl Middleware for RetryMiddleware {
    async fn handle(&self, request: Request, extensions: &mut Extensions, next: Next<'_>) -> Result<Response, Error> {
        // A request that is not idempotent is repeated only if the server has not acted.
        let idempotent = request.method().is_idempotent() || request.headers().contains_key("idempotency-key");
        let policy = self.policy.edit().idempotent_if(idempotent).build();
        let mut attempts = policy.start().budget(Arc::clone(&self.budget)).name("reqwest");
        while let Some(copy) = request.try_clone() {
            let result = next.clone().run(copy, extensions).await;
            let Some(fault) = fault(&result) else {
                attempts.success();
                return result;
            };
            // Waits, or hands the last result back. During the wait, no response is held.
            if let Err(last) = attempts.pause_async_as(result, fault).await {
                return last;
            }
        }
        // The body is a stream, which can be sent once.
        let result = next.run(request, extensions).await;
        if fault(&result).is_some() {
            let _ = attempts.failed_without_error(Fault::Permanent); // for observers; the call ends here
        }
        result
    }
}

/// Returns `None` for a success.
fn fault(result: &Result<Response, Error>) -> Option<Fault> {
    match result {
        Ok(response) => HttpError::check(response.status(), response.headers()).err().map(|error| error.classify()),
        Err(error) => Some(recipe::classify(error)),
    }
}

/// A middleware that has nothing to do with retries: it numbers the requests that are sent.
#[derive(Debug, Default)]
pub struct Token(AtomicU32);

#[async_trait]
impl Middleware for Token {
    async fn handle(
        &self,
        mut request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> Result<Response, Error> {
        let number = self.0.fetch_add(1, Relaxed) + 1;
        let token = HeaderValue::from_str(&format!("token {number}")).map_err(Error::middleware)?;
        request.headers_mut().insert(AUTHORIZATION, token);
        next.run(request, extensions).await
    }
}

const POLICY: Policy = Policy::exponential().initial_delay(Duration::from_millis(2)).max_attempts(3).build();

/// Returns a body that can be sent once, as that of a file or of another response.
#[must_use]
pub fn stream(text: &'static str) -> Body {
    Body::wrap(Full::<Bytes>::from(text))
}

/// Returns a client whose requests are retried, each attempt with its own token.
///
/// # Errors
///
/// Returns the error of reqwest if no client can be made.
pub fn retrying_client() -> reqwest::Result<ClientWithMiddleware> {
    let http = Client::builder().no_proxy().build()?;
    // Two tokens fit a small client. One that makes many requests at the same time needs up to ten.
    let retries = RetryMiddleware { policy: POLICY, budget: Arc::new(Budget::new()) };
    Ok(ClientBuilder::new(http).with(retries).with(Token::default()).build())
}

/// The errors of [`fetch`].
#[derive(Debug, thiserror::Error, Classify)]
pub enum ShopError {
    /// A response from 400 on, with its `Retry-After`.
    #[error(transparent)]
    #[classify(source)]
    Answer(#[from] HttpError),
    /// An error of the client, or of its middleware.
    #[error("no answer")]
    #[classify(with = recipe::classify)]
    Client(#[from] Error),
    /// The response broke off.
    #[error("the answer broke off")]
    #[classify(with = classify::reqwest)]
    Body(#[from] reqwest::Error),
}

/// Fetches a page. The client has other middleware, and none that retries.
///
/// # Errors
///
/// Returns the error of the last attempt.
#[retry(max_attempts = 3, initial_delay = "2ms", idempotent)]
pub async fn fetch(client: &ClientWithMiddleware, url: &str) -> Result<String, ShopError> {
    let response = client.get(url).send().await?;
    Ok(check_reqwest(response)?.text().await?)
}

/// The result of one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The status and the text of the response, or the error.
    pub result: Result<(u16, String), String>,
    /// The requests that the server has counted.
    pub requests: Vec<Received>,
}

/// Sends one request with the retrying client.
///
/// # Errors
///
/// Returns an error if the network of this machine does not work.
pub async fn run(method: Method, path: &str, key: Option<&str>, body: Body) -> Result<Outcome, BoxError> {
    let shop = Shop::open().await?;
    let mut request = retrying_client()?.request(method, shop.url(path)).body(body);
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    let response = request.send().await?;
    let result = Ok((response.status().as_u16(), response.text().await?));
    Ok(Outcome { result, requests: shop.received() })
}

/// Calls the annotated function, with a client that has other middleware.
///
/// # Errors
///
/// Returns an error if the network of this machine does not work.
pub async fn run_annotated(path: &str) -> Result<Outcome, BoxError> {
    let shop = Shop::open().await?;
    let client = ClientBuilder::new(Client::builder().no_proxy().build()?).with(Token::default()).build();
    let result = fetch(&client, &shop.url(path)).await;
    let result = result.map(|text| (200, text)).map_err(|error| error.to_string());
    Ok(Outcome { result, requests: shop.received() })
}
