//! One service: it calls the next service to serve a request, and retries that call.

use std::error::Error;
use std::io::{self, Write as _};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use backoff_core::classify::{self, HttpError, check_reqwest};
use backoff_core::{Classify, Scope, retry};
use tokio::net::TcpListener;

use crate::Route;
use crate::process;

/// The service that a process runs; all but the last have the address of the next.
pub(crate) enum Role {
    Gateway { next: String },
    Orders { next: String },
    Stock,
}

#[derive(Debug, thiserror::Error, Classify)]
enum LayerError {
    #[error(transparent)]
    #[classify(source)]
    Answer(#[from] HttpError),
    #[error("no answer")]
    #[classify(with = classify::reqwest)]
    Transport(#[from] reqwest::Error),
    #[error("the database is down")]
    #[transient]
    DatabaseDown,
}

struct Layer {
    role: Role,
    http: reqwest::Client,
    requests: AtomicU32,
    queries: AtomicU32,
    /// The description of the enclosing calls in the last request.
    scope: Mutex<String>,
}

/// Serves on a free port, prints the address, and ends with the process that started this one.
pub(crate) async fn serve(role: Role) -> Result<(), Box<dyn Error>> {
    let http = reqwest::Client::builder().no_proxy().build()?;
    let (requests, queries) = (AtomicU32::new(0), AtomicU32::new(0));
    let layer = Arc::new(Layer { role, http, requests, queries, scope: Mutex::default() });
    let app = Router::new()
        .route(Route::Alone.path(), get(alone))
        .route(Route::Together.path(), get(together))
        .route("/counts", post(counts))
        .with_state(layer);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let mut out = io::stdout();
    writeln!(out, "http://{}", listener.local_addr()?)?;
    out.flush()?;
    tokio::select! {
        served = axum::serve(listener, app).into_future() => served?,
        () = process::parent_ended() => {}
    }
    Ok(())
}

async fn alone(State(layer): State<Arc<Layer>>, headers: HeaderMap) -> StatusCode {
    layer.arrived(&headers);
    status(&layer.next_alone().await)
}

/// Runs in the scope that the request contains.
async fn together(State(layer): State<Arc<Layer>>, headers: HeaderMap) -> StatusCode {
    layer.arrived(&headers);
    let answer = match Scope::of(&headers) {
        Some(scope) => scope.wrap(layer.next_together()).await,
        None => layer.next_together().await,
    };
    status(&answer)
}

/// Returns the counts, and resets them.
async fn counts(State(layer): State<Arc<Layer>>) -> String {
    let requests = layer.requests.swap(0, Ordering::Relaxed);
    let queries = layer.queries.swap(0, Ordering::Relaxed);
    let scope = std::mem::take(&mut *layer.scope.lock().unwrap_or_else(PoisonError::into_inner));
    format!("{requests} {queries} {scope}")
}

fn status(answer: &Result<(), LayerError>) -> StatusCode {
    if answer.is_ok() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}

impl Layer {
    #[retry(max_attempts = 3, initial_delay = "5ms")]
    async fn next_alone(&self) -> Result<(), LayerError> {
        self.ask(Route::Alone).await
    }

    /// Retries, unless the service that calls this one does.
    #[retry(max_attempts = 3, initial_delay = "5ms", max_elapsed = "10s", inner_retries = suppress)]
    async fn next_together(&self) -> Result<(), LayerError> {
        self.ask(Route::Together).await
    }

    /// One attempt.
    async fn ask(&self, route: Route) -> Result<(), LayerError> {
        let (Role::Gateway { next } | Role::Orders { next }) = &self.role else {
            self.queries.fetch_add(1, Ordering::Relaxed);
            return Err(LayerError::DatabaseDown);
        };
        let mut headers = HeaderMap::new();
        if let Some(scope) = Scope::current() {
            scope.add_to(&mut headers);
        }
        let answer = self.http.get(format!("{next}{}", route.path())).headers(headers).send().await?;
        check_reqwest(answer)?;
        Ok(())
    }

    fn arrived(&self, headers: &HeaderMap) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let mut said: Vec<String> = Vec::new();
        for (name, value) in headers {
            if name.as_str().starts_with("retry-") {
                said.push(format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())));
            }
        }
        *self.scope.lock().unwrap_or_else(PoisonError::into_inner) = said.join(", ");
    }
}
