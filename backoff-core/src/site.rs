//! Call sites: every annotated function owns one, and those that have failed are listed.

#[cfg(all(test, loom))]
mod model;

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{OnceLock, PoisonError};
use std::time::Duration;

use crate::observe::publish::tell;
use crate::observe::{CallEvent, Elapsed, ErrorText, EventKind, FailedAttempt, Level};
use crate::sync::atomic::AtomicBool;
use crate::sync::{Counter, Mutex, const_fn, shared_static};
use crate::{Decision, InvalidPolicy, Policy, StopReason};

/// An annotated function: its name, its location, and the counts of its retries.
///
/// A call site is a `static` in the expanded code. It joins the list of [`call_sites`] at its first failure, without
/// allocation. Successes at the first attempt are not counted, because counting would slow down every success. Counts
/// have 64 bits. On a target without 64-bit atomics each count stops at `u32::MAX`. [`waiting`](Self::waiting) is not a
/// total, but the number of calls that are in a delay now.
///
/// # Examples
///
/// ```
/// use backoff_core::{call_sites, retry};
///
/// #[retry(max_attempts = 2, delay = "0s", name = "billing.charge")]
/// fn charge() -> Result<(), &'static str> {
///     Err("declined")
/// }
///
/// assert!(charge().is_err());
/// let site = call_sites()
///     .find(|site| site.name() == "billing.charge")
///     .ok_or("not listed")?;
/// assert_eq!((site.retries(), site.gave_up()), (1, 1));
/// # Ok::<(), &str>(())
/// ```
///
/// ```
/// use backoff_core::{StopReason, call_sites, observe::Level, retry};
///
/// #[retry(max_attempts = 4, delay = "0s", name = "stock.count", log = "info")]
/// fn count() -> Result<(), &'static str> {
///     Err("down")
/// }
///
/// assert!(count().is_err());
/// let site = call_sites().next().ok_or("not listed")?; // the newest
/// assert!(site.file().ends_with(".rs") && site.line() > 0);
/// assert_eq!(site.policy().and_then(|policy| policy.max_attempts()), Some(4));
/// assert_eq!((site.level(), site.recovered()), (Level::Info, 0));
/// assert_eq!(site.gave_up_for(StopReason::MaxAttempts), 1);
/// assert!(site.reasons().eq([(StopReason::MaxAttempts, 1)]));
/// # Ok::<(), &str>(())
/// ```
pub struct CallSite {
    name: Option<&'static str>,
    full_name: fn() -> &'static str,
    file: &'static str,
    line: u32,
    policy: Option<&'static Policy>,
    level: Level,
    is_listed: AtomicBool,
    is_adjusted: AtomicBool,
    next: OnceLock<Option<&'static CallSite>>,
    retries: Counter,
    recovered: Counter,
    /// Number of calls in a delay.
    // The standard library's, also in a loom model, because it changes in one step and guards no other data.
    waiting: AtomicUsize,
    stops: [Counter; StopReason::ALL.len()],
    #[cfg(feature = "metrics")]
    success_keys: OnceLock<crate::observe::metrics::SuccessKeys>,
}

shared_static! {
    /// The call site that was listed last. Held for two instructions, and never while other code runs.
    static NEWEST: Mutex<Option<&'static CallSite>> = Mutex::new(None);
}

impl CallSite {
    const_fn! {
        #[doc(hidden)]
        #[must_use]
        pub fn new(
            name: Option<&'static str>,
            full_name: fn() -> &'static str,
            file: &'static str,
            line: u32,
            policy: Option<&'static Policy>,
            level: Level,
        ) -> Self {
            Self {
                name,
                full_name,
                file,
                line,
                policy,
                level,
                is_listed: AtomicBool::new(false),
                is_adjusted: AtomicBool::new(false),
                next: OnceLock::new(),
                retries: Counter::new(),
                recovered: Counter::new(),
                waiting: AtomicUsize::new(0),
                stops: [const { Counter::new() }; StopReason::ALL.len()],
                #[cfg(feature = "metrics")]
                success_keys: OnceLock::new(),
            }
        }
    }

