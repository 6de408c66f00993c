//! Attempts that are always busy, and tasks that have used up tokio's cooperative budget.
//!
//! In a task that has used up its budget, every resource of tokio returns `Pending`, a timer that has expired included.
//! Real time is used, because paused time does not advance while a task is busy. No test asserts how long a call took:
//! a busy attempt gives up by itself after [`PATIENCE`], and a test fails if that is how the call ended.
#![allow(dead_code, reason = "each test file uses a part of this module")]

use std::fmt;
use std::future::{Future, poll_fn};
use std::io::Write as _;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use backoff_core::{AttemptTimeout, StopReason};
use tokio::io::AsyncReadExt as _;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;
use tokio::task::consume_budget;

/// The time after which a busy attempt, or a call that makes no progress, gives up by itself.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The limits that must strike; longer ones are an hour.
pub(crate) const LIMIT: Duration = Duration::from_millis(10);

/// The failure of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failed {
    /// A timeout dropped the attempt.
    Late,
    /// The attempt returned an error.
    Down,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for Failed {}

impl From<AttemptTimeout> for Failed {
    fn from(_: AttemptTimeout) -> Self {
        Self::Late
    }
}

/// The work of an attempt; each is ready whenever it is polled with budget left.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Work {
    /// Reads a connection whose peer sends without end.
    Socket,
    /// Receives from a channel and sends back to it.
    Channel,
    /// Uses the budget and nothing else.
    Budget,
    /// Uses no budget, and wakes its task in each poll.
    Waker,
}

/// The observations of one call.
#[derive(Debug)]
pub(crate) struct World {
    work: Work,
    started: Instant,
    patience: Duration,
    attempts: AtomicU32,
    retries: AtomicU32,
    turns: AtomicU64,
    reason: Mutex<Option<StopReason>>,
}

impl World {
    pub(crate) fn new(work: Work, patience: Duration) -> Arc<Self> {
        let (attempts, retries, turns) = (AtomicU32::new(0), AtomicU32::new(0), AtomicU64::new(0));
        Arc::new(Self { work, started: Instant::now(), patience, attempts, retries, turns, reason: Mutex::new(None) })
    }

    /// Runs one attempt: busy until its patience is over, then a success with the number of its turns.
    pub(crate) async fn attempt(&self) -> Result<u64, Failed> {
        self.attempts.fetch_add(1, Ordering::Relaxed);
        match self.work {
            Work::Socket => self.read().await.map_err(|_| Failed::Down)?,
            Work::Channel => {
                let (sender, mut receiver) = mpsc::unbounded_channel();
                while self.goes_on() {
                    sender.send(()).map_err(|_| Failed::Down)?;
                    receiver.recv().await.ok_or(Failed::Down)?;
                }
            }
            Work::Budget => {
                while self.goes_on() {
                    consume_budget().await;
                }
            }
            Work::Waker => {
                poll_fn(|cx| {
                    cx.waker().wake_by_ref();
                    if self.goes_on() { Poll::Pending } else { Poll::Ready(()) }
                })
                .await;
            }
        }
        Ok(self.turns.load(Ordering::Relaxed))
    }

    /// Fails at once, after it has used up the budget of its task.
    pub(crate) async fn spend_and_fail(&self) -> Result<u64, Failed> {
        self.attempts.fetch_add(1, Ordering::Relaxed);
        spend().await;
        Err(Failed::Down)
    }

    /// Reads byte by byte, so that a connection of a fast peer never runs dry.
    async fn read(&self) -> std::io::Result<()> {
        let stream = TcpStream::connect(*FLOOD)?;
        stream.peek(&mut [0])?;
        stream.set_nonblocking(true)?;
        let mut stream = tokio::net::TcpStream::from_std(stream)?;
        while self.goes_on() {
            stream.read_exact(&mut [0]).await?;
        }
        Ok(())
    }

    fn goes_on(&self) -> bool {
        self.turns.fetch_add(1, Ordering::Relaxed);
        self.started.elapsed() < self.patience
    }

    pub(crate) fn ended_by(&self, reason: StopReason) {
        *self.reason.lock().expect("no holder of this lock panics") = Some(reason);
    }

    pub(crate) fn retried(&self) {
        self.retries.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn attempts(&self) -> u32 {
        self.attempts.load(Ordering::Relaxed)
    }

    pub(crate) fn retries(&self) -> u32 {
        self.retries.load(Ordering::Relaxed)
    }

    pub(crate) fn turns(&self) -> u64 {
        self.turns.load(Ordering::Relaxed)
    }

    pub(crate) fn reason(&self) -> Option<StopReason> {
        *self.reason.lock().expect("no holder of this lock panics")
    }
}

/// A server that sends to each connection until the client closes it.
static FLOOD: LazyLock<SocketAddr> = LazyLock::new(|| {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let address = listener.local_addr().expect("a listener has an address");
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            thread::spawn(move || while stream.write_all(&[7; 65_536]).is_ok() {});
        }
    });
    address
});

/// A call of the table.
pub(crate) type Call = Pin<Box<dyn Future<Output = Result<u64, Failed>> + Send>>;

/// A row of a table: a name for messages, and the call.
pub(crate) type Row<T> = (&'static str, T, fn(Arc<World>) -> Call);

/// Makes a call a row of a table.
pub(crate) fn call<F: Future<Output = Result<u64, Failed>> + Send + 'static>(future: F) -> Call {
    Box::pin(future)
}

/// The runtimes on which each test runs.
pub(crate) fn runtimes() -> [(&'static str, Runtime); 2] {
    let current = Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
    let many = Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime can be made");
    [("current thread", current), ("multi-thread", many)]
}

/// Runs a future as a task.
pub(crate) fn run<F: Future<Output: Send> + Send + 'static>(runtime: &Runtime, future: F) -> F::Output {
    runtime.block_on(runtime.spawn(future)).expect("the task does not panic")
}

/// Uses up the budget of the task within this poll.
pub(crate) async fn spend() {
    poll_fn(|cx| {
        while pin!(consume_budget()).poll(cx).is_ready() {}
        Poll::Ready(())
    })
    .await;
}

/// Runs a future in a task that has just used up its budget.
pub(crate) async fn after_spending<F: Future>(future: F) -> F::Output {
    spend().await;
    future.await
}

/// Runs a future beside a sibling that uses up the budget of the task before each poll of the future; returns `None` if
/// the future is not ready after [`PATIENCE`].
pub(crate) async fn beside_a_hungry_sibling<F: Future>(future: F) -> Option<F::Output> {
    let started = Instant::now();
    let mut future = pin!(future);
    poll_fn(|cx| {
        while pin!(consume_budget()).poll(cx).is_ready() {}
        match future.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if started.elapsed() < PATIENCE => Poll::Pending,
            Poll::Pending => Poll::Ready(None),
        }
    })
    .await
}
