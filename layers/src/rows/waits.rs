//! Push-backs (`Retry-After`) and limits of time.

use std::time::{Duration, SystemTime};

use super::{first, send, yes_or_no};
use crate::memory::Reply;
use crate::peers::{Peer, Settings, Variant};
use crate::requests::get;

/// The cell of peers whose calls have no limit of time; a timeout of tower around them ends a call in any state.
const NO_LIMIT: &str = "no limit of time";

pub(super) fn seconds(peer: Peer) -> String {
    kept(peer, "2", Duration::from_secs(2))
}

/// The date is 50 s ahead, and 30 s suffice, so that neither the speed of the machine nor the whole seconds matter.
pub(super) fn date(peer: Peer) -> String {
    let date = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(50));
    kept(peer, &date, Duration::from_secs(30))
}

fn kept(peer: Peer, retry_after: &str, at_least: Duration) -> String {
    let is_kept = |variant| {
        let settings = Settings {
            on_status: true,
            max_attempts: Some(2),
            delay: Some(Duration::from_millis(10)),
            variant,
            ..Settings::default()
        };
        let (server, _) = send(peer, &settings, first(Reply::PushBack(429, retry_after.to_owned())), get());
        server.first_delay().is_some_and(|delay| delay >= at_least)
    };
    match (is_kept(Variant::Usual), peer) {
        (false, Peer::TowerRetry) if is_kept(Variant::ReadsRetryAfter) => {
            "by a policy of yours that reads it".to_owned()
        }
        (is_kept, _) => yes_or_no(is_kept),
    }
}

pub(super) fn early_retries(peer: Peer) -> String {
    let settings =
        Settings { on_status: true, max_attempts: Some(3), delay: Some(Duration::from_secs(1)), ..Settings::default() };
    let (server, _) = send(peer, &settings, |_| Reply::PushBack(429, "30".to_owned()), get());
    server.seen().iter().skip(1).filter(|seen| seen.at < Duration::from_secs(30)).count().to_string()
}

pub(super) fn beyond_the_limit(peer: Peer) -> String {
    if matches!(peer, Peer::TowerRetry | Peer::TowerResilience) {
        return NO_LIMIT.to_owned();
    }
    let settings = Settings {
        on_status: true,
        delay: Some(Duration::from_secs(6)),
        limit: Some(Duration::from_secs(10)),
        variant: Variant::LimitsRetries,
        ..Settings::default()
    };
    let (server, _) = send(peer, &settings, |_| Reply::PushBack(429, "30".to_owned()), get());
    server.seen().len().to_string()
}

pub(super) fn after_the_limit(peer: Peer) -> String {
    let late = |variant| {
        let limit = Duration::from_secs(5);
        let settings = Settings {
            on_status: true,
            delay: Some(Duration::from_secs(3)),
            limit: Some(limit),
            variant,
            ..Settings::default()
        };
        // The third attempt ends the call: reqwest-retry reads the system's clock, which paused time does not move.
        let script = |number| Reply::Status(if number < 3 { 503 } else { 200 });
        let (server, _) = send(peer, &settings, script, get());
        server.seen().iter().filter(|seen| seen.at > limit).count()
    };
    match peer {
        Peer::BackoffCore => late(Variant::Usual).to_string(),
        Peer::TowerRetry | Peer::TowerResilience => NO_LIMIT.to_owned(),
        Peer::ReqwestRetry => format!(
            "{} with `build_with_total_retry_duration`, {} with `.._and_limit_retries`",
            late(Variant::Usual),
            late(Variant::LimitsRetries)
        ),
    }
}
