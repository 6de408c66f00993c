//! The rows of the table: a title, and the run that returns a cell.

mod attempts;
mod defaults;
mod requests;
mod waits;

use std::future::Future;

use tokio::runtime::Builder;

use crate::memory::{Memory, Reply};
use crate::peers::{Outcome, Peer, Settings};
use crate::transport::Transport;

/// A title, and the cell of each peer.
pub(crate) type Row = (&'static str, fn(Peer) -> String);

pub(crate) const ROWS: [Row; 24] = [
    ("statuses that are retried by default, `GET`", defaults::statuses_of_get),
    ("statuses that are retried by default, `POST`", defaults::statuses_of_post),
    ("a `GET` whose reply is lost, by default", defaults::lost_reply_of_get),
    ("a `POST` whose reply is lost, by default", defaults::lost_reply_of_post),
    ("the first delay by default", defaults::first_delay),
    ("`Retry-After: 2` is kept", waits::seconds),
    ("`Retry-After` as a date is kept", waits::date),
    ("retries before a `Retry-After: 30` has passed, of at most 2", waits::early_retries),
    ("attempts with `Retry-After: 30`, a limit of 10 s and delays of 6 s", waits::beyond_the_limit),
    ("retries after a limit of 5 s, with delays of 3 s", waits::after_the_limit),
    ("a body of bytes is sent whole in each attempt", requests::bytes),
    ("a body that is a stream, to a server that answers 503", requests::stream),
    ("a body whose clones share one stream, to the same server", requests::shared_stream),
    ("clones of a request that succeeds at once", requests::clones_for_one),
    ("clones of a request that fails three times", requests::clones_for_three),
    ("the service is polled to readiness before each attempt", requests::readiness),
    ("the number of attempts may depend on the request", requests::attempts_of_request),
    ("requests of 1,000 calls with 3 attempts to a server that is down", attempts::without_budget),
    ("the same with a budget, by its defaults, shared by clones of the service", attempts::with_budget),
    ("failed calls of 1,000 with that budget, if every fifth needs a second attempt", attempts::refused_calls),
    ("a retry that gets no token ends its call", attempts::refusal),
    ("requests of a call through two layers, each with 3 attempts", attempts::two_layers),
    ("the result after the last 503", attempts::last_response),
    ("the last error of the client below", attempts::last_error),
];

/// Runs a case on a runtime of its own, in paused time.
fn run<T>(case: impl Future<Output = T>) -> T {
    let runtime = Builder::new_current_thread().enable_all().start_paused(true).build().expect("the runtime starts");
    runtime.block_on(case)
}

/// Sends `request` to a server in memory, and returns that server and the result.
fn send(
    peer: Peer,
    settings: &Settings,
    script: impl Fn(usize) -> Reply + Send + Sync + 'static,
    request: http::Request<bytes::Bytes>,
) -> (Memory, Outcome) {
    let server = Memory::new(script);
    let client = peer.client(settings, Transport::Memory(server.clone()));
    let result = run(client(request));
    (server, result)
}

/// Returns a script that replies `first` to the first request, and 200 to all others.
fn first(first: Reply) -> impl Fn(usize) -> Reply + Send + Sync + 'static {
    move |number| if number == 1 { first.clone() } else { Reply::Status(200) }
}

fn yes_or_no(is_so: bool) -> String {
    (if is_so { "yes" } else { "no" }).to_owned()
}

/// Returns a number with a comma before the last three digits.
fn in_digits(number: usize) -> String {
    if number < 1000 { number.to_string() } else { format!("{},{:03}", number / 1000, number % 1000) }
}
