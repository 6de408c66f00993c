//! Copies of a request for the attempts of a call, and the promise that a request may be repeated.

/// Clones a request, so that it can be sent again.
///
/// It is implemented by [`ByClone`], the default, for every request that is [`Clone`]. An `http::Request` is, if its
/// body is. Closures `Fn(&Request) -> Option<Request>` implement it, too; give one with
/// [`RetryLayer::clone_with`](super::RetryLayer::clone_with).
///
/// # Examples
///
/// ```
/// use backoff_core::tower::{ByClone, CloneRequest};
///
/// assert_eq!(ByClone.clone_request(&7), Some(7));
///
/// let only_short = |text: &String| (text.len() < 4).then(|| text.clone());
/// assert_eq!(only_short.clone_request(&"long text".to_owned()), None);
/// ```
#[diagnostic::on_unimplemented(
    message = "a request of type `{Request}` cannot be cloned, so it cannot be sent again",
    label = "this layer clones requests with `{Self}`",
    note = "give the layer a closure: `.clone_with(|request: &Request| ..)`; it returns `None` for a request that is sent only once",
    note = "an `http::Request` is `Clone` if its body is, such as `http_body_util::Full<Bytes>`; the bodies of axum, tonic and hyper are streams, so collect them in a layer outside of this one"
)]
pub trait CloneRequest<Request> {
    /// Returns a copy of the request; `None` if the request is sent only once.
    fn clone_request(&self, request: &Request) -> Option<Request>;
}

/// Clones requests that are [`Clone`]; the default.
///
/// # Examples
///
/// ```
/// use backoff_core::tower::{ByClone, CloneRequest};
///
/// let copy = ByClone.clone_request(&String::from("GET /tea"));
/// assert_eq!(copy.as_deref(), Some("GET /tea"));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ByClone;

#[diagnostic::do_not_recommend]
impl<Request: Clone> CloneRequest<Request> for ByClone {
    #[inline]
    fn clone_request(&self, request: &Request) -> Option<Request> {
        Some(request.clone())
    }
}

#[diagnostic::do_not_recommend]
impl<Request, F> CloneRequest<Request> for F
where
    F: Fn(&Request) -> Option<Request>,
{
    #[inline]
    fn clone_request(&self, request: &Request) -> Option<Request> {
        self(request)
    }
}

/// Selects the requests that may be repeated even if the server has acted on them.
///
/// # Examples
///
/// ```
/// use backoff_core::tower::{ByPolicy, IdempotentIf};
///
/// let is_read = |request: &&str| request.starts_with("read");
/// assert!(is_read.is_idempotent(&"read 7"));
/// assert!(!ByPolicy.is_idempotent(&"read 7")); // as the policy specifies
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot decide whether a `{Request}` is idempotent",
    label = "give `idempotent_if` a closure `|request: &Request| -> bool`",
    note = "the rules of `RetryLayer::http` are for an `http::Request`"
)]
pub trait IdempotentIf<Request> {
    /// Returns whether the request may be repeated after an ambiguous failure.
    fn is_idempotent(&self, request: &Request) -> bool;
}

/// Leaves the decision to the `idempotent` of the policy; the default.
///
/// # Examples
///
/// ```
/// use backoff_core::tower::{ByPolicy, IdempotentIf};
///
/// assert!(!ByPolicy.is_idempotent(&"GET /tea")); // adds no promise
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ByPolicy;

impl<Request> IdempotentIf<Request> for ByPolicy {
    #[inline]
    fn is_idempotent(&self, _: &Request) -> bool {
        false
    }
}

#[diagnostic::do_not_recommend]
impl<Request, F> IdempotentIf<Request> for F
where
    F: Fn(&Request) -> bool,
{
    #[inline]
    fn is_idempotent(&self, request: &Request) -> bool {
        self(request)
    }
}
