//! Ten thousand calls through a network that fails in one attempt of five: reqwest, a proxy, and a server, all real.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use crate::faults::{self, Expected, Fate, Journal, Look, Network, Record, Seen, Upstream};
use backoff_core::classify::{self, HttpError, check_reqwest};
use backoff_core::{AttemptTimeout, CallSite, Classify, StopReason, call_sites, retry};

const CALLS: u32 = 10_000;
const AT_ONE_TIME: u32 = 96;

/// The error of a call.
#[derive(Debug, thiserror::Error, Classify)]
enum ShopError {
    #[error(transparent)]
    #[classify(source)]
    Answer(#[from] HttpError),
    #[error("no answer")]
    #[classify(with = classify::reqwest)]
    Transport(#[from] reqwest::Error),
    #[error(transparent)]
    #[ambiguous]
    TooSlow(#[from] AttemptTimeout),
}

impl Look for ShopError {
    fn look(&self) -> Seen {
        match self {
            Self::TooSlow(_) => Seen::TooSlow,
            Self::Transport(error) if error.is_connect() => Seen::NoConnection,
            Self::Transport(error) if error.is_body() || error.is_decode() => Seen::CutOff,
            Self::Transport(error) if error.is_request() => Seen::Broken,
            Self::Transport(_) | Self::Answer(_) => Seen::Else,
        }
    }
}

struct Shop {
    http: reqwest::Client,
    keys: AtomicU32,
}

impl Shop {
    fn behind(network: &Network) -> reqwest::Result<Self> {
        let http = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).dns_resolver(network.resolver());
        Ok(Self { http: http.build()?, keys: AtomicU32::new(0) })
    }

    /// A read: repeating it does no harm.
    #[retry(
        name = "faults.order",
        max_attempts = most,
        initial_delay = "1ms",
        max_delay = "8ms",
        idempotent,
        attempt_timeout = "2s",
        attempt = ctx,
        on_retry = |event| journal.failed(event),
        on_recovered = |event| journal.recovered(event),
        on_give_up = |event| journal.gave_up(event),
    )]
    async fn order(&self, call: u32, most: u32, journal: &Journal) -> Result<String, ShopError> {
        journal.attempt_starts();
        let url = format!("http://{}/order/{call}", Network::host(call, ctx.number()));
        Ok(check_reqwest(self.http.get(url).send().await?)?.text().await?)
    }

    /// A payment whose key makes it safe to repeat.
    #[retry(
        name = "faults.pay_with_key",
        max_attempts = 4,
        initial_delay = "1ms",
        max_delay = "8ms",
        idempotent,
        once(key = self.new_key()),
        attempt_timeout = "2s",
        attempt = ctx,
        on_retry = |event| journal.failed(event),
        on_recovered = |event| journal.recovered(event),
        on_give_up = |event| journal.gave_up(event),
    )]
    async fn pay_with_key(&self, call: u32, journal: &Journal) -> Result<String, ShopError> {
        journal.attempt_starts();
        let url = format!("http://{}/pay/{call}", Network::host(call, ctx.number()));
        let request = self.http.post(url).header("idempotency-key", key).body("three boxes of tea");
        Ok(check_reqwest(request.send().await?)?.text().await?)
    }

    /// A payment that must not be made twice.
    #[retry(
        name = "faults.pay",
        max_attempts = 4,
        initial_delay = "1ms",
        max_delay = "8ms",
        attempt_timeout = "2s",
        attempt = ctx,
        on_retry = |event| journal.failed(event),
        on_recovered = |event| journal.recovered(event),
        on_give_up = |event| journal.gave_up(event),
    )]
    async fn pay(&self, call: u32, journal: &Journal) -> Result<String, ShopError> {
        journal.attempt_starts();
        let url = format!("http://{}/pay/{call}", Network::host(call, ctx.number()));
        Ok(check_reqwest(self.http.post(url).body("three boxes of tea").send().await?)?.text().await?)
    }

    /// A read for which the network has the same fate each time, in little time.
    #[retry(
        name = "brief.order",
        max_elapsed = "60ms",
        initial_delay = "1ms",
        max_delay = "4ms",
        idempotent,
        attempt_timeout = "20ms",
        on_retry = |event| journal.failed(event),
        on_recovered = |event| journal.recovered(event),
        on_give_up = |event| journal.gave_up(event),
    )]
    async fn brief_order(&self, call: u32, journal: &Journal) -> Result<String, ShopError> {
        journal.attempt_starts();
        let url = format!("http://{}/order/{call}", Network::host(call, 1));
        Ok(check_reqwest(self.http.get(url).send().await?)?.text().await?)
    }

    /// The same with a limit on the whole call, and without a limit on attempts.
    #[retry(
        timeout = "60ms",
        initial_delay = "1ms",
        max_delay = "4ms",
        idempotent,
        on_retry = |event| journal.failed(event),
        on_recovered = |event| journal.recovered(event),
        on_give_up = |event| journal.gave_up(event),
    )]
    async fn timed_order(&self, call: u32, journal: &Journal) -> Result<String, ShopError> {
        journal.attempt_starts();
        let url = format!("http://{}/order/{call}", Network::host(call, 1));
        Ok(check_reqwest(self.http.get(url).send().await?)?.text().await?)
    }

    fn new_key(&self) -> String {
        format!("key {}", self.keys.fetch_add(1, Relaxed))
    }
}

