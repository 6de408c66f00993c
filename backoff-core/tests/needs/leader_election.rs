//! A leader election: a candidate waits for the lease in phase 1, and renews it in phase 2 until it is lost.

use std::cell::RefCell;

use backoff_core::{CancelToken, Cancelled, Jitter, Policy, Ticker, retry};
use support::{paused, secs};
use tokio::time::Instant;

#[derive(Debug, PartialEq)]
enum Refusal {
    Held,
    Unreachable,
    Stopped,
}

impl From<Cancelled> for Refusal {
    fn from(_: Cancelled) -> Self {
        Self::Stopped
    }
}

/// A lock that another process holds for 12 s, and that cannot be reached from second 30 to 70.
struct Lock {
    start: Instant,
    log: RefCell<Vec<(u64, &'static str)>>,
}

impl Lock {
    fn log(&self, text: &'static str) {
        self.log.borrow_mut().push((self.start.elapsed().as_secs(), text));
    }

    async fn take(&self) -> Result<(), Refusal> {
        match self.start.elapsed().as_secs() {
            0..12 => Err(Refusal::Held),
            30..70 => {
                tokio::time::sleep(secs(60)).await; // hangs
                Err(Refusal::Unreachable)
            }
            _ => Ok(()),
        }
    }
}

const RENEWALS: Policy = Policy::constant(secs(5)).jitter(Jitter::None).forever().build();

#[retry(forever, delay = "5s", jitter = none, attempt_timeout = "10s", on_timeout = |_| Refusal::Unreachable,
    cancel = stop, cancel_attempts)]
async fn acquire(lock: &Lock, stop: &CancelToken) -> Result<(), Refusal> {
    lock.take().await
}

/// The lease lives for 15 s after a renewal, so the next one must end within 10 s.
#[retry(timeout = "10s", delay = "1s", on_timeout = |_| Refusal::Unreachable, cancel = stop, cancel_attempts)]
async fn renew(lock: &Lock, stop: &CancelToken) -> Result<(), Refusal> {
    lock.take().await
}

async fn stand(lock: &Lock, stop: &CancelToken) {
    // A call that is cancelled before it starts keeps an attempt that is ready at once.
    while !stop.is_cancelled() && acquire(lock, stop).await.is_ok() {
        lock.log("leads");
        let mut renewals = Ticker::new(RENEWALS).cancel(stop);
        renewals.tick().await;
        while renewals.tick().await.is_some() {
            if renew(lock, stop).await.is_err() {
                break;
            }
        }
        lock.log("follows");
    }
}

#[test]
fn a_candidate_leads_twice_and_stops_at_once() {
    paused(async {
        let lock = Lock { start: Instant::now(), log: RefCell::default() };
        let stop = CancelToken::new();
        let shutdown = async {
            tokio::time::sleep(secs(101)).await;
            stop.cancel();
        };
        tokio::join!(stand(&lock, &stop), shutdown);
        // Held until 12: tried at 15. The renewal at 30 hangs until 40, attempts of 10 s and delays of 5 s follow.
        assert_eq!(*lock.log.borrow(), [(15, "leads"), (40, "follows"), (70, "leads"), (101, "follows")]);
    });
}
