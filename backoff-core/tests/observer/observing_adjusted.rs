//! A run-time value that would be refused is moved, and reported once per call site.

use std::sync::Mutex;

use backoff_core::observe::{CallEvent, EventKind};
use backoff_core::retry;

use crate::observe;

static TOLD: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn note(event: &CallEvent<'_>) {
    if !["moved", "kept"].contains(&event.name()) {
        return;
    }
    if let (EventKind::ValueMoved { problem, .. }, Ok(mut told)) = (event.kind(), TOLD.lock()) {
        told.push(format!("{}: {problem}", event.name()));
    }
}

#[retry(max_attempts = attempts, delay = "0s", name = "moved")]
fn moved(attempts: u32, calls: &mut u32) -> Result<(), &'static str> {
    *calls += 1;
    Err("down")
}

#[retry(multiplier = growth, initial_delay = "1ns", max_attempts = 2, name = "kept")]
fn kept(growth: f64) -> Result<(), &'static str> {
    Err("down")
}

#[test]
fn a_moved_value_is_reported_once_per_call_site_and_an_allowed_one_never() {
    observe(note);
    let mut calls = 0;
    for _ in 0..3 {
        assert!(moved(0, &mut calls).is_err());
        assert!(kept(1.5).is_err());
    }
    assert_eq!(calls, 3, "0 is moved to 1");
    assert_eq!(*TOLD.lock().unwrap(), ["moved: `max_attempts` is 0; use at least 1: the first attempt counts"]);
}
