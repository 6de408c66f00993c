//! The ways of calling, in the order in which they are shown.

/// The references, ours, and the other crates.
pub const WAYS: [&str; 12] = [
    "bare",
    "hand",
    "policy",
    "retry",
    "backon",
    "backon_macros",
    "tokio_retry",
    "tokio_retry2",
    "tryhard",
    "tower",
    "backoff",
    "retry_crate",
];
/// The ways whose figures have goals, and must not grow.
pub const OURS: [&str; 2] = ["policy", "retry"];
/// The other crates.
pub const PEERS: [&str; 8] =
    ["backon", "backon_macros", "tokio_retry", "tokio_retry2", "tryhard", "tower", "backoff", "retry_crate"];

/// The label of a way in tables and documents.
#[must_use]
pub fn heading(way: &str) -> &str {
    match way {
        "retry" => "#[retry]",
        "backon_macros" => "#[backon]",
        "tokio_retry" => "tokio-retry",
        "tokio_retry2" => "tokio-retry2",
        "retry_crate" => "retry (crate)",
        other => other,
    }
}
