//! The short path beside an override, in a process of its own, because an override of the process disturbs every call.

use backoff_core::{overrides, retry};

#[retry(max_attempts = 5, name = "short_path.overridden", sleep = |_| overrides::clear())]
fn overridden(calls: &mut u32) -> Result<(), &'static str> {
    *calls += 1;
    Err("down")
}

#[test]
fn a_call_keeps_its_override_when_it_is_removed_during_a_delay() {
    overrides::load("short_path.overridden: max_attempts=2").unwrap();
    let mut calls = 0;
    assert!(overridden(&mut calls).is_err());
    assert_eq!(calls, 2);
}
