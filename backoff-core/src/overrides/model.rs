//! Loom models: every order in which overrides can be changed and looked up.

use loom::thread;

use super::{Override, Overrides, clear, current, is_active, remove, replace_all, set};

/// Two overrides that are always set together.
fn pair(attempts: u32) -> Overrides {
    let settings = Override::new().max_attempts(attempts);
    let mut pair = Overrides::new();
    pair.insert("a", settings.clone()).unwrap();
    pair.insert("b", settings).unwrap();
    pair
}

#[test]
fn no_call_sees_some_old_and_some_new_overrides() {
    loom::model(|| {
        replace_all(pair(1));
        let other = thread::spawn(|| replace_all(pair(2)));
        let seen = current();
        assert!(seen == pair(1) || seen == pair(2), "{seen}");
        other.join().unwrap();
        assert_eq!(current(), pair(2));
    });
}

#[test]
fn what_is_set_is_looked_for_and_what_is_removed_is_not() {
    loom::model(|| {
        let other = thread::spawn(|| {
            set("a", Override::new().disabled()).unwrap();
            assert!(is_active(), "a thread sees what it has set itself");
        });
        remove("b");
        other.join().unwrap();
        assert!(is_active() && current().get("a").is_some());
        clear();
        assert!(!is_active());
    });
}

#[test]
fn setting_and_clearing_at_once_leaves_either_all_or_nothing() {
    loom::model(|| {
        let other = thread::spawn(|| set("a", Override::new().disabled()).unwrap());
        clear();
        set("b", Override::new().disabled()).unwrap();
        clear();
        other.join().unwrap();
        assert_eq!(is_active(), !current().is_empty());
        clear();
        assert!(!is_active());
    });
}
