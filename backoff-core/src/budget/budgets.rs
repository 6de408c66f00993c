//! One budget for each key, for dependencies that are known only at run time.
//!
//! The number of budgets is bounded, so a new key may have to replace another one. A caller may be able to make up keys
//! (a host in a request, a tenant). Such a caller must not get new tokens with each key, and must not remove the tokens
//! of keys that are in use. So:
//!
//! 1. A place keeps its tokens when its key changes: the new key starts with the tokens that the old one left. Each
//!    place starts full once.
//! 2. A key that was looked up once is a *newcomer*, one that was looked up again a *regular*. New keys replace
//!    newcomers only, so made-up keys replace one another. At most three quarters of the places are for regulars. If
//!    there is one regular too many, the regular that was looked up longest ago becomes a newcomer, so unused hosts do
//!    not keep their places.
//! 3. Of the eight newcomers that were looked up longest ago a new key replaces a full one, otherwise the oldest.
//!    Budgets that a call holds stay. When calls hold all eight, the new key shares one further budget.
//!
//! So all budgets together never give more retries than *(`max_keys` + 1) x capacity*, plus the retries that successes
//! paid for.
//!
//! A look-up hashes the key once. The cost of a new key does not depend on the number of keys, because places are found
//! by an index that keeps the hashes, and by links from newer to older. The code of a key (`Hash`, `Eq`, `ToOwned`,
//! `Drop`, `Clone`) runs outside the lock, so a panic in it does not change any budget.

mod index;
mod order;
mod places;
#[cfg(all(test, not(loom)))]
mod tests;

use std::borrow::Borrow;
use std::fmt;
use std::hash::{BuildHasher as _, Hash, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use self::places::{LookUp, Places, Settings};
use super::{Budget, InvalidBudget, Limits};

/// One [`Budget`] for each key known at run time, such as a host or a tenant.
///
/// A budget is created when its key is looked up for the first time. At most [`max_keys`](Self::max_keys) budgets are
/// kept, 1,024 by default. Beyond that a new key replaces one that was looked up only once, and gets *the tokens that
/// were left in it*. Keys that are looked up again keep their places, for any number of made-up keys: up to three
/// quarters of the places are reserved for them. In a flood of made-up keys a new host may find an empty budget, which
/// its successes fill.
///
/// A budget is held as long as the `Arc` from [`get`](Self::get) lives: keep it for one call. A budget that is held
/// keeps its place. When calls hold the budgets that a new key could replace, new keys share one further budget.
///
/// A look-up locks a mutex for a short time, which does not depend on the number of keys. The lock is never held while
/// code of the key runs (`Hash`, `Eq`, `ToOwned`, `Drop`), and a panic in that code changes no budget.
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
    settings: Settings,
    /// Created at the first look-up, because a constant cannot have random keys.
    hasher: OnceLock<RandomState>,
    places: Mutex<Places<K>>,
}

/// One key of [`Budgets`] with its tokens; made by [`Budgets::snapshot`].
///
/// # Examples
///
/// ```
/// use backoff_core::{Budgets, KeyTokens};
///
/// let hosts: Budgets<String> = Budgets::new().capacity(1);
/// hosts.get("a.example").deposit();
/// assert!(hosts.get("b.example").withdraw());
/// let is_empty = |host: &KeyTokens<String>| host.available < 1.0;
/// let down: Vec<_> = hosts.snapshot().into_iter().filter(is_empty).collect();
/// assert_eq!((down.len(), down[0].key.as_str()), (1, "b.example"));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct KeyTokens<K> {
    /// The key.
    pub key: K,
    /// The number of tokens left, from 0 to the present capacity.
    pub available: f64,
    /// The present capacity: the fixed one, or the one that fits the traffic of this key now.
    pub capacity: u32,
}

impl<K> Budgets<K> {
    /// Returns an empty collection for at most 1,024 keys, with a ratio of 0.1. The capacity of each budget fits the
    /// traffic of its key, as that of a [`Budget`] fits its client.
    #[must_use]
    pub const fn new() -> Self {
        let settings = Settings { limits: Limits::DEFAULT, max_keys: 1_024 };
        Self { settings, hasher: OnceLock::new(), places: Mutex::new(Places::new()) }
    }

    /// Sets the part of a token that a success puts back into its key's budget, in 0.001..=1.0; default 0.1.
    ///
    /// # Panics
    ///
    /// If the ratio is outside its range; in a constant that is a compile error.
    #[must_use]
    #[track_caller]
    pub const fn ratio(mut self, ratio: f64) -> Self {
        self.settings.limits = self.settings.limits.ratio(ratio);
        self
    }

