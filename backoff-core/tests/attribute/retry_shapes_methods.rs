//! `#[retry]` on methods: every receiver, traits and their default methods, generics of the `impl`.
#![deny(warnings, clippy::all, clippy::pedantic)]

use std::fmt::Debug;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use backoff_core::retry;
use tokio::task::yield_now;

#[derive(Default)]
struct Client {
    calls: u32,
    shared: AtomicU32,
    name: String,
}

impl Client {
    fn connect(&mut self) -> io::Result<u32> {
        self.calls += 1;
        if self.calls < 3 { Err(io::Error::other("not yet")) } else { Ok(self.calls) }
    }

    fn ask(&self) -> io::Result<u32> {
        let number = self.shared.fetch_add(1, Ordering::Relaxed) + 1;
        if number < 3 { Err(io::Error::other("not yet")) } else { Ok(number) }
    }

    async fn ask_later(&self) -> io::Result<u32> {
        yield_now().await;
        self.ask()
    }

    async fn connect_later(&mut self) -> io::Result<u32> {
        yield_now().await;
        self.connect()
    }

    #[retry(max_attempts = 4, delay = "0s")]
    fn by_reference(&self) -> io::Result<u32> {
        self.ask()
    }

    #[retry(max_attempts = 4, delay = "0s")]
    fn by_unique_reference(&mut self) -> io::Result<u32> {
        let number = self.connect()?;
        self.name.push('x');
        Ok(number)
    }

    #[retry(max_attempts = 4, delay = "0s")]
    fn by_value(mut self) -> io::Result<u32> {
        self.connect()
    }

    #[retry(max_attempts = 4, delay = "0s")]
    fn by_arc(self: Arc<Self>) -> io::Result<u32> {
        self.ask()
    }

    #[expect(clippy::boxed_local, reason = "the plain method would need it too")]
    #[retry(max_attempts = 4, delay = "0s")]
    fn by_box(mut self: Box<Self>) -> io::Result<u32> {
        self.connect()
    }

    #[retry(max_attempts = 4, delay = "0s")]
    fn by_pin(mut self: Pin<&mut Self>) -> io::Result<u32> {
        self.as_mut().connect()
    }

    #[retry(max_attempts = 4, delay = "0s")]
    fn borrows(&self) -> Result<&str, io::Error> {
        self.ask()?;
        Ok(&self.name)
    }

    #[retry(max_attempts = 4)]
    async fn by_reference_later(&self) -> io::Result<u32> {
        self.ask_later().await
    }

    #[retry(max_attempts = 4)]
    async fn by_unique_reference_later(&mut self) -> io::Result<u32> {
        let number = self.connect_later().await?;
        self.name.push('x');
        Ok(number)
    }

    #[retry(max_attempts = 4)]
    async fn by_value_later(mut self) -> io::Result<u32> {
        self.connect_later().await
    }

    #[retry(max_attempts = 4)]
    async fn by_arc_later(self: Arc<Self>) -> io::Result<u32> {
        self.ask_later().await
    }

    #[retry(max_attempts = 4)]
    async fn by_box_later(mut self: Box<Self>) -> io::Result<u32> {
        self.connect_later().await
    }

    #[retry(max_attempts = 4)]
    async fn by_pin_later(mut self: Pin<&mut Self>) -> io::Result<u32> {
        self.as_mut().connect_later().await
    }

    #[retry(max_attempts = 4)]
    async fn borrows_later(&self) -> Result<&str, io::Error> {
        self.ask_later().await?;
        Ok(&self.name)
    }

    #[retry(max_attempts = 4, delay = "0s")]
    fn with_arguments(&mut self, log: &mut Vec<u32>, (a, b): (u32, u32)) -> io::Result<u32> {
        log.push(a + b);
        self.connect()
    }

    #[retry(max_attempts = 4)]
    async fn with_arguments_later(&mut self, log: &mut Vec<u32>, (a, b): (u32, u32)) -> io::Result<u32> {
        log.push(a + b);
        self.connect_later().await
    }
}

