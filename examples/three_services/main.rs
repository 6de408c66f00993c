//! Retries in three layers, in three processes: `cargo run --example three_services`.
//!
//! A gateway calls the orders, the orders call the stock, and the stock calls its database, each with 3 attempts. The
//! database is down, so one request of a customer becomes 3 x 3 x 3 = 27 queries. With `inner_retries = suppress` and
//! the scope of the call in the headers of each request, only the gateway retries: 3 queries. The program counts both,
//! checks them, and ends.

mod layer;
mod process;

use std::error::Error;

use backoff_core::classify::check_reqwest;

use self::layer::Role;
use self::process::Process;

/// The two modes in which one request runs through the services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// Each service retries separately, and does not inform the next one.
    Alone,
    /// Each service retries, unless its caller does.
    Together,
}

impl Route {
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Alone => "/alone",
            Self::Together => "/together",
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => runtime.block_on(all()),
        ["stock"] => runtime.block_on(layer::serve(Role::Stock)),
        ["orders", next] => runtime.block_on(layer::serve(Role::Orders { next: (*next).to_owned() })),
        ["gateway", next] => runtime.block_on(layer::serve(Role::Gateway { next: (*next).to_owned() })),
        other => Err(format!("unknown arguments {other:?}; start it without any").into()),
    }
}

/// Starts the services, and sends one request in each mode.
async fn all() -> Result<(), Box<dyn Error>> {
    let stock = Process::start(&["stock"])?;
    let orders = Process::start(&["orders", stock.url()])?;
    let gateway = Process::start(&["gateway", orders.url()])?;
    println!("three services, each a process with 3 attempts; the database of the last one is down\n");

    let http = reqwest::Client::builder().no_proxy().build()?;
    let mut queries = Vec::new();
    for (route, title) in [
        (Route::Alone, "each retries by itself"),
        (Route::Together, "inner_retries = suppress, and the scope in the headers"),
    ] {
        let answer = http.get(format!("{}{}", gateway.url(), route.path())).send().await?;
        assert_eq!(answer.status().as_u16(), 503, "the database is down");
        println!("{title}");
        let mut counts = Vec::new();
        for (from, to, process) in
            [("customer", "gateway", &gateway), ("gateway", "orders", &orders), ("orders", "stock", &stock)]
        {
            let counted = taken(&http, process).await?;
            let line = format!("  {from:>8} -> {to:<9} {:>2} requests   {}", counted.requests, counted.scope);
            println!("{}", line.trim_end());
            counts.push(counted.queries);
        }
        let in_all = counts.iter().sum::<u32>();
        println!("  {:>8} -> {:<9} {in_all:>2} queries\n", "stock", "database");
        queries.push(in_all);
    }
    assert_eq!(queries, [27, 3], "queries that one request became");
    println!("one request became 27 queries, and 3 where the services know of each other");
    Ok(())
}

/// The counts of a service since the last query.
struct Counted {
    requests: u32,
    queries: u32,
    /// The scope in the last request.
    scope: String,
}

async fn taken(http: &reqwest::Client, process: &Process) -> Result<Counted, Box<dyn Error>> {
    let answer = http.post(format!("{}/counts", process.url())).send().await?;
    let text = check_reqwest(answer)?.text().await?;
    let mut words = text.splitn(3, ' ');
    let mut number = || words.next().unwrap_or_default().parse();
    let (requests, queries) = (number()?, number()?);
    Ok(Counted { requests, queries, scope: words.next().unwrap_or_default().to_owned() })
}
