//! `Budgets` with hostile keys: made-up keys, and keys whose own code panics or is slow.

use std::cell::Cell;
use std::hash::{Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use backoff_core::{Budget, Budgets};

fn drain(budget: &Budget) -> u32 {
    std::iter::repeat_with(|| budget.withdraw()).take_while(|is_given| *is_given).map(|_| 1).sum()
}

/// The calls of a key's own code.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Calls {
    hash: u32,
    eq: u32,
    clone: u32,
    drop: u32,
}

thread_local! {
    static CALLS: Cell<Calls> = const { Cell::new(Calls { hash: 0, eq: 0, clone: 0, drop: 0 }) };
    /// The name of the trait in which a [`Probe`] panics.
    static PANICS_IN: Cell<&'static str> = const { Cell::new("") };
}

fn count(name: &str, add: fn(&mut Calls)) {
    let mut calls = CALLS.get();
    add(&mut calls);
    CALLS.set(calls);
    if PANICS_IN.get() == name {
        PANICS_IN.set("");
        panic!("{name} panics");
    }
}

/// A key that counts the calls of its code. All keys of one `class` have the same hash.
#[derive(Debug)]
struct Probe {
    class: u32,
    number: u32,
}

impl Probe {
    const fn new(number: u32) -> Self {
        Self { class: number, number }
    }
}

impl Hash for Probe {
    fn hash<H: Hasher>(&self, state: &mut H) {
        count("Hash", |calls| calls.hash += 1);
        self.class.hash(state);
    }
}

impl PartialEq for Probe {
    fn eq(&self, other: &Self) -> bool {
        count("Eq", |calls| calls.eq += 1);
        self.number == other.number
    }
}

impl Eq for Probe {}

impl Clone for Probe {
    fn clone(&self) -> Self {
        count("Clone", |calls| calls.clone += 1);
        Self { ..*self }
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        count("Drop", |calls| calls.drop += 1);
    }
}

/// Returns the calls of key code that `run` makes.
fn calls_of(run: impl FnOnce()) -> Calls {
    CALLS.take();
    run();
    CALLS.take()
}

#[test]
fn a_made_up_key_is_hashed_once_and_compared_with_none_beside_any_number_of_keys() {
    for keys in [100, 100_000] {
        let budgets: Budgets<Probe> = Budgets::new().max_keys(keys as usize).capacity(10);
        (0..keys).for_each(|number| drop(budgets.get(&Probe::new(number))));
        let made_up: Vec<_> = (keys..keys + 100).map(Probe::new).collect();
        for key in &made_up {
            let calls = calls_of(|| drop(budgets.get(key)));
            assert_eq!(calls, Calls { hash: 1, eq: 0, clone: 1, drop: 1 }, "{keys} keys");
        }
        let known = calls_of(|| drop(budgets.get(&made_up[99])));
        assert_eq!(known, Calls { hash: 1, eq: 1, ..Calls::default() }, "{keys} keys");
    }
}

#[test]
fn a_million_made_up_keys_take_no_token_of_keys_in_use() {
    const MADE_UP: u64 = 1_000_000;
    let budgets: Budgets<u64> = Budgets::new().capacity(10);
    let honest = || MADE_UP..MADE_UP + 500;
    (0..2).for_each(|_| honest().for_each(|key| drop(budgets.get(&key))));
    let taken: u64 = (0..MADE_UP).map(|key| u64::from(drain(&budgets.get(&key)))).sum();
    assert_eq!(taken, (1_024 - 500) * 10, "made-up keys share the places that nobody else has");
    assert!(honest().all(|key| drain(&budgets.get(&key)) == 10));
}

#[test]
fn keys_in_use_keep_their_tokens_among_made_up_keys_that_come_twice() {
    let budgets: Budgets<u32> = Budgets::new().max_keys(64).capacity(10);
    let honest = 0..10_u32;
    for round in 0..1_000_u32 {
        honest.clone().for_each(|key| drop(budgets.get(&key)));
        let made_up = 100 + 40 * round;
        (made_up..made_up + 40).for_each(|key| drop((budgets.get(&key), drain(&budgets.get(&key)))));
    }
    assert!(honest.into_iter().all(|key| drain(&budgets.get(&key)) == 10));
}

#[test]
fn a_host_that_comes_in_a_flood_earns_its_tokens_and_keeps_them() {
    let budgets: Budgets<u32> = Budgets::new().max_keys(16).ratio(1.0).capacity(10);
    let flood = |round: u32| (0..15).for_each(|key| assert!(drain(&budgets.get(&(1_000 + 15 * round + key))) <= 10));
    flood(0);
    flood(1);
    assert_eq!(drain(&budgets.get(&1)), 0, "it starts with what made-up keys have left");
    (0..3).for_each(|_| budgets.get(&1).deposit());
    (2..1_000).for_each(flood);
    assert_eq!(drain(&budgets.get(&1)), 3);
}

#[test]
fn hosts_that_are_gone_make_room_for_others() {
    let budgets: Budgets<u32> = Budgets::new().max_keys(8).capacity(10);
    let use_twice = |key: u32| drop((budgets.get(&key), budgets.get(&key)));
    (0..100).for_each(use_twice);
    let mut keys: Vec<_> = budgets.snapshot().into_iter().map(|place| place.key).collect();
    keys.sort_unstable();
    assert_eq!((keys.len(), &keys[2..]), (8, &[94, 95, 96, 97, 98, 99][..]), "six regulars and two newcomers");
}

