//! Busy attempts in a program that enables only `async`, and whose sleeper is tokio's.

use std::future::{Future, IntoFuture, poll_fn};
use std::pin::pin;
use std::time::{Duration, Instant};

use backoff_core::{AttemptTimeout, Policy, retry};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

const PATIENCE: Duration = Duration::from_secs(20);
const LIMIT: Duration = Duration::from_millis(10);
const TWICE: Policy = Policy::constant(Duration::from_millis(1)).max_attempts(2).build();

#[derive(Debug, PartialEq)]
struct Late;

impl From<AttemptTimeout> for Late {
    fn from(_: AttemptTimeout) -> Self {
        Self
    }
}

/// Receives from a channel and sends back to it, until its patience is over.
async fn busy() -> Result<u32, Late> {
    let started = Instant::now();
    let (sender, mut receiver) = mpsc::unbounded_channel();
    let mut turns = 0;
    while started.elapsed() < PATIENCE && sender.send(()).is_ok() && receiver.recv().await.is_some() {
        turns += 1;
    }
    Ok(turns)
}

#[retry(policy = TWICE, attempt_timeout = "10ms", sleep = |delay| sleep(delay))]
async fn each() -> Result<u32, Late> {
    busy().await
}

#[retry(policy = TWICE, timeout = "10ms", sleep = sleep)]
async fn all() -> Result<u32, Late> {
    busy().await
}

#[retry(policy = TWICE, attempt_timeout = "10ms", timeout = "1h", sleep = sleep, inner_retries = suppress)]
async fn both() -> Result<u32, Late> {
    busy().await
}

/// Fails in its second poll.
async fn fails_late() -> Result<u32, Late> {
    tokio::task::yield_now().await;
    Err(Late)
}

/// Polls a call, and blocks the task after the first poll until the limit has passed, so that its timer and its attempt
/// are ready together.
async fn stalled<F: Future>(call: F) -> F::Output {
    let (mut call, mut polls) = (pin!(call), 0);
    poll_fn(|cx| {
        let polled = call.as_mut().poll(cx);
        polls += 1;
        if polls == 1 {
            std::thread::sleep(LIMIT * 3);
        }
        polled
    })
    .await
}

#[retry(policy = TWICE, timeout = "10ms", sleep = |delay| async move { sleep(delay).await })]
async fn late() -> Result<u32, Late> {
    fails_late().await
}

async fn ends() -> Vec<(&'static str, Result<u32, Late>)> {
    vec![
        ("by hand", timeout(LIMIT, busy()).await.unwrap_or(Err(Late))),
        ("#[retry], each attempt", each().await),
        ("#[retry], the call", all().await),
        ("#[retry], both", both().await),
        ("builder, each attempt", TWICE.retry(busy).attempt_timeout(LIMIT).sleep(sleep).await),
        ("builder, the call", TWICE.retry(busy).timeout(LIMIT).sleep(sleep).await),
        ("#[retry], limit and failure together", stalled(late()).await),
        ("builder, limit and failure together", {
            let call = TWICE.retry(fails_late).timeout(LIMIT).sleep(|delay| async move { sleep(delay).await });
            stalled(call.into_future()).await
        }),
        ("builder, both", TWICE.retry(busy).attempt_timeout(LIMIT).timeout(PATIENCE * 9).sleep(sleep).await),
    ]
}

fn main() {
    for mut runtime in [tokio::runtime::Builder::new_current_thread(), tokio::runtime::Builder::new_multi_thread()] {
        let runtime = runtime.enable_time().build().expect("a runtime without i/o can always be made");
        let ends = runtime.block_on(async { tokio::spawn(ends()).await.expect("no attempt panics") });
        let wrong: Vec<_> = ends.iter().filter(|(_, end)| *end != Err(Late)).collect();
        assert!(wrong.is_empty(), "busy attempts ended by themselves: {wrong:?}");
    }
}
