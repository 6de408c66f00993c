//! One budget for each key, for dependencies that are known only at run time.
//!
//! The number of budgets is bounded, so one must be dropped when a new key comes. A dropped budget must not be a way to a fresh full one, else whoever
//! can make up keys has retries without end. So a newcomer starts with no more tokens than what made room for it:
//!
//! 1. *Idle* budgets go first: full, and held by no call. What such a key gets later is equal to what was dropped.
//! 2. When none is idle, the one asked for longest ago that no call holds goes, and the newcomer starts with what was left in it.
//! 3. When calls hold all of them, newcomers share one further budget until there is room.
//!
//! So all budgets together never give more retries than *(`max_keys` + 1) x capacity*, plus what successes paid for.

#[cfg(all(test, not(loom)))]
mod tests;

use std::borrow::Borrow;
use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Budget, InvalidBudget, Limits};

/// One [`Budget`] for each key known at run time, such as a host or a tenant.
///
/// Keys come into being when they are asked for. At most [`max_keys`](Self::max_keys) budgets are kept, 1,024 unless said otherwise. When a new key finds no room, idle
/// budgets are dropped: those that are full and held by no call, so that nothing is lost with them. When none is idle, the new key takes the place of
/// the one asked for longest ago that no call holds, and *the tokens that were left in it*: making up keys brings no fresh tokens. When calls hold all of them, new keys
/// share one further budget.
///
/// A budget is held as long as the `Arc` from [`get`](Self::get) lives: keep it for one call, not for ever. Looking up locks a mutex; the lock is never held while
/// code of the key runs, other than its `Hash` and `Eq`.
///
/// # Examples
///
/// ```
/// use backoff_core::Budgets;
///
/// static HOSTS: Budgets<String> = Budgets::new().capacity(1);
///
/// assert!(HOSTS.get("a.example").withdraw());
/// assert!(!HOSTS.get("a.example").withdraw()); // the same budget
/// assert!(HOSTS.get("b.example").withdraw()); // another one
/// assert_eq!(HOSTS.len(), 2);
/// ```
pub struct Budgets<K> {
    limits: Limits,
    max_keys: usize,
    state: Mutex<State<K>>,
}

struct State<K> {
    /// `None` before the first key: the hasher of a map cannot be made in a constant.
    entries: Option<HashMap<K, Entry>>,
    /// What keys share that find no room.
    shared: Option<Arc<Budget>>,
    /// Counts the look-ups, to tell which entry was asked for longest ago.
    lookups: u64,
}

struct Entry {
    budget: Arc<Budget>,
    last_lookup: u64,
}

/// Entries that were taken out, to be dropped when the lock is released: dropping a key runs its own code.
type Dropped<K> = Vec<(K, Entry)>;

impl<K> Budgets<K> {
    /// Returns an empty collection of budgets with a ratio of 0.1 and a capacity of 10 each, for at most 1,024 keys.
    #[must_use]
    pub const fn new() -> Self {
        let state = State { entries: None, shared: None, lookups: 0 };
        Self { limits: Limits::DEFAULT, max_keys: 1_024, state: Mutex::new(state) }
    }

    /// Sets the part of a token that a success puts back into its key's budget, in 0.001..=1.0.
    ///
    /// # Panics
    ///
    /// When the ratio is outside its range; in a constant that is a compile error.
    #[must_use]
    #[track_caller]
    pub const fn ratio(mut self, ratio: f64) -> Self {
        self.limits = self.limits.ratio(ratio);
        self
    }

    /// Sets the largest number of tokens of each key, in `1..=1_000_000`.
    ///
    /// # Panics
    ///
    /// When the capacity is outside its range; in a constant that is a compile error.
    #[must_use]
    #[track_caller]
    pub const fn capacity(mut self, tokens: u32) -> Self {
        self.limits = self.limits.capacity(tokens);
        self
    }

    /// Sets the part of a token that a success puts back into its key's budget, for a value from outside.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidBudget`] when the ratio is outside 0.001..=1.0.
    pub fn try_ratio(mut self, ratio: f64) -> Result<Self, InvalidBudget> {
        self.limits = self.limits.try_ratio(ratio)?;
        Ok(self)
    }

