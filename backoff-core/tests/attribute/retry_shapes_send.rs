//! The future of a retried function is `Send` exactly when the plain function's is, and no larger than that of a manual
//! loop.
#![deny(warnings, clippy::all, clippy::pedantic)]

use std::cell::{Cell, RefCell};
use std::fmt::Display;
use std::future::Future;
use std::io::Write;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::Receiver;

use backoff_core::retry;
use tokio::task::yield_now;

type Failure = &'static str;

static CALLS: AtomicU32 = AtomicU32::new(0);

/// Fails two of three times, after it has yielded once.
async fn ask(calls: &AtomicU32) -> Result<u32, Failure> {
    yield_now().await;
    let number = calls.fetch_add(1, Ordering::Relaxed) + 1;
    if number % 3 == 0 { Ok(number) } else { Err("not yet") }
}

fn send<F: Future + Send>(future: F) -> F {
    future
}

#[retry(delay = "0s")]
async fn text(text: &str, calls: &AtomicU32) -> Result<usize, Failure> {
    ask(calls).await?;
    Ok(text.len())
}

#[retry(delay = "0s")]
async fn log(log: &mut Vec<u32>, calls: &AtomicU32) -> Result<usize, Failure> {
    log.push(0);
    ask(calls).await?;
    Ok(log.len())
}

#[retry(delay = "0s")]
async fn writer(out: &mut (dyn Write + Send), calls: &AtomicU32) -> Result<(), Failure> {
    out.write_all(b"x").map_err(|_| "broken")?;
    ask(calls).await?;
    Ok(())
}

