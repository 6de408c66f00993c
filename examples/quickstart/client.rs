//! The clients: ordinary reqwest code, one attempt each; `#[retry]` adds the rest.

use std::time::Duration;

use backoff_core::classify::{self, HttpError, check_reqwest};
use backoff_core::{AttemptTimeout, Classify, retry};

use super::journal::Journal;

/// The errors of the clients, with the classification of each.
#[derive(Debug, thiserror::Error, Classify)]
pub(crate) enum ShopError {
    /// The status and `Retry-After` decide.
    #[error(transparent)]
    #[classify(source)]
    Answer(#[from] HttpError),
    /// The response is missing: the classification depends on whether the request may have arrived.
    #[error("no answer")]
    #[classify(with = classify::reqwest)]
    Transport(#[from] reqwest::Error),
    /// Made by `attempt_timeout`. The request had been sent, so the server may have acted.
    #[error(transparent)]
    #[ambiguous]
    TooSlow(#[from] AttemptTimeout),
}

/// The async client.
pub(crate) struct Shop {
    http: reqwest::Client,
    url: String,
}

impl Shop {
    pub(crate) fn new(url: &str) -> Result<Self, ShopError> {
        Ok(Self { http: reqwest::Client::builder().no_proxy().build()?, url: url.to_owned() })
    }

    /// Loads an order. Reading twice is harmless, so the function is `idempotent`.
    #[retry(
        max_attempts = 4,
        idempotent,
        attempt_timeout = "1s",
        on_retry = |event| journal.failed(event),
        on_recovered = |event| journal.recovered(event),
        on_give_up = |event| journal.gave_up(event),
    )]
    pub(crate) async fn order(&self, path: &str, journal: &Journal<'_>) -> Result<String, ShopError> {
        let response = self.http.get(format!("{}{path}", self.url)).send().await?;
        Ok(check_reqwest(response)?.text().await?)
    }

    /// Pays for an order. Paying twice is harmful, so the function is not `idempotent`.
    #[retry(
        max_attempts = 4,
        on_retry = |event| journal.failed(event),
        on_recovered = |event| journal.recovered(event),
        on_give_up = |event| journal.gave_up(event),
    )]
    pub(crate) async fn pay(&self, path: &str, journal: &Journal<'_>) -> Result<String, ShopError> {
        let response = self.http.post(format!("{}{path}", self.url)).send().await?;
        Ok(check_reqwest(response)?.text().await?)
    }
}

/// The blocking client.
pub(crate) struct BlockingShop {
    http: reqwest::blocking::Client,
    url: String,
}

impl BlockingShop {
    pub(crate) fn new(url: &str) -> Result<Self, ShopError> {
        // A blocking attempt cannot be interrupted from outside, so the client itself has a timeout.
        let http = reqwest::blocking::Client::builder().no_proxy().timeout(Duration::from_secs(2)).build()?;
        Ok(Self { http, url: url.to_owned() })
    }

    /// Loads an order.
    #[retry(
        max_attempts = 4,
        idempotent,
        on_retry = |event| journal.failed(event),
        on_recovered = |event| journal.recovered(event),
        on_give_up = |event| journal.gave_up(event),
    )]
    pub(crate) fn order(&self, path: &str, journal: &Journal<'_>) -> Result<String, ShopError> {
        self.get(path)
    }

    /// Loads an order; limits the time, not the number of attempts.
    #[retry(
        max_elapsed = "1s",
        idempotent,
        on_retry = |event| journal.failed(event),
        on_recovered = |event| journal.recovered(event),
        on_give_up = |event| journal.gave_up(event),
    )]
    pub(crate) fn patient_order(&self, path: &str, journal: &Journal<'_>) -> Result<String, ShopError> {
        self.get(path)
    }

    fn get(&self, path: &str) -> Result<String, ShopError> {
        let response = self.http.get(format!("{}{path}", self.url)).send()?;
        HttpError::check(response.status(), response.headers())?;
        Ok(response.text()?)
    }
}
