//! The world of one call: a clock, a script, and a log of what happens. Time is virtual everywhere.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake};
use std::time::{Duration, Instant};

use backoff_core::{
    Budget, CancelToken, Clock as _, Fault, GiveUpEvent, RecoveredEvent, RetryError, RetryEvent, StopReason, Success,
    SystemClock, testing,
};

use crate::case::{Adjusted, Cancel, Case, Ends};
use crate::trace::{Report, Trace, Trouble, Value, What};

/// The largest number of attempts in any case. A call that makes more has missed its end.
const MOST_ATTEMPTS: u32 = 100;

/// The time of a world.
pub(crate) enum Clock {
    /// A manual clock, its timers and its executor.
    Hand(Hand),
    /// Tokio's paused time since this instant.
    Tokio(tokio::time::Instant),
    /// The virtual time of `testing::virtual_time` since this instant.
    Guard(Instant),
}

impl Clock {
    pub(crate) fn hand() -> Self {
        Self::Hand(Hand::default())
    }

    pub(crate) fn tokio() -> Self {
        Self::Tokio(tokio::time::Instant::now())
    }

    pub(crate) fn guard() -> Self {
        Self::Guard(SystemClock.now())
    }
}

/// A clock that jumps to its next timer when the future that it runs can do nothing else.
#[derive(Clone, Default)]
pub(crate) struct Hand {
    now: Rc<Cell<Duration>>,
    next: Rc<Cell<Option<Duration>>>,
}

impl Hand {
    async fn until(&self, at: Duration) {
        poll_fn(|_| {
            if self.now.get() >= at {
                return Poll::Ready(());
            }
            self.next.set(Some(self.next.get().map_or(at, |next| next.min(at))));
            Poll::Pending
        })
        .await;
    }

    pub(crate) fn run<F: Future>(&self, future: F) -> F::Output {
        struct Woken(AtomicBool);
        impl Wake for Woken {
            fn wake(self: Arc<Self>) {
                self.0.store(true, Ordering::Relaxed);
            }
        }
        let mut future = pin!(future);
        let woken = Arc::new(Woken(AtomicBool::new(false)));
        let waker = Arc::clone(&woken).into();
        for _ in 0..100_000 {
            self.next.set(None);
            if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                return output;
            }
            if !woken.0.swap(false, Ordering::Relaxed) {
                self.now.set(self.next.get().expect("a future waits for nothing"));
            }
        }
        panic!("the future is never ready");
    }
}

/// The operation, the hooks, the sleeper and the log of one call.
pub(crate) struct World<'c> {
    pub(crate) case: &'c Case,
    pub(crate) clock: Clock,
    pub(crate) token: CancelToken,
    pub(crate) budget: Budget,
    attempts: Cell<u32>,
    hooks: Cell<u32>,
    report: Cell<Option<Report>>,
    log: RefCell<Vec<(Duration, What)>>,
}

impl<'c> World<'c> {
    pub(crate) fn new(case: &'c Case, clock: Clock) -> Self {
        let (capacity, tokens) = case.budget;
        let world = Self {
            case,
            clock,
            token: CancelToken::new(),
            budget: Budget::new().capacity(capacity),
            attempts: Cell::new(0),
            hooks: Cell::new(0),
            report: Cell::new(None),
            log: RefCell::default(),
        };
        for _ in tokens..capacity {
            assert!(world.budget.withdraw());
        }
        world.cancels(|by| by == Cancel::Attempt(0));
        world
    }

    pub(crate) fn now(&self) -> Duration {
        match &self.clock {
            Clock::Hand(hand) => hand.now.get(),
            Clock::Tokio(origin) => origin.elapsed(),
            Clock::Guard(origin) => SystemClock.now() - *origin,
        }
    }

