//! The borrows of an attempt: they keep the future `Send`, and do not conflict with the borrows of the attribute.
#![deny(warnings, clippy::all, clippy::pedantic)]

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;

use async_trait::async_trait;
use backoff_core::{Budget, Policy, retry};
use tokio::task::yield_now;

fn send<F: Future + Send>(future: F) -> F {
    future
}

/// `Send`, not `Sync`: a shared reference to it must not be part of a future.
struct Counter {
    calls: Cell<u32>,
    budget: Budget,
    policy: Policy,
    names: Vec<String>,
}

impl Counter {
    fn new() -> Self {
        let policy = Policy::constant(std::time::Duration::ZERO).max_attempts(3).build();
        Self { calls: Cell::new(0), budget: Budget::new().capacity(10), policy, names: vec!["first".to_owned()] }
    }

    fn count(&self) -> u32 {
        self.calls.set(self.calls.get() + 1);
        self.calls.get()
    }

    #[retry(delay = "0s")]
    async fn borrowed(&mut self) -> Result<u32, u32> {
        let count = self.count();
        yield_now().await;
        if count < 3 { Err(count) } else { Ok(count) }
    }

    #[retry(delay = "0s")]
    async fn owned(self) -> Result<u32, u32> {
        let count = self.count();
        yield_now().await;
        if count < 3 { Err(count) } else { Ok(count) }
    }

    #[retry(delay = "0s")]
    async fn owned_and_changed(mut self) -> Result<u32, u32> {
        self.names.push(String::new());
        let count = self.count();
        yield_now().await;
        if count < 3 { Err(count) } else { Ok(count) }
    }

    #[retry(delay = "0s")]
    async fn boxed(self: Box<Self>) -> Result<u32, u32> {
        let count = self.count();
        yield_now().await;
        if count < 3 { Err(count) } else { Ok(count) }
    }

    #[retry(delay = "0s")]
    async fn pinned(self: Pin<&mut Self>) -> Result<u32, u32> {
        let count = self.count();
        yield_now().await;
        if count < 3 { Err(count) } else { Ok(count) }
    }

    #[expect(clippy::manual_async_fn, reason = "the plain function would need it too")]
    #[retry(delay = "0s")]
    fn opaque(&mut self) -> impl Future<Output = Result<u32, u32>> + Send {
        async move {
            let count = self.count();
            yield_now().await;
            if count < 3 { Err(count) } else { Ok(count) }
        }
    }

    #[expect(clippy::manual_async_fn, reason = "the plain function would need it too")]
    #[retry(delay = "0s")]
    fn opaque_and_owned(self) -> impl Future<Output = Result<u32, u32>> + Send {
        async move {
            let count = self.count();
            yield_now().await;
            if count < 3 { Err(count) } else { Ok(count) }
        }
    }

    #[retry(delay = "0s")]
    async fn lent(&mut self) -> Option<&str> {
        self.names.first().map(String::as_str)
    }
}

#[retry(delay = "0s")]
async fn argument(counter: &mut Counter) -> Result<u32, u32> {
    let count = counter.count();
    yield_now().await;
    if count < 3 { Err(count) } else { Ok(count) }
}

#[tokio::test]
async fn what_is_lent_to_the_function_or_given_to_it_is_sent_with_its_future() {
    assert_eq!(send(Counter::new().borrowed()).await, Ok(3));
    assert_eq!(send(Counter::new().owned()).await, Ok(3));
    assert_eq!(send(Counter::new().owned_and_changed()).await, Ok(3));
    assert_eq!(send(Box::new(Counter::new()).boxed()).await, Ok(3));
    assert_eq!(send(Pin::new(&mut Counter::new()).pinned()).await, Ok(3));
    assert_eq!(Counter::new().opaque().await, Ok(3));
    assert_eq!(Counter::new().opaque_and_owned().await, Ok(3));
    assert_eq!(send(argument(&mut Counter::new())).await, Ok(3));
}

#[tokio::test]
async fn a_shared_reference_to_a_part_of_what_is_lent_can_be_returned() {
    assert_eq!(Counter::new().lent().await, Some("first"));
}

