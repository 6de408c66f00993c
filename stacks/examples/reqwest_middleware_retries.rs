//! Retries by a middleware of reqwest: `cargo run -p backoff-stacks --example reqwest_middleware_retries`.

use backoff_stacks::reqwest_middleware_retries::{run, run_annotated, stream};
use reqwest::{Body, Method};
use tower::BoxError;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let order = || Body::from("order 7");
    for (title, method, path, key, body) in [
        ("PUT, 503 with `Retry-After: 1`, then 200", Method::PUT, "/busy", None, order()),
        ("the same, with a stream as body", Method::PUT, "/busy", None, stream("order 7")),
        ("GET, always 503", Method::GET, "/closed", None, Body::default()),
        ("POST, 502, then 200", Method::POST, "/crash", None, order()),
        ("the same, with an Idempotency-Key", Method::POST, "/crash", Some("7"), order()),
    ] {
        let started = std::time::Instant::now();
        let outcome = run(method, path, key, body).await?;
        println!("{title}: {} requests in {} ms", outcome.requests.len(), started.elapsed().as_millis());
        println!("  {:?}", outcome.result);
    }
    let outcome = run_annotated("/busy").await?;
    println!("`#[retry]` above a client with other middleware: {} requests", outcome.requests.len());
    println!("  {:?}", outcome.result);
    Ok(())
}
