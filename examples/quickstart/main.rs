//! `#[retry]` with a server that fails in typical ways: `cargo run --example quickstart`.
//!
//! A real HTTP server listens on the loopback interface, and real clients, an async and a blocking one, call it. Every
//! failed attempt is printed with its time, its error and the delay that follows. The line below it shows the end of
//! the call. The output has colours on a terminal (`NO_COLOR=1` disables them). The program checks each end. It takes a
//! few seconds because it really waits.

mod client;
mod journal;
pub(crate) mod output;
pub(crate) mod server;

use std::error::Error;
use std::io::Write as _;
use std::time::{Duration, Instant};

use backoff_core::StopReason::{Ambiguous, MaxElapsed, Permanent, PushBackTooLong};

use self::client::{BlockingShop, Shop, ShopError};
use self::journal::{End, Journal};
use self::output::Output;
use self::server::Server;

fn main() -> Result<(), Box<dyn Error>> {
    let started = Instant::now();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let server = runtime.block_on(Server::start())?;

    // A closed pipe, as with `| head`, ends the text and not the program.
    let output = Output::new(output::has_colors(), |line| drop(writeln!(std::io::stdout(), "{line}")));
    runtime.block_on(asynchronous(&server, &output))?;
    blocking(&server, &output)?;

    output.line(&format!("every call ended as it should, in {:.1} s", started.elapsed().as_secs_f64()));
    Ok(())
}

/// Makes the async calls.
pub(crate) async fn asynchronous(server: &Server, output: &Output) -> Result<(), ShopError> {
    let shop = Shop::new(server.url())?;
    let shaky_shop = Shop::new(server.crashing_url())?;

    let journal = Journal::new(output, "async GET /busy: twice 503 without a word on when to come back");
    let order = shop.order("/busy", &journal).await;
    journal.ended(&order, End::Recovered { attempts: 3 });

    let journal = Journal::new(output, "async GET /maintenance: 503 with `Retry-After: 1`");
    let order = shop.order("/maintenance", &journal).await;
    journal.ended(&order, End::Recovered { attempts: 2 });
    journal.waited_at_least(Duration::from_secs(1));

    let journal = Journal::new(output, "async GET /quota-until: 429 with a date in `Retry-After`");
    let order = shop.order("/quota-until", &journal).await;
    journal.ended(&order, End::Recovered { attempts: 2 });
    journal.waited_at_least(Duration::from_secs(1));

    let journal = Journal::new(output, "async GET /slow: no answer within `attempt_timeout`");
    let order = shop.order("/slow", &journal).await;
    journal.ended(&order, End::Recovered { attempts: 2 });

    let journal = Journal::new(output, "async GET /crash: the connection is reset; a read may be repeated");
    let order = shaky_shop.order("/crash", &journal).await;
    journal.ended(&order, End::Recovered { attempts: 2 });

    let journal = Journal::new(output, "async POST /crash: the connection is reset; the payment may have been made");
    let payment = shaky_shop.pay("/crash", &journal).await;
    journal.ended(&payment, End::GaveUp { attempts: 1, reason: Ambiguous });
    assert_eq!(server.visits("POST /crash"), 1, "an ambiguous failure is not repeated");

    let journal = Journal::new(output, "async GET /missing: 404 stays 404");
    let order = shop.order("/missing", &journal).await;
    journal.ended(&order, End::GaveUp { attempts: 1, reason: Permanent });
    assert_eq!(server.visits("GET /missing"), 1, "a permanent error is not repeated");
    Ok(())
}

/// Makes the blocking calls.
fn blocking(server: &Server, output: &Output) -> Result<(), ShopError> {
    let shop = BlockingShop::new(server.url())?;
    let shaky_shop = BlockingShop::new(server.crashing_url())?;

    let journal = Journal::new(output, "blocking GET /quota: 429 with `Retry-After: 1`");
    let order = shop.order("/quota", &journal);
    journal.ended(&order, End::Recovered { attempts: 2 });
    journal.waited_at_least(Duration::from_secs(1));

    let journal = Journal::new(output, "blocking GET /crash-again: the connection is reset");
    let order = shaky_shop.order("/crash-again", &journal);
    journal.ended(&order, End::Recovered { attempts: 2 });

    let journal = Journal::new(output, "blocking GET /closed: 503 with `Retry-After: 3600`, longer than anyone waits");
    let order = shop.order("/closed", &journal);
    journal.ended(&order, End::GaveUp { attempts: 1, reason: PushBackTooLong });

    let journal = Journal::new(output, "blocking GET /down: 503 for good, with one second to spend");
    let order = shop.patient_order("/down", &journal);
    journal.ended(&order, End::Expired { reason: MaxElapsed });
    Ok(())
}
