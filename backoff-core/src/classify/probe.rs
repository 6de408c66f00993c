//! Selects the classification of an error at the expansion of `#[retry]` and `#[derive(Classify)]`.
//!
//! The choice must not need a trait in the user's scope. So the tiers are types that dereference to one another, each
//! with an inherent method `__retry_fault` under its own bounds. Method lookup skips a candidate whose bounds do not
//! hold and goes on with the next type. The name has a prefix because lookup also finds the methods of traits that the
//! user implements for all types.
//!
//! `#[classify(source)]` calls `__retry_source_fault`. It is the same, except for the last tier, which is a compile
//! error there: a field that cannot be classified is marked by mistake.
//!
//! Lookup ignores lifetimes, so no bound names one. A tier that required `'static` would be chosen for
//! `Box<dyn Error + 'a>` and then refused by the borrow checker.
use core::error::Error;
use core::ops::Deref;

use super::marks::marks_in;
use crate::tiers::fall_through;
use crate::{Classify, Fault};

/// The first tier: errors that are [`Classify`].
///
/// Expanded code writes only `Probe::new(&error).__retry_fault()` or `__retry_source_fault()`.
#[derive(Debug)]
pub struct Probe<'a, E: ?Sized>(Chained<'a, E>);

/// The second tier: errors with a source chain; `&dyn Error`, `Arc<dyn Error>` and `io::Error` are among them.
#[derive(Debug)]
pub struct Chained<'a, E: ?Sized>(Pointing<'a, E>);

/// The third tier: types that dereference to an error, such as `anyhow::Error` and `Box<dyn Error>`.
#[derive(Debug)]
pub struct Pointing<'a, E: ?Sized>(Unknown<'a, E>);

/// The last tier: everything else.
#[derive(Debug)]
pub struct Unknown<'a, E: ?Sized>(&'a E);

impl<'a, E: ?Sized> Probe<'a, E> {
    /// Wraps `error`, of any type.
    #[inline]
    #[must_use]
    pub const fn new(error: &'a E) -> Self {
        Self(Chained(Pointing(Unknown(error))))
    }
}

impl<E: Classify + ?Sized> Probe<'_, E> {
    /// Returns the error's own classification.
    #[inline]
    #[must_use]
    pub fn __retry_fault(&self) -> Fault {
        self.0.0.0.0.classify()
    }

    /// Returns the source's own classification.
    #[inline]
    #[must_use]
    pub fn __retry_source_fault(&self) -> Fault {
        self.__retry_fault()
    }
}

impl<E: Error + ?Sized> Chained<'_, E> {
    /// Returns the outermost mark in the chain, transient without one.
    #[inline]
    #[must_use]
    pub fn __retry_fault(&self) -> Fault {
        marks_in(self.0.0.0).unwrap_or(Fault::Transient)
    }

    /// Returns the result of [`__retry_fault`](Self::__retry_fault) for the source of an error.
    #[inline]
    #[must_use]
    pub fn __retry_source_fault(&self) -> Fault {
        self.__retry_fault()
    }
}

impl<E: Deref<Target: Error> + ?Sized> Pointing<'_, E> {
    /// Returns the outermost mark on the error pointed to and in its chain, transient without one.
    #[inline]
    #[must_use]
    pub fn __retry_fault(&self) -> Fault {
        marks_in(&**self.0.0).unwrap_or(Fault::Transient)
    }

    /// Returns the result of [`__retry_fault`](Self::__retry_fault) for the source of an error.
    #[inline]
    #[must_use]
    pub fn __retry_source_fault(&self) -> Fault {
        self.__retry_fault()
    }
}

impl<E: ?Sized> Unknown<'_, E> {
    /// Returns transient, because this error cannot be classified.
    #[inline]
    #[must_use]
    #[expect(clippy::unused_self, reason = "every tier is asked by the same method call")]
    pub const fn __retry_fault(&self) -> Fault {
        Fault::Transient
    }

    /// Never compiles, because a field that cannot be classified cannot be a source. The first tier has all that
    /// satisfy the bound.
    #[inline]
    #[must_use]
    pub fn __retry_source_fault(&self) -> Fault
    where
        E: Classify,
    {
        self.0.classify()
    }
}

fall_through! {
    ['a, E: ?Sized] Probe<'a, E> => Chained<'a, E>;
    ['a, E: ?Sized] Chained<'a, E> => Pointing<'a, E>;
    ['a, E: ?Sized] Pointing<'a, E> => Unknown<'a, E>;
}

#[cfg(test)]
mod tests;
