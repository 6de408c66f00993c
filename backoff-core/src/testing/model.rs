//! Loom models: every order in which guards of the process can be created and dropped.

use loom::thread;

use super::setup::Setup;
use crate::test_hooks::{are_retries_disabled, attempt_ended};

#[test]
fn a_guard_is_in_force_for_threads_that_start_under_it_and_for_no_other() {
    loom::model(|| {
        let guard = Setup::new().disabled().for_process();
        let under = thread::spawn(are_retries_disabled);
        assert!(under.join().unwrap() && are_retries_disabled());
        drop(guard);
        assert!(!thread::spawn(are_retries_disabled).join().unwrap() && !are_retries_disabled());
    });
}

#[test]
fn guards_that_come_and_go_at_once_take_out_only_themselves() {
    loom::model(|| {
        let other = thread::spawn(|| {
            let guard = Setup::new().disabled().for_process();
            assert!(are_retries_disabled());
            drop(guard);
        });
        let guard = Setup::new().max_attempts(1).for_process();
        attempt_ended();
        assert_eq!(guard.attempts(), 1);
        other.join().unwrap();
        assert!(!are_retries_disabled());
    });
}
