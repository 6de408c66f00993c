//! Tests of an operation under every sequence of outcomes of its requests.

use std::fmt;
use std::future::{Future, pending, poll_fn};
use std::ops::Deref;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use super::guards::{Recorder, ThreadGuard};
use super::setup::Setup;
use crate::CancelToken;
use crate::test_hooks::{self, Layer};

/// The outcome of one request.
///
/// # Examples
///
/// ```
/// use backoff_core::testing::{self, Fate};
///
/// let mut sequences = Vec::new();
/// testing::every_outcome(1, |case| sequences.push(case.fates().to_vec()));
/// let all = [Fate::Ok, Fate::Fail, Fate::Lost, Fate::Cancelled];
/// assert_eq!(sequences.concat(), all);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fate {
    /// The server executes the request, and its reply arrives.
    Ok,
    /// The request fails before the server executes it.
    Fail,
    /// The server executes the request, but its reply is lost, so the client sees a failure.
    Lost,
    /// The server executes the request, but the call is cancelled in the middle of the attempt, so nothing waits for
    /// the reply.
    Cancelled,
}

impl Fate {
    const ALL: [Self; 4] = [Self::Ok, Self::Fail, Self::Lost, Self::Cancelled];

    /// Returns the next fate in the order of [`ALL`](Self::ALL); `None` after the last.
    fn next(self) -> Option<Self> {
        let mut later = Self::ALL.into_iter().skip_while(|fate| *fate != self);
        later.nth(1)
    }
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ok => "ok",
            Self::Fail => "fail",
            Self::Lost => "lost",
            Self::Cancelled => "cancelled",
        })
    }
}

/// The planned fates of the requests under one guard.
#[derive(Debug)]
pub(super) struct Script {
    fates: Vec<Fate>,
    next: AtomicUsize,
    token: Mutex<CancelToken>,
    /// `true` while a future is polled that can be dropped in the middle of an attempt.
    is_called: AtomicBool,
    /// `true` if this future must be dropped.
    is_cut: AtomicBool,
}

impl Script {
    fn new(fates: Vec<Fate>) -> Self {
        Self {
            fates,
            next: AtomicUsize::new(0),
            token: Mutex::default(),
            is_called: AtomicBool::new(false),
            is_cut: AtomicBool::new(false),
        }
    }

    /// Returns the script of the innermost guard that has one.
    fn current() -> Option<Arc<Self>> {
        test_hooks::script()?.downcast().ok()
    }

    /// Returns the fate of the next request. Requests after the end of the sequence succeed.
    fn next(&self) -> Fate {
        let at = self.next.fetch_add(1, Ordering::Relaxed);
        self.fates.get(at).copied().unwrap_or(Fate::Ok)
    }

    fn token(&self) -> MutexGuard<'_, CancelToken> {
        self.token.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Cancels the calls that use the token. Later calls get a new one.
    fn cancel(&self) {
        let token = std::mem::take(&mut *self.token());
        token.cancel();
    }
}

/// One sequence of fates, for one run of the test; created by [`every_outcome`].
///
/// It dereferences to the recorder of this run.
///
/// # Examples
///
/// ```
/// use backoff_core::testing::{self, Case, Fate};
///
/// let mut executed = 0;
/// testing::every_outcome(1, |case: &Case| {
///     let result = testing::request(|| Ok(executed += 1), || "no answer");
///     assert_eq!(result.is_ok(), *case.fates() == [Fate::Ok]);
///     assert_eq!(case.token().is_cancelled(), false); // a new one each time
/// });
/// assert_eq!(executed, 3); // not with `Fate::Fail`
/// ```
#[derive(Debug)]
pub struct Case {
    recorder: Recorder,
    script: Arc<Script>,
}

impl Case {
    fn new(fates: &[Fate]) -> (Self, Arc<Layer>) {
        let script = Arc::new(Script::new(fates.to_vec()));
        let layer = Layer::new(Setup::new().no_waits().changes, None, Some(Arc::<Script>::clone(&script)));
        (Self { recorder: Recorder::new(Arc::clone(&layer)), script }, layer)
    }

    /// Returns the sequence of this run.
    #[must_use]
    pub fn fates(&self) -> &[Fate] {
        &self.script.fates
    }

