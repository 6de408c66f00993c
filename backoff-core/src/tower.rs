//! Layers for services of tower: retries for any service, and the scope of a call in the headers of requests.
//!
//! [`RetryLayer`] makes an async call of each request. So the limits, delays, push-backs, budgets, timeouts, scopes,
//! events and test guards of this crate apply as they do in [`Policy::retry`](crate::Policy::retry).
//!
//! | | |
//! |---|---|
//! | [`RetryLayer::new`] | any service: `when` classifies an error, `until` a response |
//! | [`RetryLayer::http`] | HTTP: status, `Retry-After`, errors of the client, idempotent methods (feature `http-1`) |
//! | [`RetryLayer::grpc`] | gRPC: status in the headers, `grpc-retry-pushback-ms` (feature `http-1`) |
//! | [`WriteScopeLayer`], [`ReadScopeLayer`] | the [`Scope`](crate::Scope) of a call in the headers of its requests (feature `http-1`) |
//!
//! # Guarantees
//!
//! * The inner service is polled to readiness before each attempt.
//! * The last result is handed back untouched: a 503 is a response, and not an error of this layer.
//! * A request is cloned before it is sent, because sending consumes it. The last attempt of `max_attempts` sends the
//!   request itself.
//! * A request that cannot be cloned is sent once. If that attempt fails in a way that would be retried, the call ends
//!   with the reason [`Disabled`](crate::StopReason::Disabled), which events and metrics contain.
//! * Nothing runs before the response future is polled; dropping it cancels the call.
//!
//! # Place in a stack
//!
//! Layers inside a `RetryLayer` apply to each attempt, and layers outside to the whole call. A `concurrency_limit`
//! inside is free during delays; outside, a request holds its permit through them. A `timeout` of tower inside is
//! an `attempt_timeout`; outside, it ends the call without an event of this crate, unlike
//! [`RetryLayer::timeout`].
//!
//! # Examples
//!
//! ```
//! # #[cfg(all(feature = "tokio", feature = "testing"))]
//! # {
//! use backoff_core::tower::RetryLayer;
//! use backoff_core::{Budget, Policy, testing};
//! use std::io;
//! use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! static BUDGET: Budget = Budget::new();
//! const POLICY: Policy = Policy::exponential().max_attempts(4).build();
//!
//! static REQUESTS: AtomicU32 = AtomicU32::new(0);
//! async fn kitchen(order: String) -> io::Result<String> {
//!     match REQUESTS.fetch_add(1, SeqCst) {
//!         0 | 1 => Err(io::ErrorKind::ConnectionRefused.into()),
//!         _ => Ok(format!("{order}, hot")),
//!     }
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
//! let service = ServiceBuilder::new()
//!     .layer(
//!         RetryLayer::new(POLICY)
//!             .when(backoff_core::classify::io)
//!             .budget(&BUDGET)
//!             .name("kitchen"),
//!     )
//!     .concurrency_limit(10)
//!     .service(service_fn(kitchen));
//!
//! let test = testing::no_waits();
//! assert_eq!(service.oneshot("tea".to_owned()).await?, "tea, hot");
//! assert_eq!(test.attempts(), 3);
//! # Ok::<(), io::Error>(())
//! # })?;
//! # }
//! # Ok::<(), std::io::Error>(())
//! ```

mod attempt;
mod budget;
mod environment;
#[cfg(feature = "http-1")]
mod grpc;
#[cfg(feature = "http-1")]
mod http;
mod layer;
mod policy;
mod request;
#[cfg(feature = "http-1")]
mod scope;
mod service;

pub use self::budget::{BudgetBy, BudgetFor, OneBudget};
#[cfg(feature = "http-1")]
pub use self::grpc::{ByGrpcStatus, GrpcRetryLayer};
#[cfg(feature = "http-1")]
pub use self::http::{ByMethod, ByStatus, ClientErrors, HttpRetryLayer, host};
pub use self::layer::{Requests, RetryLayer};
pub use self::request::{ByClone, ByPolicy, CloneRequest, IdempotentIf};
#[cfg(feature = "http-1")]
pub use self::scope::{ReadScope, ReadScopeLayer, ScopeFuture, WriteScope, WriteScopeLayer};
pub use self::service::{ResponseFuture, RetryService};
