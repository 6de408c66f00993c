//! Guards that are active for the running code: those of the thread, and those of the process.

use std::any::Any;
use std::cell::RefCell;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::virtual_time::VirtualTime;
use crate::StopReason;
use crate::clock::Instant;
use crate::drive::undisturbed;
use crate::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use crate::sync::{Mutex, MutexGuard, shared_static};

/// Changes of one guard. `None` leaves a setting to the enclosing guards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    /// `true` if calls wait for their delays.
    pub(crate) waits: Option<bool>,
    pub(crate) attempts: Option<Attempts>,
    pub(crate) disabled: Option<bool>,
    pub(crate) lost_replies: Option<u32>,
}

/// The limit of attempts under a guard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attempts {
    AsWritten,
    AtMost(u32),
    Exactly(u32),
}

/// Test data that the calls of the test look up.
pub(crate) type Script = Arc<dyn Any + Send + Sync>;

/// Changes and records of one guard.
#[derive(Debug)]
pub(crate) struct Layer {
    changes: Changes,
    /// The number of replies that are still to be discarded.
    to_lose: AtomicU32,
    pub(super) time: Option<VirtualTime>,
    script: Option<Script>,
    recorded: Mutex<Recorded>,
    /// Keeps the lookups enabled.
    _active: Active,
}

/// Records of the calls under a guard.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recorded {
    pub(crate) attempts: u32,
    pub(crate) lost_replies: u32,
    pub(crate) waits: Vec<Duration>,
    pub(crate) reasons: Vec<StopReason>,
}

impl Layer {
    pub(crate) fn new(changes: Changes, time: Option<VirtualTime>, script: Option<Script>) -> Arc<Self> {
        let to_lose = AtomicU32::new(changes.lost_replies.unwrap_or(0));
        let recorded = Mutex::new(Recorded::default());
        Arc::new(Self { changes, to_lose, time, script, recorded, _active: Active::new() })
    }

    /// No user code runs under this lock.
    pub(crate) fn recorded(&self) -> MutexGuard<'_, Recorded> {
        self.recorded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes one of the replies to discard. Returns whether any was left.
    fn loses_reply(&self) -> bool {
        let taken = self.to_lose.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        taken.is_ok()
    }
}

shared_static! {
    /// The number of existing layers. If it is zero, a lookup is one load.
    static LAYERS: AtomicUsize = AtomicUsize::new(0);
}

#[derive(Debug)]
struct Active;

impl Active {
    fn new() -> Self {
        LAYERS.fetch_add(1, Ordering::Relaxed);
        undisturbed::enter();
        Self
    }
}

impl Drop for Active {
    fn drop(&mut self) {
        LAYERS.fetch_sub(1, Ordering::Relaxed);
        undisturbed::leave();
    }
}

type Stack = Vec<Arc<Layer>>;

shared_static! {
    /// Active layers of the process, the innermost last.
    static PROCESS: Mutex<Stack> = Mutex::new(Vec::new());
}

std::thread_local! {
    /// Active layers of the thread and of the future that it polls, the innermost last.
    static THREAD: RefCell<Stack> = const { RefCell::new(Vec::new()) };
}

fn process() -> MutexGuard<'static, Stack> {
    PROCESS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns whether any layers exist.
#[inline]
fn are_any() -> bool {
    LAYERS.load(Ordering::Relaxed) != 0
}

/// Returns the layers that are active here, the innermost first. A layer that was entered twice is listed once.
#[cold]
fn active_layers() -> Stack {
    let mut layers = Stack::new();
    let mut add = |stack: &Stack| {
        for layer in stack.iter().rev() {
            if position(&layers, layer).is_none() {
                layers.push(Arc::clone(layer));
            }
        }
    };
    let _ = THREAD.try_with(|stack| add(&stack.borrow()));
    add(&process());
    layers
}

/// Returns the value of the innermost layer that has one.
#[inline]
fn innermost<R>(opinion: impl Fn(&Layer) -> Option<R>) -> Option<R> {
    if !are_any() {
        return None;
    }
    active_layers().iter().find_map(|layer| opinion(layer))
}

/// Writes into the records of every active layer.
#[inline]
fn record(write: impl Fn(&mut Recorded)) {
    if !are_any() {
        return;
    }
    for layer in active_layers() {
        write(&mut layer.recorded());
    }
}

/// Returns the innermost layer with a virtual clock.
#[cfg(feature = "_runtime")]
pub(crate) fn with_virtual_time() -> Option<Arc<Layer>> {
    if !are_any() {
        return None;
    }
    active_layers().into_iter().find(|layer| layer.time.is_some())
}

