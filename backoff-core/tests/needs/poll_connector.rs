//! A connector without async blocks: a poll function that lends its connection, and makes a new one when it broke.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use backoff_core::call::RuntimeSleep;
use backoff_core::{Attempts, Jitter, Policy, WaitState};
use support::{paused, secs};
use tokio::time::{Instant, timeout};

type Dialing<C> = Pin<Box<dyn Future<Output = Result<C, &'static str>> + Send>>;

struct Connector<C, D> {
    dial: D,
    dialing: Option<Dialing<C>>,
    connection: Option<C>,
    attempts: Attempts<Arc<Policy>>,
    delay: Pin<Box<WaitState<RuntimeSleep>>>,
}

impl<C, D: FnMut() -> Dialing<C>> Connector<C, D> {
    fn new(policy: Arc<Policy>, dial: D) -> Self {
        let (attempts, delay) = (Attempts::new(policy), Box::pin(WaitState::new()));
        Self { dial, dialing: None, connection: None, attempts, delay }
    }

    fn poll_connection(&mut self, cx: &mut Context<'_>) -> Poll<Result<&mut C, &'static str>> {
        while self.connection.is_none() {
            let _ = ready!(self.attempts.poll_wait(self.delay.as_mut(), cx)); // no cancellation
            let dialing = self.dialing.get_or_insert_with(&mut self.dial);
            let result = ready!(dialing.as_mut().poll(cx));
            self.dialing = None;
            match result {
                Ok(connection) => {
                    self.attempts.success();
                    self.connection = Some(connection);
                }
                Err(error) => drop(self.attempts.failed(error)?),
            }
        }
        Poll::Ready(self.connection.as_mut().ok_or("connected above"))
    }

    fn close(&mut self) {
        self.connection = None;
    }
}

#[test]
fn a_poll_function_keeps_delay_and_dialing_between_polls() {
    let policy = Policy::constant(secs(1)).jitter(Jitter::None).max_attempts(3).build();
    paused(async {
        let (start, mut dials) = (Instant::now(), 0);
        let mut connector = Connector::new(Arc::new(policy), move || {
            dials += 1;
            let number = dials;
            Box::pin(async move {
                tokio::time::sleep(secs(2)).await;
                if number % 3 == 0 { Ok(number) } else { Err("refused") }
            })
        });
        for _ in 0..7 {
            let polled = timeout(secs(1), poll_fn(|cx| connector.poll_connection(cx).map_ok(|number| *number)));
            assert!(polled.await.is_err(), "given up and polled again each second");
        }
        // 2 s, 1 s, 2 s, 1 s, 2 s
        assert_eq!(poll_fn(|cx| connector.poll_connection(cx).map_ok(|number| *number)).await, Ok(3));
        assert_eq!(start.elapsed(), secs(8));
        assert_eq!(poll_fn(|cx| connector.poll_connection(cx).map_ok(|number| *number)).await, Ok(3));
        assert_eq!(start.elapsed(), secs(8), "kept");
        connector.close();
        assert_eq!(poll_fn(|cx| connector.poll_connection(cx).map_ok(|number| *number)).await, Ok(6));
        assert_eq!(start.elapsed(), secs(16), "a new call with three attempts");
    });
}
