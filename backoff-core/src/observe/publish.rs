//! Sends events to the observers of the whole process.

use std::cell::Cell;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;
#[cfg(feature = "successes")]
use std::sync::atomic::{AtomicBool, Ordering};

use super::CallEvent;

/// Receives the retries of a whole process.
///
/// Closures `Fn(&CallEvent<'_>)` are observers. An observer runs inline, in the thread or task of the call, and must
/// not block.
///
/// An observer cannot change the call. A panic in it is printed by the panic hook and caught. Calls that it makes
/// itself on the same thread are retried as usual and not reported, so an observer may send events with a `#[retry]`
/// function. See [`observe`](super) for the details.
///
/// # Examples
///
/// ```
/// use backoff_core::observe::{self, CallEvent, GlobalObserver};
/// use backoff_core::retry;
/// use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
///
/// static EVENTS: AtomicU32 = AtomicU32::new(0);
///
/// struct Counter;
///
/// impl GlobalObserver for Counter {
///     fn event(&self, _: &CallEvent<'_>) {
///         EVENTS.fetch_add(1, Relaxed);
///     }
/// }
///
/// #[retry(max_attempts = 3, delay = "0s")]
/// fn load() -> Result<(), &'static str> {
///     Err("down")
/// }
///
/// observe::set_global(Counter)?;
/// assert!(load().is_err());
/// assert_eq!(EVENTS.load(Relaxed), 3); // two retries and a give-up
/// # Ok::<(), observe::AlreadySet>(())
/// ```
pub trait GlobalObserver: Send + Sync {
    /// Receives an event.
    fn event(&self, event: &CallEvent<'_>);
}

impl<F: Fn(&CallEvent<'_>) + Send + Sync> GlobalObserver for F {
    fn event(&self, event: &CallEvent<'_>) {
        self(event);
    }
}

static GLOBAL: OnceLock<Box<dyn GlobalObserver>> = OnceLock::new();

/// Error: the process already has an observer, and the new one is not used.
///
/// # Examples
///
/// ```
/// use backoff_core::observe::{AlreadySet, CallEvent, set_global};
///
/// assert_eq!(set_global(|_: &CallEvent<'_>| ()), Ok(()));
/// assert_eq!(set_global(|_: &CallEvent<'_>| ()), Err(AlreadySet));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlreadySet;

impl std::fmt::Display for AlreadySet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the global observer is set already; set it once, at the start of the process")
    }
}

impl std::error::Error for AlreadySet {}

/// Sets the observer of the whole process, once. While none is set, the cost is one load per failed attempt, and
/// nothing on success. It receives no event for a success at the first attempt; with the feature `successes`,
/// `set_global_with_successes` sets one that does.
///
/// A panic in the observer is printed by the panic hook and caught, and the call keeps its result. With
/// `panic = "abort"` it ends the process, as every panic does. Retries that the observer itself makes are not reported
/// to it.
///
/// # Errors
///
/// Returns [`AlreadySet`] when the process already has an observer.
///
/// # Examples
///
/// ```
/// use backoff_core::{observe, retry};
/// use std::sync::Mutex;
///
/// static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());
///
/// #[retry(max_attempts = 2, delay = "0s", name = "search")]
/// fn search() -> Result<(), &'static str> {
///     Err("down")
/// }
///
/// observe::set_global(|event: &observe::CallEvent<'_>| {
///     SEEN.lock().unwrap().push(format!(
///         "{} {:?}: {}",
///         event.name(),
///         event.kind(),
///         event.error()
///     ));
/// })?;
/// assert!(search().is_err());
/// assert_eq!(
///     *SEEN.lock().unwrap(),
///     [
///         "search Retry { delay: 0ns }: down",
///         "search GaveUp { reason: MaxAttempts }: down"
///     ]
/// );
/// # Ok::<(), observe::AlreadySet>(())
/// ```
pub fn set_global(observer: impl GlobalObserver + 'static) -> Result<(), AlreadySet> {
    GLOBAL.set(Box::new(observer)).map_err(|_| AlreadySet)?;
    crate::drive::undisturbed::enter();
    Ok(())
}

/// `true` if the global observer receives successes at the first attempt.
#[cfg(feature = "successes")]
static WANTS_SUCCESSES: AtomicBool = AtomicBool::new(false);

