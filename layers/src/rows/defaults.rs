//! The behaviour without any setting but the limit on attempts.

use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use http::Method;

use super::{first, run, send};
use crate::loopback;
use crate::memory::Reply;
use crate::peers::{Peer, Settings, Variant};
use crate::requests::{URL, get, request};
use crate::transport::Transport;

pub(super) fn statuses_of_get(peer: Peer) -> String {
    statuses(peer, &Method::GET)
}

pub(super) fn statuses_of_post(peer: Peer) -> String {
    statuses(peer, &Method::POST)
}

fn statuses(peer: Peer, method: &Method) -> String {
    let is_retried = |status: &u16| {
        let request = request(method.clone(), URL, "");
        send(peer, &Settings::default(), first(Reply::Status(*status)), request).0.seen().len() > 1
    };
    let retried: Vec<String> = [404, 408, 409, 425, 429, 500, 501, 502, 503, 504]
        .iter()
        .filter(|status| is_retried(status))
        .map(u16::to_string)
        .collect();
    if retried.is_empty() { "none".to_owned() } else { retried.join(", ") }
}

pub(super) fn lost_reply_of_get(peer: Peer) -> String {
    lost_reply(peer, Method::GET)
}

pub(super) fn lost_reply_of_post(peer: Peer) -> String {
    lost_reply(peer, Method::POST)
}

fn lost_reply(peer: Peer, method: Method) -> String {
    let received = run(async {
        let (address, received) = loopback::losing_the_first_reply().await.expect("loopback has a free port");
        let client = peer.client(&Settings::default(), Transport::loopback());
        // The result follows from the number of requests.
        let _result = client(request(method, &format!("http://{address}/"), "tea")).await;
        received.load(SeqCst)
    });
    (if received > 1 { "sent again" } else { "sent once" }).to_owned()
}

/// The first delays of so many requests of one client are compared.
const CALLS: usize = 20;

pub(super) fn first_delay(peer: Peer) -> String {
    let usual = describe(&first_delays(peer, Variant::Usual));
    let other = || describe(&first_delays(peer, Variant::OtherDelays));
    match peer {
        Peer::TowerRetry => format!("{usual} in the documented policy; `ExponentialBackoffMaker`: {}", other()),
        Peer::TowerResilience => format!("{usual}; `ExponentialRandomBackoff`: {}", other()),
        Peer::BackoffCore | Peer::ReqwestRetry => usual,
    }
}

/// Returns the first delays of several requests of one client, in milliseconds.
fn first_delays(peer: Peer, variant: Variant) -> Vec<Duration> {
    let settings = Settings { on_status: true, variant, ..Settings::default() };
    let server = crate::memory::Memory::new(|number| Reply::Status(if number % 2 == 1 { 503 } else { 200 }));
    let client = peer.client(&settings, Transport::Memory(server.clone()));
    run(async {
        for _ in 0..CALLS {
            assert!(client(get()).await.is_ok(), "the second attempt of a call succeeds");
        }
    });
    server.seen().chunks(2).filter_map(|call| Some(call.last()?.at.saturating_sub(call.first()?.at))).collect()
}

/// Describes delays; tokio's timers and the system's clock add less than the tolerance.
fn describe(delays: &[Duration]) -> String {
    const TOLERANCE: Duration = Duration::from_millis(3);
    let (least, most) =
        (delays.iter().min().copied().unwrap_or_default(), delays.iter().max().copied().unwrap_or_default());
    if most < TOLERANCE {
        "none".to_owned()
    } else if most.saturating_sub(least) < TOLERANCE {
        "the same for each request".to_owned()
    } else {
        "random".to_owned()
    }
}
