//! Every order in which a token can be cancelled and waited for, executed by loom; a lost wake-up is a deadlock.

use std::time::Duration;

use loom::future::block_on;
use loom::thread;

use super::CancelToken;

/// Runs `wait` with a clone of a token on another thread while this one cancels it.
fn against_cancel(wait: impl Fn(CancelToken) + Send + Sync + Copy + 'static) {
    loom::model(move || {
        let token = CancelToken::new();
        let other = thread::spawn({
            let token = token.clone();
            move || wait(token)
        });
        token.cancel();
        other.join().unwrap();
        assert!(token.is_cancelled());
    });
}

#[test]
fn a_thread_that_waits_is_woken() {
    against_cancel(|token| token.wait(Duration::MAX));
}

#[test]
fn a_task_that_waits_is_woken() {
    against_cancel(|token| block_on(token.cancelled()));
}

#[test]
fn a_future_that_is_dropped_leaves_no_waker() {
    against_cancel(|token| {
        let mut waits = Box::pin(token.cancelled());
        let polled = block_on(std::future::poll_fn(|cx| std::task::Poll::Ready(waits.as_mut().poll(cx))));
        drop(waits);
        assert!(token.shared().lock().waiting.is_empty());
        assert!(polled.is_pending() || token.is_cancelled());
    });
}

#[test]
fn all_that_wait_are_woken() {
    loom::model(|| {
        let token = CancelToken::new();
        let waiting: Vec<_> = (0..2)
            .map(|_| {
                let token = token.clone();
                thread::spawn(move || token.wait(Duration::MAX))
            })
            .collect();
        token.cancel();
        waiting.into_iter().for_each(|waiting| waiting.join().unwrap());
    });
}
