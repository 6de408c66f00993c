//! The values that the calls of the table create, and their counts.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use backoff_core::{Budget, Policy, call_sites};

/// A value whose missing drop is detected.
pub(crate) struct Live {
    alive: Rc<Cell<usize>>,
    made: Rc<Cell<usize>>,
}

impl Live {
    fn another(&self) -> Self {
        self.alive.set(self.alive.get() + 1);
        self.made.set(self.made.get() + 1);
        Self { alive: Rc::clone(&self.alive), made: Rc::clone(&self.made) }
    }
}

impl Clone for Live {
    fn clone(&self) -> Self {
        self.another()
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.alive.set(self.alive.get().checked_sub(1).expect("a value is dropped once"));
    }
}

/// The error of every attempt.
pub(crate) struct Trouble {
    _held: Live,
}

/// One run of one call.
pub(crate) struct World {
    alive: Rc<Cell<usize>>,
    made: Rc<Cell<usize>>,
    attempts: Cell<u32>,
    told: Cell<u64>,
    pub(crate) budget: Budget,
}

impl World {
    pub(crate) const TOKENS: f64 = 10.0;

    pub(crate) fn new() -> Self {
        Self {
            alive: Rc::default(),
            made: Rc::default(),
            attempts: Cell::new(0),
            told: Cell::new(0),
            budget: Budget::new().capacity(10),
        }
    }

    pub(crate) fn alive(&self) -> usize {
        self.alive.get()
    }

    pub(crate) fn made(&self) -> usize {
        self.made.get()
    }

    pub(crate) fn attempts(&self) -> u32 {
        self.attempts.get()
    }

    pub(crate) fn live(&self) -> Live {
        let start = Live { alive: Rc::clone(&self.alive), made: Rc::clone(&self.made) };
        self.alive.set(self.alive.get() + 1);
        self.made.set(self.made.get() + 1);
        start
    }

    pub(crate) fn trouble(&self) -> Trouble {
        Trouble { _held: self.live() }
    }

    /// Counts a retry that a hook reported.
    pub(crate) fn told(&self) {
        self.told.set(self.told.get() + 1);
    }

    /// Returns the number of scheduled retries: from the call site if there is one, otherwise from the hook.
    pub(crate) fn retries(&self, of_site: u64) -> u64 {
        of_site.max(self.told.get())
    }

    pub(crate) fn tokens(&self) -> f64 {
        self.budget.available()
    }

    /// An attempt starts.
    pub(crate) fn begins(&self) {
        self.attempts.set(self.attempts.get() + 1);
    }

    /// An attempt that fails after two await points.
    pub(crate) async fn attempt(&self, argument: &Live) -> Result<(), Trouble> {
        self.begins();
        let local = argument.clone();
        self.yields().await;
        self.yields().await;
        drop(local);
        Err(self.trouble())
    }

    /// Makes the next attempt possible.
    pub(crate) async fn ready(&self) -> Result<(), Trouble> {
        self.yields().await;
        Ok(())
    }

    pub(crate) async fn resort(&self, last: Trouble) -> Result<(), Trouble> {
        self.yields().await;
        Err(last)
    }

    /// One await point.
    pub(crate) async fn yields(&self) {
        self.pending(1).await;
    }

    /// Waits for ever.
    pub(crate) async fn hangs(&self) {
        self.pending(u64::MAX).await;
    }

    /// A second is one await point; an hour never ends.
    pub(crate) fn sleep(&self, delay: Duration) -> impl Future<Output = ()> + use<'_> {
        self.pending(if delay.as_secs() < 3_600 { delay.as_secs().max(1) } else { u64::MAX })
    }

    async fn pending(&self, polls: u64) {
        let held = self.live();
        let mut left = polls;
        poll_fn(|_| {
            if left == 0 {
                return Poll::Ready(());
            }
            left -= 1;
            Poll::Pending
        })
        .await;
        drop(held);
    }
}

pub(crate) fn poll<F: Future + ?Sized>(future: Pin<&mut F>) -> Option<F::Output> {
    match future.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

/// The retries and the ends that a call site has counted.
pub(crate) fn counts(name: &str) -> (u64, u64) {
    call_sites()
        .find(|site| site.name() == name)
        .map_or((0, 0), |site| (site.retries(), site.gave_up() + site.recovered()))
}

/// Checks that a dropped call leaves no guard or scope on the thread: another call waits, retries and decides as
/// written.
pub(crate) fn probe() {
    const TWICE: Policy = Policy::constant(Duration::from_nanos(1)).max_attempts(2).build();
    let slept = Cell::new(0);
    let error = TWICE
        .retry(|| Err::<(), _>("down"))
        .sleep(|_| slept.set(slept.get() + 1))
        .call_report()
        .expect_err("it is down");
    assert_eq!((error.attempts, slept.get()), (2, 1));
    backoff_core::testing::advance(Duration::from_secs(3_600));
    let error = TWICE.retry(|| Err::<(), _>("down")).sleep(|_| ()).call_report().expect_err("it is down");
    assert!(error.elapsed < Duration::from_secs(3_600), "a virtual clock stays on the thread");
}
