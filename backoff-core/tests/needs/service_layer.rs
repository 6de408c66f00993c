//! A layer for services in the manner of tower: readiness before each attempt, a clone of the request, a shared budget.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use backoff_core::{Budget, Classify, Fault, Jitter, Policy};
use support::{paused, secs};
use tokio::time::Instant;

/// The trait of tower.
trait Service<Request> {
    type Response;
    type Error;
    type Future: Future<Output = Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>>;
    fn call(&mut self, request: Request) -> Self::Future;
}

#[derive(Clone)]
struct Retried<S> {
    service: S,
    policy: Arc<Policy>,
    budget: Arc<Budget>,
}

type Boxed<T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send>>;

impl<S, R> Service<R> for Retried<S>
where
    S: Service<R, Future: Send, Response: Send, Error: Classify + Send> + Clone + Send + 'static,
    R: Clone + Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Boxed<S::Response, S::Error>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Poll::Ready(Ok(())) // each attempt waits for its own
    }

    fn call(&mut self, request: R) -> Self::Future {
        let Self { service, policy, budget } = self.clone();
        Box::pin(async move {
            // The closure owns both, so the request need not be `Sync`.
            let call = policy.retry(move || {
                let (mut service, request) = (service.clone(), request.clone());
                async move {
                    poll_fn(|cx| service.poll_ready(cx)).await?;
                    service.call(request).await
                }
            });
            call.classified().budget(budget).await
        })
    }
}

#[derive(Debug, PartialEq)]
struct Status(u16);

impl Classify for Status {
    fn classify(&self) -> Fault {
        match self.0 {
            503 => Fault::Transient,
            _ => Fault::Permanent,
        }
    }
}

/// A backend that is ready a second after its last call, and answers with the statuses in turn.
#[derive(Clone)]
struct Backend {
    statuses: Arc<Mutex<Vec<u16>>>,
    ready: Arc<Mutex<Pin<Box<tokio::time::Sleep>>>>,
}

impl Service<String> for Backend {
    type Response = String;
    type Error = Status;
    type Future = Boxed<String, Status>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        self.ready.lock().unwrap().as_mut().poll(cx).map(Ok)
    }

    fn call(&mut self, request: String) -> Self::Future {
        let mut ready = self.ready.lock().unwrap();
        assert!(ready.is_elapsed(), "called before it was ready");
        ready.as_mut().reset(Instant::now() + secs(1));
        let status = self.statuses.lock().unwrap().pop();
        Box::pin(async move { status.map_or(Ok(request), |status| Err(Status(status))) })
    }
}

#[test]
fn a_service_is_retried_when_it_is_ready_and_while_the_budget_lasts() {
    paused(async {
        let statuses = Arc::new(Mutex::new(vec![503, 503]));
        let service = Backend {
            statuses: Arc::clone(&statuses),
            ready: Arc::new(Mutex::new(Box::pin(tokio::time::sleep(secs(1))))),
        };
        let policy = Arc::new(Policy::exponential().jitter(Jitter::None).max_attempts(3).build());
        let mut service = Retried { service, policy, budget: Arc::new(Budget::new().capacity(3).ratio(0.001)) };
        let start = Instant::now();
        let mut send = async |text: &str| {
            poll_fn(|cx| service.poll_ready(cx)).await?;
            tokio::spawn(service.call(text.to_owned())).await.unwrap()
        };
        assert_eq!(send("hello").await.as_deref(), Ok("hello"));
        assert_eq!(start.elapsed(), secs(3), "three times ready");
        *statuses.lock().unwrap() = vec![404];
        assert_eq!(send("hello").await, Err(Status(404)));
        *statuses.lock().unwrap() = vec![503; 9];
        assert_eq!(send("hello").await, Err(Status(503)));
        assert_eq!(statuses.lock().unwrap().len(), 7, "one token was left");
    });
}
