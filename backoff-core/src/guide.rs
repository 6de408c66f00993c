//! The guide: pages by topic, for engineers whose services call other services.
//!
//! The reference is elsewhere: [`#[retry]`](macro@crate::retry) lists every argument, and each item of the crate has
//! examples. These pages explain how to choose, what happens, and why. Every example is compiled and run.
//!
//! | question | page |
//! |---|---|
//! | How often, how long, and with which delays? | [`choosing_a_policy`] |
//! | Which errors are worth another attempt? | [`what_an_error_means`] |
//! | When does a call end, and what is dropped then? | [`limits_and_timeouts`] |
//! | May this operation be repeated at all? | [`idempotency`] |
//! | What do a thousand clients do to a server that is down? | [`fleets`] |
//! | How do I wait until a job is finished? | [`waiting_for_something`] |
//! | How do workers and connections survive outages, and shut down? | [`long_lived`] |
//! | What if a closure or a function cannot express the operation? | [`loops_streams_actors`] |
//! | How do I test code that retries? | [`testing`] |
//! | How do I see retries in production? | [`observing`] |
//! | How do I change or disable retries in an incident? | [`overriding`] |
//! | Which runtime, which target, which feature? | [`runtimes_and_targets`] |
//! | How do I call HTTP, gRPC and databases? | [`clients`] |
//! | How do the retry layers for tower and reqwest differ? | [`layers`] |
//! | Is there a program to start from? | [`cookbook`] |
//! | Why does it not compile, and why does it behave like this? | [`troubleshooting`] |
//! | What changes when I come from another library? | [`migrating`] |
//! | What exactly is promised? | [`guarantees`] |
//! | What does it cost? | [`costs`] |
//!
//! The pages use the field's words. An *attempt* is one execution of the operation. A *retry* is an attempt after the
//! first, so four attempts are three retries. A *delay* is the time between two attempts. The *backoff* computes it,
//! and
//! *jitter* makes it random. A *push-back* is the wait that a server requests (`Retry-After`).

/// Declares one module for each page. Its text is an inner attribute, so links resolve in the module of the page. A
/// page with pictures is in several files, because a picture is a file; a picture needs an empty line before and after
/// it.
macro_rules! pages {
    ($($(#[$extra:meta])* $page:ident: $($file:literal),+;)*) => {$(
        pub mod $page {
            $(#![doc = include_str!($file)] #![doc = ""])+
            $(#![$extra])*
        }
    )*};
}

pages! {
    choosing_a_policy: "guide/choosing_a_policy.md", "guide/schedule.svg", "guide/choosing_a_policy/backoffs.md", "guide/herd.svg",
        "guide/choosing_a_policy/jitter.md";
    what_an_error_means: "guide/what_an_error_means.md";
    #[doc(alias = "deadline")]
    #[doc(alias = "timeout")]
    limits_and_timeouts: "guide/limits_and_timeouts.md";
    #[doc(alias = "idempotency key")]
    idempotency: "guide/idempotency.md";
    #[doc(alias = "circuit breaker")]
    #[doc(alias = "hedge")]
    #[doc(alias = "hedging")]
    #[doc(alias = "rate limit")]
    #[doc(alias = "retry storm")]
    #[doc(alias = "thundering herd")]
    fleets: "guide/fleets.md", "guide/outage.svg", "guide/fleets/budgets.md", "guide/fleets.svg", "guide/fleets/scopes.md";
    #[doc(alias = "poll")]
    #[doc(alias = "polling")]
    waiting_for_something: "guide/waiting_for_something.md";
    long_lived: "guide/long_lived.md";
    loops_streams_actors: "guide/loops_streams_actors.md";
    #[doc(alias = "mock time")]
    testing: "guide/testing.md";
    observing: "guide/observing.md";
    overriding: "guide/overriding.md";
    runtimes_and_targets: "guide/runtimes_and_targets.md";
    clients: "guide/clients.md";
    #[doc(alias = "tower-resilience")]
    layers: "guide/layers.md";
    cookbook: "guide/cookbook.md";
    troubleshooting: "guide/troubleshooting.md";
    guarantees: "guide/guarantees.md";
    costs: "guide/costs.md";
}

pub mod migrating {
    #![doc = include_str!("guide/migrating.md")]

    pages! {
        from_backoff: "guide/migrating/from_backoff.md";
        #[doc(alias = "backon")]
        from_backon: "guide/migrating/from_backon.md";
        #[doc(alias = "tokio-retry")]
        from_tokio_retry: "guide/migrating/from_tokio_retry.md";
        #[doc(alias = "reqwest-retry")]
        from_reqwest_retry: "guide/migrating/from_reqwest_retry.md";
        from_retry: "guide/migrating/from_retry.md";
        from_go_backoff: "guide/migrating/from_go_backoff.md";
        #[doc(alias = "tenacity")]
        #[doc(alias = "stamina")]
        from_python: "guide/migrating/from_python.md";
        #[doc(alias = "Polly")]
        from_polly: "guide/migrating/from_polly.md";
        #[doc(alias = "resilience4j")]
        #[doc(alias = "Spring Retry")]
        from_java: "guide/migrating/from_java.md";
    }
}

/// Runs the README's examples as documentation tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