    /// Lets time pass, blocking.
    pub(crate) fn advance(&self, time: Duration) {
        match &self.clock {
            Clock::Hand(hand) => hand.now.set(hand.now.get() + time),
            Clock::Tokio(_) => assert!(time.is_zero(), "tokio's time passes in await only"),
            Clock::Guard(_) => testing::advance(time),
        }
        self.cancels(|by| matches!(by, Cancel::At(at) if self.now() >= at));
    }

    /// Lets time pass, async; it begins to pass now, as tokio's does, and not when it is first polled.
    pub(crate) fn wait(&self, time: Duration) -> impl Future<Output = ()> {
        let sleep = matches!(self.clock, Clock::Tokio(_)).then(|| tokio::time::sleep(time));
        let until = self.now() + time;
        async move {
            match (sleep, &self.clock) {
                _ if time.is_zero() => {}
                (Some(sleep), _) => sleep.await,
                (None, Clock::Hand(hand)) => hand.until(until).await,
                (None, _) => unreachable!("blocking calls only"),
            }
        }
    }

    /// Completes when the call is cancelled.
    pub(crate) async fn cancelled(&self) {
        match self.case.cancel {
            Some(Cancel::At(at)) => self.wait(at.saturating_sub(self.now())).await,
            _ => self.token.cancelled().await,
        }
    }

    fn cancels(&self, applies: impl Fn(Cancel) -> bool) {
        if self.case.cancel.is_some_and(applies) {
            self.token.cancel();
        }
    }

    pub(crate) fn notes(&self, what: What) {
        self.log.borrow_mut().push((self.now(), what));
    }

    /// Notes a delay that began at this time.
    pub(crate) fn notes_delay(&self, began: Duration, delay: Option<Duration>) {
        self.log.borrow_mut().push((began, What::Waits(delay.expect("a retry has a delay"))));
    }

    pub(crate) fn starts(&self) -> u32 {
        let attempt = self.attempts.get() + 1;
        assert!(attempt < MOST_ATTEMPTS, "the call does not end");
        self.attempts.set(attempt);
        self.notes(What::Starts(attempt));
        self.cancels(|by| by == Cancel::Attempt(attempt));
        attempt
    }

    pub(crate) fn ends(&self, attempt: u32) -> Result<Value, Trouble> {
        self.notes(What::Ends(attempt));
        match self.case.step(attempt).ends {
            Ends::Good => Ok(Value { attempt, is_good: true }),
            Ends::Unmet(_) => Ok(Value { attempt, is_good: false }),
            Ends::Fails(meaning) => Err(Trouble::Failed { attempt, meaning }),
        }
    }

    pub(crate) fn attempt(&self) -> Result<Value, Trouble> {
        let attempt = self.starts();
        self.advance(self.case.step(attempt).runs);
        self.ends(attempt)
    }

    pub(crate) async fn attempt_async(&self) -> Result<Value, Trouble> {
        let attempt = self.starts();
        let dropped = Dropped(self, attempt);
        self.wait(self.case.step(attempt).runs).await;
        std::mem::forget(dropped);
        self.ends(attempt)
    }

    pub(crate) fn fault(&self, error: &Trouble) -> Fault {
        match error {
            Trouble::Failed { meaning, .. } => meaning.fault(),
            Trouble::TimedOut(_) => self.case.timed_out.fault(),
            // The classification of a cancelled attempt does not matter.
            Trouble::Cancelled => Fault::Permanent,
        }
    }

    /// Returns the result of `until`.
    pub(crate) fn accepts(&self, value: Value) -> Result<(), Fault> {
        match self.case.step(value.attempt).ends {
            Ends::Unmet(meaning) => Err(meaning.fault()),
            Ends::Good | Ends::Fails(_) => Ok(()),
        }
    }

    /// The closure of `reset_when`.
    pub(crate) fn is_progress(&self, error: &Trouble) -> bool {
        matches!(error, Trouble::Failed { attempt, .. } if self.case.is_progress(*attempt))
    }

