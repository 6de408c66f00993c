//! Requests: their bodies, their clones, and the service that receives them.

use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use http::Method;

use super::{first, run, send, yes_or_no};
use crate::memory::Reply;
use crate::peers::{Peer, Settings, Variant};
use crate::requests::{URL, counted, get, request, with_attempts};

fn settings(max_attempts: u32) -> Settings {
    let delay = Some(Duration::from_millis(10));
    Settings { on_status: true, max_attempts: Some(max_attempts), delay, ..Settings::default() }
}

pub(super) fn bytes(peer: Peer) -> String {
    let (server, _) = send(peer, &settings(2), first(Reply::Status(503)), request(Method::PUT, URL, "a cup of tea"));
    let seen = server.seen();
    yes_or_no(seen.len() == 2 && seen.iter().all(|seen| seen.body == "a cup of tea"))
}

pub(super) fn stream(peer: Peer) -> String {
    run(peer.stream())
}

pub(super) fn shared_stream(peer: Peer) -> String {
    run(peer.shared_stream())
}

pub(super) fn clones_for_one(peer: Peer) -> String {
    let (request, clones) = counted();
    let (server, _) = send(peer, &settings(3), |_| Reply::Status(200), request);
    assert_eq!(server.seen().len(), 1, "one attempt suffices");
    clones.load(SeqCst).to_string()
}

pub(super) fn clones_for_three(peer: Peer) -> String {
    let (request, clones) = counted();
    let (server, _) = send(peer, &settings(3), |_| Reply::Status(503), request);
    assert_eq!(server.seen().len(), 3, "every attempt fails");
    clones.load(SeqCst).to_string()
}

pub(super) fn readiness(peer: Peer) -> String {
    if peer == Peer::ReqwestRetry {
        return "a middleware, not a service".to_owned();
    }
    let (server, _) = send(peer, &settings(3), |_| Reply::Status(503), get());
    yes_or_no(server.seen().len() == 3 && server.seen().iter().all(|seen| seen.was_ready))
}

pub(super) fn attempts_of_request(peer: Peer) -> String {
    if peer == Peer::ReqwestRetry {
        return "no".to_owned();
    }
    let settings = Settings { variant: Variant::AttemptsOfRequest, ..settings(3) };
    let attempts = |number| send(peer, &settings, |_| Reply::Status(503), with_attempts(number)).0.seen().len();
    match (attempts(1), attempts(2)) {
        (1, 2) => "yes",
        (1, 3) => "one or all, by `clone_with`",
        _ => "no",
    }
    .to_owned()
}
