//! An async call, polled by an executor of one task.

use core::cell::Cell;
use core::fmt::{self, Write};
use core::future::{pending, ready};
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use core::time::Duration;

use backoff_core::{Jitter, Policy};

const RADIO: Policy = Policy::constant(Duration::from_millis(50)).jitter(Jitter::None).max_attempts(3).build();

pub(crate) fn call(out: &mut impl Write) -> fmt::Result {
    let now = Cell::new(Duration::ZERO);
    let attempts = Cell::new(0);
    let call = RADIO
        .retry(|| {
            attempts.set(attempts.get() + 1);
            pending::<Result<(), &str>>()
        })
        .clock(|| now.get())
        .sleep(|delay| {
            now.set(now.get() + delay);
            ready(())
        })
        .seed(7)
        .attempt_timeout(Duration::from_millis(20))
        .on_timeout(|_| "no packet")
        .report();
    let mut call = pin!(call);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..100 {
        if let Poll::Ready(report) = call.as_mut().poll(&mut context) {
            return match report {
                Ok(_) => writeln!(out, "wrong: a success"),
                Err(end) => {
                    let attempts = attempts.get();
                    writeln!(out, "async: {}, {:?}, {attempts} attempts, {:?} slept", end.last, end.reason, end.slept)
                }
            };
        }
    }
    writeln!(out, "wrong: the call does not end")
}
