//! The ways of calling, in the order in which they are shown.

/// The references, ours, and the other crates.
pub const WAYS: [&str; 16] = [
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
    "relentless",
    "mettle",
    "execution_policy",
    "tower_resilience",
    "backoff",
    "retry_crate",
];
/// The references.
const REFERENCES: usize = 2;
/// The ways whose figures have goals, and must not grow.
pub const OURS: [&str; 2] = ["policy", "retry"];
/// The other crates.
pub const PEERS: &[&str] = WAYS.split_at(REFERENCES + OURS.len()).1;
/// The other crates that retry async calls: all but the last.
pub const ASYNC_PEERS: &[&str] = PEERS.split_at(PEERS.len() - 1).0;

/// The label of a way in tables and documents.
#[must_use]
pub fn heading(way: &str) -> &str {
    match way {
        "retry" => "#[retry]",
        "backon_macros" => "#[backon]",
        "tokio_retry" => "tokio-retry",
        "tokio_retry2" => "tokio-retry2",
        "execution_policy" => "execution-policy",
        "tower_resilience" => "tower-resilience",
        "retry_crate" => "retry (crate)",
        other => other,
    }
}
