//! The clients of the upstream: ordinary code, one attempt each; `#[retry]` adds the rest.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use backoff_core::classify::{self, HttpError, check_reqwest};
use backoff_core::{AttemptTimeout, Classify, retry};

/// The errors of the clients, with the classification of each.
#[derive(Debug, thiserror::Error, Classify)]
pub(crate) enum ShopError {
    #[error(transparent)]
    #[classify(source)]
    Answer(#[from] HttpError),
    #[error("no answer")]
    #[classify(with = classify::reqwest)]
    Transport(#[from] reqwest::Error),
    #[error(transparent)]
    #[ambiguous]
    TooSlow(#[from] AttemptTimeout),
    #[error("no connection")]
    #[classify(with = classify::io)]
    Connection(#[from] io::Error),
}

/// The card of every customer: an argument that no output may show. The check searches for the whole text, because four
/// of its digits occur in many times of day or ports.
pub(crate) const CARD: &str = "4111 1111 1111 1111";

pub(crate) struct Shop {
    http: reqwest::Client,
    url: String,
    /// The number of attempts for the exchange rates: a setting, so the policy is unknown before the service runs.
    patience: u32,
}

impl Shop {
    pub(crate) fn new(url: String) -> Result<Self, ShopError> {
        Ok(Self { http: reqwest::Client::builder().no_proxy().build()?, url, patience: 2 })
    }

    /// Simulates one customer, who makes one call of every kind; returns the end of each.
    pub(crate) async fn visit(&self) -> Vec<(&'static str, Result<String, ShopError>)> {
        let nobody = SocketAddr::from(([127, 0, 0, 1], 1));
        let warehouse = tokio::task::spawn_blocking(move || warehouse(nobody));
        let (catalog, prices, payments, search, stock, reviews, recommendations, rates) = tokio::join!(
            self.catalog(),
            self.prices(),
            self.pay(CARD),
            self.search(),
            self.stock("discontinued"),
            self.reviews(),
            self.recommendations(),
            self.rates(),
        );
        let warehouse = warehouse.await.unwrap_or_else(|panic| Err(io::Error::other(panic)));
        vec![
            ("catalog", catalog),
            ("prices", prices),
            ("payments", payments),
            ("search", search),
            ("stock", stock),
            ("reviews", reviews),
            ("recommendations", recommendations),
            ("rates", rates),
            ("warehouse", warehouse.map(|stream| format!("{stream:?}")).map_err(ShopError::from)),
        ]
    }

    /// Recovers, because five attempts are enough.
    #[retry(max_attempts = 5, initial_delay = "20ms", idempotent)]
    async fn catalog(&self) -> Result<String, ShopError> {
        self.get("/catalog").await
    }

    /// Waits as long as the server requests, within two seconds in all.
    #[retry(max_elapsed = "2s", initial_delay = "20ms", max_delay = "150ms", jitter = equal, idempotent)]
    async fn prices(&self) -> Result<String, ShopError> {
        self.get("/prices").await
    }

    /// Gives up if the payment may have been made. Its argument is not in any log.
    #[retry]
    async fn pay(&self, card: &str) -> Result<String, ShopError> {
        let request = self.http.post(format!("{}/payments", self.url)).body(card.to_owned());
        Ok(check_reqwest(request.send().await?)?.text().await?)
    }

    /// Runs out of budget, because no call succeeds.
    #[retry(budget, max_attempts = 4, initial_delay = "10ms", name = "search", log = "info")]
    async fn search(&self) -> Result<String, ShopError> {
        self.get("/search").await
    }

    /// Gives up at once: 404 stays 404.
    #[retry(delay = "50ms", max_attempts = 4)]
    async fn stock(&self, item: &str) -> Result<String, ShopError> {
        self.get(&format!("/stock/{item}")).await
    }

    /// Repeats a read that hangs.
    #[retry(backoff = fibonacci, initial_delay = "10ms", max_attempts = 8, attempt_timeout = "100ms", idempotent)]
    async fn reviews(&self) -> Result<String, ShopError> {
        self.get("/reviews").await
    }

    /// Waits at random, so that clients do not retry in step.
    #[retry(initial_delay = "15ms", max_delay = "300ms", jitter = decorrelated, max_attempts = 4)]
    async fn recommendations(&self) -> Result<String, ShopError> {
        self.get("/recommendations").await
    }

    /// Takes the number of attempts from a setting.
    #[retry(backoff = linear, initial_delay = "30ms", max_attempts = self.patience)]
    async fn rates(&self) -> Result<String, ShopError> {
        self.get("/rates").await
    }

    async fn get(&self, path: &str) -> Result<String, ShopError> {
        let response = self.http.get(format!("{}{path}", self.url)).send().await?;
        Ok(check_reqwest(response)?.text().await?)
    }
}

/// Makes a blocking call to an address without a listener.
#[retry(delay = "20ms", max_attempts = 2, when = classify::io)]
fn warehouse(address: SocketAddr) -> io::Result<TcpStream> {
    TcpStream::connect_timeout(&address, Duration::from_secs(1))
}
