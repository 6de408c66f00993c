//! A server of tonic that requests waits: `cargo run -p backoff-stacks --example tonic_push_backs`.

use std::time::Duration;

use backoff_stacks::tonic_push_backs::{Place, pushed_back, run, with_retry_info};
use tonic::Status;
use tower::BoxError;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    for (title, script) in [
        ("UNAVAILABLE, grpc-retry-pushback-ms: 80, then tea", vec![pushed_back(80)]),
        ("UNAVAILABLE, RetryInfo of 60 ms, then tea", vec![with_retry_info(Duration::from_millis(60))]),
        ("UNAVAILABLE, grpc-retry-pushback-ms: -1", vec![pushed_back(-1)]),
        ("INVALID_ARGUMENT", vec![Status::invalid_argument("no such leaf")]),
    ] {
        println!("the server: {title}");
        for place in [Place::Function, Place::GrpcLayer, Place::StatusLayer] {
            let outcome = run(place, script.clone()).await?;
            let gaps: Vec<_> = outcome.gaps.iter().map(|gap| format!("{} ms", gap.as_millis())).collect();
            let gaps = if gaps.is_empty() { String::new() } else { format!(", after {}", gaps.join(", ")) };
            let place = format!("{place:?}");
            println!("  {place:<12} {} requests{gaps}: {:?}", outcome.requests, outcome.result);
        }
    }
    Ok(())
}
