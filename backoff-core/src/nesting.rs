//! Retries inside retries.

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use crate::StopReason;
use crate::clock::{Clock as _, Instant, RuntimeClock};
use crate::drive::shared_limits::{Nesting, OpenScope};
use crate::drive::undisturbed;

/// The mode for retries of calls inside a call, set by `inner_retries`.
///
/// Three layers that make three attempts each turn one request into 27 calls at the bottom. An outer call can limit
/// that with `inner_retries`. In every mode except [`Allow`](Self::Allow), an inner call never waits longer than the
/// remaining time of the outer call, and the outer call allocates its [`Scope`] once.
///
/// Calls inside find the scope of a call through the thread that runs them. A blocking attempt sets it while it runs,
/// an async one during each poll, on whatever thread. For work on another task or thread, or in another process, pass a
/// [`Scope`] manually.
///
/// # Examples
///
/// ```
/// use backoff_core::{InnerRetries, Policy};
///
/// let (policy, mut calls) = (Policy::default(), 0); // 3 attempts
/// let mut inner = || {
///     let call = policy.retry(|| Err::<(), _>(calls += 1));
///     call.sleep(|_| ()).call()
/// };
/// let outer = policy.retry(&mut inner).inner_retries(InnerRetries::Suppress);
/// assert!(outer.sleep(|_| ()).call().is_err());
/// assert_eq!(calls, 3); // and not 9
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum InnerRetries {
    /// Inner calls retry without restriction; attempts multiply. The default.
    #[default]
    Allow,
    /// Inner calls make one attempt each: this call retries in their place.
    Suppress,
    /// Inner calls retry. When one of them gives up, this call stops with [`StopReason::Nested`] as soon as the
    /// enclosing attempt fails, for whatever reason. An attempt that uses a fallback and succeeds is a success.
    Stop,
}

/// The state of a retried operation for calls inside it: the number of the attempt, and the limits.
///
/// Pass it to code that does not run on the same thread: a spawned task, another thread, another process.
///
/// # Examples
///
/// ```
/// use backoff_core::{InnerRetries, Policy, Scope};
/// use std::time::Duration;
///
/// let minute = Duration::from_secs(60);
/// let policy = Policy::exponential().max_elapsed(minute).build();
/// let call = policy.retry(|| {
///     let scope = Scope::current().ok_or("outside of a call")?;
///     assert!(scope.remaining() <= Some(minute));
///     Ok::<_, &str>((scope.attempt(), scope.suppresses_retries()))
/// });
/// let call = call.inner_retries(InnerRetries::Suppress);
/// assert_eq!(call.call(), Ok((1, true)));
/// ```
#[derive(Clone)]
pub struct Scope {
    shared: Arc<Shared>,
}

struct Shared {
    suppress: bool,
    /// `true` if the call ends when a call inside it gives up.
    stop: bool,
    attempt: AtomicU32,
    /// The earlier of the end of the enclosing calls' time and the end of the call's own timeout.
    bound: Option<Instant>,
    /// The latest end of inner delays in the present attempt: `bound`, or earlier. User code does not run under this
    /// lock.
    deadline: Mutex<Option<Instant>>,
    /// `true` once a call inside gave up during the present attempt.
    gave_up: AtomicBool,
}

/// `true` once the first scope of the process opens; until then a failed attempt need not search for a scope.
static ARE_USED: AtomicBool = AtomicBool::new(false);

std::thread_local! {
    static CURRENT: RefCell<Option<Scope>> = const { RefCell::new(None) };
}

/// The request header with the number of the sender's attempt.
const ATTEMPT_HEADER: &str = "retry-attempt";
/// The request header with the milliseconds that the sender has left.
const REMAINING_HEADER: &str = "retry-remaining-ms";
/// The request header which signals that the sender retries in the receiver's place.
const SUPPRESS_HEADER: &str = "retry-suppress";

