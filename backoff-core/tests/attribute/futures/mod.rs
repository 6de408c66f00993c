//! Calls with each limit and hook: annotated, built, and as manual loops, one to four levels deep.
#![allow(dead_code, reason = "each test file uses a part of this module")]

pub(crate) mod by_hand;
pub(crate) mod table;

use std::future::Future;
use std::hint::black_box;
use std::time::Duration;

use backoff_core::{AttemptTimeout, CancelToken, Cancelled, InnerRetries, Policy, retry};
use tokio::task::yield_now;

pub(crate) const DELAY: Duration = Duration::from_millis(1);
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

pub(crate) static STOP: CancelToken = CancelToken::new();

const POLICY: Policy = Policy::constant(DELAY).max_attempts(3).build();

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Failed;

impl From<AttemptTimeout> for Failed {
    fn from(_: AttemptTimeout) -> Self {
        Self
    }
}

impl From<Cancelled> for Failed {
    fn from(_: Cancelled) -> Self {
        Self
    }
}

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("failed")
    }
}

pub(crate) type Answer = Result<usize, Failed>;

/// A body with a buffer of `N` bytes that is alive across an await.
pub(crate) async fn body<const N: usize>() -> Answer {
    let mut buffer = [0_u8; N];
    black_box(&mut buffer);
    yield_now().await;
    let first = usize::from(*black_box(&buffer).first().unwrap_or(&0));
    if first == 0 { Ok(buffer.len()) } else { Err(Failed) }
}

/// A hook, or work before a retry, that waits.
pub(crate) async fn waits() -> Result<(), Failed> {
    yield_now().await;
    Ok(())
}

/// A hook that does not wait.
pub(crate) fn note(failed: Option<&Failed>) {
    black_box(failed);
}

/// Sizes in bytes: of the manual loop, and with the library.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    pub(crate) by_hand: usize,
    pub(crate) ours: usize,
}

/// Returns the sizes of two futures, which must be `Send`. Neither future is created.
pub(crate) fn sizes<H, HF, O, OF>(_by_hand: H, _ours: O) -> Sizes
where
    H: Fn() -> HF,
    HF: Future<Output = Answer> + Send,
    O: Fn() -> OF,
    OF: Future<Output = Answer> + Send,
{
    Sizes { by_hand: size_of::<HF>(), ours: size_of::<OF>() }
}

/// Makes a module with four nested functions, and compares their sizes with the same nest of manual loops.
macro_rules! nested {
    ($($name:ident by_hand::$hand:ident ($($args:tt)*);)*) => {
        $(pub(crate) mod $name {
            use super::*;

            #[retry(delay = "1ms", max_attempts = 3, $($args)*)]
            pub(crate) async fn one<const N: usize>() -> Answer {
                body::<N>().await
            }

            #[retry(delay = "1ms", max_attempts = 3, $($args)*)]
            pub(crate) async fn two<const N: usize>() -> Answer {
                one::<N>().await
            }

            #[retry(delay = "1ms", max_attempts = 3, $($args)*)]
            pub(crate) async fn three<const N: usize>() -> Answer {
                two::<N>().await
            }

            #[retry(delay = "1ms", max_attempts = 3, $($args)*)]
            pub(crate) async fn four<const N: usize>() -> Answer {
                three::<N>().await
            }

            pub(crate) fn levels<const N: usize>() -> [Sizes; 4] {
                use by_hand::$hand as hand;
                [
                    sizes(|| hand(body::<N>), one::<N>),
                    sizes(|| hand(|| hand(body::<N>)), two::<N>),
                    sizes(|| hand(|| hand(|| hand(body::<N>))), three::<N>),
                    sizes(|| hand(|| hand(|| hand(|| hand(body::<N>)))), four::<N>),
                ]
            }
        })*

        /// The sizes of each nest.
        pub(crate) fn annotated<const N: usize>() -> Vec<(&'static str, [Sizes; 4])> {
            vec![$((stringify!($name), $name::levels::<N>())),*]
        }
    };
}

