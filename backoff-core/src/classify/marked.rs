//! Errors with a mark, and the functions that make them.

use alloc::boxed::Box;
use core::error::Error;
use core::fmt;
use core::time::Duration;

use super::marks::Note;
use crate::{Classify, Fault};

/// An error with a fault put on it, made by [`permanent`], [`transient`], [`ambiguous`], [`retry_after`] or [`mark`].
///
/// It displays and reports its sources exactly as the error inside does. [`get_ref`](Self::get_ref) and
/// [`into_inner`](Self::into_inner) return the error inside. To downcast, downcast to `Marked` first and then the
/// result of `get_ref`.
///
/// [`marks`](super::marks) finds the mark wherever the source chain leads to it. An error that displays as the error
/// inside (`#[error(transparent)]` of thiserror, or an `anyhow::Error` turned into a `Box<dyn Error>`) omits that error
/// from its chain, and the mark with it. Neither the default of `#[retry]` nor `when = classify::chain` can see it. The
/// cures:
///
/// - mark after such a conversion, not before it;
/// - give the variant a text of its own, `#[error("cannot load")]`, so that the error inside is its source. The default
///   and [`chain`](crate::classify::chain) then find the mark, also behind `anyhow::Error`, boxes and further errors;
/// - derive [`Classify`](derive@crate::Classify), with `#[classify(source)]` on the transparent variant.
///
/// A `Report` of `error_stack` is not an `Error`, so it has no chain for this search. It returns the mark itself:
/// `when = |report| report.downcast_ref::<Marked>().map_or(Fault::Transient, Marked::fault)`.
///
/// # Examples
///
/// ```
/// use backoff_core::{Classify, Fault, classify};
/// use std::error::Error;
///
/// let marked = classify::permanent("no such key");
/// assert_eq!(marked.to_string(), "no such key");
/// assert_eq!(marked.fault(), Fault::Permanent);
/// assert_eq!(marked.classify(), Fault::Permanent);
///
/// let erased: Box<dyn Error + Send + Sync> = marked.into();
/// assert!(erased.is::<classify::Marked>());
/// ```
#[derive(Debug)]
pub struct Marked {
    fault: Note,
    error: Box<dyn Error + Send + Sync>,
}

/// Marks an error as one that no attempt can cure; the call ends at once.
///
/// The mark is found through the source chain of the error; [`Marked`] lists the conversions that lose it, and the
/// cures.
///
/// # Examples
///
/// ```
/// use backoff_core::{Fault, classify};
///
/// fn load(key: &str) -> anyhow::Result<String> {
///     if key.is_empty() {
///         return Err(classify::permanent("the key is empty").into());
///     }
///     Ok(key.to_uppercase())
/// }
///
/// let error = load("").unwrap_err().context("cannot load the settings");
/// assert_eq!(classify::marks(&*error), Some(Fault::Permanent));
/// ```
pub fn permanent<E: Into<Box<dyn Error + Send + Sync>>>(error: E) -> Marked {
    mark(Fault::Permanent, error)
}

/// Marks an error as one that another attempt may cure, and on which the server did not act.
///
/// Without a mark an error is transient already; this mark overrides the marks further down the chain.
///
/// # Examples
///
/// ```
/// use backoff_core::{Fault, classify};
///
/// let error = classify::transient(classify::permanent("not the leader"));
/// assert_eq!(classify::marks(&error), Some(Fault::Transient));
/// ```
pub fn transient<E: Into<Box<dyn Error + Send + Sync>>>(error: E) -> Marked {
    mark(Fault::Transient, error)
}

/// Marks an error after which the server may have acted. Only a policy or call that is `idempotent` retries it.
///
/// # Examples
///
/// ```
/// use backoff_core::{Fault, classify};
///
/// let error = classify::ambiguous("the answer to `COMMIT` was lost");
/// assert_eq!(classify::marks(&error), Some(Fault::Ambiguous));
/// ```
pub fn ambiguous<E: Into<Box<dyn Error + Send + Sync>>>(error: E) -> Marked {
    mark(Fault::Ambiguous, error)
}

/// Marks an error with a push-back (`Retry-After`): the server requests that no attempt starts before `delay` has
/// passed.
///
/// The delay slept is `delay` plus the policy's own delay. A zero `delay` means transient. The failure is transient. If
/// the server may have acted, use [`mark`] with `Fault::Ambiguous.with_not_before(delay)`.
///
/// # Examples
///
/// ```
/// use backoff_core::{Fault, classify};
/// use std::time::Duration;
///
/// let delay = Duration::from_secs(2);
/// let error =
///     std::io::Error::other(classify::retry_after(delay, "the quota is used up"));
/// assert_eq!(classify::marks(&error), Some(Fault::PushBack(delay)));
/// ```
#[doc(alias = "Retry-After")]
pub fn retry_after<E: Into<Box<dyn Error + Send + Sync>>>(delay: Duration, error: E) -> Marked {
    mark(Fault::Transient.with_not_before(delay), error)
}

/// Marks an error with a fault that is computed at run time.
///
/// It can also keep the result of an error's own [`Classify`] before the type is erased.
///
/// # Examples
///
/// ```
/// use backoff_core::{Fault, classify};
/// use std::time::Duration;
///
/// let retries_left_by_the_server = 0;
/// let fault = Fault::from(retries_left_by_the_server > 0);
/// let error = anyhow::Error::new(classify::mark(fault, "rejected"))
///     .context("cannot submit");
/// assert_eq!(classify::marks(&*error), Some(Fault::Permanent));
///
/// // The answer was lost, and the server wants no attempt for two seconds.
/// let fault = Fault::Ambiguous.with_not_before(Duration::from_secs(2));
/// let error = classify::mark(fault, "the gateway lost the answer");
/// assert_eq!(classify::marks(&error), Some(fault));
/// ```
pub fn mark<E: Into<Box<dyn Error + Send + Sync>>>(fault: Fault, error: E) -> Marked {
    Marked { fault: Note::new(fault), error: error.into() }
}

impl Marked {
    /// Returns the fault put on the error.
    #[must_use]
    pub fn fault(&self) -> Fault {
        self.fault.fault()
    }

    /// Returns the error inside.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::classify;
    ///
    /// let marked = classify::permanent(std::fmt::Error);
    /// assert!(marked.get_ref().is::<std::fmt::Error>());
    /// ```
    #[must_use]
    pub fn get_ref(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.error
    }

    /// Returns the error inside and drops the mark.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::classify;
    ///
    /// let inner = classify::permanent(std::fmt::Error).into_inner();
    /// assert!(inner.is::<std::fmt::Error>());
    /// ```
    #[must_use]
    pub fn into_inner(self) -> Box<dyn Error + Send + Sync> {
        self.error
    }
}

impl Classify for Marked {
    fn classify(&self) -> Fault {
        self.fault()
    }
}

impl Error for Marked {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.error.source()
    }

    fn cause(&self) -> Option<&dyn Error> {
        Some(&self.fault)
    }
}

impl fmt::Display for Marked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.error, f)
    }
}
