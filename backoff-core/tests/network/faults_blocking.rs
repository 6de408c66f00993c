//! The network that fails, seen by blocking calls: plain sockets with `classify::io`, and a client with
//! `classify::reqwest`.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use crate::faults::{self, Expected, Fate, Journal, Look, Network, Seen, Upstream};
use backoff_core::{Fault, Policy, StopReason, classify, retry};

const CALLS: u32 = 900;
const THREADS: u32 = 12;

impl Look for io::Error {
    fn look(&self) -> Seen {
        match self.kind() {
            ErrorKind::ConnectionRefused => Seen::NoConnection,
            ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => Seen::Broken,
            ErrorKind::UnexpectedEof => Seen::CutOff,
            ErrorKind::WouldBlock | ErrorKind::TimedOut => Seen::TooSlow,
            _ => Seen::Else,
        }
    }
}

/// Sends one request, and returns the body of the answer.
fn ask(address: SocketAddr, host: &str, request: &str) -> io::Result<String> {
    let mut server = TcpStream::connect(address)?;
    server.set_read_timeout(Some(Duration::from_secs(1)))?;
    server.write_all(format!("{request} HTTP/1.1\r\nhost: {host}\r\ncontent-length: 0\r\n\r\n").as_bytes())?;
    let mut answer = String::new();
    server.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or(ErrorKind::UnexpectedEof)?;
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    if length != Some(body.len()) {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    Ok(body.to_owned())
}

/// A read: repeating it does no harm.
#[retry(
    max_attempts = 4,
    initial_delay = "1ms",
    max_delay = "8ms",
    idempotent,
    when = classify::io,
    attempt = ctx,
    on_retry = |event| journal.failed(event),
    on_recovered = |event| journal.recovered(event),
    on_give_up = |event| journal.gave_up(event),
)]
fn order(network: &Network, call: u32, journal: &Journal) -> io::Result<String> {
    journal.attempt_starts();
    let host = Network::host(call, ctx.number());
    ask(network.address(call, ctx.number()), &host, &format!("GET /order/{call}"))
}

/// A payment that must not be made twice.
#[retry(
    max_attempts = 4,
    initial_delay = "1ms",
    max_delay = "8ms",
    when = classify::io,
    attempt = ctx,
    on_retry = |event| journal.failed(event),
    on_recovered = |event| journal.recovered(event),
    on_give_up = |event| journal.gave_up(event),
)]
fn pay(network: &Network, call: u32, journal: &Journal) -> io::Result<String> {
    journal.attempt_starts();
    let host = Network::host(call, ctx.number());
    ask(network.address(call, ctx.number()), &host, &format!("POST /pay/{call}"))
}

/// Starts server and network on a separate runtime, which must outlive them.
fn start() -> io::Result<(tokio::runtime::Runtime, Upstream, Network)> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let (server, network) = runtime.block_on(async {
        let server = Upstream::start(CALLS).await?;
        let network = Network::before(server.address, faults::seed()).await?;
        io::Result::Ok((server, network))
    })?;
    Ok((runtime, server, network))
}

/// Makes calls on several threads, and checks the end of each. `make` makes one call, and returns whether it succeeded.
///
/// Calls with an even number are reads, which may be repeated.
fn check_calls(server: &Upstream, network: &Network, calls: u32, make: impl Fn(u32, bool, &Journal) -> bool + Sync) {
    let next = AtomicU32::new(0);
    let failures = AtomicU32::new(0);
    let needless = AtomicU32::new(0);
    let check = |call| {
        let (journal, reads) = (Journal::default(), call % 2 == 0);
        let succeeded = make(call, reads, &journal);
        let record = journal.ended();
        record.is_consistent(succeeded);
        failures.fetch_add(u32::try_from(record.seen.len()).expect("few failures"), Relaxed);
        let timed_out = record.needless_timeouts(network, call);
        needless.fetch_add(timed_out, Relaxed);
        let (arrived, paid) = (server.arrived(call), server.paid(call));
        assert!(paid <= 1, "call {call} was paid {paid} times");
        if timed_out == 0 {
            let reason = record.reason();
            let found = Expected { attempts: record.attempts, seen: record.seen, reason, arrived };
            assert_eq!(found, Expected::of(network, call, 4, reads), "call {call}");
        }
        succeeded
    };
    let succeeded = thread::scope(|threads| {
        let work = || {
            let own = std::iter::from_fn(|| Some(next.fetch_add(1, Relaxed)).filter(|call| *call < calls));
            own.filter(|call| check(*call)).count()
        };
        let workers: Vec<_> = (0..THREADS).map(|_| threads.spawn(work)).collect();
        workers.into_iter().map(|worker| worker.join().expect("no call panics")).sum::<usize>()
    });

    let met: usize = Fate::FAULTS.iter().map(|fault| network.count(*fault)).sum();
    let (failures, needless) = (failures.into_inner() as usize, needless.into_inner() as usize);
    println!("{met} faults, {failures} failed attempts, {needless} needless timeouts, {succeeded} calls succeeded");
    assert!(failures.abs_diff(met) <= needless);
    assert!(failures > 0 && succeeded > calls as usize / 2);
}

