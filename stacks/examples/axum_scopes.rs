//! Three services of axum, each with three attempts: `cargo run -p backoff-stacks --example axum_scopes`.

use backoff_stacks::axum_scopes::{client_with_scopes, client_without_retries, client_without_scopes, run};
use tower::BoxError;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    println!("requests for one request of a customer; service C always answers 503\n");
    println!("{:<52} status   A   B   C", "");
    for (title, customer, with_scopes) in [
        ("each service retries by itself", client_without_scopes(), false),
        ("scopes: the customer retries, and no service does", client_with_scopes(), true),
        ("scopes: the customer does not retry, so A does", client_without_retries(), true),
    ] {
        let outcome = run(&customer, with_scopes).await?;
        let [a, b, c] = outcome.requests;
        println!("{title:<52} {:<6} {a:>3} {b:>3} {c:>3}", outcome.status.as_u16());
    }
    Ok(())
}
