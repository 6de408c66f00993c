//! A server in memory: it answers by a script, and records each request.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::RETRY_AFTER;
use http::{Request, Response};
use tokio::time::Instant;
use tower::BoxError;

/// The answer to one request.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    Status(u16),
    /// A status with a `Retry-After`.
    PushBack(u16, String),
}

/// A request, as the server saw it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// The time since the first request.
    pub(crate) at: Duration,
    pub(crate) body: Bytes,
    /// `true` if the service was polled to readiness before it was called.
    pub(crate) was_ready: bool,
}

/// Returns the reply to the request of a number that starts at 1.
type Script = Box<dyn Fn(usize) -> Reply + Send + Sync>;

struct State {
    script: Script,
    seen: Mutex<Vec<(Instant, Seen)>>,
}

/// The server, and a service that calls it.
pub(crate) struct Memory {
    state: Arc<State>,
    is_ready: bool,
}

impl Memory {
    pub(crate) fn new(script: impl Fn(usize) -> Reply + Send + Sync + 'static) -> Self {
        let state = State { script: Box::new(script), seen: Mutex::default() };
        Self { state: Arc::new(state), is_ready: false }
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        let seen = self.state.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.iter().map(|(_, seen)| seen.clone()).collect()
    }

    /// Returns the time between the first request and the second, if there is a second one.
    pub(crate) fn first_delay(&self) -> Option<Duration> {
        self.seen().get(1).map(|seen| seen.at)
    }

    pub(crate) fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.is_ready = true;
        Poll::Ready(Ok(()))
    }

    pub(crate) fn answer(&mut self, request: Request<Bytes>) -> Result<Response<Bytes>, BoxError> {
        let was_ready = std::mem::take(&mut self.is_ready);
        let now = Instant::now();
        let number = {
            let mut seen = self.state.seen.lock().unwrap_or_else(PoisonError::into_inner);
            let at = seen.first().map_or(Duration::ZERO, |(first, _)| now - *first);
            seen.push((now, Seen { at, body: request.into_body(), was_ready }));
            seen.len()
        };
        let response = Response::builder();
        let response = match (self.state.script)(number) {
            Reply::Status(status) => response.status(status),
            Reply::PushBack(status, after) => response.status(status).header(RETRY_AFTER, after),
        };
        Ok(response.body(Bytes::new())?)
    }
}

/// A clone is not ready.
impl Clone for Memory {
    fn clone(&self) -> Self {
        Self { state: Arc::clone(&self.state), is_ready: false }
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").finish_non_exhaustive()
    }
}
