//! The functions that the page `docs/explorer` calls. Each returns JSON.
#![forbid(unsafe_code)]

use explorer::{Outage, Retries};
use wasm_bindgen::prelude::*;

#[wasm_bindgen(start)]
fn start() {
    console::show_panics();
}

/// Explains an attribute for attempts of so many seconds.
#[wasm_bindgen]
#[must_use]
pub fn explain(text: &str, attempt: f64) -> String {
    explorer::explain(text, attempt).to_string()
}

/// Returns the text with this value of an argument.
#[wasm_bindgen]
#[must_use]
pub fn set(text: &str, name: &str, value: &str) -> String {
    explorer::set(text, name, value)
}

/// Returns the text without an argument.
#[wasm_bindgen]
#[must_use]
pub fn remove(text: &str, name: &str) -> String {
    explorer::remove(text, name)
}

/// Simulates an outage. `retries` is `none`, `policy` or `budget`.
#[wasm_bindgen]
#[must_use]
pub fn outage(text: &str, clients: u32, load: f64, lasts: f64, ratio: f64, retries: &str) -> String {
    let retries = match retries {
        "none" => Retries::None,
        "policy" => Retries::Policy,
        _ => Retries::Budget,
    };
    explorer::outage(text, Outage { clients, load, lasts, ratio }, retries).to_string()
}

/// Returns the requests that reach the last of `depth` services.
#[wasm_bindgen]
#[must_use]
pub fn nested(text: &str, depth: u32, ratio: f64) -> String {
    explorer::nested(text, depth, ratio).to_string()
}
