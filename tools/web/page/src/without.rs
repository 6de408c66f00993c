//! The same page without the feature `web`: what it may do, and what explains why not.

use std::future::ready;
use std::time::Duration;

use backoff_core::{Jitter, Policy};
use wasm_bindgen::prelude::*;

const NO_JITTER: Policy = Policy::constant(Duration::from_millis(1)).jitter(Jitter::None).max_attempts(2).build();

/// Makes a call with all that a page lacks without the feature.
#[wasm_bindgen]
pub async fn with_all_given() -> bool {
    let policy = Policy::exponential().max_elapsed(Duration::from_secs(1)).max_attempts(3).build();
    let call = policy.retry(|| ready(Err::<(), _>("down"))).sleep(|_| ready(())).clock(|| Duration::ZERO).seed(7);
    call.report().await.is_err_and(|end| end.attempts == 3)
}

#[wasm_bindgen]
pub async fn without_a_clock() {
    let _traps = NO_JITTER.retry(|| ready(Err::<(), _>("down"))).sleep(|_| ready(())).report().await;
}

#[wasm_bindgen]
pub fn without_a_seed() {
    let _traps = Policy::exponential().build().delays().next();
}
