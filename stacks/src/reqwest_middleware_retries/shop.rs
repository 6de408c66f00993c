//! A server that fails, and records the requests that it received.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};

use crate::loopback::Loopback;

/// A request that the server received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The token of the client.
    pub token: String,
    /// The body.
    pub body: String,
}

/// A running shop. Its paths are `/busy` and `/crash`, which fail once, and `/closed`, which always fails.
#[derive(Debug)]
pub struct Shop {
    server: Loopback,
    received: Requests,
}

type Requests = Arc<Mutex<Vec<Received>>>;

impl Shop {
    /// Starts the server.
    ///
    /// # Errors
    ///
    /// Returns the error of the operating system if there is no free port.
    pub async fn open() -> io::Result<Self> {
        let received = Requests::default();
        let app = Router::new().fallback(handler).with_state(Arc::clone(&received));
        let server = Loopback::start(|listener| axum::serve(listener, app).into_future()).await?;
        Ok(Self { server, received })
    }

    /// Returns the URL of a path.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        self.server.url(path)
    }

    /// Returns the requests in their order.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn handler(State(requests): State<Requests>, uri: Uri, headers: HeaderMap, body: String) -> Response {
    let token = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let mut requests = requests.lock().unwrap_or_else(PoisonError::into_inner);
    requests.push(Received { token, body: body.clone() });
    match (uri.path(), requests.len()) {
        ("/busy", 1) => (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "1")], "busy").into_response(),
        ("/crash", 1) => (StatusCode::BAD_GATEWAY, "crashed").into_response(),
        ("/busy" | "/crash", _) => format!("tea for {body:?}").into_response(),
        ("/closed", _) => (StatusCode::SERVICE_UNAVAILABLE, "closed").into_response(),
        _ => (StatusCode::NOT_FOUND, "no such shop").into_response(),
    }
}
