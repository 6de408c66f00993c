//! Virtual time, and a small readable executor.

use std::cell::Cell;
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// A clock that moves only on request; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Virtual {
    now: Rc<Cell<Duration>>,
}

impl Virtual {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn now(&self) -> Duration {
        self.now.get()
    }

    pub fn advance(&self, time: Duration) {
        self.set(self.now().saturating_add(time));
    }

    pub fn set(&self, now: Duration) {
        self.now.set(now);
    }
}

/// Polls until the future is ready; every future that it awaits must wake by itself or be ready at once.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut cx = Context::from_waker(Waker::noop());
    for _ in 0..1_000_000 {
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return output;
        }
    }
    panic!("the future is never ready");
}

/// Runs a future on tokio's paused time, which jumps to the next timer.
pub fn paused<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime without i/o can always be made").block_on(future)
}
