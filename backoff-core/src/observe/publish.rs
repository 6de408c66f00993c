//! The way of an event to those who watch the whole process.

use std::sync::OnceLock;

use super::CallEvent;

/// Watches the retries of a whole process.
///
/// Closures `Fn(&CallEvent<'_>)` are observers. It runs inline, in the thread or task of the call, and must not block.
pub trait GlobalObserver: Send + Sync {
    /// Takes note of an event.
    fn event(&self, event: &CallEvent<'_>);
}

impl<F: Fn(&CallEvent<'_>) + Send + Sync> GlobalObserver for F {
    fn event(&self, event: &CallEvent<'_>) {
        self(event);
    }
}

static GLOBAL: OnceLock<Box<dyn GlobalObserver>> = OnceLock::new();

/// The process has an observer already; the one that was given is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlreadySet;

impl std::fmt::Display for AlreadySet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the global observer is set already; set it once, at the start of the process")
    }
}

impl std::error::Error for AlreadySet {}

/// Sets the observer of the whole process, once. Until then its cost is one load per failed attempt, and nothing on success.
///
/// # Errors
///
/// Returns [`AlreadySet`] when there is one.
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
///     SEEN.lock().unwrap().push(format!("{} {:?}: {}", event.name(), event.what(), event.error()));
/// })?;
/// assert!(search().is_err());
/// assert_eq!(
///     *SEEN.lock().unwrap(),
///     ["search Retry { delay: 0ns }: down", "search GaveUp { reason: MaxAttempts }: down"]
/// );
/// # Ok::<(), observe::AlreadySet>(())
/// ```
pub fn set_global(observer: impl GlobalObserver + 'static) -> Result<(), AlreadySet> {
    GLOBAL.set(Box::new(observer)).map_err(|_| AlreadySet)
}

/// Tells everybody. No lock is held while they run.
#[cold]
pub(crate) fn tell(event: &CallEvent<'_>) {
    #[cfg(feature = "tracing")]
    super::tracing::publish(event);
    #[cfg(feature = "metrics")]
    super::metrics::publish(event);
    if let Some(observer) = GLOBAL.get() {
        observer.event(event);
    }
}

/// Returns whether somebody wants events.
#[inline]
pub(crate) fn is_watched() -> bool {
    cfg!(feature = "tracing") || cfg!(feature = "metrics") || GLOBAL.get().is_some()
}
