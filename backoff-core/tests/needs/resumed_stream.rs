//! A download as a `'static` stream: it resumes at its offset when the connection breaks, and needs no task.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};

use backoff_core::call::RuntimeSleep;
use backoff_core::{Attempts, Jitter, Policy, WaitState};
use support::{paused, secs};
use tokio::time::Instant;

/// A server that breaks each connection after some chunks of ten bytes.
struct Origin {
    file: Vec<u8>,
    breaks_after: Mutex<Vec<usize>>,
    requests: Mutex<Vec<usize>>,
}

struct Body {
    rest: Vec<u8>,
    chunks_left: usize,
}

impl Origin {
    async fn open(self: Arc<Self>, offset: usize) -> io::Result<Body> {
        tokio::task::yield_now().await;
        self.requests.lock().unwrap().push(offset);
        let chunks_left = self.breaks_after.lock().unwrap().pop().unwrap_or(usize::MAX);
        Ok(Body { rest: self.file[offset..].to_vec(), chunks_left })
    }
}

impl Body {
    fn poll_chunk(&mut self, _: &mut Context<'_>) -> Poll<Option<io::Result<Vec<u8>>>> {
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        let Some(left) = self.chunks_left.checked_sub(1) else {
            return Poll::Ready(Some(Err(io::ErrorKind::ConnectionReset.into())));
        };
        self.chunks_left = left;
        Poll::Ready(Some(Ok(self.rest.drain(..10).collect())))
    }
}

enum Phase {
    Waiting,
    Opening(Pin<Box<dyn Future<Output = io::Result<Body>> + Send>>),
    Reading(Body),
    Ended,
}

struct Download {
    origin: Arc<Origin>,
    offset: usize,
    attempts: Attempts,
    delay: Pin<Box<WaitState<RuntimeSleep>>>,
    phase: Phase,
}

impl Download {
    fn new(origin: Arc<Origin>, policy: Policy) -> Self {
        let (attempts, delay) = (Attempts::new(policy), Box::pin(WaitState::new()));
        Self { origin, offset: 0, attempts, delay, phase: Phase::Waiting }
    }

    /// The function of a `Stream`.
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Vec<u8>>>> {
        loop {
            let error = match &mut self.phase {
                Phase::Waiting => {
                    let _ = ready!(self.attempts.poll_wait(self.delay.as_mut(), cx)); // no cancellation
                    self.phase = Phase::Opening(Box::pin(Arc::clone(&self.origin).open(self.offset)));
                    continue;
                }
                Phase::Opening(open) => match ready!(open.as_mut().poll(cx)) {
                    Ok(body) => {
                        self.phase = Phase::Reading(body);
                        continue;
                    }
                    Err(error) => error,
                },
                Phase::Reading(body) => match ready!(body.poll_chunk(cx)) {
                    Some(Ok(chunk)) => {
                        self.offset += chunk.len();
                        self.attempts.reset(); // progress
                        return Poll::Ready(Some(Ok(chunk)));
                    }
                    Some(Err(error)) => error,
                    None => {
                        self.attempts.success();
                        self.phase = Phase::Ended;
                        continue;
                    }
                },
                Phase::Ended => return Poll::Ready(None),
            };
            self.phase = Phase::Waiting;
            if let Err(error) = self.attempts.failed(error) {
                self.phase = Phase::Ended;
                return Poll::Ready(Some(Err(error)));
            }
        }
    }
}

const TWICE: Policy = Policy::constant(secs(1)).jitter(Jitter::None).max_attempts(2).build();

/// Downloads 50 bytes. Returns what arrived, and the offsets of the requests.
async fn download(mut breaks_after: Vec<usize>) -> (io::Result<Vec<u8>>, Vec<usize>) {
    breaks_after.reverse();
    let file: Vec<u8> = (0..50).collect();
    let origin = Arc::new(Origin { file, breaks_after: Mutex::new(breaks_after), requests: Mutex::default() });
    let mut stream = Download::new(Arc::clone(&origin), TWICE);
    let task = tokio::spawn(async move {
        let mut bytes = Vec::new();
        while let Some(chunk) = poll_fn(|cx| stream.poll_next(cx)).await {
            bytes.extend(chunk?);
        }
        Ok(bytes)
    });
    let result = task.await.unwrap();
    (result, std::mem::take(&mut *origin.requests.lock().unwrap()))
}

#[test]
fn a_stream_resumes_at_its_offset_as_often_as_it_makes_progress() {
    paused(async {
        let start = Instant::now();
        let (result, requests) = download(vec![1, 2, 1]).await;
        assert_eq!((result.unwrap(), requests), ((0..50).collect(), vec![0, 10, 30, 40]));
        assert_eq!(start.elapsed(), secs(3));
    });
}

#[test]
fn a_stream_without_progress_ends_with_its_error() {
    let (result, requests) = paused(download(vec![1, 0, 0]));
    assert_eq!(result.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    assert_eq!(requests, [0, 10], "the break after progress is the first failure of two");
}
