//! The number of requests that reach a server, and the last result.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

use http::{Method, StatusCode};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::{in_digits, run, send};
use crate::loopback;
use crate::memory::{Memory, Reply};
use crate::peers::{BudgetKind, Nesting, Peer, Settings};
use crate::requests::{get, request};
use crate::transport::Transport;

/// Returns the settings of at most three attempts without delays, or with a short one.
fn three(delay: Duration) -> Settings {
    Settings { on_status: true, max_attempts: Some(3), delay: Some(delay), ..Settings::default() }
}

/// Returns the number of requests of 1,000 calls, one after the other, to a server that answers 503.
fn requests(peer: Peer, budget: Option<BudgetKind>) -> usize {
    let settings = Settings { budget, ..three(Duration::ZERO) };
    let server = Memory::new(|_| Reply::Status(503));
    let client = peer.client(&settings, Transport::Memory(server.clone()));
    run(async {
        for _ in 0..1000 {
            let result = client(get()).await;
            assert_eq!(result.ok(), Some(StatusCode::SERVICE_UNAVAILABLE), "the server is down");
        }
    });
    server.seen().len()
}

pub(super) fn without_budget(peer: Peer) -> String {
    in_digits(requests(peer, None))
}

pub(super) fn with_budget(peer: Peer) -> String {
    for_each_budget(peer, |budget| in_digits(requests(peer, Some(budget))))
}

/// Joins the cells of the budgets of a peer.
fn for_each_budget(peer: Peer, cell: impl Fn(BudgetKind) -> String) -> String {
    let usual = || cell(BudgetKind::Default);
    match peer {
        Peer::BackoffCore | Peer::TowerRetry => usual(),
        Peer::TowerResilience => format!("{} (token bucket), {} (AIMD)", usual(), cell(BudgetKind::Aimd)),
        Peer::ReqwestRetry => "no budget".to_owned(),
    }
}

/// Makes 1,000 calls, one after the other. The first attempt of every fifth fails.
pub(super) fn refused_calls(peer: Peer) -> String {
    for_each_budget(peer, |budget| {
        let settings = Settings { budget: Some(budget), ..three(Duration::ZERO) };
        let fails = Arc::new(AtomicBool::new(false));
        let script = {
            let fails = Arc::clone(&fails);
            move |_| Reply::Status(if fails.swap(false, SeqCst) { 503 } else { 200 })
        };
        let client = peer.client(&settings, Transport::Memory(Memory::new(script)));
        let failed = run(async {
            let mut failed = 0;
            for call in 1..=1000 {
                fails.store(call % 5 == 0, SeqCst);
                failed += usize::from(client(get()).await.is_ok_and(|status| status != StatusCode::OK));
            }
            failed
        });
        in_digits(failed)
    })
}

/// Makes more calls at once than a budget has tokens, and looks for one that ends before the delay has passed.
pub(super) fn refusal(peer: Peer) -> String {
    const DELAY: Duration = Duration::from_secs(60);
    if peer == Peer::ReqwestRetry {
        return "no budget".to_owned();
    }
    let settings = Settings { budget: Some(BudgetKind::Default), ..three(DELAY) };
    let client = peer.client(&settings, Transport::Memory(Memory::new(|_| Reply::Status(503))));
    let ends_early = run(async {
        let mut calls = JoinSet::new();
        for _ in 0..1000 {
            let start = Instant::now();
            let call = client(get());
            calls.spawn(async move {
                let _response = call.await;
                start.elapsed()
            });
        }
        calls.join_all().await.into_iter().any(|elapsed| elapsed < DELAY)
    });
    (if ends_early { "at once" } else { "after the delay" }).to_owned()
}

pub(super) fn two_layers(peer: Peer) -> String {
    let requests = |nesting| {
        let settings = Settings { nesting, ..three(Duration::from_millis(1)) };
        send(peer, &settings, |_| Reply::Status(503), get()).0.seen().len()
    };
    match (requests(Nesting::Two), requests(Nesting::Suppressed)) {
        (both, suppressed) if suppressed < both => format!("{both}; {suppressed} with `inner_retries`"),
        (both, _) => both.to_string(),
    }
}

pub(super) fn last_response(peer: Peer) -> String {
    let (_, result) = send(peer, &three(Duration::from_millis(1)), |_| Reply::Status(503), get());
    let text = if result.is_ok_and(|status| status == 503) { "the response" } else { "an error" };
    text.to_owned()
}

pub(super) fn last_error(peer: Peer) -> String {
    let result = run(async {
        let address = loopback::refusing().await.expect("loopback has a free port");
        let client = peer.client(&three(Duration::from_millis(1)), Transport::loopback());
        client(request(Method::GET, &format!("http://{address}/"), "")).await
    });
    let failure = result.expect_err("nothing listens");
    (if failure.is_untouched { "untouched" } else { "wrapped" }).to_owned()
}
