//! Retries in the metrics of OpenTelemetry: `cargo run -p backoff-stacks --example opentelemetry_metrics`.

use backoff_stacks::opentelemetry_metrics::run;
use tower::BoxError;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    for reading in run().await? {
        println!("{reading}");
    }
    Ok(())
}
