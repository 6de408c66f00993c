//! A client that refreshes its token once when it is refused (401), without a delay, and then gives up.

use std::time::Duration;

use backoff_core::{Fault, retry};
use support::{paused, secs};
use tokio::time::Instant;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Failure {
    Unauthorized,
    Unavailable,
    NoRefresh,
}

/// A server that accepts one token, and is unavailable for some requests.
struct Server {
    accepts: u32,
    unavailable: u32,
    refreshes: u32,
}

impl Server {
    async fn get(&mut self, token: u32) -> Result<&'static str, Failure> {
        tokio::task::yield_now().await;
        if self.unavailable > 0 {
            self.unavailable -= 1;
            return Err(Failure::Unavailable);
        }
        if token == self.accepts { Ok("page") } else { Err(Failure::Unauthorized) }
    }

    async fn refresh(&mut self, token: u32) -> Result<u32, Failure> {
        tokio::task::yield_now().await;
        self.refreshes += 1;
        if self.accepts == 0 { Err(Failure::NoRefresh) } else { Ok(token + 1) }
    }
}

struct Client {
    token: u32,
    server: Server,
}

/// A token of this request.
#[derive(Default)]
struct Refresh {
    is_due: bool,
    is_done: bool,
}

impl Refresh {
    fn fault(&mut self, failure: Failure) -> Fault {
        match failure {
            Failure::Unavailable => Fault::Transient,
            Failure::Unauthorized if !self.is_done => {
                self.is_due = true;
                Fault::Transient
            }
            Failure::Unauthorized | Failure::NoRefresh => Fault::Permanent,
        }
    }
}

impl Client {
    async fn get(&mut self) -> Result<&'static str, Failure> {
        self.get_with(&mut Refresh::default()).await
    }

    #[retry(
        max_attempts = 4, delay = "1s", jitter = none, when = |failure| refresh.fault(*failure),
        adjust = |event| if event.error() == Some(&Failure::Unauthorized) { Duration::ZERO } else { event.delay() },
        before_retry = self.refresh_if_due(refresh).await?
    )]
    async fn get_with(&mut self, refresh: &mut Refresh) -> Result<&'static str, Failure> {
        self.server.get(self.token).await
    }

    async fn refresh_if_due(&mut self, refresh: &mut Refresh) -> Result<(), Failure> {
        if std::mem::take(&mut refresh.is_due) {
            refresh.is_done = true;
            self.token = self.server.refresh(self.token).await?;
        }
        Ok(())
    }
}

/// Returns the result of a request with token 1, the number of refreshes, and the time.
fn get(accepts: u32, unavailable: u32) -> (Result<&'static str, Failure>, u32, Duration) {
    paused(async {
        let start = Instant::now();
        let mut client = Client { token: 1, server: Server { accepts, unavailable, refreshes: 0 } };
        (client.get().await, client.server.refreshes, start.elapsed())
    })
}

#[test]
fn an_old_token_is_refreshed_once_and_the_request_is_repeated_at_once() {
    assert_eq!(get(1, 0), (Ok("page"), 0, secs(0)));
    assert_eq!(get(2, 0), (Ok("page"), 1, secs(0)));
    assert_eq!(get(2, 1), (Ok("page"), 1, secs(1)), "the delay after the failure of another kind");
}

#[test]
fn a_second_refusal_and_a_failed_refresh_end_the_call() {
    assert_eq!(get(3, 0), (Err(Failure::Unauthorized), 1, secs(0)));
    assert_eq!(get(0, 0), (Err(Failure::NoRefresh), 1, secs(0)));
}
