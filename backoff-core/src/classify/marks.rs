//! Marks: a fault put on an error where it is created, and found again where it is retried.
//!
//! Between the two places the error's type is often erased, so a mark must be found through `dyn Error`. Downcasting is
//! the usual solution, but it requires `'static`, and an error such as `Box<dyn Error + 'a>` has to be searched too. So
//! a marked error returns its mark from `Error::cause`, which is deprecated in favour of `source` and otherwise unused.
//! It has the one property needed here: it may return an error that lives as long as the borrow, whose `source` then is
//! `'static` and can be downcast. References, `Box`, `Arc` and `io::Error` forward `cause` to the error inside, so that
//! a mark is found behind them as well.
use core::error::Error;
use core::fmt;

use crate::Fault;
use crate::observe::ErrorText;
use crate::sources::sources;

/// Returns the outermost mark on an error or in its source chain, `None` if there is none.
///
/// The error itself is checked first, then its [`source`](Error::source), and so on. The payload of an `io::Error` and
/// the content of a reference, `Box` or `Arc` count as the error itself. An error for an HTTP response (`HttpError`) is
/// marked automatically.
///
/// # Examples
///
/// ```
/// use backoff_core::{Fault, classify};
/// use std::error::Error;
///
/// let error: Box<dyn Error> =
///     Box::new(std::io::Error::other(classify::permanent("no such user")));
/// assert_eq!(classify::marks(&*error), Some(Fault::Permanent));
/// assert_eq!(classify::marks(&std::fmt::Error), None);
/// ```
#[must_use]
pub fn marks(error: &(dyn Error + '_)) -> Option<Fault> {
    marks_in(error)
}

/// Returns the fault of the outermost mark, transient without a mark: the classifier for errors without a type.
///
/// It accepts every error type, and every type that dereferences to a `dyn Error`, such as `anyhow::Error`. For a type
/// that is both, such as `Arc<dyn Error>`, the compiler cannot choose; call [`marks`] in a closure.
///
/// # Examples
///
/// ```
/// use backoff_core::{Fault, classify};
///
/// let error = anyhow::Error::new(classify::permanent("no such user"))
///     .context("cannot greet");
/// assert_eq!(classify::marked(&error), Fault::Permanent);
/// assert_eq!(classify::marked(&std::fmt::Error), Fault::Transient);
/// ```
pub fn marked<E: ErrorChain<M>, M: ?Sized>(error: &E) -> Fault {
    error.chain_marks().unwrap_or(Fault::Transient)
}

/// An error, or a type that dereferences to a `dyn Error`: the types that [`marked`] can search.
///
/// It is implemented here for all of them, so other crates do not implement it. `M` keeps the implementations apart;
/// the compiler infers it.
///
/// # Examples
///
/// ```
/// use backoff_core::Fault;
/// use backoff_core::classify::{ErrorChain, permanent};
///
/// let error = anyhow::Error::new(permanent("no such user"));
/// assert_eq!(error.chain_marks(), Some(Fault::Permanent));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an error and does not dereference to a `dyn Error`",
    label = "has no source chain to search for marks",
    note = "use `when` with a closure that looks at the value"
)]
pub trait ErrorChain<M: ?Sized> {
    /// Returns the outermost mark, as [`marks`] does.
    fn chain_marks(&self) -> Option<Fault>;

    #[doc(hidden)]
    fn chain_text(&self) -> ErrorText<'_>;
}

impl<E: Error> ErrorChain<()> for E {
    fn chain_marks(&self) -> Option<Fault> {
        marks_in(self)
    }

    fn chain_text(&self) -> ErrorText<'_> {
        ErrorText::error(self)
    }
}

impl<'e, E: core::ops::Deref<Target = dyn Error + 'e>> ErrorChain<dyn Error + 'e> for E {
    fn chain_marks(&self) -> Option<Fault> {
        marks_in(&**self)
    }

    fn chain_text(&self) -> ErrorText<'_> {
        ErrorText::pointer(self)
    }
}

impl<'e, E: core::ops::Deref<Target = dyn Error + Send + 'e>> ErrorChain<dyn Error + Send + 'e> for E {
    fn chain_marks(&self) -> Option<Fault> {
        marks_in(&**self)
    }

    fn chain_text(&self) -> ErrorText<'_> {
        ErrorText::pointer(self)
    }
}

impl<'e, E: core::ops::Deref<Target = dyn Error + Send + Sync + 'e>> ErrorChain<dyn Error + Send + Sync + 'e> for E {
    fn chain_marks(&self) -> Option<Fault> {
        marks_in(&**self)
    }

    fn chain_text(&self) -> ErrorText<'_> {
        ErrorText::pointer(self)
    }
}

/// A fault in the form that `marks` finds: `Error::cause` returns this error, and its source is the stamp.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "alloc"), allow(dead_code, reason = "`Marked` has it, and needs `alloc`"))]
pub(super) struct Note(Stamp);

/// The source of a [`Note`]; public errors never return it from `source`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp(Fault);

#[cfg_attr(not(feature = "alloc"), allow(dead_code, reason = "`Marked` has it, and needs `alloc`"))]
impl Note {
    pub(super) const fn new(fault: Fault) -> Self {
        Self(Stamp(fault))
    }

    pub(super) const fn fault(&self) -> Fault {
        self.0.0
    }
}

impl Error for Note {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

impl Error for Stamp {}

/// Shows the fault alone, because in debug output it is just a field.
impl fmt::Debug for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fault().fmt(f)
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "marked as {}", self.0)
    }
}

/// Searches for marks as [`marks`] does, in unsized errors of any lifetime and with any auto traits.
pub(super) fn marks_in<E: Error + ?Sized>(error: &E) -> Option<Fault> {
    stamp_of(error).or_else(|| sources(error).find_map(stamp_of))
}

/// Returns the fault of this error alone, not of its sources.
pub(super) fn stamp_of<E: Error + ?Sized>(error: &E) -> Option<Fault> {
    #[expect(deprecated, reason = "see the head of this file: it is the one way that does not demand `'static`")]
    let note = error.cause()?;
    note.source()?.downcast_ref::<Stamp>().map(|stamp| stamp.0)
}

#[cfg(test)]
mod tests;
