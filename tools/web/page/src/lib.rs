//! Calls of `backoff-core` as a program in a web page writes them: no `sleep`, no `seed` and no clock. `.ci/wasm` runs them in a page, in
//! a worker and in Node.
#![forbid(unsafe_code)]

#[cfg(feature = "web")]
mod calls;
#[cfg(feature = "web")]
mod checks;
#[cfg(not(feature = "web"))]
mod without;

use wasm_bindgen::prelude::*;

// Node and browsers have it.
#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console)]
    fn error(text: &str);
}

/// Shows panics, which a page reports as a trap without a text.
#[wasm_bindgen(start)]
fn start() {
    std::panic::set_hook(Box::new(|panic| error(&panic.to_string())));
}
