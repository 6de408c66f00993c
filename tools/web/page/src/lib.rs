//! Calls of `backoff-core` as a program in a web page writes them: no `sleep`, no `seed` and no clock. `.ci/wasm` runs
//! them in a page, in a worker and in Node.
#![forbid(unsafe_code)]

#[cfg(feature = "web")]
mod calls;
#[cfg(feature = "web")]
mod checks;
#[cfg(not(feature = "web"))]
mod without;

use wasm_bindgen::prelude::*;

#[wasm_bindgen(start)]
fn start() {
    console::show_panics();
}