impl Scope {
    /// Returns the scope of the running code; `None` outside of any call that set `inner_retries`.
    #[must_use]
    pub fn current() -> Option<Self> {
        with_current(Clone::clone)
    }

    /// Opens the scope of a call with an optional timeout, inside the present scope.
    pub(crate) fn open(mode: InnerRetries, timeout: Option<Duration>) -> Self {
        let outer = Self::current();
        let bound = earlier(from_now(timeout), outer.as_ref().and_then(Self::deadline));
        let suppress = mode == InnerRetries::Suppress || outer.is_some_and(|outer| outer.shared.suppress);
        Self::new(suppress, mode == InnerRetries::Stop, 0, bound)
    }

    fn new(suppress: bool, stop: bool, attempt: u32, bound: Option<Instant>) -> Self {
        let (attempt, gave_up) = (AtomicU32::new(attempt), AtomicBool::new(false));
        Self { shared: Arc::new(Shared { suppress, stop, attempt, bound, deadline: Mutex::new(bound), gave_up }) }
    }

    /// Records that an attempt starts, with this much left of the call's own time.
    pub(crate) fn attempt_starts(&self, left: Option<Duration>) {
        let shared = &self.shared;
        shared.attempt.fetch_add(1, Ordering::Relaxed);
        shared.gave_up.store(false, Ordering::Relaxed);
        *shared.deadline.lock().unwrap_or_else(PoisonError::into_inner) = earlier(from_now(left), shared.bound);
    }

    fn deadline(&self) -> Option<Instant> {
        *self.shared.deadline.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns `true` if a call inside has given up during the present attempt, and this call ends with it.
    pub(crate) fn inner_gave_up(&self) -> bool {
        self.shared.stop && self.shared.gave_up.load(Ordering::Relaxed)
    }

    /// Returns `true` if calls inside make one attempt only.
    #[must_use]
    pub fn suppresses_retries(&self) -> bool {
        self.shared.suppress
    }

    /// Returns the number of the attempt that runs in this scope, 1 for the first.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.shared.attempt.load(Ordering::Relaxed)
    }

    /// Returns the time that the enclosing calls leave; `None` without a limit.
    #[must_use]
    pub fn remaining(&self) -> Option<Duration> {
        self.deadline().map(|deadline| deadline.saturating_duration_since(RuntimeClock.now()))
    }

    /// Runs `work` in this scope, on any thread: a spawned thread calls it with a scope that it received.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::{InnerRetries, Policy, Scope};
    /// use std::thread;
    ///
    /// let number = || Scope::current().map(|scope| scope.attempt());
    /// let policy = Policy::default();
    /// let call = policy.retry(|| {
    ///     let scope = Scope::current().ok_or("outside of a call")?;
    ///     let worker = thread::spawn(move || scope.run(number));
    ///     worker.join().map_err(|_| "panicked")
    /// });
    /// assert_eq!(call.inner_retries(InnerRetries::Suppress).call(), Ok(Some(1)));
    /// ```
    pub fn run<R>(&self, work: impl FnOnce() -> R) -> R {
        let _entered = Entered::new(self);
        work()
    }

