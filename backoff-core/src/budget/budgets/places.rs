//! The places for keys and their budgets. The code of a key does not run here, so a panic of it cannot leave a place
//! half changed.

use std::mem::replace;
use std::sync::Arc;

use super::super::{Budget, History, Limits};
use super::index::Index;
use super::order::{List, NONE, Order};

/// The number of newcomers that are examined for one new key.
const EXAMINED: usize = 8;

/// One key and its budget.
#[derive(Debug)]
pub(super) struct Place<K> {
    pub(super) key: Arc<K>,
    pub(super) budget: Arc<Budget>,
}

/// The settings of new budgets, and the number of places.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub(super) limits: Limits,
    pub(super) max_keys: usize,
}

#[derive(Debug)]
pub(super) struct Places<K> {
    all: Vec<Place<K>>,
    index: Index,
    order: Order,
    /// The budget of all keys without a place.
    shared: Option<Arc<Budget>>,
}

/// The result of one look-up.
pub(super) enum LookUp<K> {
    /// This key has the same hash; the caller compares them.
    Candidate(Arc<K>, Arc<Budget>),
    /// No key is equal.
    Missing,
    /// The new key has this budget now.
    Admitted(Arc<Budget>),
}

impl Settings {
    /// Returns three quarters of the places, so that there is always one for a new key.
    const fn max_regulars(self) -> usize {
        self.max_keys.saturating_sub(self.max_keys.div_ceil(4))
    }
}

impl<K> Places<K> {
    pub(super) const fn new() -> Self {
        Self { all: Vec::new(), index: Index::new(), order: Order::new(), shared: None }
    }

    pub(super) fn as_slice(&self) -> &[Place<K>] {
        &self.all
    }

    /// Searches for a key with this hash that is not among the `unequal` ones. If there is none, admits the new key, if
    /// given.
    ///
    /// Afterwards `new_key` holds the key to drop: the key that lost its place, or the new one if it got none.
    pub(super) fn look_up(
        &mut self,
        hash: u64,
        unequal: &[Arc<K>],
        new_key: &mut Option<Arc<K>>,
        settings: Settings,
    ) -> LookUp<K> {
        let is_unknown = |place: &Place<K>| !unequal.iter().any(|key| Arc::ptr_eq(key, &place.key));
        let found = self.index.with_hash(hash).filter_map(|at| Some((at, self.all.get(at)?)));
        if let Some((at, place)) = found.into_iter().find(|(_, place)| is_unknown(place)) {
            let candidate = LookUp::Candidate(Arc::clone(&place.key), Arc::clone(&place.budget));
            self.order.looked_up_again(at, settings.max_regulars());
            return candidate;
        }
        if new_key.is_none() {
            return LookUp::Missing;
        }
        LookUp::Admitted(self.admit(hash, new_key, settings))
    }

    fn admit(&mut self, hash: u64, new_key: &mut Option<Arc<K>>, settings: Settings) -> Arc<Budget> {
        if self.all.len() < settings.max_keys {
            if let Some(key) = new_key.take() {
                return self.add(hash, key, settings.limits);
            }
        }
        let at = self.place_to_give_away();
        if let (Some(place), Some(key)) = (self.all.get_mut(at), new_key.as_mut()) {
            let loser = replace(&mut place.key, Arc::clone(key));
            *key = loser;
            if let Some(budget) = Arc::get_mut(&mut place.budget) {
                budget.limits = settings.limits;
                budget.history = History::new();
            }
            let budget = Arc::clone(&place.budget);
            self.index.change(at, hash);
            self.order.move_to(List::Newcomers, at);
            return budget;
        }
        Arc::clone(self.shared.get_or_insert_with(|| Arc::new(Budget::full(settings.limits))))
    }

    fn add(&mut self, hash: u64, key: Arc<K>, limits: Limits) -> Arc<Budget> {
        let budget = Arc::new(Budget::full(limits));
        self.all.push(Place { key, budget: Arc::clone(&budget) });
        self.index.add(hash);
        self.order.add();
        budget
    }

    /// Returns the newcomer that a new key replaces; [`NONE`] when calls hold all that are examined.
    ///
    /// A newcomer that a call holds becomes the newest, so that the next search examines others.
    fn place_to_give_away(&mut self) -> usize {
        let mut chosen = NONE;
        let mut at = self.order.oldest_newcomer();
        for _ in 0..EXAMINED {
            let newer = self.order.newer(at);
            let Some(place) = self.all.get_mut(at) else { break };
            if !place.is_free() {
                self.order.move_to(List::Newcomers, at);
            } else if place.budget.is_full() {
                return at;
            } else if chosen == NONE {
                chosen = at;
            }
            at = newer;
        }
        chosen
    }
}

impl<K> Place<K> {
    /// Returns `true` if no call holds the budget.
    ///
    /// No call can get it while this place is borrowed. The changes by its last holder are visible.
    fn is_free(&mut self) -> bool {
        Arc::get_mut(&mut self.budget).is_some()
    }
}
