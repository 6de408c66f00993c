//! What the programs of this package send and receive, counted by their servers.

mod axum_scopes;
mod reqwest_middleware_retries;
mod tonic_push_backs;