    /// Sets the largest number of tokens of each key, for a value from outside.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidBudget`] when the capacity is outside `1..=1_000_000`.
    pub fn try_capacity(mut self, tokens: u32) -> Result<Self, InvalidBudget> {
        self.limits = self.limits.try_capacity(tokens)?;
        Ok(self)
    }

    /// Sets the largest number of budgets; 0 means that all keys share one.
    ///
    /// A busy budget takes about 100 bytes and its key. Choose more than the number of keys in use at one time.
    #[must_use]
    pub const fn max_keys(mut self, keys: usize) -> Self {
        self.max_keys = keys;
        self
    }

    /// Returns the number of budgets that are kept now.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().entries.as_ref().map_or(0, HashMap::len)
    }

    /// Returns whether no budget is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A lock that a panic in `Hash` or `Eq` poisoned guards a map that is still whole.
    fn lock(&self) -> MutexGuard<'_, State<K>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Hash + Eq> Budgets<K> {
    /// Returns the budget of `key`, a full one for a key that is new and finds room.
    ///
    /// The key is given borrowed (`&str` for `Budgets<String>`), and copied only when it is new.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::Budgets;
    ///
    /// static TENANTS: Budgets<u64> = Budgets::new();
    ///
    /// let budget = TENANTS.get(&42);
    /// budget.deposit(); // a call of tenant 42 succeeded
    /// assert!(budget.withdraw());
    /// ```
    pub fn get<Q>(&self, key: &Q) -> Arc<Budget>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        if let Some(known) = self.lock().find(key) {
            return known;
        }
        let owned = key.to_owned();
        let mut dropped = Vec::new();
        let (budget, unused) = self.lock().admit(owned, self.limits, self.max_keys, &mut dropped);
        drop((unused, dropped)); // the lock is released by now
        budget
    }
}

impl<K: Hash + Eq> State<K> {
    fn find<Q>(&mut self, key: &Q) -> Option<Arc<Budget>>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.lookups += 1;
        let entry = self.entries.as_mut()?.get_mut(key)?;
        entry.last_lookup = self.lookups;
        Some(Arc::clone(&entry.budget))
    }

    /// Returns the budget of a key that was not found, and the key where it was not needed.
    fn admit(&mut self, key: K, limits: Limits, max_keys: usize, dropped: &mut Dropped<K>) -> (Arc<Budget>, Option<K>) {
        if let Some(known) = self.find(&key) {
            return (known, Some(key)); // another thread was faster
        }
        let entries = self.entries.get_or_insert_default();
        if entries.len() >= max_keys {
            take_out(entries, Entry::is_idle, dropped);
        }
        let mut heir_of = None;
        if entries.len() >= max_keys {
            let free = entries.values_mut().filter_map(|entry| entry.is_free().then_some(entry.last_lookup));
            let Some(oldest) = free.min() else {
                let shared = self.shared.get_or_insert_with(|| Arc::new(Budget::as_spent_as(None, limits)));
                return (Arc::clone(shared), Some(key));
            };
            take_out(entries, |entry| entry.last_lookup == oldest, dropped);
            heir_of = dropped.last().map(|(_, entry)| &*entry.budget);
        }
        let budget = Arc::new(Budget::as_spent_as(heir_of, limits));
        entries.insert(key, Entry { budget: Arc::clone(&budget), last_lookup: self.lookups });
        (budget, None)
    }
}

impl Entry {
    /// No call holds it, and none can get hold of it while the map is locked; what its last holder did is seen.
    fn is_free(&mut self) -> bool {
        Arc::get_mut(&mut self.budget).is_some()
    }

    fn is_idle(&mut self) -> bool {
        self.is_free() && self.budget.is_full()
    }
}

/// Moves the entries that `goes` names from the map to `dropped`.
fn take_out<K: Hash + Eq>(
    entries: &mut HashMap<K, Entry>,
    goes: impl Fn(&mut Entry) -> bool,
    dropped: &mut Dropped<K>,
) {
    if !entries.values_mut().any(&goes) {
        return;
    }
    let mut kept = HashMap::with_capacity(entries.len());
    for (key, mut entry) in entries.drain() {
        if goes(&mut entry) {
            dropped.push((key, entry));
        } else {
            kept.insert(key, entry);
        }
    }
    *entries = kept;
}

impl<K> Default for Budgets<K> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K> fmt::Debug for Budgets<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Budgets").field("len", &self.len()).field("max_keys", &self.max_keys).finish_non_exhaustive()
    }
}