    /// Returns a future that runs in this scope: a spawned task awaits it with a scope that it received.
    ///
    /// # Cancellation
    ///
    /// Dropping the future drops `work`.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(feature = "tokio")]
    /// # {
    /// use backoff_core::{InScope, Scope};
    ///
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// let header = |name: &str| (name == "retry-attempt").then_some("2");
    /// let scope = Scope::from_headers(header).ok_or("no scope")?;
    /// let number = async { Scope::current().map(|scope| scope.attempt()) };
    /// let work: InScope<_> = scope.wrap(number);
    /// assert_eq!(tokio::spawn(work).await?, Some(2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn wrap<F: Future>(&self, work: F) -> InScope<F> {
        InScope { scope: self.clone(), work: Box::pin(work) }
    }

    /// Writes the scope as header fields, for a request to another process.
    ///
    /// The fields are `retry-attempt`, `retry-remaining-ms` if there is a limit, and `retry-suppress: true` if the
    /// sender retries in the receiver's place.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::Scope;
    ///
    /// let header = |name: &str| (name == "retry-suppress").then_some("true");
    /// let scope = Scope::from_headers(header).ok_or("no scope")?;
    /// let mut headers = Vec::new();
    /// scope.write_headers(|name, value| headers.push(format!("{name}: {value}")));
    /// assert_eq!(headers, ["retry-attempt: 1", "retry-suppress: true"]);
    /// # Ok::<(), &str>(())
    /// ```
    pub fn write_headers(&self, mut set: impl FnMut(&'static str, String)) {
        set(ATTEMPT_HEADER, self.attempt().to_string());
        if let Some(remaining) = self.remaining() {
            set(REMAINING_HEADER, remaining.as_millis().to_string());
        }
        if self.shared.suppress {
            set(SUPPRESS_HEADER, "true".to_owned());
        }
    }

    /// Reads the scope that another process wrote; `None` when the request carries no scope.
    ///
    /// A value that cannot be read counts as missing, because headers come from outside.
    pub fn from_headers<'h>(get: impl Fn(&str) -> Option<&'h str>) -> Option<Self> {
        let attempt = get(ATTEMPT_HEADER).and_then(|value| value.trim().parse::<u32>().ok());
        let remaining = get(REMAINING_HEADER).and_then(|value| value.trim().parse::<u64>().ok());
        let suppress = get(SUPPRESS_HEADER).is_some_and(|value| value.trim().eq_ignore_ascii_case("true"));
        if attempt.is_none() && remaining.is_none() && !suppress {
            return None;
        }
        let bound = from_now(remaining.map(Duration::from_millis));
        Some(Self::new(suppress, false, attempt.unwrap_or(1), bound))
    }
}

fn from_now(left: Option<Duration>) -> Option<Instant> {
    left.and_then(|left| RuntimeClock.now().checked_add(left))
}

fn earlier(one: Option<Instant>, other: Option<Instant>) -> Option<Instant> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

#[cfg(feature = "http-1")]
impl Scope {
    /// Adds the scope to the headers of a request.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::Scope;
    /// use http::HeaderMap;
    ///
    /// let (mut received, mut sent) = (HeaderMap::new(), HeaderMap::new());
    /// received.insert("retry-remaining-ms", 500.into());
    /// let scope = Scope::of(&received).ok_or("no scope")?;
    /// scope.add_to(&mut sent);
    /// assert_eq!(sent["retry-attempt"], "1");
    /// # Ok::<(), &str>(())
    /// ```
    pub fn add_to(&self, headers: &mut ::http::HeaderMap) {
        self.write_headers(|name, value| {
            if let Ok(value) = ::http::HeaderValue::try_from(value) {
                headers.insert(name, value);
            }
        });
    }

    /// Reads the scope of a request.
    #[must_use]
    pub fn of(headers: &::http::HeaderMap) -> Option<Self> {
        Self::from_headers(|name| headers.get(name).and_then(|value| value.to_str().ok()))
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope")
            .field("attempt", &self.attempt())
            .field("suppresses_retries", &self.shared.suppress)
            .finish_non_exhaustive()
    }
}

/// A guard that restores the previous scope when it is dropped.
pub(crate) struct Entered {
    before: Option<Scope>,
}

impl Entered {
    pub(crate) fn new(scope: &Scope) -> Self {
        if !ARE_USED.load(Ordering::Acquire) {
            begin_use();
        }
        Self { before: replace_current(Some(scope.clone())) }
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        // Move the scope out first, so that it is not dropped while the cell is borrowed.
        let inner = replace_current(self.before.take());
        drop(inner);
    }
}

