//! Panics in the console of a page, of a worker or of Node. A page alone reports a panic as a trap without a text.
#![forbid(unsafe_code)]

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console)]
    fn error(text: &str);
}

/// Writes the text of each panic to the console.
pub fn show_panics() {
    std::panic::set_hook(Box::new(|panic| error(&panic.to_string())));
}