#[async_trait]
trait Counts: Send {
    async fn borrowed(&mut self) -> Result<u32, u32>;
    async fn boxed(self: Box<Self>) -> Result<u32, u32>;
    fn count(&self) -> u32;

    #[retry(delay = "0s")]
    async fn by_default(&mut self) -> Result<u32, u32> {
        let count = self.count();
        yield_now().await;
        if count < 3 { Err(count) } else { Ok(count) }
    }
}

#[async_trait]
impl Counts for Counter {
    #[retry(delay = "0s")]
    async fn borrowed(&mut self) -> Result<u32, u32> {
        let count = self.count();
        yield_now().await;
        if count < 3 { Err(count) } else { Ok(count) }
    }

    #[retry(delay = "0s")]
    async fn boxed(self: Box<Self>) -> Result<u32, u32> {
        let count = self.count();
        yield_now().await;
        if count < 3 { Err(count) } else { Ok(count) }
    }

    fn count(&self) -> u32 {
        self.count()
    }
}

#[tokio::test]
async fn methods_of_async_traits_are_sent_likewise() {
    assert_eq!(Counts::borrowed(&mut Counter::new()).await, Ok(3));
    assert_eq!(Counts::boxed(Box::new(Counter::new())).await, Ok(3));
    assert_eq!(Counts::by_default(&mut Counter::new()).await, Ok(3));
}

/// The attribute borrows some fields for the whole call; attempts can use the other fields.
struct Parts {
    budget: Budget,
    policy: Policy,
    sent: Vec<u32>,
}

impl Parts {
    fn new() -> Self {
        let Counter { budget, policy, .. } = Counter::new();
        Self { budget, policy, sent: Vec::new() }
    }

    #[retry(policy = &self.policy, budget = self.budget)]
    async fn of_self(&mut self) -> Result<usize, ()> {
        self.sent.push(1);
        yield_now().await;
        if self.sent.len() < 3 { Err(()) } else { Ok(self.sent.len()) }
    }

    #[retry(once(budget = &self.budget), delay = "0s")]
    async fn of_an_owner(mut self) -> Result<usize, ()> {
        self.sent.push(1);
        yield_now().await;
        if self.sent.len() < 3 { Err(()) } else { Ok(self.sent.len() + usize::from(budget.available() < 1.0)) }
    }
}

#[retry(policy = &parts.policy, budget = parts.budget)]
async fn of_an_argument(parts: &mut Parts) -> Result<usize, ()> {
    parts.sent.push(1);
    yield_now().await;
    if parts.sent.len() < 3 { Err(()) } else { Ok(parts.sent.len()) }
}

#[retry(policy = &parts.policy, budget = parts.budget)]
fn of_a_blocking_argument(parts: &mut Parts) -> Result<usize, ()> {
    parts.sent.push(1);
    if parts.sent.len() < 3 { Err(()) } else { Ok(parts.sent.len()) }
}

#[retry(delay = "0s", budget = shared.as_ref())]
async fn of_an_open_type(shared: impl AsRef<Budget> + Send + Sync, calls: &Cell<u32>) -> Result<u32, ()> {
    calls.set(calls.get() + 1);
    if calls.get() < 3 { Err(()) } else { Ok(calls.get() + u32::from(shared.as_ref().available() < 1.0)) }
}

struct Shared(Budget);

impl AsRef<Budget> for Shared {
    fn as_ref(&self) -> &Budget {
        &self.0
    }
}

#[tokio::test]
async fn attempts_can_use_what_the_attribute_does_not_borrow_for_the_whole_call() {
    assert_eq!(send(Parts::new().of_self()).await, Ok(3));
    assert_eq!(Parts::new().of_an_owner().await, Ok(3));
    assert_eq!(send(of_an_argument(&mut Parts::new())).await, Ok(3));
    assert_eq!(of_a_blocking_argument(&mut Parts::new()), Ok(3));
    assert_eq!(of_an_open_type(Shared(Budget::new().capacity(10)), &Cell::new(0)).await, Ok(3));
}
