//! One attempt of a request: readiness of the inner service, then its response.

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use tower_service::Service;

use super::request::CloneRequest;
use crate::Attempt;
use crate::drive::operation::{Async, Operation};

/// The attempts of one request: the operation of its call.
pub struct RequestAttempts<V, Request, C> {
    /// Ready for the first attempt.
    service: V,
    is_first: bool,
    clone: C,
    /// The request that the next attempt sends, once it is prepared.
    next: Option<Request>,
    /// The copy for the attempt after it.
    spare: Option<Request>,
}

impl<V, Request, C> RequestAttempts<V, Request, C> {
    pub(super) const fn new(service: V, clone: C, request: Request) -> Self {
        Self { service, is_first: true, clone, next: None, spare: Some(request) }
    }
}

/// The message of a mistake in this module.
const SENT: &str = "an attempt starts only while there is a request to send; please report this bug of backoff-core";

impl<V, Request, C> Operation<Async> for RequestAttempts<V, Request, C>
where
    V: Service<Request> + Clone,
    C: CloneRequest<Request>,
{
    type Attempt = RequestAttempt<V, Request>;
    type Outcome = Result<V::Response, V::Error>;
    type LastDelay = ();

    /// Clones the request, unless the attempt is the last.
    fn prepare(&mut self, is_last: impl FnOnce() -> bool) {
        self.next = self.spare.take();
        if !is_last() {
            self.spare = self.next.as_ref().and_then(|request| self.clone.clone_request(request));
        }
    }

    fn can_repeat(&self) -> bool {
        self.spare.is_some()
    }

    fn start(&mut self, _: impl FnOnce() -> Attempt) -> RequestAttempt<V, Request> {
        let request = self.next.take().expect(SENT);
        if core::mem::replace(&mut self.is_first, false) {
            return RequestAttempt::Responding { response: self.service.call(request) };
        }
        RequestAttempt::GettingReady { service: self.service.clone(), request: Some(request) }
    }
}

pin_project! {
    /// The future of one attempt.
    #[project = RequestAttemptPinned]
    pub enum RequestAttempt<V, Request>
    where
        V: Service<Request>,
    {
        GettingReady { service: V, request: Option<Request> },
        Responding { #[pin] response: V::Future },
    }
}

impl<V: Service<Request>, Request> Future for RequestAttempt<V, Request> {
    type Output = Result<V::Response, V::Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            let response = match self.as_mut().project() {
                RequestAttemptPinned::Responding { response } => return response.poll(cx),
                RequestAttemptPinned::GettingReady { service, request } => {
                    if let Err(error) = ready!(service.poll_ready(cx)) {
                        return Poll::Ready(Err(error));
                    }
                    service.call(request.take().expect(SENT))
                }
            };
            self.set(Self::Responding { response });
        }
    }
}

impl<V, Request, C> fmt::Debug for RequestAttempts<V, Request, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestAttempts").finish_non_exhaustive()
    }
}

impl<V: Service<Request>, Request> fmt::Debug for RequestAttempt<V, Request> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestAttempt").finish_non_exhaustive()
    }
}
