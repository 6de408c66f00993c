//! Guards that keep a setup active, and recorders of the calls under them.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::StopReason;
use crate::test_hooks::layers::{self, Layer};

/// The record of the calls under a guard. Every guard dereferences to its recorder.
///
/// Clones share the record of the same guard, also after the guard is dropped.
///
/// # Examples
///
/// ```
/// use backoff_core::{StopReason, retry, testing};
/// use std::time::Duration;
///
/// #[retry(delay = "1m", jitter = none, max_attempts = 2)]
/// fn fetch() -> Result<(), &'static str> {
///     Err("down")
/// }
///
/// let test = testing::no_waits(); // a `ThreadGuard`
/// assert!(fetch().is_err());
/// assert_eq!((test.attempts(), test.lost_replies()), (2, 0));
/// assert_eq!(test.waits(), [Duration::from_secs(60)]); // skipped
/// assert_eq!(test.reasons(), [StopReason::MaxAttempts]);
/// ```
#[derive(Clone)]
pub struct Recorder {
    layer: Arc<Layer>,
}

impl Recorder {
    pub(super) const fn new(layer: Arc<Layer>) -> Self {
        Self { layer }
    }

    /// Returns the number of attempts that have ended, over all calls.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.layer.recorded().attempts
    }

    /// Returns the delay before each retry as the policy decided it, even if the delay was skipped.
    #[must_use]
    pub fn waits(&self) -> Vec<Duration> {
        self.layer.recorded().waits.clone()
    }

    /// Returns the reason of each call that gave up, in the order in which they gave up.
    #[must_use]
    pub fn reasons(&self) -> Vec<StopReason> {
        self.layer.recorded().reasons.clone()
    }

    /// Returns the number of lost replies.
    #[must_use]
    pub fn lost_replies(&self) -> u32 {
        self.layer.recorded().lost_replies
    }

    /// Runs `work` under the guard, on any thread. A spawned thread calls this on a recorder that was passed to it.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::{Policy, testing};
    /// use std::thread;
    ///
    /// let test = testing::no_waits();
    /// let recorder = test.clone(); // of the `Recorder`, which can be sent
    /// let call = || Policy::default().retry(|| Err::<(), _>("down")).call();
    /// let worker = thread::spawn(move || recorder.run(call));
    /// assert_eq!(worker.join().ok(), Some(Err("down")));
    /// assert_eq!(test.attempts(), 3);
    /// ```
    pub fn run<R>(&self, work: impl FnOnce() -> R) -> R {
        let mut inside = Vec::new();
        let _entered = Entered::new(&self.layer, &mut inside);
        work()
    }

    /// Returns a future that runs under the guard. A spawned task uses this with a recorder that was passed to it.
    ///
    /// # Cancellation
    ///
    /// Dropping it drops `work`.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(feature = "tokio")]
    /// # {
    /// use backoff_core::{retry, testing};
    ///
    /// #[retry(max_attempts = 3)]
    /// async fn fetch() -> Result<(), &'static str> {
    ///     Err("down")
    /// }
    ///
    /// # tokio::runtime::Builder::new_multi_thread().enable_time().build()?.block_on(async {
    /// let test = testing::no_waits();
    /// let work: testing::Wrapped<_> = test.wrap(fetch());
    /// let task = tokio::spawn(work); // on any thread
    /// assert_eq!(task.await.ok(), Some(Err("down")));
    /// assert_eq!(test.attempts(), 3);
    /// # });
    /// # }
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn wrap<F: Future>(&self, work: F) -> Wrapped<F> {
        Wrapped { layer: Arc::clone(&self.layer), inside: Vec::new(), work: Box::pin(work) }
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let recorded = self.layer.recorded().clone();
        f.debug_struct("Recorder")
            .field("attempts", &recorded.attempts)
            .field("waits", &recorded.waits)
            .field("reasons", &recorded.reasons)
            .finish_non_exhaustive()
    }
}

/// Keeps a setup active on the thread that created it. Dropping it restores the previous setup, also during a panic.
///
/// # Examples
///
/// ```
/// use backoff_core::{Policy, testing::{Setup, ThreadGuard}};
///
/// let call = || Policy::default().retry(|| Err::<(), _>("down")).call();
/// let outer: ThreadGuard = Setup::new().no_waits().for_thread();
/// let inner = Setup::new().disabled().for_thread();
/// let _ = call();
/// drop(inner); // the outer setup is active again
/// let _ = call();
/// assert_eq!(outer.attempts(), 1 + 3);
/// ```
#[derive(Debug)]
#[must_use = "the setup is in force until the guard is dropped; bind it to a name such as `test`"]
pub struct ThreadGuard {
    recorder: Recorder,
    /// Makes the type `!Send`, because a guard belongs to its thread.
    thread: PhantomData<*const ()>,
}

