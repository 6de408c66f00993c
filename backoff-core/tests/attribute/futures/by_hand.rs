//! The same calls without the library: loops around an operation, with tokio's timeouts.

use std::future::{Future, poll_fn};
use std::hint::black_box;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::{Answer, DELAY, Failed, LIMIT, STOP, note, waits};

tokio::task_local! {
    /// Set while an attempt of an enclosing call runs.
    static ENCLOSED: ();
}

fn attempts() -> u32 {
    if ENCLOSED.try_with(|()| ()).is_ok() { 1 } else { 3 }
}

/// Waits out the delay, or until `stop` is ready; returns whether it is.
async fn delay_is_cancelled<C: Future<Output = ()>>(mut stop: Pin<&mut C>) -> bool {
    let mut wait = pin!(sleep(DELAY));
    poll_fn(|cx| match stop.as_mut().poll(cx) {
        Poll::Ready(()) => Poll::Ready(true),
        Poll::Pending => wait.as_mut().poll(cx).map(|()| false),
    })
    .await
}

pub(crate) async fn plain<F: Fn() -> Fut, Fut: Future<Output = Answer>>(operation: F) -> Answer {
    let mut attempt = 1;
    loop {
        match operation().await {
            Err(_) if attempt < 3 => attempt += 1,
            ended => return ended,
        }
        sleep(DELAY).await;
    }
}

pub(crate) async fn timeout<F: Fn() -> Fut, Fut: Future<Output = Answer>>(operation: F) -> Answer {
    tokio::time::timeout(LIMIT, plain(operation)).await.unwrap_or(Err(Failed))
}

pub(crate) async fn attempt_timeout<F: Fn() -> Fut, Fut: Future<Output = Answer>>(operation: F) -> Answer {
    let mut attempt = 1;
    loop {
        match tokio::time::timeout(LIMIT, operation()).await.unwrap_or(Err(Failed)) {
            Err(_) if attempt < 3 => attempt += 1,
            ended => return ended,
        }
        sleep(DELAY).await;
    }
}

pub(crate) async fn both_timeouts<F: Fn() -> Fut, Fut: Future<Output = Answer>>(operation: F) -> Answer {
    tokio::time::timeout(LIMIT, attempt_timeout(operation)).await.unwrap_or(Err(Failed))
}

pub(crate) async fn inner_retries<F: Fn() -> Fut, Fut: Future<Output = Answer>>(operation: F) -> Answer {
    let attempts = attempts();
    let mut attempt = 1;
    loop {
        match ENCLOSED.scope((), operation()).await {
            Err(_) if attempt < attempts => attempt += 1,
            ended => return ended,
        }
        sleep(DELAY).await;
    }
}

pub(crate) async fn cancel<F: Fn() -> Fut, Fut: Future<Output = Answer>>(operation: F) -> Answer {
    let mut stop = pin!(STOP.cancelled());
    let mut attempt = 1;
    loop {
        let result = operation().await;
        if result.is_ok() || attempt == 3 || delay_is_cancelled(stop.as_mut()).await {
            return result;
        }
        attempt += 1;
    }
}

/// Runs an attempt, or returns a failure when `stop` is ready first.
async fn unless_cancelled<A: Future<Output = Answer>, C: Future<Output = ()>>(
    mut attempt: Pin<&mut A>,
    mut stop: Pin<&mut C>,
) -> Result<Answer, Failed> {
    poll_fn(|cx| match attempt.as_mut().poll(cx) {
        Poll::Ready(result) => Poll::Ready(Ok(result)),
        Poll::Pending => stop.as_mut().poll(cx).map(|()| Err(Failed)),
    })
    .await
}

pub(crate) async fn cancel_attempts<F: Fn() -> Fut, Fut: Future<Output = Answer>>(operation: F) -> Answer {
    let mut stop = pin!(STOP.cancelled());
    let mut attempt = 1;
    loop {
        let result = {
            let attempt = pin!(operation());
            unless_cancelled(attempt, stop.as_mut()).await?
        };
        if result.is_ok() || attempt == 3 || delay_is_cancelled(stop.as_mut()).await {
            return result;
        }
        attempt += 1;
    }
}

/// Both timeouts, and cancellation of attempts and delays.
pub(crate) async fn all_limits<F: Fn() -> Fut, Fut: Future<Output = Answer>>(operation: F) -> Answer {
    let call = async {
        let mut stop = pin!(STOP.cancelled());
        let mut attempt = 1;
        loop {
            let result = {
                let limited = pin!(async { tokio::time::timeout(LIMIT, operation()).await.unwrap_or(Err(Failed)) });
                unless_cancelled(limited, stop.as_mut()).await?
            };
            if result.is_ok() || attempt == 3 || delay_is_cancelled(stop.as_mut()).await {
                return result;
            }
            attempt += 1;
        }
    };
    tokio::time::timeout(LIMIT, call).await.unwrap_or(Err(Failed))
}