/// The kinds of calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Order { most: u32 },
    PayWithKey,
    Pay,
}

impl Kind {
    fn of(call: u32) -> Self {
        match call % 10 {
            0..4 => Self::Order { most: 6 },
            4..6 => Self::Order { most: 2 },
            6..8 => Self::PayWithKey,
            _ => Self::Pay,
        }
    }

    async fn make(self, shop: &Shop, call: u32) -> Ended {
        let journal = Journal::default();
        let result = match self {
            Self::Order { most } => shop.order(call, most, &journal).await,
            Self::PayWithKey => shop.pay_with_key(call, &journal).await,
            Self::Pay => shop.pay(call, &journal).await,
        };
        Ended { call, kind: self, answer: result.ok(), record: journal.ended() }
    }

    fn expected(self, network: &Network, call: u32) -> Expected {
        let (most, idempotent) = match self {
            Self::Order { most } => (most, true),
            Self::PayWithKey => (4, true),
            Self::Pay => (4, false),
        };
        Expected::of(network, call, most, idempotent)
    }

    fn site(self) -> &'static CallSite {
        let name = match self {
            Self::Order { .. } => "faults.order",
            Self::PayWithKey => "faults.pay_with_key",
            Self::Pay => "faults.pay",
        };
        call_sites().find(|site| site.name() == name).expect("some of the calls have failed")
    }
}

/// The end of a call.
struct Ended {
    call: u32,
    kind: Kind,
    answer: Option<String>,
    record: Record,
}

impl Ended {
    fn gave_up_for(&self, reason: StopReason) -> bool {
        self.record.reason() == Some(reason)
    }

    /// Checks the call against the fates of its attempts; returns how many attempts a slow machine made time out.
    fn check(&self, network: &Network, server: &Upstream) -> u32 {
        let Self { call, kind, answer, record } = self;
        record.is_consistent(answer.is_some());
        let (arrived, paid) = (server.arrived(*call), server.paid(*call));
        match (kind, answer.as_deref()) {
            (Kind::Order { .. }, Some(text)) => assert_eq!(text, format!("order {call}")),
            (Kind::Order { .. }, None) => {}
            (Kind::PayWithKey | Kind::Pay, Some(text)) => assert_eq!((text, paid), (&*format!("paid {call}"), 1)),
            (Kind::PayWithKey | Kind::Pay, None) => assert!(paid <= 1, "call {call} was paid {paid} times"),
        }
        let needless = record.needless_timeouts(network, *call);
        if needless == 0 {
            let expected = kind.expected(network, *call);
            let reason = record.reason();
            let found = Expected { attempts: record.attempts, seen: record.seen.clone(), reason, arrived };
            assert_eq!(found, expected, "call {call}: {record:?}");
        }
        needless
    }
}

