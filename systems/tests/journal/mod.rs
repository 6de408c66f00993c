//! The records of clients while their server fails, compared with the data on the server.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use backoff_core::{Fault, FaultKind, GiveUpEvent, Policy, RetryEvent, StopReason};

/// The policy of clients that do not give up.
pub(crate) const PATIENT: Policy = Policy::exponential()
    .initial_delay(Duration::from_millis(5))
    .max_delay(Duration::from_millis(250))
    .max_elapsed(Duration::from_secs(60))
    .build();

/// The policy of clients that give up during an outage.
pub(crate) const HASTY: Policy = Policy::constant(Duration::from_millis(2)).max_attempts(2).build();

/// A call that gave up.
#[derive(Debug)]
struct End {
    key: String,
    was_patient: bool,
    reason: StopReason,
    attempts: u32,
    last: String,
    /// `true` if an attempt of it may have been executed.
    is_in_doubt: bool,
}

/// The records of all clients.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    is_over: AtomicBool,
    confirmed: Mutex<BTreeSet<String>>,
    confirmed_by: Mutex<BTreeMap<u32, usize>>,
    ends: Mutex<Vec<End>>,
    retries: AtomicUsize,
    in_doubt: Mutex<BTreeSet<String>>,
    reconnects: Mutex<BTreeMap<u32, u32>>,
}

impl Journal {
    pub(crate) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    pub(crate) fn confirmed(&self, name: u32, key: String) {
        assert!(lock(&self.confirmed).insert(key), "a key was used twice");
        *lock(&self.confirmed_by).entry(name).or_default() += 1;
    }

    pub(crate) fn retry<E>(
        &self,
        key: &str,
        policy: &Policy,
        event: &RetryEvent<'_, E>,
        classify: impl Fn(&E) -> Fault,
    ) {
        let range = policy.ranges().nth(event.attempt() as usize - 1).expect("the policy has a further delay");
        assert!(range.contains(&event.delay()), "{:?} is not within {range:?}", event.delay());
        self.retries.fetch_add(1, Ordering::Relaxed);
        self.look(key, event.error().map(classify));
    }

    pub(crate) fn gave_up<E: Debug>(
        &self,
        key: &str,
        was_patient: bool,
        event: &GiveUpEvent<'_, E>,
        classify: impl Fn(&E) -> Fault,
    ) {
        self.look(key, event.error().map(classify));
        let is_in_doubt = lock(&self.in_doubt).contains(key);
        let last = event.error().map(|error| format!("{error:?}")).unwrap_or_default();
        let (reason, attempts) = (event.reason(), event.attempts());
        lock(&self.ends).push(End { key: key.to_owned(), was_patient, reason, attempts, last, is_in_doubt });
    }

    pub(crate) fn reconnected(&self, name: u32) {
        *lock(&self.reconnects).entry(name).or_default() += 1;
    }

    fn look(&self, key: &str, fault: Option<Fault>) {
        if fault.is_some_and(|fault| fault.kind() == FaultKind::Ambiguous) {
            lock(&self.in_doubt).insert(key.to_owned());
        }
    }

    /// Leads the clients through outages of `server`: in each some calls give up, and after it each of the first
    /// `clients` succeeds.
    pub(crate) fn lead_through<S, E: Debug>(
        &self,
        outages: u32,
        clients: u32,
        server: &mut S,
        fail: fn(&mut S) -> Result<(), E>,
        recover: fn(&mut S) -> Result<(), E>,
    ) {
        self.until_all_succeed(clients);
        for _ in 0..outages {
            fail(server).expect("the server fails");
            let ends = lock(&self.ends).len();
            until("5 calls give up", || lock(&self.ends).len() >= ends + 5);
            recover(server).expect("the server recovers");
            self.until_all_succeed(clients);
        }
        self.is_over.store(true, Ordering::Relaxed);
    }

    fn until_all_succeed(&self, clients: u32) {
        let count = |name| lock(&self.confirmed_by).get(&name).copied().unwrap_or_default();
        let before: Vec<usize> = (0..clients).map(count).collect();
        // The first may have been made before this, and be confirmed only now.
        until("every client succeeds", || (0..clients).zip(&before).all(|(name, before)| count(name) >= before + 2));
    }

    /// Asserts that nothing confirmed is lost, that nothing was made twice, and that every call said how it ended.
    ///
    /// `total` is what the server has counted, and `keys` are those that it holds.
    pub(crate) fn compare(&self, total: i64, keys: &BTreeSet<String>) {
        let (confirmed, ends) = (lock(&self.confirmed), lock(&self.ends));
        let in_doubt = lock(&self.in_doubt).len();
        println!(
            "{} increments confirmed, {} made; {} retries, {} calls gave up; {in_doubt} were in doubt",
            confirmed.len(),
            keys.len(),
            self.retries.load(Ordering::Relaxed),
            ends.len(),
        );
        // The server holds each key once; an increment without its key would show in the total.
        assert_eq!(usize::try_from(total), Ok(keys.len()), "an increment was lost, or made twice");
        let lost: Vec<_> = confirmed.difference(keys).collect();
        assert!(lost.is_empty(), "confirmed, but not on the server: {lost:?}");
        // An increment that was made and not confirmed belongs to a call that gave up after an ambiguous failure.
        for key in keys.difference(&confirmed) {
            let end = ends.iter().find(|end| end.key == *key).unwrap_or_else(|| panic!("{key} came from nowhere"));
            assert!(end.is_in_doubt, "{end:?} is on the server");
        }
        for end in ends.iter() {
            assert!(!end.was_patient, "{end:?}");
            match end.reason {
                StopReason::MaxAttempts => assert_eq!(end.attempts, 2, "{end:?}"),
                StopReason::Ambiguous => assert!(end.is_in_doubt && end.attempts <= 2, "{end:?}"),
                _ => panic!("{end:?}"),
            }
            assert!(!end.last.is_empty(), "{end:?}");
        }
    }

    /// Asserts that the clients with these names have made their connections anew in every outage.
    pub(crate) fn assert_reconnected(&self, names: impl Iterator<Item = u32>, outages: u32) {
        let reconnects = lock(&self.reconnects);
        for name in names {
            let count = reconnects.get(&name).copied().unwrap_or_default();
            assert!(count >= outages, "client {name} has connected anew {count} times");
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no client has panicked")
}

fn until(what: &str, holds: impl Fn() -> bool) {
    let ask_again = Policy::constant(Duration::from_millis(5)).max_elapsed(Duration::from_secs(60)).build();
    let held = ask_again.retry(|| holds().then_some(())).call();
    assert!(held.is_some(), "not within a minute: {what}");
}
