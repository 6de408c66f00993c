// Compiled in every edition by `retry_editions.rs`.
#![deny(warnings)]

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;

use patience::retry;

type Failure = &'static str;

#[retry(crate = patience, max_attempts = 4, delay = "0s")]
fn plain(calls: &Cell<u32>, async_: u32) -> Result<u32, Failure> {
    calls.set(calls.get() + 1);
    if calls.get() < 3 { Err("not yet") } else { Ok(async_ + calls.get()) }
}

#[retry(crate = patience, max_attempts = 4, delay = "0s", on_retry = |_| (), before_retry = calls.push(0), clone(text))]
async fn later(calls: &mut Vec<u32>, text: String) -> Result<usize, Failure> {
    calls.push(1);
    let bytes = text.into_bytes();
    if calls.len() < 5 { Err("not yet")? }
    Ok(calls.len() + bytes.len())
}

#[retry(crate = patience, max_attempts = 4, delay = "0s")]
fn opaque<'a>(calls: &'a Cell<u32>) -> impl Future<Output = Result<u32, Failure>> + 'a {
    async move { plain(calls, 1) }
}

#[retry(crate = patience, max_attempts = 4, delay = "0s")]
fn boxed<'a>(calls: &'a mut u32) -> Pin<Box<dyn Future<Output = Option<u32>> + Send + 'a>> {
    Box::pin(async move {
        *calls += 1;
        if *calls < 3 { None } else { Some(*calls) }
    })
}

/// # Safety
///
/// `value` can be read.
#[retry(crate = patience, max_attempts = 4, delay = "0s")]
unsafe fn with_unsafe_body(value: *const u32, calls: &mut u32) -> Option<u32> {
    *calls += 1;
    if *calls < 3 { return None; }
    #[cfg(not(edition_2024))]
    return Some(*value);
    #[cfg(edition_2024)]
    return Some(unsafe { *value });
}

#[retry(crate = patience, max_attempts = 4, delay = "0s")]
async unsafe extern "Rust" fn with_unsafe_body_later(value: *const u32, calls: &mut u32) -> Option<u32> {
    *calls += 1;
    if *calls < 3 { return None; }
    #[cfg(not(edition_2024))]
    return Some(*value);
    #[cfg(edition_2024)]
    return Some(unsafe { *value });
}

#[retry(crate = patience, max_attempts = 3, delay = "0s")]
extern "C" fn foreign(calls: &Cell<u32>) -> Option<&'static u8> {
    calls.set(calls.get() + 1);
    if calls.get() == 3 { Some(&3) } else { None }
}

macro_rules! function {
    ($name:ident, $argument:ty, $result:ty, $body:expr) => {
        #[retry(crate = patience, max_attempts = 3, delay = "0s")]
        fn $name(calls: $argument) -> $result {
            calls.push(1);
            $body
        }
    };
}

function!(made, &mut Vec<u8>, Result<(), Failure>, Err("made"));

struct Client(u32);

impl Client {
    #[retry(crate = patience, max_attempts = self.0, delay = "0s", on_give_up = |event| assert_eq!(event.attempts(), self.0))]
    fn by_reference(&self) -> Result<(), Failure> {
        Err("no")
    }

    #[retry(crate = patience, max_attempts = 5, delay = "0s", before_retry = self.reconnect().await?)]
    async fn by_unique_reference(&mut self) -> Result<u32, Failure> {
        if self.0 < 6 { Err("no") } else { Ok(self.0) }
    }

    async fn reconnect(&mut self) -> Result<(), Failure> {
        self.0 += 1;
        Ok(())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let calls = Cell::new(0);
    assert_eq!(plain(&calls, 4), Ok(7));
    assert_eq!(later(&mut Vec::new(), String::from("ab")).await, Ok(7));
    calls.set(0);
    assert_eq!(opaque(&calls).await, Ok(4));
    assert_eq!(boxed(&mut 0).await, Some(3));
    let value = 7;
    assert_eq!(unsafe { with_unsafe_body(&value, &mut 0) }, Some(7));
    assert_eq!(unsafe { with_unsafe_body_later(&value, &mut 0).await }, Some(7));
    calls.set(0);
    assert_eq!(foreign(&calls), Some(&3));
    let mut log = Vec::new();
    assert_eq!((made(&mut log), log.len()), (Err("made"), 3));
    assert_eq!(Client(2).by_reference(), Err("no"));
    assert_eq!(Client(2).by_unique_reference().await, Ok(6));
}
