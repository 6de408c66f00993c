//! Two faulty servers: one returns HTTP errors, the other resets connections. Most faults are transient.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{DATE, RETRY_AFTER};
use axum::response::{IntoResponse as _, Response};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// The number of times that each request was made, such as `GET /missing`.
#[derive(Clone, Default)]
struct Visits(Arc<Mutex<BTreeMap<String, u32>>>);

impl Visits {
    /// Counts a visit, and returns its number.
    fn count(&self, request: &str) -> u32 {
        let mut visits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = visits.entry(request.to_owned()).or_default();
        *number += 1;
        *number
    }
}

pub(crate) struct Server {
    url: String,
    crashing_url: String,
    visits: Visits,
}

impl Server {
    /// Listens on two free ports of the loopback interface, for as long as the runtime lives.
    pub(crate) async fn start() -> io::Result<Self> {
        let visits = Visits::default();

        let http = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", http.local_addr()?);
        let app = Router::new().fallback(answer).with_state(visits.clone());
        tokio::spawn(async move { axum::serve(http, app).await });

        let crashing = TcpListener::bind("127.0.0.1:0").await?;
        let crashing_url = format!("http://{}", crashing.local_addr()?);
        let counted = visits.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = crashing.accept().await {
                let visits = counted.clone();
                tokio::spawn(async move { crash_once(client, &visits).await });
            }
        });
        Ok(Self { url, crashing_url, visits })
    }

    /// Returns the address of the server that returns errors.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Returns the address of the server that resets connections.
    pub(crate) fn crashing_url(&self) -> &str {
        &self.crashing_url
    }

    /// Returns the number of times that this request was made.
    pub(crate) fn visits(&self, request: &str) -> u32 {
        self.visits.0.lock().unwrap_or_else(PoisonError::into_inner).get(request).copied().unwrap_or_default()
    }
}

/// Responds to a request by its path, and by the number of times that it was made.
async fn answer(State(visits): State<Visits>, request: Request) -> Response {
    let path = request.uri().path();
    let visit = visits.count(&format!("{} {path}", request.method()));
    match (path, visit) {
        ("/busy", 1 | 2) | ("/down", _) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        ("/maintenance", 1) => (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "1")]).into_response(),
        ("/closed", _) => (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "3600")]).into_response(),
        ("/quota", 1) => (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, "1")]).into_response(),
        ("/quota-until", 1) => {
            let now = SystemTime::now();
            let date = httpdate::fmt_http_date(now);
            let until = httpdate::fmt_http_date(now + Duration::from_secs(1));
            (StatusCode::TOO_MANY_REQUESTS, [(DATE, date), (RETRY_AFTER, until)]).into_response()
        }
        ("/slow", 1) => {
            tokio::time::sleep(Duration::from_secs(60)).await;
            StatusCode::OK.into_response()
        }
        ("/missing", _) => StatusCode::NOT_FOUND.into_response(),
        _ => "three boxes of tea".into_response(),
    }
}

/// Reads a request. Resets the connection of the first one of its kind instead of responding.
async fn crash_once(mut client: TcpStream, visits: &Visits) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        if client.read_buf(&mut head).await? == 0 {
            return Ok(());
        }
    }
    let head = String::from_utf8_lossy(&head);
    let request = head.split(" HTTP/").next().unwrap_or_default();
    if visits.count(request) == 1 {
        // Without lingering, closing the socket resets the connection.
        client.set_zero_linger()?;
        return Ok(());
    }
    client.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 18\r\nconnection: close\r\n\r\nthree boxes of tea").await?;
    client.shutdown().await
}
