//! Loom models: every order in which call sites can fail for the first time.

use std::time::Duration;

use loom::thread;

use super::{CallSite, call_sites};
use crate::Decision;
use crate::observe::Level;

const RETRY: Decision = Decision::RetryAfter(Duration::ZERO);

fn site(line: u32) -> &'static CallSite {
    Box::leak(Box::new(CallSite::new(Some("site"), || "site", "file", line, None, Level::Debug)))
}

fn lines() -> Vec<u32> {
    call_sites().map(CallSite::line).collect()
}

#[test]
fn a_site_that_fails_on_two_threads_at_once_is_listed_once() {
    loom::model(|| {
        let (first, second) = (site(1), site(2));
        let other = thread::spawn(move || first.count(RETRY));
        first.count(RETRY);
        second.count(RETRY); // listed again, the first one would hide it
        other.join().unwrap();
        let mut all = lines();
        all.sort_unstable();
        assert_eq!((all, first.retries()), (vec![1, 2], 2));
    });
}

#[test]
fn sites_that_fail_at_once_are_all_listed_and_the_list_is_never_cut() {
    loom::model(|| {
        let (first, second) = (site(1), site(2));
        first.count(RETRY);
        let other = thread::spawn(move || second.count(RETRY));
        let seen = lines();
        assert!(seen == [1] || seen == [2, 1], "{seen:?}");
        let third = site(3);
        third.count(RETRY);
        other.join().unwrap();
        let mut all = lines();
        all.sort_unstable();
        assert_eq!(all, [1, 2, 3]);
    });
}