    /// Sets the largest number of tokens of each key, in `1..=1_000_000`, whatever its traffic. Default: between 2 and
    /// 10, fitted to the traffic of the key.
    ///
    /// # Panics
    ///
    /// If the capacity is outside its range; in a constant that is a compile error.
    #[must_use]
    #[track_caller]
    pub const fn capacity(mut self, tokens: u32) -> Self {
        self.settings.limits = self.settings.limits.capacity(tokens);
        self
    }

    /// Sets the part of a token that a success puts back into its key's budget, for a value known only at run time.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidBudget`] when the ratio is outside 0.001..=1.0.
    pub fn try_ratio(mut self, ratio: f64) -> Result<Self, InvalidBudget> {
        self.settings.limits = self.settings.limits.try_ratio(ratio)?;
        Ok(self)
    }

    /// Sets the largest number of tokens of each key, for a value known only at run time.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidBudget`] when the capacity is outside `1..=1_000_000`.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::Budgets;
    ///
    /// let (ratio, capacity) = ("0.2".parse()?, "100".parse()?);
    /// let hosts: Budgets<&str> =
    ///     Budgets::new().try_ratio(ratio)?.try_capacity(capacity)?;
    /// assert_eq!(hosts.get(&"a.example").available(), 100.0);
    /// assert!(Budgets::<&str>::new().try_capacity(0).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn try_capacity(mut self, tokens: u32) -> Result<Self, InvalidBudget> {
        self.settings.limits = self.settings.limits.try_capacity(tokens)?;
        Ok(self)
    }

    /// Sets the largest number of budgets, 1,024 by default; 0 means that all keys share one.
    ///
    /// A budget takes about 150 bytes and its key. Choose more than the number of keys in use at one time, because a
    /// quarter of the places, rounded up, is for new keys.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::Budgets;
    ///
    /// let tenants: Budgets<u64> = Budgets::new().ratio(0.5).max_keys(8);
    /// assert!(tenants.is_empty());
    /// for tenant in 0..100 {
    ///     let _ = tenants.get(&tenant);
    /// }
    /// assert_eq!(tenants.len(), 8);
    /// ```
    #[must_use]
    pub const fn max_keys(mut self, keys: usize) -> Self {
        self.settings.max_keys = keys;
        self
    }

    /// Returns the present number of budgets.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().as_slice().len()
    }

    /// Returns whether no budget is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns every key with its tokens, in no particular order: for an admin page, or to find the host that is down.
    ///
    /// The lock is held while the list is made, but not while keys are cloned. Keys without a place are not listed, nor
    /// are their tokens.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::Budgets;
    ///
    /// static HOSTS: Budgets<String> = Budgets::new().capacity(10);
    ///
    /// assert!(HOSTS.get("a.example").withdraw());
    /// let all = HOSTS.snapshot();
    /// let host = all.first().ok_or("no host")?;
    /// assert_eq!(
    ///     (host.key.as_str(), host.available, host.capacity),
    ///     ("a.example", 9.0, 10)
    /// );
    /// # Ok::<(), &str>(())
    /// ```
    #[must_use]
    pub fn snapshot(&self) -> Vec<KeyTokens<K>>
    where
        K: Clone,
    {
        let places = self.lock();
        let listed: Vec<_> =
            places.as_slice().iter().map(|place| (Arc::clone(&place.key), place.budget.present())).collect();
        drop(places);
        listed
            .into_iter()
            .map(|(key, (available, capacity))| KeyTokens { key: K::clone(&key), available, capacity })
            .collect()
    }

    /// Code under this lock does not panic, so the lock cannot be poisoned in the middle of a change.
    fn lock(&self) -> MutexGuard<'_, Places<K>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Hash + Eq> Budgets<K> {
    /// Returns the budget of `key`.
    ///
    /// The key is borrowed (`&str` for `Budgets<String>`), and copied only when it is new. A new key gets a full budget
    /// while there is room, and later the tokens that another key left.
    ///
    /// # Panics
    ///
    /// If `Hash`, `Eq`, `ToOwned` or `Drop` of the key panics; all budgets stay as they are.
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
        let hash = self.hasher.get_or_init(RandomState::new).hash_one(key);
        let (mut unequal, mut new_key) = (Vec::new(), None);
        loop {
            // A separate statement, so that the lock is released before code of the key runs.
            let look_up = self.lock().look_up(hash, &unequal, &mut new_key, self.settings);
            match look_up {
                LookUp::Candidate(known, budget) if (*known).borrow() == key => return budget,
                LookUp::Candidate(other, _) => unequal.push(other),
                LookUp::Missing => new_key = Some(Arc::new(key.to_owned())),
                LookUp::Admitted(budget) => return budget,
            }
        }
    }
}

impl<K> Default for Budgets<K> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K> fmt::Debug for Budgets<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Budgets")
            .field("len", &self.len())
            .field("max_keys", &self.settings.max_keys)
            .finish_non_exhaustive()
    }
}
