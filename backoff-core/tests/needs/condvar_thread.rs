//! A thread that waits for its delay on a condition variable, so that new data or the shutdown wakes it.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use backoff_core::{Attempts, Jitter, Policy};
use support::secs;

#[derive(Default)]
struct State {
    address: u32,
    is_changed: bool,
    is_stopped: bool,
    tried: Vec<u32>,
    is_waiting: bool,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }

    /// Blocks until the thread is in a delay.
    fn wait_for_delay(&self) {
        drop(self.changed.wait_while(self.lock(), |state| !state.is_waiting));
    }
}

/// Connects until it works, at once when the address changes. Returns the address, or the last error.
fn connect(shared: &Shared, policy: Policy) -> Result<u32, &'static str> {
    let mut attempts = Attempts::new(policy);
    loop {
        let mut state = shared.lock();
        let address = state.address;
        state.tried.push(address);
        drop(state);
        let error = if address == 3 { return Ok(address) } else { "refused" };
        let delay = attempts.failed(error)?;
        shared.change(|state| state.is_waiting = true);
        let is_awake = |state: &mut State| !state.is_changed && !state.is_stopped;
        let (mut state, _) =
            shared.changed.wait_timeout_while(shared.lock(), delay, is_awake).unwrap_or_else(PoisonError::into_inner);
        state.is_waiting = false;
        if state.is_stopped {
            return Err(error);
        }
        if std::mem::take(&mut state.is_changed) {
            attempts.reset(); // another address, another sequence
        } else {
            attempts.delay_passed();
        }
    }
}

const HOURLY: Policy = Policy::constant(secs(3_600)).jitter(Jitter::None).max_attempts(2).build();

#[test]
fn a_new_address_wakes_the_thread_and_starts_a_new_sequence() {
    let shared = Shared::default();
    thread::scope(|scope| {
        let connecting = scope.spawn(|| connect(&shared, HOURLY));
        for address in 1..=3 {
            shared.wait_for_delay();
            shared.change(|state| (state.address, state.is_changed, state.is_waiting) = (address, true, false));
        }
        assert_eq!(connecting.join().unwrap(), Ok(3));
    });
    assert_eq!(shared.lock().tried, [0, 1, 2, 3], "more than two attempts");
}

#[test]
fn a_shutdown_wakes_the_thread() {
    let shared = Shared::default();
    thread::scope(|scope| {
        let connecting = scope.spawn(|| connect(&shared, HOURLY));
        shared.wait_for_delay();
        shared.change(|state| state.is_stopped = true);
        assert_eq!(connecting.join().unwrap(), Err("refused"));
    });
    assert_eq!(shared.lock().tried, [0]);
}

#[test]
fn a_delay_that_passes_ends_the_sequence() {
    let shared = Shared::default();
    let at_once = Policy::constant(secs(0)).max_attempts(3).build();
    assert_eq!(connect(&shared, at_once), Err("refused"));
    assert_eq!(shared.lock().tried, [0, 0, 0]);
}
