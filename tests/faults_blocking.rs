//! The network that fails, seen by blocking calls: plain sockets, and `classify::io`.

mod faults;

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use backoff_core::{Fault, StopReason, classify, retry};
use faults::{Expected, Fate, Journal, Look, Network, Seen, Upstream};

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

/// Starts server and network on a runtime of their own, which must live as long as they.
fn start() -> io::Result<(tokio::runtime::Runtime, Upstream, Network)> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let (server, network) = runtime.block_on(async {
        let server = Upstream::start(CALLS).await?;
        let network = Network::before(server.address, faults::seed()).await?;
        io::Result::Ok((server, network))
    })?;
    Ok((runtime, server, network))
}

#[test]
fn blocking_calls_end_as_the_faults_on_their_way_say() {
    let (_runtime, server, network) = start().unwrap();
    let next = AtomicU32::new(0);
    let failures = AtomicU32::new(0);
    let needless = AtomicU32::new(0);
    let check = |call| {
        let (journal, reads) = (Journal::default(), call % 2 == 0);
        let result = if reads { order(&network, call, &journal) } else { pay(&network, call, &journal) };
        let record = journal.ended();
        record.is_consistent(result.is_ok());
        failures.fetch_add(u32::try_from(record.seen.len()).expect("few failures"), Relaxed);
        let timed_out = record.needless_timeouts(&network, call);
        needless.fetch_add(timed_out, Relaxed);
        let (arrived, paid) = (server.arrived(call), server.paid(call));
        assert!(paid <= 1, "call {call} was paid {paid} times");
        if timed_out == 0 {
            let reason = record.reason();
            let found = Expected { attempts: record.attempts, seen: record.seen, reason, arrived };
            assert_eq!(found, Expected::of(&network, call, 4, reads), "call {call}");
        }
        result.is_ok()
    };
    let succeeded = thread::scope(|threads| {
        let work = || {
            let calls = std::iter::from_fn(|| Some(next.fetch_add(1, Relaxed)).filter(|call| *call < CALLS));
            calls.filter(|call| check(*call)).count()
        };
        let workers: Vec<_> = (0..THREADS).map(|_| threads.spawn(work)).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).sum::<usize>()
    });

    let made: usize = Fate::FAULTS.iter().map(|fault| network.count(*fault)).sum();
    let (failures, needless) = (failures.into_inner() as usize, needless.into_inner() as usize);
    println!("{made} faults, {failures} failed attempts, {needless} needless time-outs, {succeeded} calls succeeded");
    assert!(failures.abs_diff(made) <= needless);
    assert!(failures > 0 && succeeded > CALLS as usize / 2);
}

#[test]
fn a_blocking_call_never_starts_a_retry_after_max_elapsed() {
    #[retry(
        name = "brief.order",
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
            attempts += record.attempts;
        }
    }
    let (limit, longest_delay) = (Duration::from_millis(40), Duration::from_millis(4));
    let (retries, gave_up) = faults::moments::check_max_elapsed("brief.order", limit, longest_delay);
    assert_eq!((retries + gave_up, gave_up), (attempts, 40));
}