/// Sets the observer of the whole process, as [`set_global`] does. It also receives an event
/// [`Succeeded`](super::EventKind::Succeeded) for each call whose first attempt succeeds.
///
/// With these events an observer can compute a rate of errors: every call then ends with one event, `Succeeded`,
/// `Recovered` or `GaveUp`. The elapsed time of `Succeeded` is known only if the call reads the clock for another
/// reason. The observer runs in every call, so it should be fast. While none is set, a success costs one relaxed load;
/// without the feature `successes` it costs nothing.
///
/// # Errors
///
/// Returns [`AlreadySet`] when the process already has an observer.
///
/// # Examples
///
/// ```
/// use backoff_core::{observe, retry};
/// use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
///
/// static CALLS: AtomicU32 = AtomicU32::new(0);
/// static ERRORS: AtomicU32 = AtomicU32::new(0);
///
/// #[retry(max_attempts = 2, delay = "0s")]
/// fn load(is_up: bool) -> Result<(), &'static str> {
///     if is_up { Ok(()) } else { Err("down") }
/// }
///
/// observe::set_global_with_successes(
///     |event: &observe::CallEvent<'_>| match event.kind() {
///         observe::EventKind::Succeeded | observe::EventKind::Recovered => {
///             _ = CALLS.fetch_add(1, Relaxed)
///         }
///         observe::EventKind::GaveUp { .. } => {
///             CALLS.fetch_add(1, Relaxed);
///             ERRORS.fetch_add(1, Relaxed);
///         }
///         _ => {}
///     },
/// )?;
/// for is_up in [true, true, false, true] {
///     let _ = load(is_up);
/// }
/// assert_eq!((ERRORS.load(Relaxed), CALLS.load(Relaxed)), (1, 4));
/// # Ok::<(), observe::AlreadySet>(())
/// ```
#[cfg(feature = "successes")]
#[cfg_attr(docsrs, doc(cfg(feature = "successes")))]
pub fn set_global_with_successes(observer: impl GlobalObserver + 'static) -> Result<(), AlreadySet> {
    set_global(observer)?;
    WANTS_SUCCESSES.store(true, Ordering::Relaxed);
    Ok(())
}

/// Returns whether the global observer receives successes at the first attempt.
#[cfg(feature = "successes")]
#[inline]
pub(crate) fn wants_successes() -> bool {
    WANTS_SUCCESSES.load(Ordering::Relaxed)
}

/// Emits a success at the first attempt, to the global observer only.
#[cfg(feature = "successes")]
#[cold]
pub(crate) fn tell_success(event: &CallEvent<'_>) {
    let Some(_publishing) = Publishing::enter() else { return };
    if let Some(observer) = GLOBAL.get() {
        shielded(|| observer.event(event));
    }
}

/// Emits an event to every observer. No lock is held while the observers run, and none of them changes the call.
#[cold]
pub(crate) fn tell(event: &CallEvent<'_>) {
    let Some(_publishing) = Publishing::enter() else { return };
    #[cfg(feature = "tracing")]
    if super::tracing::is_on() {
        shielded(|| super::tracing::publish(event));
    }
    #[cfg(feature = "metrics")]
    shielded(|| super::metrics::publish(event));
    if let Some(observer) = GLOBAL.get() {
        shielded(|| observer.event(event));
    }
}

/// Counts a success at the first attempt, with the same protection from panics and recursion as an event.
#[cfg(feature = "metrics")]
pub(crate) fn count_success(count: impl FnOnce()) {
    if let Some(_publishing) = Publishing::enter() {
        shielded(count);
    }
}

std::thread_local! {
    /// `true` while an observer runs on this thread.
    static IS_PUBLISHING: Cell<bool> = const { Cell::new(false) };
}

/// Prevents events and metrics of calls that observers make on this thread, until it is dropped.
struct Publishing;

impl Publishing {
    /// Returns `None` if an observer made the call, because reporting the call to that observer would recurse.
    fn enter() -> Option<Self> {
        (!IS_PUBLISHING.replace(true)).then(|| Self)
    }
}

impl Drop for Publishing {
    fn drop(&mut self) {
        IS_PUBLISHING.set(false);
    }
}

/// Runs an observer and catches its panic.
fn shielded(observer: impl FnOnce()) {
    let Err(payload) = catch_unwind(AssertUnwindSafe(observer)) else { return };
    // Dropping the payload runs code of the observer again. If that code panics, its payload is leaked.
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        mem::forget(again);
    }
}

/// Returns whether any observer may receive events.
#[inline]
pub(crate) fn is_watched() -> bool {
    #[cfg(feature = "tracing")]
    if super::tracing::is_on() {
        return true;
    }
    cfg!(feature = "metrics") || GLOBAL.get().is_some()
}
