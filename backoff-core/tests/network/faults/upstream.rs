//! The server behind the proxy. It records the requests that it received and executed.

use std::collections::HashSet;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

/// The header with which a repeated payment is executed once.
pub(crate) const KEY: &str = "idempotency-key";

/// A shop. Dropping it closes it.
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    ledger: Arc<Ledger>,
    serving: AbortHandle,
}

/// The requests and payments of each call.
struct Ledger {
    arrived: Vec<AtomicU32>,
    paid: Vec<AtomicU32>,
    keys: Mutex<HashSet<String>>,
}

impl Upstream {
    /// Listens on a free port of the loopback interface; calls are numbered up to `calls`.
    pub(crate) async fn start(calls: u32) -> io::Result<Self> {
        let counts = || (0..calls).map(|_| AtomicU32::new(0)).collect();
        let ledger = Arc::new(Ledger { arrived: counts(), paid: counts(), keys: Mutex::default() });
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let shop = Router::new().route("/order/{call}", get(order)).route("/pay/{call}", post(pay));
        let shop = shop.with_state(Arc::clone(&ledger));
        let serving = tokio::spawn(async move { axum::serve(listener, shop).await }).abort_handle();
        Ok(Self { address, ledger, serving })
    }

    /// Returns the number of requests of a call that arrived.
    pub(crate) fn arrived(&self, call: u32) -> u32 {
        count(&self.ledger.arrived, call)
    }

    /// Returns the number of payments of a call.
    pub(crate) fn paid(&self, call: u32) -> u32 {
        count(&self.ledger.paid, call)
    }

    /// Returns the number of different keys.
    pub(crate) fn keys(&self) -> usize {
        self.ledger.keys.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn order(State(ledger): State<Arc<Ledger>>, Path(call): Path<u32>) -> String {
    add_one(&ledger.arrived, call);
    format!("order {call}")
}

async fn pay(State(ledger): State<Arc<Ledger>>, Path(call): Path<u32>, headers: HeaderMap) -> String {
    add_one(&ledger.arrived, call);
    let key = headers.get(KEY).map(|key| String::from_utf8_lossy(key.as_bytes()).into_owned());
    let is_new = key.is_none_or(|key| ledger.keys.lock().unwrap_or_else(PoisonError::into_inner).insert(key));
    if is_new {
        add_one(&ledger.paid, call);
    }
    format!("paid {call}")
}

fn count(counts: &[AtomicU32], call: u32) -> u32 {
    counts.get(call as usize).map_or(0, |count| count.load(Relaxed))
}

fn add_one(counts: &[AtomicU32], call: u32) {
    if let Some(count) = counts.get(call as usize) {
        count.fetch_add(1, Relaxed);
    }
}