    /// Returns the token that [`Fate::Cancelled`] cancels. Pass it to a blocking call.
    ///
    /// A cancelled token stays cancelled, so get a new token for each call.
    #[must_use]
    pub fn token(&self) -> CancelToken {
        self.script.token().clone()
    }

    /// Awaits a call. [`Fate::Cancelled`] drops the call in the middle of the attempt; the result is then `None`.
    ///
    /// # Cancellation
    ///
    /// Dropping the future drops the call.
    pub async fn call<F: Future>(&self, call: F) -> Option<F::Output> {
        let script = &self.script;
        let mut call = pin!(call);
        let output = poll_fn(|cx| {
            script.is_called.store(true, Ordering::Relaxed);
            let polled = call.as_mut().poll(cx);
            script.is_called.store(false, Ordering::Relaxed);
            match polled {
                Poll::Pending if script.is_cut.swap(false, Ordering::Relaxed) => Poll::Ready(None),
                polled => polled.map(Some),
            }
        });
        output.await
    }
}

impl Deref for Case {
    type Target = Recorder;

    fn deref(&self) -> &Recorder {
        &self.recorder
    }
}

/// Executes a request of a test double. `act` is the effect on the server, `failure` makes the error of a client
/// without a reply.
///
/// Under [`every_outcome`] the request ends as the sequence specifies. Elsewhere it is the same as `act`.
///
/// # Errors
///
/// Returns the error of `act`, or `failure` if the request fails or its reply is lost.
///
/// # Examples
///
/// ```
/// use backoff_core::testing::{every_outcome, request};
///
/// fn charge(total: &mut u32) -> Result<(), &'static str> {
///     request(|| Ok(*total += 100), || "no answer") // of the test double
/// }
///
/// let (mut total, mut failures) = (0, 0);
/// assert_eq!(charge(&mut total), Ok(())); // `act` alone
/// every_outcome(1, |_| failures += u32::from(charge(&mut total).is_err()));
/// assert_eq!((total, failures), (400, 3)); // two of them after `act`
/// ```
pub fn request<T, E>(act: impl FnOnce() -> Result<T, E>, failure: impl FnOnce() -> E) -> Result<T, E> {
    let Some(script) = Script::current() else {
        return act();
    };
    match script.next() {
        Fate::Ok => act(),
        Fate::Fail => Err(failure()),
        Fate::Lost => act().and_then(|_| Err(failure())),
        Fate::Cancelled => {
            let answer = act();
            script.cancel();
            answer.and_then(|_| Err(failure()))
        }
    }
}

/// Executes a request of a test double in async code; see [`request`].
///
/// [`Fate::Cancelled`] drops a call that is awaited by [`Case::call`] after `act` has ended. Other calls are cancelled
/// with the token, as in blocking code.
///
/// # Errors
///
/// Returns the error of `act`, or `failure` if the request fails or its reply is lost.
///
/// # Cancellation
///
/// Dropping the future drops `act`.
///
/// # Examples
///
/// ```
/// # #[cfg(feature = "tokio")]
/// # {
/// use backoff_core::testing::request_async;
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let reply = request_async(async { Ok::<_, &str>(7) }, || "no answer");
/// assert_eq!(reply.await, Ok(7)); // outside of `every_outcome_async`
/// # });
/// # }
/// # Ok::<(), std::io::Error>(())
/// ```
pub async fn request_async<T, E>(act: impl Future<Output = Result<T, E>>, failure: impl FnOnce() -> E) -> Result<T, E> {
    let Some(script) = Script::current() else {
        return act.await;
    };
    match script.next() {
        Fate::Ok => act.await,
        Fate::Fail => Err(failure()),
        Fate::Lost => act.await.and_then(|_| Err(failure())),
        Fate::Cancelled => {
            let answer = act.await;
            if script.is_called.load(Ordering::Relaxed) {
                drop(answer);
                script.is_cut.store(true, Ordering::Relaxed);
                return pending().await;
            }
            script.cancel();
            answer.and_then(|_| Err(failure()))
        }
    }
}

