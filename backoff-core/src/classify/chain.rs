//! A classifier for any error: searches its sources for an error that this crate can classify.

#[cfg(feature = "alloc")]
use alloc::boxed::Box;
#[cfg(all(feature = "alloc", target_has_atomic = "ptr"))]
use alloc::sync::Arc;
use core::error::Error;
use core::iter::successors;
use core::ops::Deref;

use super::marks::stamp_of;
use crate::{AttemptTimeout, Fault};

/// Bound of the search, because an error may return itself as its source.
const MAX_LINKS: usize = 129;

/// Classifies any error by its source chain: `when = classify::chain`.
///
/// The outermost error in the chain that this crate can classify decides. Without one the error is transient.
///
/// It accepts `anyhow::Error`, `Box<dyn Error>` and every error type that borrows nothing. From the error to its last
/// [`source`](Error::source), the first of these decides:
///
/// | in the chain | fault |
/// |---|---|
/// | a mark, or `HttpError` | of the mark ([`marks`](super::marks)) |
/// | `reqwest::Error` (feature `reqwest-0-13`) | of `classify::reqwest` |
/// | `std::io::Error` | of `classify::io`; one of kind `Other` is searched inside |
/// | [`AttemptTimeout`] | ambiguous: the attempt that was dropped may have been executed |
///
/// The last three are also found in a `Box`, an `Arc` or an `Arc<dyn Error + Send + Sync>`, because errors that are
/// `Clone` hold them there.
///
/// An error that displays as the error inside (`#[error(transparent)]` of thiserror) omits that error from its chain;
/// derive [`Classify`](trait@crate::Classify) for it. A `Classify` in the chain is not found, because its type is
/// erased: put its fault on the error with [`mark`](super::mark) before that. For a type that is an error and also
/// dereferences to one, such as `Arc<dyn Error>`, the compiler cannot choose. Name the target, as in
/// `classify::chain::<_, dyn Error>(error)`.
///
/// # Examples
///
/// ```
/// use backoff_core::{Fault, Policy, StopReason, classify, retry};
/// use anyhow::Context as _;
///
/// #[retry(when = classify::chain)]
/// fn read(path: &str) -> anyhow::Result<String> {
///     std::fs::read_to_string(path).context("cannot read the settings")
/// }
///
/// let error = read("/no/such/file").unwrap_err();
/// assert_eq!(classify::chain(&error), Fault::Permanent); // no such file
///
/// let unknown = || Err::<(), _>(anyhow::anyhow!("nobody knows"));
/// let policy = Policy::default();
/// let call = policy.retry(unknown).when(classify::chain);
/// let report = call.sleep(|_| ()).call_report();
/// assert_eq!(report.unwrap_err().reason, StopReason::MaxAttempts);
/// ```
pub fn chain<E: AsDynError<M> + ?Sized, M: ?Sized>(error: &E) -> Fault {
    known_in(error.as_dyn_error()).unwrap_or(Fault::Transient)
}

/// An error that [`chain`] can search: it borrows nothing, or dereferences to a `dyn Error`.
///
/// It is implemented here for all such types. `M` keeps the implementations apart; the compiler infers it.
///
/// # Examples
///
/// ```
/// use backoff_core::classify::AsDynError;
///
/// let error = anyhow::anyhow!("inside").context("outside");
/// assert_eq!(
///     error.as_dyn_error().source().map(ToString::to_string).as_deref(),
///     Some("inside")
/// );
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an error and does not dereference to a `dyn Error`",
    label = "has no source chain to search",
    note = "use `when` with a closure that looks at the value"
)]
pub trait AsDynError<M: ?Sized> {
    /// Returns the error with its type erased.
    fn as_dyn_error(&self) -> &(dyn Error + 'static);
}

impl<E: Error + 'static> AsDynError<()> for E {
    fn as_dyn_error(&self) -> &(dyn Error + 'static) {
        self
    }
}

impl<E: Deref<Target = dyn Error>> AsDynError<dyn Error> for E {
    fn as_dyn_error(&self) -> &(dyn Error + 'static) {
        &**self
    }
}

impl<E: Deref<Target = dyn Error + Send>> AsDynError<dyn Error + Send> for E {
    fn as_dyn_error(&self) -> &(dyn Error + 'static) {
        &**self
    }
}

impl<E: Deref<Target = dyn Error + Send + Sync>> AsDynError<dyn Error + Send + Sync> for E {
    fn as_dyn_error(&self) -> &(dyn Error + 'static) {
        &**self
    }
}

/// Returns the fault of the outermost error that can be classified.
pub(crate) fn known_in(error: &(dyn Error + 'static)) -> Option<Fault> {
    successors(Some(error), |error| next(*error)).take(MAX_LINKS).find_map(known)
}

/// Returns the next error in the chain: the payload of a wrapper, which `source` would skip, else the source.
fn next<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e (dyn Error + 'static)> {
    #[cfg(feature = "std")]
    if let Some(payload) = held(error).and_then(payload) {
        return Some(payload);
    }
    #[cfg(all(feature = "alloc", target_has_atomic = "ptr"))]
    if let Some(shared) = error.downcast_ref::<Arc<dyn Error + Send + Sync>>() {
        return Some(&**shared);
    }
    error.source()
}

/// Returns the error inside an I/O error that only wraps it.
#[cfg(feature = "std")]
fn payload(error: &std::io::Error) -> Option<&(dyn Error + 'static)> {
    let payload = error.get_ref().filter(|_| error.kind() == std::io::ErrorKind::Other)?;
    Some(payload)
}

/// Returns the fault of this error alone; errors that it wraps are not searched.
fn known(error: &(dyn Error + 'static)) -> Option<Fault> {
    if let Some(fault) = stamp_of(error) {
        return Some(fault);
    }
    #[cfg(feature = "reqwest-0-13")]
    if let Some(error) = held(error) {
        return Some(super::reqwest(error));
    }
    #[cfg(feature = "std")]
    if let Some(error) = held(error).filter(|error| payload(error).is_none()) {
        return Some(super::io(error));
    }
    held::<AttemptTimeout>(error).map(|_| Fault::Ambiguous)
}

/// Returns the error as a `T`, also when a box or a shared pointer holds it.
fn held<'e, T: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e T> {
    let direct = error.downcast_ref::<T>();
    #[cfg(feature = "alloc")]
    let direct = direct.or_else(|| error.downcast_ref::<Box<T>>().map(Deref::deref));
    #[cfg(all(feature = "alloc", target_has_atomic = "ptr"))]
    let direct = direct.or_else(|| error.downcast_ref::<Arc<T>>().map(Deref::deref));
    direct
}

#[cfg(test)]
mod tests;