/// Returns the script of the innermost layer that has one.
pub(crate) fn script() -> Option<Script> {
    innermost(|layer| layer.script.clone())
}

/// Returns the current instant of the virtual clock, or `None` without one.
#[inline]
pub(crate) fn now() -> Option<Instant> {
    innermost(|layer| layer.time.as_ref().map(VirtualTime::now))
}

/// Returns the time that has passed on the virtual clock, or `None` without one.
#[inline]
pub(crate) fn passed() -> Option<Duration> {
    innermost(|layer| layer.time.as_ref().map(VirtualTime::passed))
}

/// Records on the virtual clock that a zero delay was polled.
#[cfg(feature = "async")]
#[inline]
pub(crate) fn zero_delay_polled() {
    let _ = innermost(|layer| layer.time.as_ref().map(VirtualTime::zero_delay_polled));
}

/// Advances the virtual clock by a delay at once. Returns `false` without a virtual clock.
#[inline]
pub(crate) fn passes(delay: Duration) -> bool {
    innermost(|layer| layer.time.as_ref().map(|time| time.pass(delay))).is_some()
}

/// Returns the limit of attempts that a guard sets.
#[inline]
pub(crate) fn attempts() -> Option<Attempts> {
    innermost(|layer| layer.changes.attempts)
}

/// Returns whether a guard disables retries.
#[inline]
pub(crate) fn are_retries_disabled() -> bool {
    innermost(|layer| layer.changes.disabled).unwrap_or(false)
}

/// Records a delay. Returns whether the call waits for it.
pub(crate) fn waits_for(delay: Duration) -> bool {
    record(|recorded| recorded.waits.push(delay));
    innermost(|layer| layer.changes.waits).unwrap_or(true)
}

/// Removes the last recorded delay, because the retry after it is not made.
pub(crate) fn wait_is_undone() {
    record(|recorded| {
        recorded.waits.pop();
    });
}

/// Returns whether the reply of a successful attempt is discarded. If so, reduces the number of replies to discard.
#[inline]
pub(crate) fn loses_reply() -> bool {
    let is_lost = innermost(|layer| layer.changes.lost_replies.map(|_| layer.loses_reply())).unwrap_or(false);
    if is_lost {
        record(|recorded| recorded.lost_replies = recorded.lost_replies.saturating_add(1));
    }
    is_lost
}

/// Records that an attempt ended.
#[inline]
pub(crate) fn attempt_ended() {
    record(|recorded| recorded.attempts = recorded.attempts.saturating_add(1));
}

/// Records the reason why a call stopped.
#[inline]
pub(crate) fn call_stopped(reason: StopReason) {
    record(|recorded| recorded.reasons.push(reason));
}

/// Activates a layer for the whole process.
pub(crate) fn enter_process(layer: &Arc<Layer>) {
    process().push(Arc::clone(layer));
}

/// Deactivates a layer of the process.
pub(crate) fn leave_process(layer: &Arc<Layer>) {
    let left = take_out(&mut process(), layer);
    drop(left);
}

/// Activates a layer on this thread, together with the layers that were entered inside it.
pub(crate) fn enter_thread(layer: &Arc<Layer>, inside: Stack) {
    let _ = THREAD.try_with(|stack| {
        let mut stack = stack.borrow_mut();
        stack.push(Arc::clone(layer));
        stack.extend(inside);
    });
}

/// Deactivates a layer on this thread. The layers inside it stay active.
pub(crate) fn leave_thread(layer: &Arc<Layer>) {
    let left = THREAD.try_with(|stack| take_out(&mut stack.borrow_mut(), layer));
    drop(left); // after the borrow
}

/// Deactivates a layer on this thread together with the layers inside it. Returns the layers inside it.
pub(crate) fn suspend_thread(layer: &Arc<Layer>) -> Stack {
    let suspended = THREAD.try_with(|stack| {
        let mut stack = stack.borrow_mut();
        let at = position(&stack, layer)?;
        let inside = stack.split_off(at.saturating_add(1));
        stack.truncate(at);
        Some(inside)
    });
    suspended.ok().flatten().unwrap_or_default()
}

fn position(stack: &Stack, layer: &Arc<Layer>) -> Option<usize> {
    stack.iter().rposition(|entered| Arc::ptr_eq(entered, layer))
}

fn take_out(stack: &mut Stack, layer: &Arc<Layer>) -> Option<Arc<Layer>> {
    position(stack, layer).map(|at| stack.remove(at))
}