    /// Returns the name: the value of `name = ".."`, or the path of the function as the compiler writes it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name.unwrap_or_else(|| function_path((self.full_name)()))
    }

    /// Returns the keys that count successes at the first attempt.
    #[cfg(feature = "metrics")]
    #[inline]
    pub(crate) fn success_keys(&self) -> &crate::observe::metrics::SuccessKeys {
        self.success_keys.get_or_init(|| crate::observe::metrics::SuccessKeys::of(self.name()))
    }

    /// Returns the source file of the function.
    #[must_use]
    pub const fn file(&self) -> &'static str {
        self.file
    }

    /// Returns the line of the function's attribute.
    #[must_use]
    pub const fn line(&self) -> u32 {
        self.line
    }

    /// Returns the policy of the annotation; `None` if it is known at run time only, or if it has a custom backoff.
    #[must_use]
    pub const fn policy(&self) -> Option<&'static Policy> {
        self.policy
    }

    /// Returns the level at which `tracing` logs a retry, and a call that gives up without a retry.
    #[must_use]
    pub const fn level(&self) -> Level {
        self.level
    }

    /// Returns the number of scheduled retries.
    #[must_use]
    pub fn retries(&self) -> u64 {
        self.retries.get()
    }

    /// Returns the number of calls that succeeded after at least one retry.
    #[must_use]
    pub fn recovered(&self) -> u64 {
        self.recovered.get()
    }

    /// Returns the number of calls that wait now: those in a delay before a retry.
    ///
    /// It rises while a dependency is down, before calls give up. A delay of zero is not counted. A call that is
    /// dropped in a delay no longer waits.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::{call_sites, retry};
    ///
    /// fn waiting() -> Option<usize> {
    ///     let mut sites = call_sites();
    ///     let site = sites.find(|site| site.name() == "stock.load");
    ///     site.map(|site| site.waiting())
    /// }
    ///
    /// #[retry(
    ///     max_attempts = 2,
    ///     delay = "1s",
    ///     name = "stock.load",
    ///     sleep = |_| seen.push(waiting())
    /// )]
    /// fn load(seen: &mut Vec<Option<usize>>) -> Result<(), &'static str> {
    ///     Err("down")
    /// }
    ///
    /// let mut seen = Vec::new();
    /// assert!(load(&mut seen).is_err());
    /// assert_eq!((seen, waiting()), (vec![Some(1)], Some(0)));
    /// ```
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Returns the number of calls that gave up, for any reason.
    #[must_use]
    pub fn gave_up(&self) -> u64 {
        self.stops.iter().map(Counter::get).sum()
    }

    /// Returns the number of calls that gave up for this reason.
    #[must_use]
    pub fn gave_up_for(&self, reason: StopReason) -> u64 {
        self.counter(reason).map_or(0, Counter::get)
    }

    /// Iterates over the reasons for which calls gave up, each with the number of these calls.
    pub fn reasons(&self) -> impl Iterator<Item = (StopReason, u64)> + '_ {
        let counts = self.stops.iter().map(Counter::get);
        StopReason::ALL.iter().copied().zip(counts).filter(|(_, count)| *count > 0)
    }

    fn counter(&self, reason: StopReason) -> Option<&Counter> {
        self.stops.get(reason as usize)
    }

    /// Counts the decision after a failed attempt. The first failure adds the site to the list.
    #[inline]
    pub(crate) fn count(&'static self, decision: Decision) {
        self.list();
        let counter = match decision {
            Decision::RetryAfter(_) => Some(&self.retries),
            Decision::Stop(reason) => self.counter(reason),
        };
        if let Some(counter) = counter {
            counter.increment();
        }
    }

    /// Counts a retry that succeeded. The failure before it has already listed the site.
    #[inline]
    pub(crate) fn count_recovered(&'static self) {
        self.recovered.increment();
    }

    /// Counts a call as waiting until the returned value is dropped. Returns `None` for a delay of zero.
    #[inline]
    pub(crate) fn waits(&'static self, delay: Duration) -> Option<Waiting> {
        if delay.is_zero() {
            return None;
        }
        self.waiting.fetch_add(1, Ordering::Relaxed);
        Some(Waiting(self))
    }

    /// Notifies observers, once, that a value of this site was moved to the nearest allowed one.
    pub(crate) fn adjusted(&'static self, problem: InvalidPolicy) {
        if !self.is_adjusted.swap(true, Ordering::Relaxed) {
            self.tell_adjusted(problem);
        }
    }

    /// Notifies observers that a value of this site was moved to the nearest allowed one.
    pub(crate) fn tell_adjusted(&'static self, problem: InvalidPolicy) {
        self.list();
        tell(&CallEvent {
            name: self.name(),
            level: self.level,
            kind: EventKind::ValueMoved { problem },
            attempts: 0,
            max_attempts: None,
            elapsed: Elapsed::Unknown,
            failed: FailedAttempt::NONE,
            error: ErrorText::NONE,
        });
    }

    #[inline]
    fn list(&'static self) {
        if !self.is_listed.load(Ordering::Relaxed) {
            self.join_the_list();
        }
    }

    #[cold]
    fn join_the_list(&'static self) {
        if self.is_listed.swap(true, Ordering::AcqRel) {
            return;
        }
        let mut newest = NEWEST.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = self.next.set(newest.replace(self)); // set once: the swap above lets one caller through
    }
}

