//! A scripted service, and the policy of these tests.

use std::collections::VecDeque;
use std::future::{Ready, ready};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use backoff_core::{Jitter, Policy};
use tokio::time::Instant;
use tower::Service;

/// Four attempts, 100 ms apart.
pub(crate) const FOUR: Policy =
    Policy::constant(Duration::from_millis(100)).jitter(Jitter::None).max_attempts(4).build();

/// A service that returns the given results in turn, and the last one for ever. It records the events that it sees.
#[derive(Debug)]
pub(crate) struct Scripted<T, E> {
    script: Arc<Mutex<VecDeque<Result<T, E>>>>,
    log: Arc<Mutex<Log>>,
    is_ready: bool,
}

const SCRIPT: &str = "a script has at least one result";

/// The record of a scripted service.
#[derive(Debug, Default)]
pub(crate) struct Log {
    /// The times of the requests, in milliseconds since the first.
    pub(crate) times: Vec<u128>,
    /// The number of polls for readiness.
    pub(crate) polls: u32,
    start: Option<Instant>,
}

impl<T, E> Scripted<T, E> {
    pub(crate) fn new(script: impl IntoIterator<Item = Result<T, E>>) -> Self {
        Self { script: Arc::new(Mutex::new(script.into_iter().collect())), log: Arc::default(), is_ready: false }
    }

    pub(crate) fn times(&self) -> Vec<u128> {
        self.log.lock().expect("no test panics under the lock").times.clone()
    }

    pub(crate) fn polls(&self) -> u32 {
        self.log.lock().expect("no test panics under the lock").polls
    }
}

/// A clone is not ready.
impl<T, E> Clone for Scripted<T, E> {
    fn clone(&self) -> Self {
        Self { script: Arc::clone(&self.script), log: Arc::clone(&self.log), is_ready: false }
    }
}

impl<T: Clone, E: Clone, Request> Service<Request> for Scripted<T, E> {
    type Response = T;
    type Error = E;
    type Future = Ready<Result<T, E>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), E>> {
        self.log.lock().expect("no test panics under the lock").polls += 1;
        self.is_ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request) -> Self::Future {
        assert!(std::mem::take(&mut self.is_ready), "called without readiness");
        let mut log = self.log.lock().expect("no test panics under the lock");
        let start = *log.start.get_or_insert_with(Instant::now);
        log.times.push(start.elapsed().as_millis());
        let mut script = self.script.lock().expect("no test panics under the lock");
        ready(if script.len() > 1 { script.pop_front().expect(SCRIPT) } else { script.front().expect(SCRIPT).clone() })
    }
}

/// Serves the application on loopback. Returns its URL.
pub(crate) async fn serve(app: axum::Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("loopback");
    let url = format!("http://{}/", listener.local_addr().expect("loopback"));
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

/// The client of hyper-util, whose requests have bodies that can be cloned.
pub(crate) fn client() -> hyper_util::client::legacy::Client<
    hyper_util::client::legacy::connect::HttpConnector,
    http_body_util::Full<axum::body::Bytes>,
> {
    hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new()).build_http()
}
