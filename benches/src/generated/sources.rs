//! The text of the programs: the same function, written for each way of retrying.

/// A way of retrying, as source text.
pub(super) struct Way {
    pub(super) name: &'static str,
    /// The text before each `async fn`.
    pub(super) attribute: &'static str,
    /// The body; `QUESTION` becomes a different number in each function.
    pub(super) body: &'static str,
}

pub(super) const WAYS: &[Way] = &[
    Way { name: "bare", attribute: "", body: "service.ask(QUESTION).await" },
    Way {
        name: "hand",
        attribute: "",
        body: "\
    let (mut attempt, mut base) = (1, Duration::from_millis(100));
    loop {
        match service.ask(QUESTION).await {
            Ok(value) => return Ok(value),
            Err(error) if attempt == 4 => return Err(error),
            Err(_) => {
                attempt += 1;
                let delay = jittered(base);
                base = base.saturating_mul(2).min(Duration::from_secs(20));
                tokio::time::sleep(delay).await;
            }
        }
    }",
    },
    Way { name: "policy", attribute: "", body: "POLICY.retry(|| service.ask(QUESTION)).await" },
    Way { name: "retry", attribute: "#[backoff_core::retry(max_attempts = 4)]", body: "service.ask(QUESTION).await" },
    Way { name: "backon", attribute: "", body: "backon::Retryable::retry(|| service.ask(QUESTION), BACKON).await" },
    Way {
        name: "backon_macros",
        attribute: "#[backon_macros::backon(backoff = backon_delays)]",
        body: "service.ask(QUESTION).await",
    },
    Way {
        name: "tokio_retry",
        attribute: "",
        body: "\
    let delays = tokio_retry::strategy::ExponentialBackoff::from_millis(2).factor(50).max_delay(MAX_DELAY);
    tokio_retry::Retry::start(delays.map(tokio_retry::strategy::jitter).take(3), || service.ask(QUESTION)).await",
    },
    Way {
        name: "tokio_retry2",
        attribute: "",
        body: "\
    let delays = tokio_retry2::strategy::ExponentialBackoff::from_millis(2).factor(50).max_delay(MAX_DELAY);
    tokio_retry2::Retry::spawn(delays.map(tokio_retry2::strategy::jitter).take(3), || async {
        service.ask(QUESTION).await.map_err(tokio_retry2::RetryError::transient)
    })
    .await",
    },
    Way {
        name: "tryhard",
        attribute: "",
        body: "\
    tryhard::retry_fn(|| service.ask(QUESTION))
        .retries(3)
        .exponential_backoff(INITIAL_DELAY)
        .max_delay(MAX_DELAY)
        .await",
    },
    Way {
        name: "tower",
        attribute: "",
        body: "\
    let service = tower::service_fn(|()| service.ask(QUESTION));
    tower::util::Oneshot::new(tower::retry::Retry::new(TOWER.clone(), service), ()).await",
    },
    Way {
        name: "backoff",
        attribute: "",
        body: "\
    backoff::future::retry(Limited::new(), || async {
        service.ask(QUESTION).await.map_err(backoff::Error::transient)
    })
    .await",
    },
];

/// The common code of every program.
pub(super) const COMMON: &str = "\
#![allow(dead_code)]
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;
use std::task::{Context, Waker};
use std::time::Duration;
use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};
use tower::retry::backoff::{Backoff as _, ExponentialBackoff, ExponentialBackoffMaker, MakeBackoff as _};
use tower::util::rng::HasherRng;

const POLICY: backoff_core::Policy = backoff_core::Policy::exponential().max_attempts(4).build();
const INITIAL_DELAY: Duration = Duration::from_millis(100);
const MAX_DELAY: Duration = Duration::from_secs(20);
const BACKON: backon::ExponentialBuilder = backon::ExponentialBuilder::new()
    .with_min_delay(INITIAL_DELAY)
    .with_max_delay(MAX_DELAY)
    .with_max_times(3)
    .with_jitter();

const fn backon_delays() -> backon::ExponentialBuilder {
    BACKON
}

/// The code that users of `backoff` write, because it has no limit on attempts.
struct Limited(backoff::ExponentialBackoff, u32);

impl Limited {
    fn new() -> Self {
        let delays = backoff::ExponentialBackoff {
            current_interval: INITIAL_DELAY,
            initial_interval: INITIAL_DELAY,
            multiplier: 2.0,
            max_interval: MAX_DELAY,
            max_elapsed_time: None,
            ..backoff::ExponentialBackoff::default()
        };
        Self(delays, 3)
    }
}

impl backoff::backoff::Backoff for Limited {
    fn next_backoff(&mut self) -> Option<Duration> {
        self.1 = self.1.checked_sub(1)?;
        self.0.next_backoff()
    }
}

/// The code that users of `tower` write, because it has no ready-made policy.
#[derive(Clone)]
struct Attempts(u32, ExponentialBackoff);

static TOWER: LazyLock<Attempts> = LazyLock::new(|| {
    let maker = ExponentialBackoffMaker::new(INITIAL_DELAY, MAX_DELAY, 1.0, HasherRng::default());
    Attempts(3, maker.unwrap().make_backoff())
});

impl<T, E> tower::retry::Policy<(), T, E> for Attempts {
    type Future = tokio::time::Sleep;

    fn retry(&mut self, _: &mut (), result: &mut Result<T, E>) -> Option<Self::Future> {
        result.as_ref().err()?;
        self.0 = self.0.checked_sub(1)?;
        Some(self.1.next_backoff())
    }

    fn clone_request(&mut self, _: &()) -> Option<()> {
        Some(())
    }
}

struct Service(Cell<u32>);

impl Service {
    #[inline(never)]
    fn answer(&self, question: u32) -> Result<u32, std::io::ErrorKind> {
        self.0.set(self.0.get() + question);
        if self.0.get() % 2 == 0 { Ok(question) } else { Err(std::io::ErrorKind::TimedOut) }
    }
    async fn ask(&self, question: u32) -> Result<u32, std::io::ErrorKind> {
        self.answer(question)
    }
}

thread_local! {
    static GENERATOR: RefCell<Option<SmallRng>> = const { RefCell::new(None) };
}

fn jittered(base: Duration) -> Duration {
    let random = GENERATOR.with_borrow_mut(|slot| slot.get_or_insert_with(seeded).next_u64());
    Duration::from_nanos(((u128::from(random) * (base.as_nanos() + 1)) >> 64) as u64)
}

fn seeded() -> SmallRng {
    SmallRng::seed_from_u64(RandomState::new().hash_one(0_u8))
}

#[inline(never)]
fn drive<F: Future>(future: F) -> bool {
    std::pin::pin!(future).poll(&mut Context::from_waker(Waker::noop())).is_ready()
}

fn main() {
    let service = Service(Cell::new(0));
    let chosen = std::env::args().count();
    for (number, run) in FUNCTIONS.iter().enumerate() {
        if number != chosen {
            println!(\"{}\", run(&service));
        }
    }
}
";