impl ThreadGuard {
    pub(super) fn new(layer: Arc<Layer>) -> Self {
        layers::enter_thread(&layer, Vec::new());
        Self { recorder: Recorder::new(layer), thread: PhantomData }
    }
}

impl Drop for ThreadGuard {
    fn drop(&mut self) {
        layers::leave_thread(&self.recorder.layer);
    }
}

impl Deref for ThreadGuard {
    type Target = Recorder;

    fn deref(&self) -> &Recorder {
        &self.recorder
    }
}

/// Keeps a setup active in the whole process. Dropping it restores the previous setup.
///
/// # Examples
///
/// A test binary in which no call ever retries:
///
/// ```
/// use backoff_core::testing::{ProcessGuard, Setup};
/// use std::sync::LazyLock;
///
/// static NO_RETRIES: LazyLock<ProcessGuard> =
///     LazyLock::new(|| Setup::new().disabled().for_process());
///
/// LazyLock::force(&NO_RETRIES); // at the start of each test
/// # let policy = backoff_core::Policy::default();
/// assert!(policy.retry(|| Err::<(), _>("down")).call().is_err());
/// assert_eq!(NO_RETRIES.attempts(), 1);
/// ```
#[derive(Debug)]
#[must_use = "the setup is in force until the guard is dropped; bind it to a name or keep it in a static"]
pub struct ProcessGuard {
    recorder: Recorder,
}

impl ProcessGuard {
    pub(super) fn new(layer: Arc<Layer>) -> Self {
        layers::enter_process(&layer);
        Self { recorder: Recorder::new(layer) }
    }
}

impl Drop for ProcessGuard {
    fn drop(&mut self) {
        layers::leave_process(&self.recorder.layer);
    }
}

impl Deref for ProcessGuard {
    type Target = Recorder;

    fn deref(&self) -> &Recorder {
        &self.recorder
    }
}

/// A layer that is active on this thread until it is dropped.
struct Entered<'a> {
    layer: &'a Arc<Layer>,
    /// The layers that were entered inside it and not left. They become active again together with it.
    inside: &'a mut Vec<Arc<Layer>>,
}

impl<'a> Entered<'a> {
    fn new(layer: &'a Arc<Layer>, inside: &'a mut Vec<Arc<Layer>>) -> Self {
        layers::enter_thread(layer, std::mem::take(inside));
        Self { layer, inside }
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        *self.inside = layers::suspend_thread(self.layer);
    }
}

/// A future under a guard; created by [`Recorder::wrap`], which has an example.
#[must_use = "futures do nothing unless polled"]
pub struct Wrapped<F> {
    layer: Arc<Layer>,
    inside: Vec<Arc<Layer>>,
    work: Pin<Box<F>>,
}

impl<F: Future> Future for Wrapped<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let Self { layer, inside, work } = &mut *self;
        let _entered = Entered::new(layer, inside);
        work.as_mut().poll(cx)
    }
}

impl<F> fmt::Debug for Wrapped<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wrapped").finish_non_exhaustive()
    }
}

/// A future under its own guard. It yields the recorder of that guard; created by
/// [`Setup::for_future`](super::Setup::for_future).
///
/// # Cancellation
///
/// Dropping it drops the work inside.
///
/// # Examples
///
/// ```
/// # #[cfg(feature = "tokio")]
/// # {
/// use backoff_core::{retry, testing};
/// use std::time::Duration;
///
/// #[retry(max_attempts = 3)]
/// async fn fetch() -> Result<(), &'static str> {
///     std::future::pending().await
/// }
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(async {
/// let work: testing::Tested<_> = testing::Setup::new().for_future(fetch());
/// let record = work.recorder();
/// let limit = Duration::from_secs(60);
/// assert!(tokio::time::timeout(limit, work).await.is_err());
/// assert_eq!(record.attempts(), 0); // none has ended
/// # });
/// # }
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "futures do nothing unless polled"]
pub struct Tested<F> {
    recorder: Recorder,
    work: Wrapped<F>,
}

impl<F: Future> Tested<F> {
    pub(super) fn new(layer: Arc<Layer>, work: F) -> Self {
        let recorder = Recorder::new(layer);
        let work = recorder.wrap(work);
        Self { recorder, work }
    }
}

impl<F> Tested<F> {
    /// Returns the recorder. Use it if the future may be dropped before it ends.
    #[must_use]
    pub fn recorder(&self) -> Recorder {
        self.recorder.clone()
    }
}

impl<F: Future> Future for Tested<F> {
    type Output = (F::Output, Recorder);

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let polled = Pin::new(&mut self.work).poll(cx);
        polled.map(|output| (output, self.recorder.clone()))
    }
}

impl<F> fmt::Debug for Tested<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tested").field("recorder", &self.recorder).finish_non_exhaustive()
    }
}
