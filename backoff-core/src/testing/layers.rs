//! The guards that are in force for the code that runs: those of the thread, and those of the process.

use std::cell::RefCell;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use super::outcomes::Script;
use super::setup::{Attempts, Setup};
use super::time::VirtualTime;
use crate::StopReason;
use crate::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use crate::sync::{Mutex, MutexGuard, shared_static};
use backoff_rules::Rules;

/// What one guard changes and has recorded.
#[derive(Debug)]
pub(super) struct Layer {
    setup: Setup,
    /// How many replies are still to be lost.
    to_lose: AtomicU32,
    pub(super) time: Option<VirtualTime>,
    pub(super) script: Option<Script>,
    recorded: Mutex<Recorded>,
    /// Keeps the lookups switched on.
    _active: Active,
}

/// What the calls under a guard did.
#[derive(Clone, Debug, Default)]
pub(super) struct Recorded {
    pub(super) attempts: u32,
    pub(super) lost_replies: u32,
    pub(super) waits: Vec<Duration>,
    pub(super) reasons: Vec<StopReason>,
}

impl Layer {
    pub(super) fn new(setup: Setup, time: Option<VirtualTime>, script: Option<Script>) -> Arc<Self> {
        let to_lose = AtomicU32::new(setup.lost_replies.unwrap_or(0));
        let recorded = Mutex::new(Recorded::default());
        Arc::new(Self { setup, to_lose, time, script, recorded, _active: Active::new() })
    }

    /// No user code runs under this lock.
    pub(super) fn recorded(&self) -> MutexGuard<'_, Recorded> {
        self.recorded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes one of the replies to lose, if any is left.
    fn loses_reply(&self) -> bool {
        let taken = self.to_lose.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        taken.is_ok()
    }
}

shared_static! {
    /// How many layers exist: while there are none, a lookup is one load.
    static LAYERS: AtomicUsize = AtomicUsize::new(0);
}

#[derive(Debug)]
struct Active;

impl Active {
    fn new() -> Self {
        LAYERS.fetch_add(1, Ordering::Relaxed);
        Self
    }
}

impl Drop for Active {
    fn drop(&mut self) {
        LAYERS.fetch_sub(1, Ordering::Relaxed);
    }
}

type Stack = Vec<Arc<Layer>>;

shared_static! {
    /// The layers of the process, the innermost last.
    static PROCESS: Mutex<Stack> = Mutex::new(Vec::new());
}

std::thread_local! {
    /// The layers of the thread and of the future that it polls, the innermost last.
    static THREAD: RefCell<Stack> = const { RefCell::new(Vec::new()) };
}

fn process() -> MutexGuard<'static, Stack> {
    PROCESS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns whether there is anything to look up.
#[inline]
fn are_any() -> bool {
    LAYERS.load(Ordering::Relaxed) != 0
}

/// Returns what is in force here, the innermost layer first; each once, also where it was entered again.
#[cold]
fn in_force() -> Stack {
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

/// Returns what the innermost layer says that has an opinion.
#[inline]
fn innermost<R>(opinion: impl Fn(&Layer) -> Option<R>) -> Option<R> {
    if !are_any() {
        return None;
    }
    in_force().iter().find_map(|layer| opinion(layer))
}

/// Writes into every recorder.
#[inline]
fn record(write: impl Fn(&mut Recorded)) {
    if !are_any() {
        return;
    }
    for layer in in_force() {
        write(&mut layer.recorded());
    }
}

/// Returns the innermost layer with a clock of its own.
#[cfg(any(feature = "tokio", feature = "async-io"))]
pub(super) fn with_virtual_time() -> Option<Arc<Layer>> {
    if !are_any() {
        return None;
    }
    in_force().into_iter().find(|layer| layer.time.is_some())
}

/// Returns the innermost layer of [`every_outcome`](super::every_outcome).
pub(super) fn with_script() -> Option<Arc<Layer>> {
    if !are_any() {
        return None;
    }
    in_force().into_iter().find(|layer| layer.script.is_some())
}

/// Returns the present instant of the virtual clock; `None` where there is none.
#[inline]
pub(crate) fn now() -> Option<Instant> {
    innermost(|layer| layer.time.as_ref().map(VirtualTime::now))
}

/// Notes on the virtual clock that a zero delay was polled.
#[cfg(any(feature = "tokio", feature = "async-io"))]
#[inline]
pub(crate) fn zero_delay_polled() {
    let _ = innermost(|layer| layer.time.as_ref().map(VirtualTime::zero_delay_polled));
}

/// Lets a delay pass on the virtual clock at once; returns `false` where there is none.
#[inline]
pub(crate) fn passes(delay: Duration) -> bool {
    innermost(|layer| layer.time.as_ref().map(|time| time.pass(delay))).is_some()
}

/// Returns the rules as the guards change them; `None` where they do not.
#[inline]
pub(crate) fn changed(rules: &Rules) -> Option<Rules> {
    // A new sequence would count its attempts from the first again.
    let mut changed = Rules { reset_after: None, ..*rules };
    match innermost(|layer| layer.setup.attempts)? {
        Attempts::AsWritten => return None,
        Attempts::AtMost(cap) => {
            changed.max_attempts = rules.attempts_limit().map_or(cap, |limit| limit.min(cap));
        }
        Attempts::Exactly(number) => {
            changed.max_attempts = number;
            changed.max_elapsed = None;
        }
    }
    Some(changed)
}

/// Returns whether a guard switches retries off.
#[inline]
pub(crate) fn are_retries_disabled() -> bool {
    innermost(|layer| layer.setup.disabled).unwrap_or(false)
}

/// Records a delay; returns whether it is waited out.
pub(crate) fn waits_for(delay: Duration) -> bool {
    record(|recorded| recorded.waits.push(delay));
    innermost(|layer| layer.setup.waits).unwrap_or(true)
}

/// Takes the last recorded delay back: the retry after it is not made.
pub(crate) fn wait_is_undone() {
    record(|recorded| {
        recorded.waits.pop();
    });
}

/// Returns whether the reply of an attempt that succeeded is lost, and takes it off those to lose.
#[inline]
pub(crate) fn loses_reply() -> bool {
    let is_lost = innermost(|layer| layer.setup.lost_replies.map(|_| layer.loses_reply())).unwrap_or(false);
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

/// Records why a call stopped.
#[inline]
pub(crate) fn call_stopped(reason: StopReason) {
    record(|recorded| recorded.reasons.push(reason));
}

/// Puts a layer into force for the whole process.
pub(super) fn enter_process(layer: &Arc<Layer>) {
    process().push(Arc::clone(layer));
}

/// Takes a layer of the process out of force.
pub(super) fn leave_process(layer: &Arc<Layer>) {
    let left = take_out(&mut process(), layer);
    drop(left);
}

/// Puts a layer into force on this thread, with those that were entered inside it.
pub(super) fn enter_thread(layer: &Arc<Layer>, inside: Stack) {
    let _ = THREAD.try_with(|stack| {
        let mut stack = stack.borrow_mut();
        stack.push(Arc::clone(layer));
        stack.extend(inside);
    });
}

/// Takes a layer out of force on this thread; those inside it stay.
pub(super) fn leave_thread(layer: &Arc<Layer>) {
    let left = THREAD.try_with(|stack| take_out(&mut stack.borrow_mut(), layer));
    drop(left); // after the borrow
}

/// Takes a layer out of force on this thread together with those inside it, and returns these.
pub(super) fn suspend_thread(layer: &Arc<Layer>) -> Stack {
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