/// Runs a blocking test once for every sequence of this length of the four [`Fate`]s, without waiting.
///
/// The test double calls [`request`] for each of its requests, which ends as the sequence specifies. Requests after the
/// end of the sequence succeed. If a test panics, its sequence is printed. There are 4 to the power of `length`
/// sequences. A sequence as long as `max_attempts` covers a call of one request per attempt.
///
/// # Examples
///
/// A payment that is recorded under a key is charged once, with any fates of its requests:
///
/// ```
/// use backoff_core::{CancelToken, retry, testing};
/// use std::cell::RefCell;
/// use std::collections::HashMap;
///
/// #[derive(Default)]
/// struct Bank(RefCell<HashMap<u32, u64>>);
///
/// impl Bank {
///     fn book(&self, key: u32, amount: u64) -> Result<(), &'static str> {
///         let act = || Ok(drop(self.0.borrow_mut().insert(key, amount)));
///         testing::request(act, || "no answer")
///     }
/// }
///
/// #[retry(max_attempts = 3, cancel = stop)]
/// fn pay(
///     bank: &Bank,
///     key: u32,
///     amount: u64,
///     stop: &CancelToken,
/// ) -> Result<(), &'static str> {
///     bank.book(key, amount)
/// }
///
/// testing::every_outcome(3, |case| {
///     let bank = Bank::default();
///     let _ = pay(&bank, 7, 100, &case.token());
///     assert!(bank.0.borrow().values().sum::<u64>() <= 100);
/// });
/// ```
pub fn every_outcome(length: usize, mut test: impl FnMut(&Case)) {
    for fates in Sequences::new(length) {
        let blame = Blame(&fates);
        let (case, layer) = Case::new(&fates);
        let _guard = ThreadGuard::new(layer);
        test(&case);
        drop(blame);
    }
}

/// Runs an async test once for every sequence of this length of the four [`Fate`]s, without waiting.
///
/// The requests are those of [`request_async`]; the rest is as for [`every_outcome`].
///
/// # Cancellation
///
/// Dropping the future drops the test in progress; the remaining sequences are not run.
///
/// # Examples
///
/// ```
/// use backoff_core::{retry, testing};
/// use std::cell::Cell;
///
/// #[retry(max_attempts = 3)]
/// async fn set(register: &Cell<u32>, value: u32) -> Result<(), &'static str> {
///     let act = async { Ok(register.set(value)) };
///     testing::request_async(act, || "no answer").await
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// testing::every_outcome_async(3, async |case| {
///     let register = Cell::new(0);
///     match case.call(set(&register, 7)).await {
///         Some(Ok(())) => assert_eq!(register.get(), 7),
///         // It failed, or was dropped in the middle.
///         _ => assert!([0, 7].contains(&register.get())),
///     }
/// })
/// .await;
/// # }
/// ```
pub async fn every_outcome_async(length: usize, mut test: impl AsyncFnMut(&Case)) {
    for fates in Sequences::new(length) {
        let blame = Blame(&fates);
        let (case, _) = Case::new(&fates);
        case.wrap(test(&case)).await;
        drop(blame);
    }
}

/// Prints the current sequence if the test panics.
struct Blame<'a>(&'a [Fate]);

impl Drop for Blame<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let fates: Vec<String> = self.0.iter().map(ToString::to_string).collect();
            eprintln!("the test failed with this sequence of outcomes: {}", fates.join(", "));
        }
    }
}

/// Iterates over every sequence of one length, in the order of [`Fate::ALL`].
struct Sequences {
    next: Option<Vec<Fate>>,
}

impl Sequences {
    fn new(length: usize) -> Self {
        Self { next: Some(vec![Fate::Ok; length]) }
    }
}

impl Iterator for Sequences {
    type Item = Vec<Fate>;

    fn next(&mut self) -> Option<Vec<Fate>> {
        let present = self.next.take()?;
        let mut following = present.clone();
        for fate in following.iter_mut().rev() {
            if let Some(next) = fate.next() {
                *fate = next;
                self.next = Some(following);
                break;
            }
            *fate = Fate::Ok;
        }
        Some(present)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_sequence_comes_exactly_once() {
        for (length, count) in [(0, 1), (1, 4), (2, 16), (4, 256)] {
            let all: Vec<_> = Sequences::new(length).collect();
            assert_eq!((all.len(), all.iter().collect::<HashSet<_>>().len()), (count, count));
            assert!(all.iter().all(|fates| fates.len() == length));
        }
    }
}
