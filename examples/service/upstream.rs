//! The upstream: a real server in this process that fails in a different way on every path.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse as _, Response};
use tokio::net::TcpListener;

/// The number of requests for each path.
type Visits = Arc<Mutex<BTreeMap<String, u32>>>;

/// Listens on a free port of the loopback interface, for as long as the runtime lives, and returns its address.
pub(crate) async fn start() -> io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let app = Router::new().fallback(answer).with_state(Visits::default());
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(url)
}

async fn answer(State(visits): State<Visits>, request: Request) -> Response {
    let path = request.uri().path();
    let visit = {
        let mut visits = visits.lock().unwrap_or_else(PoisonError::into_inner);
        let number = visits.entry(path.to_owned()).or_default();
        *number += 1;
        *number
    };
    match path {
        // Two in a row fail, so a few attempts cure it.
        "/catalog" if matches!(visit % 5, 1 | 2) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        // A limit on requests, with the time after which to come back.
        "/prices" if visit % 8 == 3 => (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, "1")]).into_response(),
        // The server broke, and the payment may have been made.
        "/payments" if visit % 4 == 0 => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        // Down.
        "/search" | "/rates" => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        "/stock/discontinued" => StatusCode::NOT_FOUND.into_response(),
        "/reviews" if visit % 2 == 1 => {
            tokio::time::sleep(Duration::from_secs(60)).await;
            StatusCode::OK.into_response()
        }
        "/recommendations" if visit % 6 != 0 => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        _ => "tea".into_response(),
    }
}
