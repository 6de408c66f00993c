use std::hash::Hasher;

use super::*;

fn drain(budget: &Budget) -> u32 {
    let mut taken = 0;
    while budget.withdraw() {
        taken += 1;
    }
    taken
}

#[test]
fn a_key_has_one_budget_and_another_key_another() {
    let budgets: Budgets<String> = Budgets::new();
    assert!(Arc::ptr_eq(&budgets.get("a"), &budgets.get("a")));
    assert!(!Arc::ptr_eq(&budgets.get("a"), &budgets.get("b")));
    assert_eq!(format!("{budgets:?}"), "Budgets { len: 2, max_keys: 1024, .. }");
}

#[test]
fn each_key_gets_the_settings() {
    let budgets: Budgets<u8> = Budgets::new().ratio(0.5).capacity(3);
    let budget = budgets.get(&1);
    assert_eq!(drain(&budget), 3);
    budget.deposit();
    assert_eq!(budget.available().to_bits(), 0.5_f64.to_bits());
    assert!(budgets.try_capacity(0).is_err());
}

#[test]
fn settings_from_outside_are_taken_or_refused() {
    let budgets: Budgets<u8> = Budgets::new().try_ratio(0.25).unwrap().try_capacity(2).unwrap();
    assert!(budgets.is_empty());
    let budget = budgets.get(&1);
    assert!(!budgets.is_empty());
    assert_eq!(drain(&budget), 2);
    budget.deposit();
    assert_eq!(budget.available().to_bits(), 0.25_f64.to_bits());
    assert!(budgets.try_ratio(2.0).is_err());
}

#[test]
fn full_budgets_that_no_call_holds_make_room() {
    let budgets: Budgets<u32> = Budgets::new().max_keys(3).capacity(10);
    let held = budgets.get(&0);
    assert!(budgets.get(&1).withdraw());
    (2..100).for_each(|key| drop(budgets.get(&key)));
    assert_eq!(budgets.len(), 3);
    assert!(Arc::ptr_eq(&held, &budgets.get(&0)), "held budgets stay");
    assert_eq!(budgets.get(&1).available().to_bits(), 9.0_f64.to_bits(), "spent budgets stay");
}

#[test]
fn made_up_keys_bring_no_fresh_tokens() {
    let budgets: Budgets<u32> = Budgets::new().max_keys(4).capacity(10);
    let taken: u32 = (0..1_000).map(|key| drain(&budgets.get(&key))).sum();
    assert_eq!((taken, budgets.len()), (40, 4));
}

#[test]
fn without_idle_budgets_the_one_asked_for_longest_ago_goes() {
    let budgets: Budgets<u32> = Budgets::new().max_keys(2).capacity(10);
    (0..4).for_each(|_| assert!(budgets.get(&1).withdraw()));
    assert!(budgets.get(&2).withdraw());
    drop(budgets.get(&1)); // now 2 was asked for longest ago
    assert_eq!(budgets.get(&3).available().to_bits(), 9.0_f64.to_bits(), "3 goes on with the tokens of 2");
    assert_eq!(budgets.get(&1).available().to_bits(), 6.0_f64.to_bits());
}

#[test]
fn keys_share_one_budget_while_calls_hold_all_others() {
    let budgets: Budgets<u32> = Budgets::new().max_keys(1).capacity(2);
    let held = budgets.get(&1);
    assert_eq!(drain(&budgets.get(&2)) + drain(&budgets.get(&3)), 2);
    assert_eq!((drain(&held), budgets.len()), (2, 1));
    drop(held);
    assert_eq!((drain(&budgets.get(&2)), budgets.len()), (0, 1), "2 has taken the place of 1");
    let all_share: Budgets<u32> = Budgets::new().max_keys(0);
    assert!(Arc::ptr_eq(&all_share.get(&1), &all_share.get(&2)));
}

/// A key whose own code uses the same collection.
struct Reentrant(u32);

static NESTED: Budgets<Reentrant> = Budgets::new().max_keys(1).capacity(10);

impl Hash for Reentrant {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl PartialEq for Reentrant {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for Reentrant {}

impl Clone for Reentrant {
    fn clone(&self) -> Self {
        assert!(NESTED.len() <= 1);
        Self(self.0)
    }
}

impl Drop for Reentrant {
    fn drop(&mut self) {
        assert!(NESTED.len() <= 1);
    }
}

#[test]
fn the_lock_is_free_while_keys_are_copied_and_dropped() {
    (0..3).for_each(|key| drop(NESTED.get(&Reentrant(key))));
    let held = NESTED.get(&Reentrant(2));
    assert!(NESTED.get(&Reentrant(3)).withdraw());
    assert_eq!((NESTED.len(), held.available().to_bits()), (1, 10.0_f64.to_bits()));
}

#[cfg(target_has_atomic = "64")]
#[test]
fn a_key_that_takes_a_place_has_no_history_and_a_key_that_stays_keeps_its_own() {
    let budgets: Budgets<u32> = Budgets::new().max_keys(2);
    let busy = |key| (0..2_000).for_each(|_| budgets.get(&key).deposit());
    let capacities = || {
        let mut all: Vec<_> = budgets.snapshot().into_iter().map(|place| (place.key, place.capacity)).collect();
        all.sort_unstable();
        all
    };
    busy(1);
    drop(budgets.get(&2));
    assert_eq!(capacities(), [(1, 10), (2, 2)]);
    drop(budgets.get(&3)); // replaces 2
    drop(budgets.get(&3));
    drop(budgets.get(&4)); // 3 is looked up last, so 1 loses its place
    assert_eq!(capacities(), [(3, 2), (4, 2)]);
}
