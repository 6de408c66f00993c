//! A service that shows its retries: run `cargo run --example service`, then open the address that it prints.
//!
//! It calls a flaky upstream through annotated functions, and serves
//!
//! - `/retries`: a page for operators, with every call site that has failed, its counts and its schedule;
//! - `/metrics`: the same and more for Prometheus;
//! - `/visit`: one customer, who makes one call of every kind.
//!
//! Its log is written to standard error; `RUST_LOG=backoff_core=debug` shows every retry. It serves until Ctrl-C. With
//! `-- --demo` it serves for a few seconds, checks its own pages against the counts of the library, and ends. `--
//! --listen 127.0.0.1:3000` chooses the address.

mod chart;
mod clients;
mod demo;
mod page;
mod scrape;
mod upstream;
mod words;

use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::Html;
use axum::routing::get;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tracing_subscriber::EnvFilter;

use self::clients::Shop;

/// Bounds of the buckets of both histograms, in seconds.
const SECONDS: [f64; 9] = [0.001, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0];

/// The options of the command line.
struct Options {
    is_demo: bool,
    listen: SocketAddr,
}

impl Options {
    fn read() -> Result<Self, Box<dyn Error>> {
        let mut options = Self { is_demo: false, listen: SocketAddr::from(([127, 0, 0, 1], 0)) };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--demo" => options.is_demo = true,
                "--listen" => {
                    let address =
                        arguments.next().ok_or("`--listen` lacks its address; use `--listen 127.0.0.1:3000`")?;
                    options.listen = address.parse().map_err(|error| {
                        format!("`--listen {address}` is no address: {error}; use `--listen 127.0.0.1:3000`")
                    })?;
                }
                other => return Err(format!("unknown argument `{other}`; expected `--demo` or `--listen`").into()),
            }
        }
        Ok(options)
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::read()?;
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    // Before the first call, because counts without a recorder are lost.
    let metrics = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?
        .install_recorder()?;

    let shop = Arc::new(Shop::new(upstream::start().await?)?);
    let listener = TcpListener::bind(options.listen).await?;
    let url = format!("http://{}", listener.local_addr()?);
    let app = Router::new()
        .route("/", get(page::retries).with_state(metrics.clone()))
        .route("/retries", get(page::retries).with_state(metrics.clone()))
        .route("/metrics", get(for_prometheus).with_state(metrics))
        .route("/visit", get(visit).with_state(Arc::clone(&shop)));
    tokio::spawn(async move { axum::serve(listener, app).await });

    println!("for operators   {url}/retries");
    println!("for Prometheus  {url}/metrics");
    println!("for customers   {url}/visit");
    let customers = Customers::arrive(shop);
    if options.is_demo {
        return demo::run(&url, customers).await;
    }
    println!("until Ctrl-C");
    tokio::signal::ctrl_c().await?;
    Ok(())
}

/// Returns the page that Prometheus reads.
async fn for_prometheus(State(metrics): State<PrometheusHandle>) -> String {
    metrics.run_upkeep();
    metrics.render()
}

/// Handles the visit of one customer.
async fn visit(State(shop): State<Arc<Shop>>) -> Html<String> {
    page::visited(&shop.visit().await)
}

/// Customers who come one after another, so that the pages have data.
struct Customers {
    are_leaving: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl Customers {
    fn arrive(shop: Arc<Shop>) -> Self {
        let are_leaving = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&are_leaving);
        let task = tokio::spawn(async move {
            while !seen.load(Ordering::Relaxed) {
                shop.visit().await;
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        });
        Self { are_leaving, task }
    }

    /// Waits until the last one has left, so that no call is in progress.
    async fn leave(self) -> Result<(), tokio::task::JoinError> {
        self.are_leaving.store(true, Ordering::Relaxed);
        self.task.await
    }
}