#[retry(delay = "0s")]
async fn shared<T: Display + Sync>(value: &T, calls: &AtomicU32) -> Result<String, Failure> {
    ask(calls).await?;
    Ok(value.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn borrowed_arguments_keep_the_future_send() {
    let calls = AtomicU32::new(0);
    assert_eq!(send(text("abc", &calls)).await, Ok(3));
    assert_eq!(send(log(&mut Vec::new(), &calls)).await, Ok(3));
    let mut out = Vec::new();
    assert_eq!(send(writer(&mut out, &calls)).await, Ok(()));
    assert_eq!(out, b"xxx");
    assert_eq!(send(shared(&7, &calls)).await, Ok("7".to_owned()));
    let spawned = tokio::spawn(async {
        let calls = Arc::new(AtomicU32::new(0));
        let mut numbers = Vec::new();
        log(&mut numbers, &calls).await.map(|length| (length, numbers))
    });
    assert_eq!(spawned.await.unwrap(), Ok((3, vec![0, 0, 0])));
}

#[retry(delay = "0s")]
async fn owned<T: Display + Send>(value: T, calls: Arc<AtomicU32>) -> Result<String, Failure> {
    ask(&calls).await?;
    Ok(value.to_string())
}

#[retry(delay = "0s")]
async fn opaque(mut next: impl FnMut() -> u32 + Send, calls: Arc<AtomicU32>) -> Result<u32, Failure> {
    let number = next();
    ask(&calls).await?;
    Ok(number)
}

#[retry(delay = "0s")]
async fn dynamic(next: Box<dyn Fn() -> u32 + Send>, calls: Arc<AtomicU32>) -> Result<u32, Failure> {
    ask(&calls).await?;
    Ok(next())
}

#[retry(delay = "0s")]
async fn nested<T: Send>(values: Receiver<Option<T>>, calls: Arc<AtomicU32>) -> Result<bool, Failure> {
    let is_empty = values.try_recv().is_err();
    ask(&calls).await?;
    Ok(is_empty)
}

#[retry(delay = "0s", clone(value))]
async fn cloned<T: Clone + Send + Into<u32>>(value: T, calls: Arc<AtomicU32>) -> Result<u32, Failure> {
    ask(&calls).await?;
    Ok(value.into())
}

/// `Send`, not `Sync`.
struct Once(Cell<u32>);

impl Display for Once {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.set(self.0.get() + 1);
        write!(f, "{}", self.0.get())
    }
}

impl Clone for Once {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl From<Once> for u32 {
    fn from(once: Once) -> Self {
        once.0.get()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn owned_arguments_that_are_send_and_not_sync_keep_the_future_send() {
    let calls = || Arc::new(AtomicU32::new(0));
    assert_eq!(tokio::spawn(owned(Once(Cell::new(4)), calls())).await.unwrap(), Ok("5".to_owned()));
    let cell = Cell::new(0);
    let next = move || {
        cell.set(cell.get() + 1);
        cell.get()
    };
    assert_eq!(tokio::spawn(opaque(next, calls())).await.unwrap(), Ok(3));
    let cell = Cell::new(7);
    assert_eq!(tokio::spawn(dynamic(Box::new(move || cell.get()), calls())).await.unwrap(), Ok(7));
    let (sender, receiver) = std::sync::mpsc::channel::<Option<Cell<u32>>>();
    assert_eq!(tokio::spawn(nested(receiver, calls())).await.unwrap(), Ok(true));
    drop(sender);
    assert_eq!(tokio::spawn(cloned(Once(Cell::new(9)), calls())).await.unwrap(), Ok(9));
}

struct Held<T>(T);

impl<T: Display + Send> Held<T> {
    #[retry(delay = "0s")]
    async fn owned(value: T, calls: Arc<AtomicU32>) -> Result<String, Failure> {
        ask(&calls).await?;
        Ok(value.to_string())
    }

    #[retry(delay = "0s")]
    async fn whole(held: Self, calls: Arc<AtomicU32>) -> Result<String, Failure> {
        ask(&calls).await?;
        Ok(held.0.to_string())
    }

    #[retry(delay = "0s")]
    async fn pair((value, number): (T, u32), calls: Arc<AtomicU32>) -> Result<String, Failure> {
        ask(&calls).await?;
        Ok(format!("{value}{number}"))
    }

    #[expect(clippy::manual_async_fn, reason = "a written future is what is tested")]
    #[retry(delay = "0s")]
    fn written(value: T, calls: Arc<AtomicU32>) -> impl Future<Output = Result<String, Failure>> + Send {
        async move {
            ask(&calls).await?;
            Ok(value.to_string())
        }
    }
}

#[retry(delay = "0s")]
async fn raw<T: Display + Send>(r#type: T, calls: Arc<AtomicU32>) -> Result<String, Failure> {
    ask(&calls).await?;
    Ok(format!("{type}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn arguments_of_types_of_the_surrounding_impl_keep_the_future_send() {
    let calls = || Arc::new(AtomicU32::new(0));
    let new = || Once(Cell::new(4));
    assert_eq!(tokio::spawn(Held::owned(new(), calls())).await.unwrap(), Ok("5".to_owned()));
    assert_eq!(tokio::spawn(Held::whole(Held(new()), calls())).await.unwrap(), Ok("5".to_owned()));
    assert_eq!(tokio::spawn(Held::pair((new(), 1), calls())).await.unwrap(), Ok("51".to_owned()));
    assert_eq!(tokio::spawn(Held::written(new(), calls())).await.unwrap(), Ok("5".to_owned()));
    assert_eq!(tokio::spawn(raw(new(), calls())).await.unwrap(), Ok("5".to_owned()));
}

#[retry(delay = "0s")]
async fn result_that_is_not_send(calls: &AtomicU32) -> Result<Rc<u32>, Rc<str>> {
    let number = ask(calls).await.map_err(Rc::from)?;
    Ok(Rc::new(number))
}

#[retry(delay = "0s", attempt_timeout = "1s", timeout = "9s", on_timeout = |_| Rc::from("late"))]
async fn timed_result_that_is_not_send(calls: &AtomicU32) -> Result<Rc<u32>, Rc<str>> {
    let number = ask(calls).await.map_err(Rc::from)?;
    Ok(Rc::new(number))
}

#[retry(delay = "0s")]
async fn boxed_error(calls: &AtomicU32) -> Result<u32, Box<dyn std::error::Error>> {
    Ok(ask(calls).await?)
}

#[tokio::test(start_paused = true)]
async fn the_result_is_not_part_of_what_is_sent() {
    let calls = AtomicU32::new(0);
    assert_eq!(send(result_that_is_not_send(&calls)).await, Ok(Rc::new(3)));
    assert_eq!(send(timed_result_that_is_not_send(&calls)).await, Ok(Rc::new(6)));
    assert_eq!(send(boxed_error(&calls)).await.unwrap(), 9);
}

#[retry(delay = "0s", timeout = "1h", on_timeout = |_| "late", cancel = std::future::pending::<()>(), on_retry = |_| (), attempt = ctx,
    on_give_up = async |_| yield_now().await, on_recovered = |_| (), or_else = async |error| { yield_now().await; Err(error.last) },
    before_retry = yield_now().await, once(key = String::new()), attempt_timeout = "1s", seed = 4, max_attempts = limit, idempotent)]
async fn with_everything(values: &mut Vec<u32>, limit: u32) -> Result<usize, Failure> {
    values.push(ctx.number());
    if values.len() < 3 { Err("not yet") } else { Ok(values.len() + key.len()) }
}

#[tokio::test(start_paused = true)]
async fn every_argument_of_the_attribute_keeps_the_future_send() {
    let mut values = Vec::new();
    assert_eq!(send(with_everything(&mut values, 5)).await, Ok(3));
    assert_eq!(values, [1, 2, 3]);
}

#[retry(delay = "0s")]
async fn local(log: Rc<RefCell<Vec<u32>>>, calls: &AtomicU32) -> Result<usize, Failure> {
    let kept = Rc::clone(&log);
    kept.borrow_mut().push(1);
    ask(calls).await?;
    Ok(kept.borrow().len())
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_not_send_runs_where_the_plain_one_does() {
    let tasks = tokio::task::LocalSet::new();
    let ran = tasks.run_until(async {
        let log = Rc::new(RefCell::new(Vec::new()));
        tokio::task::spawn_local(async move { local(log, &CALLS).await }).await
    });
    assert_eq!(ran.await.unwrap(), Ok(3));
}

/// `Send`, not `Sync`.
struct Counter(Cell<u32>);

impl Counter {
    #[retry(delay = "0s")]
    async fn boxed(&mut self) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> {
        yield_now().await;
        self.0.set(self.0.get() + 1);
        Ok(self.0.get())
    }

    #[retry(delay = "0s")]
    async fn of_static_text(&mut self) -> Result<std::borrow::Cow<'static, str>, &'static str> {
        yield_now().await;
        self.0.set(self.0.get() + 1);
        Err("down")
    }
}

#[tokio::test]
async fn a_receiver_that_the_result_cannot_borrow_from_need_not_be_sync() {
    let mut counter = Counter(Cell::new(0));
    assert_eq!(send(counter.boxed()).await.unwrap(), 1);
    assert_eq!(send(counter.of_static_text()).await, Err("down"));
    assert_eq!(counter.0.get(), 4);
}