async fn make_all(shop: Arc<Shop>) -> Vec<Ended> {
    let next = Arc::new(AtomicU32::new(0));
    let workers = (0..AT_ONE_TIME).map(|_| {
        let (shop, next) = (Arc::clone(&shop), Arc::clone(&next));
        tokio::spawn(async move {
            let mut ended = Vec::new();
            loop {
                let call = next.fetch_add(1, Relaxed);
                if call >= CALLS {
                    return ended;
                }
                ended.push(Kind::of(call).make(&shop, call).await);
            }
        })
    });
    let mut all = Vec::new();
    for worker in workers.collect::<Vec<_>>() {
        all.extend(worker.await.expect("no worker panics"));
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_calls_end_as_the_faults_on_their_way_say() {
    let server = Upstream::start(CALLS).await.unwrap();
    let network = Network::before(server.address, faults::seed()).await.unwrap();
    let shop = Arc::new(Shop::behind(&network).unwrap());

    let all = make_all(Arc::clone(&shop)).await;
    assert_eq!(all.len(), CALLS as usize);
    let needless: u32 = all.iter().map(|ended| ended.check(&network, &server)).sum();

    // Each fault of the network is one failed attempt of a client, and each failed attempt is one fault.
    for fault in Fate::FAULTS {
        let met = all.iter().flat_map(|ended| (1..=ended.record.attempts).map(|attempt| (ended.call, attempt)));
        let met = met.filter(|(call, attempt)| network.fate(*call, *attempt) == fault).count();
        let made = network.count(fault);
        assert!(met.abs_diff(made) <= needless as usize, "{fault:?}: {made} made, {met} met, {needless} timeouts");
    }
    let made: usize = Fate::FAULTS.iter().map(|fault| network.count(*fault)).sum();
    let retries: usize = all.iter().map(|ended| ended.record.retries as usize).sum();
    let gave_up = all.iter().filter(|ended| ended.record.gave_up.is_some()).count();
    let attempts: usize = all.iter().map(|ended| ended.record.attempts as usize).sum();
    println!("{attempts} attempts, {made} faults, {retries} retries, {gave_up} gave up, {needless} needless timeouts");
    assert!((retries + gave_up).abs_diff(made) <= needless as usize);
    assert!((attempts / 6..attempts / 4).contains(&made), "about one attempt in five met a fault");

    // Every kind of end was seen, and the keys were needed.
    assert!(all.iter().any(|ended| ended.gave_up_for(StopReason::MaxAttempts)));
    assert!(all.iter().any(|ended| ended.gave_up_for(StopReason::Ambiguous)));
    assert!(all.iter().any(|ended| ended.kind == Kind::Pay && ended.record.recovered.is_some()));
    assert!(all.iter().any(|ended| ended.kind == Kind::PayWithKey && server.arrived(ended.call) > 1));
    assert_eq!(shop.keys.load(Relaxed), CALLS / 5, "one key for each call");

    for kind in [Kind::Order { most: 6 }, Kind::PayWithKey, Kind::Pay] {
        let site = kind.site();
        let own: Vec<_> = all.iter().filter(|ended| std::ptr::eq(ended.kind.site(), site)).collect();
        let count = |which: &dyn Fn(&Ended) -> usize| own.iter().map(|ended| which(ended) as u64).sum::<u64>();
        assert_eq!(site.retries(), count(&|ended| ended.record.retries as usize));
        assert_eq!(site.recovered(), count(&|ended| usize::from(ended.record.recovered.is_some())));
        for reason in [StopReason::MaxAttempts, StopReason::Ambiguous] {
            assert_eq!(site.gave_up_for(reason), count(&|ended| usize::from(ended.gave_up_for(reason))));
        }
        assert_eq!(site.gave_up(), count(&|ended| usize::from(ended.record.gave_up.is_some())));
    }
}

/// The first calls whose first attempt meets this fault.
fn calls_with(fault: Fate, network: &Network) -> impl Iterator<Item = u32> {
    (0..CALLS).filter(move |call| network.fate(*call, 1) == fault).take(20)
}

#[tokio::test]
async fn no_retry_starts_after_max_elapsed_whatever_the_fault() {
    faults::moments::watch();
    let server = Upstream::start(CALLS).await.unwrap();
    let network = Network::before(server.address, faults::seed()).await.unwrap();
    let shop = Shop::behind(&network).unwrap();
    let mut attempts = 0;
    for fault in Fate::FAULTS {
        for call in calls_with(fault, &network) {
            let journal = Journal::default();
            assert!(shop.brief_order(call, &journal).await.is_err());
            let record = journal.ended();
            record.is_consistent(false);
            assert_eq!(record.reason(), Some(StopReason::MaxElapsed), "{fault:?}: {record:?}");
            attempts += record.attempts + record.unmade_retries();
        }
    }
    let (limit, longest_delay) = (Duration::from_millis(60), Duration::from_millis(4));
    let (retries, gave_up) = faults::moments::check_max_elapsed("brief.order", limit, longest_delay);
    assert_eq!((retries + gave_up, gave_up), (attempts, 100));
}

#[tokio::test]
async fn a_timeout_of_the_call_ends_an_attempt_that_waits_for_a_lost_answer() {
    let server = Upstream::start(CALLS).await.unwrap();
    let network = Network::before(server.address, faults::seed()).await.unwrap();
    let shop = Shop::behind(&network).unwrap();
    for call in calls_with(Fate::Stalled, &network) {
        let journal = Journal::default();
        let error = shop.timed_order(call, &journal).await.unwrap_err();
        assert!(
            matches!(error, ShopError::TooSlow(timeout) if timeout.limit() == Duration::from_millis(60)),
            "{error}"
        );
        assert_eq!(journal.ended().gave_up, Some((1, StopReason::Timeout)));
    }
}
