//! A waker is code of an executor and may panic: a cancelled token still wakes all other wakers.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use backoff_core::CancelToken;

/// A waker that counts its calls. It can be set to panic in one of its two functions.
#[derive(Default)]
struct Probe {
    woken: AtomicU32,
    panics_in: Option<&'static str>,
}

impl Probe {
    fn that_panics_in(place: &'static str) -> Arc<Self> {
        Arc::new(Self { woken: AtomicU32::new(0), panics_in: Some(place) })
    }

    fn woken(&self) -> u32 {
        self.woken.load(Ordering::Relaxed)
    }
}

impl Wake for Probe {
    fn wake(self: Arc<Self>) {
        self.woken.fetch_add(1, Ordering::Relaxed);
        assert_ne!(self.panics_in, Some("wake"), "the executor is broken");
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        assert_ne!(self.panics_in.take(), Some("drop"), "the executor is broken");
    }
}

fn poll(future: Pin<&mut impl Future<Output = ()>>, waker: &Waker) -> Poll<()> {
    future.poll(&mut Context::from_waker(waker))
}

/// Returns the message of the panic of `run`.
fn panic_of(run: impl FnOnce()) -> Option<String> {
    catch_unwind(AssertUnwindSafe(run)).err().map(|panic| *panic.downcast::<String>().expect("a formatted panic"))
}

#[test]
fn a_waker_that_panics_costs_no_other_waiter_its_wake_up() {
    const PANICS: [usize; 3] = [0, 4, 9];
    let token = CancelToken::new();
    let probes: Vec<Arc<Probe>> =
        (0..10).map(|at| if PANICS.contains(&at) { Probe::that_panics_in("wake") } else { Arc::default() }).collect();
    let mut waiting: Vec<_> = probes.iter().map(|_| Box::pin(token.cancelled())).collect();
    for (future, probe) in waiting.iter_mut().zip(&probes) {
        assert!(poll(future.as_mut(), &Waker::from(Arc::clone(probe))).is_pending());
    }
    let panic = panic_of(|| token.cancel()).expect("the panic goes on to the caller of `cancel`");
    assert!(panic.contains("the executor is broken"), "{panic}");
    assert!(probes.iter().all(|probe| probe.woken() == 1));
    assert!(waiting.iter_mut().all(|future| poll(future.as_mut(), Waker::noop()).is_ready()));
    assert_eq!((token.is_cancelled(), panic_of(|| token.cancel())), (true, None), "cancelled once and for all");
}

#[test]
fn a_token_that_is_cancelled_while_a_thread_panics_does_not_abort_it() {
    struct CancelsInDrop(CancelToken);
    impl Drop for CancelsInDrop {
        fn drop(&mut self) {
            self.0.cancel();
        }
    }
    let token = CancelToken::new();
    let mut waiting = pin!(token.cancelled());
    assert!(poll(waiting.as_mut(), &Waker::from(Probe::that_panics_in("wake"))).is_pending());
    let guard = CancelsInDrop(token.clone());
    let panic = panic_of(move || {
        let _guard = guard;
        std::panic::panic_any("the panic of the caller".to_owned());
    });
    assert_eq!(panic.as_deref(), Some("the panic of the caller"));
    assert!(poll(waiting.as_mut(), Waker::noop()).is_ready());
}

#[test]
fn a_waker_that_panics_when_it_is_dropped_leaves_the_token_working() {
    let token = CancelToken::new();
    let other = Arc::new(Probe::default());
    let mut waits = pin!(token.cancelled());
    assert!(poll(waits.as_mut(), &Waker::from(Arc::clone(&other))).is_pending());

    let mut replaces = Box::pin(token.cancelled());
    assert!(poll(replaces.as_mut(), &Waker::from(Probe::that_panics_in("drop"))).is_pending());
    let panic = panic_of(|| _ = poll(replaces.as_mut(), &Waker::from(Probe::that_panics_in("drop"))));
    assert!(panic.is_some(), "the first waker of the two is dropped when the second takes its place");
    assert!(panic_of(|| drop(replaces)).is_some(), "the second is dropped with its future");

    token.cancel();
    assert_eq!(other.woken(), 1);
    assert!(poll(waits.as_mut(), Waker::noop()).is_ready());
}

#[test]
fn two_thousand_waiters_are_woken_although_every_second_waker_panics() {
    let token = CancelToken::new();
    let (good, bad) = (Arc::new(Probe::default()), Probe::that_panics_in("wake"));
    let wakers = [Waker::from(Arc::clone(&good)), Waker::from(Arc::clone(&bad))];
    let mut waiting: Vec<_> = (0..2_000).map(|_| token.cancelled()).collect();
    for (at, future) in waiting.iter_mut().enumerate() {
        assert!(poll(Pin::new(future), &wakers[at % 2]).is_pending());
    }
    assert!(panic_of(|| token.cancel()).is_some());
    assert_eq!((good.woken(), bad.woken()), (1_000, 1_000));
}