#[test]
fn all_keys_together_never_get_more_than_each_place_held_once() {
    for max_keys in [0, 1, 2, 3, 8, 31] {
        let budgets: Budgets<u64> = Budgets::new().max_keys(max_keys).capacity(4);
        let (mut random, mut taken, mut held) = (1_u64, 0, Vec::new());
        for _ in 0..20_000 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let budget = budgets.get(&(random >> 58));
            taken += u64::from(budget.withdraw());
            if (random >> 20) % 8 == 0 {
                held.push(budget);
            }
            if held.len() > 5 {
                held.swap_remove((random >> 30) as usize % 5);
            }
        }
        drop(held);
        taken += (0..10_000).map(|key| u64::from(drain(&budgets.get(&key)))).sum::<u64>();
        assert!(taken <= 4 * (max_keys as u64 + 1), "{taken} tokens from {max_keys} places");
        assert!(budgets.len() == max_keys, "{budgets:?}");
    }
}

#[test]
fn budgets_that_calls_hold_keep_their_places_and_the_search_goes_on_behind_them() {
    let budgets: Budgets<u32> = Budgets::new().max_keys(20).capacity(10);
    let held: Vec<_> = (0..19).map(|key| budgets.get(&key)).collect();
    drop(budgets.get(&19));
    let newcomers: Vec<_> = (100..103).map(|key| budgets.get(&key)).collect();
    assert!(Arc::ptr_eq(&newcomers[0], &newcomers[1]), "the sixteen examined for these two are all held");
    assert!(!Arc::ptr_eq(&newcomers[1], &newcomers[2]), "the third finds the place that is free");
    assert!((0..19).all(|key| Arc::ptr_eq(&held[key as usize], &budgets.get(&key))));
}

#[test]
fn keys_of_the_same_hash_have_separate_budgets() {
    let budgets: Budgets<Probe> = Budgets::new().max_keys(8).capacity(10);
    let key = |number| Probe { class: 7, number };
    for number in 0..8 {
        assert_eq!(drain(&budgets.get(&key(number))), 10);
    }
    assert_eq!((0..8).map(|number| drain(&budgets.get(&key(number)))).sum::<u32>(), 0);
    (8..100).for_each(|number| drop(budgets.get(&key(number))));
    assert_eq!(budgets.len(), 8);
    assert_eq!((drain(&budgets.get(&key(99))), budgets.snapshot().len()), (0, 8));
}

#[test]
fn a_panic_in_the_code_of_a_key_changes_no_budget_and_poisons_nothing() {
    for place in ["Hash", "Eq", "Clone", "Drop"] {
        let budgets: Budgets<Probe> = Budgets::new().max_keys(4).capacity(10);
        let all = [0, 1, 2, 3].map(Probe::new);
        let held = [&all[0], &all[1], &all[2]].map(|key| budgets.get(key));
        assert!(held.iter().all(|budget| budget.withdraw()));
        drop(budgets.get(&all[3])); // the only one that can make room
        let (known, new) = (Probe::new(0), Probe::new(9));
        let key = if place == "Eq" { &known } else { &new };
        PANICS_IN.set(place);
        let panic = catch_unwind(AssertUnwindSafe(|| drop(budgets.get(key)))).expect_err(place);
        assert_eq!(panic.downcast_ref::<String>(), Some(&format!("{place} panics")));
        for (key, budget) in all.iter().zip(&held) {
            assert!(Arc::ptr_eq(&budgets.get(key), budget), "{place}");
            assert_eq!(budget.available().to_bits(), 9.0_f64.to_bits(), "{place}");
        }
        assert_eq!(budgets.len(), 4, "{place}");
        assert_eq!(drain(&budgets.get(&new)), 10, "{place}: the key gets its place at the next look-up");
    }
}

#[test]
fn a_panic_while_a_snapshot_clones_a_key_changes_nothing() {
    let budgets: Budgets<Probe> = Budgets::new().capacity(10);
    assert!(budgets.get(&Probe::new(1)).withdraw());
    PANICS_IN.set("Clone");
    assert!(catch_unwind(AssertUnwindSafe(|| budgets.snapshot())).is_err());
    let all = budgets.snapshot();
    assert_eq!((all.len(), all[0].key.number, all[0].available.to_bits()), (1, 1, 9.0_f64.to_bits()));
}

#[test]
fn a_snapshot_lists_each_key_with_its_tokens() {
    let budgets: Budgets<String> = Budgets::new().capacity(2);
    assert!(budgets.snapshot().is_empty());
    assert!(budgets.get("b").withdraw());
    drop(budgets.get("a"));
    let mut all: Vec<_> =
        budgets.snapshot().into_iter().map(|place| (place.key, place.available.to_string(), place.capacity)).collect();
    all.sort();
    assert_eq!(all, [("a".to_owned(), "2".to_owned(), 2), ("b".to_owned(), "1".to_owned(), 2)]);
}