#[test]
fn calls_over_plain_sockets_end_as_the_faults_on_their_way_say() {
    let (_runtime, server, network) = start().unwrap();
    check_calls(&server, &network, CALLS, |call, reads, journal| {
        if reads { order(&network, call, journal).is_ok() } else { pay(&network, call, journal).is_ok() }
    });
}

impl Look for reqwest::Error {
    fn look(&self) -> Seen {
        match self {
            error if error.is_timeout() => Seen::TooSlow,
            error if error.is_connect() => Seen::NoConnection,
            error if error.is_body() || error.is_decode() => Seen::CutOff,
            error if error.is_request() => Seen::Broken,
            _ => Seen::Else,
        }
    }
}

#[test]
fn calls_of_a_blocking_http_client_end_as_the_faults_on_their_way_say() {
    #[retry(
        policy = if reads { IDEMPOTENT } else { QUICK },
        when = classify::reqwest,
        attempt = ctx,
        on_retry = |event| journal.failed(event),
        on_recovered = |event| journal.recovered(event),
        on_give_up = |event| journal.gave_up(event),
    )]
    fn ask(http: &reqwest::blocking::Client, call: u32, reads: bool, journal: &Journal) -> reqwest::Result<String> {
        journal.attempt_starts();
        let host = Network::host(call, ctx.number());
        let request = if reads {
            http.get(format!("http://{host}/order/{call}"))
        } else {
            http.post(format!("http://{host}/pay/{call}"))
        };
        request.send()?.error_for_status()?.text()
    }

    const QUICK: Policy = Policy::exponential()
        .initial_delay(Duration::from_millis(1))
        .max_delay(Duration::from_millis(8))
        .max_attempts(4)
        .build();
    const IDEMPOTENT: Policy = QUICK.edit().idempotent().build();

    let (_runtime, server, network) = start().unwrap();
    let http = reqwest::blocking::Client::builder().no_proxy().pool_max_idle_per_host(0);
    let http = http.timeout(Duration::from_secs(1)).dns_resolver(network.resolver()).build().unwrap();
    check_calls(&server, &network, 400, |call, reads, journal| ask(&http, call, reads, journal).is_ok());
}

#[test]
fn a_blocking_call_never_starts_a_retry_after_max_elapsed() {
    #[retry(
        name = "brief.blocking.order",
        max_elapsed = "40ms",
        initial_delay = "1ms",
        max_delay = "4ms",
        idempotent,
        when = classify::io,
        on_retry = |event| journal.failed(event),
        on_give_up = |event| journal.gave_up(event),
    )]
    fn doomed(network: &Network, call: u32, journal: &Journal) -> io::Result<String> {
        journal.attempt_starts();
        ask(network.address(call, 1), &Network::host(call, 1), &format!("GET /order/{call}"))
    }

    faults::moments::watch();
    let (_runtime, _server, network) = start().unwrap();
    let mut attempts = 0;
    for fault in [Fate::Refused, Fate::ResetBefore, Fate::ResetAfter, Fate::CutOff] {
        for call in (0..CALLS).filter(|call| network.fate(*call, 1) == fault).take(10) {
            let journal = Journal::default();
            let error = doomed(&network, call, &journal).unwrap_err();
            assert_ne!(classify::io(&error), Fault::Permanent, "{error}");
            let record = journal.ended();
            record.is_consistent(false);
            assert_eq!(record.reason(), Some(StopReason::MaxElapsed), "{fault:?}: {record:?}");
            attempts += record.attempts + record.unmade_retries();
        }
    }
    let (limit, longest_delay) = (Duration::from_millis(40), Duration::from_millis(4));
    let (retries, gave_up) = faults::moments::check_max_elapsed("brief.blocking.order", limit, longest_delay);
    assert_eq!((retries + gave_up, gave_up), (attempts, 40));
}