pub(crate) async fn before_retry<F: Fn() -> Fut, Fut: Future<Output = Answer>>(operation: F) -> Answer {
    let mut attempt = 1;
    loop {
        let result = async {
            if attempt > 1 {
                waits().await?;
            }
            operation().await
        };
        match result.await {
            Err(_) if attempt < 3 => attempt += 1,
            ended => return ended,
        }
        sleep(DELAY).await;
    }
}

pub(crate) async fn hooks<F: Fn() -> Fut, Fut: Future<Output = Answer>>(operation: F) -> Answer {
    let mut attempt = 1;
    loop {
        let result = operation().await;
        match &result {
            Err(error) => note(Some(error)),
            Ok(_) if attempt > 1 => note(None),
            Ok(_) => {}
        }
        if result.is_ok() || attempt == 3 {
            return result;
        }
        attempt += 1;
        sleep(DELAY).await;
    }
}

pub(crate) async fn async_hooks<F: Fn() -> Fut, Fut: Future<Output = Answer>>(operation: F) -> Answer {
    let mut attempt = 1;
    loop {
        let result = operation().await;
        if result.is_err() || attempt > 1 {
            waits().await.ok();
        }
        if result.is_ok() || attempt == 3 {
            return result;
        }
        attempt += 1;
        sleep(DELAY).await;
    }
}

/// A failed call: its last error, and the numbers that a last resort receives with it.
pub(crate) struct GaveUp {
    last: Failed,
    attempts: u32,
    elapsed: Duration,
    slept: Duration,
}

async fn reported<F: Fn() -> Fut, Fut: Future<Output = Answer>>(operation: F) -> Result<usize, GaveUp> {
    let (started, mut slept) = (Instant::now(), Duration::ZERO);
    let mut attempts = 1;
    loop {
        match operation().await {
            Err(_) if attempts < 3 => attempts += 1,
            Err(last) => return Err(GaveUp { last, attempts, elapsed: started.elapsed(), slept }),
            Ok(value) => return Ok(value),
        }
        sleep(DELAY).await;
        slept += DELAY;
    }
}

pub(crate) async fn or_else<F: Fn() -> Fut, Fut: Future<Output = Answer>>(operation: F) -> Answer {
    reported(operation).await.map_err(|error| {
        black_box((error.attempts, error.elapsed, error.slept));
        error.last
    })
}

pub(crate) async fn async_or_else<F: Fn() -> Fut, Fut: Future<Output = Answer>>(operation: F) -> Answer {
    match reported(operation).await {
        Err(error) => {
            waits().await.ok();
            black_box((error.attempts, error.elapsed, error.slept));
            Err(error.last)
        }
        Ok(value) => Ok(value),
    }
}

/// Both timeouts, `inner_retries` and `cancel`.
pub(crate) async fn limits<F: Fn() -> Fut, Fut: Future<Output = Answer>>(operation: F) -> Answer {
    let attempts = attempts();
    let call = async {
        let mut stop = pin!(STOP.cancelled());
        let mut attempt = 1;
        loop {
            let limited = tokio::time::timeout(LIMIT, ENCLOSED.scope((), operation()));
            let result = limited.await.unwrap_or(Err(Failed));
            if result.is_ok() || attempt == attempts || delay_is_cancelled(stop.as_mut()).await {
                return result;
            }
            attempt += 1;
        }
    };
    tokio::time::timeout(LIMIT, call).await.unwrap_or(Err(Failed))
}

pub(crate) async fn everything<F: Fn() -> Fut, Fut: Future<Output = Answer>>(operation: F) -> Answer {
    let attempts = attempts();
    let (started, mut slept) = (Instant::now(), Duration::ZERO);
    let call = async {
        let mut stop = pin!(STOP.cancelled());
        let mut attempt = 1;
        loop {
            let ready = async {
                if attempt > 1 {
                    waits().await?;
                }
                operation().await
            };
            let limited = tokio::time::timeout(LIMIT, ENCLOSED.scope((), ready));
            let result = limited.await.unwrap_or(Err(Failed));
            if result.is_ok() || attempt == attempts {
                note(result.as_ref().err());
                return result;
            }
            waits().await.ok();
            if delay_is_cancelled(stop.as_mut()).await {
                return result;
            }
            attempt += 1;
            slept += DELAY;
        }
    };
    match tokio::time::timeout(LIMIT, call).await.unwrap_or(Err(Failed)) {
        Err(last) => {
            let error = GaveUp { last, attempts, elapsed: started.elapsed(), slept };
            waits().await.ok();
            black_box((error.attempts, error.elapsed, error.slept));
            Err(error.last)
        }
        Ok(value) => Ok(value),
    }
}
