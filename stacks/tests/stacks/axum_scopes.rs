//! Requests of three services that call each other.

use axum::http::StatusCode;
use backoff_stacks::axum_scopes::{
    HttpClient, Outcome, client_with_scopes, client_without_retries, client_without_scopes, run,
};

async fn requests(customer: HttpClient, with_scopes: bool) -> [u32; 3] {
    let Outcome { status, requests } = run(&customer, with_scopes).await.expect("loopback");
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE); // the answer of C, handed back by every layer
    requests
}

#[tokio::test]
async fn without_scopes_the_attempts_multiply() {
    assert_eq!(requests(client_without_scopes(), false).await, [3, 9, 27]);
}

#[tokio::test]
async fn with_scopes_only_the_customer_retries() {
    assert_eq!(requests(client_with_scopes(), true).await, [3, 3, 3]);
}

#[tokio::test]
async fn with_scopes_the_first_service_retries_for_a_customer_who_does_not() {
    assert_eq!(requests(client_without_retries(), true).await, [1, 3, 3]);
}

/// One side alone changes nothing: a scope must be written, and must be read.
#[tokio::test]
async fn a_customer_that_writes_no_scope_multiplies_the_attempts_of_the_first_service() {
    assert_eq!(requests(client_without_scopes(), true).await, [3, 9, 9]);
    assert_eq!(requests(client_with_scopes(), false).await, [3, 9, 27]);
}