/// A call of this site that is in a delay. The count goes down when it is dropped: also if the sleeper panics, or if
/// the future of the call is dropped.
#[derive(Debug)]
pub(crate) struct Waiting(&'static CallSite);

impl Drop for Waiting {
    #[inline]
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Removes the parts of a type name that belong to the expansion and not to the function.
fn function_path(name: &'static str) -> &'static str {
    const ADDED: [&str; 3] = ["::__retry_name", "::__RETRY_SITE", "::{{closure}}"];
    let mut path = name;
    while let Some(shorter) = ADDED.iter().find_map(|part| path.strip_suffix(part)) {
        path = shorter;
    }
    path
}

/// Iterates over the listed annotated functions, the newest first.
///
/// A function is listed after its first failure, or when a run-time value of it was moved to an allowed one. Its counts
/// are totals, except [`waiting`](CallSite::waiting): the calls that are in a delay now.
///
/// # Examples
///
/// ```
/// use backoff_core::{call_sites, retry};
///
/// #[retry(max_attempts = 1, name = "stock.load")]
/// fn load() -> Result<(), &'static str> {
///     Err("down")
/// }
///
/// assert_eq!(call_sites().count(), 0); // none has failed
/// assert!(load().is_err());
/// let names: Vec<_> = call_sites().map(|site| site.name()).collect();
/// assert_eq!(names, ["stock.load"]);
/// ```
pub fn call_sites() -> impl Iterator<Item = &'static CallSite> {
    let newest = *NEWEST.lock().unwrap_or_else(PoisonError::into_inner);
    std::iter::successors(newest, |site| site.next.get().copied().flatten())
}

impl fmt::Debug for CallSite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallSite")
            .field("name", &self.name())
            .field("file", &self.file)
            .field("line", &self.line)
            .field("retries", &self.retries())
            .field("recovered", &self.recovered())
            .field("gave_up", &self.gave_up())
            .field("waiting", &self.waiting())
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_a_counter_of_its_own() {
        static SITE: CallSite = CallSite::new(Some("reasons"), || "reasons", "file", 1, None, Level::Debug);
        for (before, &reason) in StopReason::ALL.iter().enumerate() {
            assert_eq!((SITE.gave_up_for(reason), SITE.gave_up()), (0, before as u64));
            SITE.count(Decision::Stop(reason));
        }
        assert!(
            SITE.reasons()
                .map(|(reason, count)| (count == 1).then_some(reason))
                .eq(StopReason::ALL.iter().copied().map(Some))
        );
    }

    #[test]
    fn the_parts_of_the_expansion_are_taken_off_a_name() {
        assert_eq!(function_path("a::m::S::d::__RETRY_SITE::__retry_name"), "a::m::S::d");
        assert_eq!(function_path("<a::S as a::T>::t::{{closure}}::__RETRY_SITE::__retry_name"), "<a::S as a::T>::t");
    }
}