nested! {
    plain by_hand::plain();
    timeout by_hand::timeout(timeout = "60s");
    attempt_timeout by_hand::attempt_timeout(attempt_timeout = "60s");
    both_timeouts by_hand::both_timeouts(timeout = "60s", attempt_timeout = "60s");
    inner_retries by_hand::inner_retries(inner_retries = suppress);
    cancel by_hand::cancel(cancel = STOP.cancelled());
    cancel_attempts by_hand::cancel_attempts(cancel = STOP.cancelled(), cancel_attempts);
    all_limits by_hand::all_limits(
        timeout = "60s", attempt_timeout = "60s", cancel = STOP.cancelled(), cancel_attempts,
        on_cancel = |_| Failed,
    );
    before_retry by_hand::before_retry(before_retry = waits().await?);
    hooks by_hand::hooks(on_retry = |_| note(None), on_give_up = |_| note(None), on_recovered = |_| note(None));
    async_hooks by_hand::async_hooks(
        on_retry = async |_| { waits().await.ok(); }, on_give_up = async |_| { waits().await.ok(); },
        on_recovered = async |_| { waits().await.ok(); },
    );
    or_else by_hand::or_else(or_else = |error| Err(error.last));
    async_or_else by_hand::async_or_else(or_else = async |error| waits().await.and(Err(error.last)));
    everything by_hand::everything(
        timeout = "60s", attempt_timeout = "60s", inner_retries = suppress, cancel = STOP.cancelled(),
        before_retry = waits().await?, on_retry = async |_| { waits().await.ok(); }, on_give_up = |_| note(None),
        on_recovered = |_| note(None), or_else = async |error| waits().await.and(Err(error.last)),
    );
}

/// Makes the builder's calls, and compares their sizes with the same manual loops, one and two levels deep.
macro_rules! built {
    ($($name:ident by_hand::$hand:ident $call:ident => $set:expr;)*) => {
        $(pub(crate) fn $name<F: Fn() -> Fut, Fut: Future<Output = Answer>>(
            operation: F,
        ) -> impl Future<Output = Answer> + use<F, Fut> {
            let $call = POLICY.retry(operation);
            IntoFuture::into_future($set)
        })*

        /// The sizes of each call.
        pub(crate) fn built<const N: usize>() -> Vec<(&'static str, [Sizes; 2])> {
            vec![$((stringify!($name), [
                sizes(|| by_hand::$hand(body::<N>), || builders::$name(body::<N>)),
                sizes(
                    || by_hand::$hand(|| by_hand::$hand(body::<N>)),
                    || builders::$name(|| builders::$name(body::<N>)),
                ),
            ])),*]
        }
    };
}

pub(crate) mod builders {
    use super::*;

    built! {
        plain by_hand::plain call => call;
        timeout by_hand::timeout call => call.timeout(LIMIT);
        attempt_timeout by_hand::attempt_timeout call => call.attempt_timeout(LIMIT);
        both_timeouts by_hand::both_timeouts call => call.timeout(LIMIT).attempt_timeout(LIMIT);
        inner_retries by_hand::inner_retries call => call.inner_retries(InnerRetries::Suppress);
        cancel by_hand::cancel call => call.cancel(STOP.cancelled());
        cancel_attempts by_hand::cancel_attempts call => call.cancel(STOP.cancelled()).cancel_attempts();
        all_limits by_hand::all_limits call => call.timeout(LIMIT).attempt_timeout(LIMIT)
            .cancel(STOP.cancelled()).cancel_attempts().on_cancel(|_| Failed);
        hooks by_hand::hooks call => call
            .on_retry(|_| note(None)).on_give_up(|_| note(None)).on_recovered(|_| note(None));
        limits by_hand::limits call => call.timeout(LIMIT).attempt_timeout(LIMIT)
            .inner_retries(InnerRetries::Suppress).cancel(STOP.cancelled());
    }
}