#[test]
fn every_receiver_is_accepted_in_synchronous_methods() {
    let new = Client::default;
    assert_eq!(new().by_reference().unwrap(), 3);
    let mut client = new();
    assert_eq!((client.by_unique_reference().unwrap(), client.name.as_str()), (3, "x"));
    assert_eq!(new().by_value().unwrap(), 3);
    assert_eq!(Arc::new(new()).by_arc().unwrap(), 3);
    assert_eq!(Box::new(new()).by_box().unwrap(), 3);
    assert_eq!(Pin::new(&mut new()).by_pin().unwrap(), 3);
    assert_eq!(client.borrows().unwrap(), "x");
    let mut log = Vec::new();
    assert_eq!(new().with_arguments(&mut log, (1, 2)).unwrap(), 3);
    assert_eq!(log, [3, 3, 3]);
}

#[tokio::test(start_paused = true)]
async fn every_receiver_is_accepted_in_async_methods() {
    let new = Client::default;
    assert_eq!(new().by_reference_later().await.unwrap(), 3);
    let mut client = new();
    assert_eq!(client.by_unique_reference_later().await.unwrap(), 3);
    assert_eq!(client.name, "x");
    assert_eq!(new().by_value_later().await.unwrap(), 3);
    assert_eq!(Arc::new(new()).by_arc_later().await.unwrap(), 3);
    assert_eq!(Box::new(new()).by_box_later().await.unwrap(), 3);
    assert_eq!(Pin::new(&mut new()).by_pin_later().await.unwrap(), 3);
    assert_eq!(client.borrows_later().await.unwrap(), "x");
    let mut log = Vec::new();
    assert_eq!(new().with_arguments_later(&mut log, (1, 2)).await.unwrap(), 3);
    assert_eq!(log, [3, 3, 3]);
}

trait Store {
    fn put(&mut self, key: &str) -> io::Result<u32>;
    fn get(&self, key: &str) -> impl Future<Output = io::Result<u32>>;

    #[retry(max_attempts = 5, delay = "0s")]
    fn put_default(&mut self, key: &str) -> io::Result<u32> {
        self.put(key)
    }

    #[retry(max_attempts = 5)]
    async fn get_default(&self, key: &str) -> io::Result<u32> {
        self.get(key).await
    }
}

impl Store for Client {
    #[retry(max_attempts = 2, delay = "0s")]
    fn put(&mut self, key: &str) -> io::Result<u32> {
        self.name.push_str(key);
        self.connect()
    }

    #[retry(max_attempts = 2)]
    async fn get(&self, key: &str) -> io::Result<u32> {
        let number = self.ask_later().await?;
        Ok(number + u32::try_from(key.len()).unwrap_or(u32::MAX))
    }
}

#[tokio::test(start_paused = true)]
async fn methods_of_a_trait_are_retried_where_they_are_implemented_or_defaulted() {
    let mut client = Client::default();
    assert!(client.put("k").is_err());
    assert_eq!((client.put("k").unwrap(), client.name.as_str()), (3, "kkk"));
    assert_eq!(Client::default().put_default("k").unwrap(), 3);
    assert_eq!(client.get("kk").await.unwrap_err().to_string(), "not yet");
    assert_eq!(client.get("kk").await.unwrap(), 5);
    assert_eq!(Client::default().get_default("k").await.unwrap(), 4);
}

struct Wrapper<'a, T, const N: usize> {
    values: &'a [T; N],
    calls: u32,
}

impl<'a, T: Copy + Debug, const N: usize> Wrapper<'a, T, N> {
    const LIMIT: u32 = 3;

    #[retry(max_attempts = Self::LIMIT, delay = "0s")]
    fn first(&mut self) -> Result<(T, &'a [T; N]), String> {
        self.calls += 1;
        let this: &mut Self = &mut *self;
        if this.calls < Self::LIMIT {
            return Err(format!("{:?}", this.values));
        }
        let values: &'a [T; N] = this.values;
        values.first().map(|first| (*first, values)).ok_or_else(String::new)
    }

    #[retry(max_attempts = Self::LIMIT)]
    async fn first_later(&mut self) -> Result<(T, &'a [T; N]), String> {
        yield_now().await;
        self.calls += 1;
        if self.calls < Self::LIMIT {
            return Err(format!("{:?}", self.values));
        }
        let values: &'a [T; N] = self.values;
        values.first().map(|first| (*first, values)).ok_or_else(String::new)
    }
}

#[tokio::test(start_paused = true)]
async fn self_and_the_generics_of_the_impl_can_be_named_in_the_body() {
    let values = [7, 8];
    assert_eq!(Wrapper { values: &values, calls: 0 }.first(), Ok((7, &values)));
    assert_eq!(Wrapper { values: &values, calls: 0 }.first_later().await, Ok((7, &values)));
}