/// Replaces the present scope and returns the previous one; a thread that is shutting down keeps no scope.
fn replace_current(scope: Option<Scope>) -> Option<Scope> {
    CURRENT.try_with(|current| current.replace(scope)).ok().flatten()
}

/// A future that runs in a [`Scope`]; created by [`Scope::wrap`], which has an example.
#[must_use = "futures do nothing unless polled"]
pub struct InScope<F> {
    scope: Scope,
    work: Pin<Box<F>>,
}

impl<F: Future> Future for InScope<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let _entered = Entered::new(&self.scope);
        self.work.as_mut().poll(cx)
    }
}

impl<F> fmt::Debug for InScope<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InScope").field("scope", &self.scope).finish_non_exhaustive()
    }
}

/// The limits of enclosing calls on a decision.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EnclosingLimits {
    /// `true` if the enclosing calls retry in this call's place.
    pub(crate) suppressed: bool,
    /// The time that the enclosing calls leave.
    pub(crate) time_left: Option<Duration>,
}

/// Reads the limits of the calls that enclose the present one; on the failure path only.
#[inline]
pub(crate) fn enclosing_limits() -> EnclosingLimits {
    const NOTHING: EnclosingLimits = EnclosingLimits { suppressed: false, time_left: None };
    #[cold]
    #[inline(never)]
    fn look() -> EnclosingLimits {
        with_current(|scope| EnclosingLimits { suppressed: scope.shared.suppress, time_left: scope.remaining() })
            .unwrap_or(NOTHING)
    }
    if are_used() { look() } else { NOTHING }
}

/// Notifies the enclosing call that this one has given up.
#[inline]
pub(crate) fn gave_up(reason: StopReason) {
    match reason {
        // The error ended the call, and not a limit: the outer call classifies it itself.
        StopReason::Permanent | StopReason::Ambiguous => {}
        StopReason::MaxAttempts
        | StopReason::MaxElapsed
        | StopReason::Timeout
        | StopReason::BackoffEnded
        | StopReason::PushBackTooLong
        | StopReason::BudgetEmpty
        | StopReason::Cancelled
        | StopReason::Nested
        | StopReason::Disabled => {
            with_current(|scope| scope.shared.gave_up.store(true, Ordering::Relaxed));
        }
    }
}

/// Records that the process uses scopes.
///
/// The count of disturbances is raised before the flag, so that a thread which sees the flag also sees the count.
#[cold]
fn begin_use() {
    undisturbed::enter();
    if ARE_USED.swap(true, Ordering::AcqRel) {
        undisturbed::leave(); // another thread was first
    }
}

/// Returns `true` if any scope was ever entered.
///
/// The thread that entered a scope has set the flag itself, so it always finds its own scope.
#[inline]
pub(crate) fn are_used() -> bool {
    ARE_USED.load(Ordering::Relaxed)
}

/// Reads the present scope; a thread that is shutting down has none.
#[inline]
fn with_current<R>(look: impl FnOnce(&Scope) -> R) -> Option<R> {
    if !are_used() {
        return None;
    }
    CURRENT.try_with(|current| current.borrow().as_ref().map(look)).ok().flatten()
}

impl Nesting for InnerRetries {
    type Scope = Option<Scope>;

    fn open(&self, timeout: Option<Duration>) -> Option<Scope> {
        (*self != Self::Allow).then(|| Scope::open(*self, timeout))
    }
}

impl OpenScope for Option<Scope> {
    fn attempt_starts(&self, left: impl FnOnce() -> Option<Duration>) {
        if let Some(scope) = self {
            scope.attempt_starts(left());
        }
    }

    fn within<R>(&self, work: impl FnOnce() -> R) -> R {
        match self {
            Some(scope) => scope.run(work),
            None => work(),
        }
    }

    fn inner_gave_up(&self) -> bool {
        self.as_ref().is_some_and(Scope::inner_gave_up)
    }
}