    /// The closure of `adjust`.
    pub(crate) fn adjust(&self, planned: &RetryEvent<'_, Trouble>) -> Option<Duration> {
        match self.case.adjusted(self.attempts.get()) {
            Adjusted::Keep => Some(planned.delay()),
            Adjusted::Wait(delay) => Some(delay),
            Adjusted::Stop => None,
        }
    }

    fn on_retry_starts(&self, event: &RetryEvent<'_, Trouble>) -> Duration {
        self.notes(What::OnRetry {
            attempt: event.attempt(),
            max_attempts: event.max_attempts(),
            error: event.error().copied(),
            delay: event.delay(),
            elapsed: event.elapsed(),
        });
        self.hooks.set(self.hooks.get() + 1);
        self.cancels(|by| by == Cancel::Hook(self.hooks.get()));
        self.case.hook(self.hooks.get())
    }

    pub(crate) fn on_retry(&self, event: &RetryEvent<'_, Trouble>) {
        self.advance(self.on_retry_starts(event));
    }

    pub(crate) async fn on_retry_async(&self, event: &RetryEvent<'_, Trouble>) {
        self.wait(self.on_retry_starts(event)).await;
    }

    pub(crate) fn on_give_up(&self, event: &GiveUpEvent<'_, Trouble>) {
        let (attempts, error) = (event.attempts(), event.error().copied());
        self.notes(What::OnGiveUp { attempts, error, reason: event.reason(), elapsed: event.elapsed() });
    }

    pub(crate) fn on_recovered(&self, event: &RecoveredEvent) {
        self.notes(What::OnRecovered { attempts: event.attempts(), elapsed: event.elapsed() });
    }

    /// Keeps the report, and gives the error back.
    #[expect(clippy::needless_pass_by_value, reason = "`or_else` gives it away")]
    pub(crate) fn explains(&self, error: RetryError<Trouble>) -> Result<Value, Trouble> {
        let RetryError { last, reason, attempts, elapsed, slept, .. } = error;
        self.report.set(Some(Report { reason: Some(reason), attempts, elapsed, slept }));
        Err(last)
    }

    pub(crate) fn reports(&self, report: Result<Success<Value>, RetryError<Trouble>>) -> Result<Value, Trouble> {
        let Success { value, attempts, elapsed, slept, stopped, .. } = match report {
            Ok(success) => success,
            Err(error) => return self.explains(error),
        };
        self.report.set(Some(Report { reason: stopped, attempts, elapsed, slept }));
        Ok(value)
    }

    pub(crate) fn stops(&self, reason: StopReason, elapsed: Duration, slept: Duration) {
        self.report.set(Some(Report { reason: Some(reason), attempts: self.attempts.get(), elapsed, slept }));
    }

    pub(crate) fn trace(self, result: Result<Value, Trouble>) -> Trace {
        let tokens = (self.budget.available() * 1_000.0).round() as u32;
        self.notes(What::Returns { result: Some(result), report: self.report.get(), tokens: Some(tokens) });
        Trace(self.log.into_inner())
    }

    /// Returns the trace of a call without a budget, or of a driver that makes no call and has no result.
    pub(crate) fn trace_without_budget(self, result: Option<Result<Value, Trouble>>) -> Trace {
        self.notes(What::Returns { result, report: self.report.get(), tokens: None });
        Trace(self.log.into_inner())
    }
}

/// Notes that an attempt was dropped.
struct Dropped<'w, 'c>(&'w World<'c>, u32);

impl Drop for Dropped<'_, '_> {
    fn drop(&mut self) {
        self.0.notes(What::Dropped(self.1));
    }
}

/// Runs a future on tokio's paused time, which jumps to the next timer.
pub(crate) fn paused<F: Future>(future: F) -> F::Output {
    thread_local! {
        static RUNTIME: tokio::runtime::Runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime without i/o can always be made");
    }
    RUNTIME.with(|runtime| runtime.block_on(future))
}
