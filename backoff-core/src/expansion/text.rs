//! Text of an error for observers of the process, selected in the expansion of `#[retry]`.
//!
//! As with [`Probe`](crate::classify::Probe), the tiers are types that dereference to one another. Each has an inherent
//! method under its own bounds.

use core::error::Error;
use core::fmt;
use core::ops::Deref;

use crate::observe::{ErrorText, TextOf};
use crate::tiers::fall_through;

/// The first tier: errors with a source chain.
#[derive(Debug)]
pub struct ErrorTextProbe<'a, E>(Pointing<'a, E>);

/// The second tier: types that dereference to an error, such as `anyhow::Error` and `Box<dyn Error>`.
#[derive(Debug)]
pub struct Pointing<'a, E>(Displaying<'a, E>);

/// The third tier: errors with `Display`.
#[derive(Debug)]
pub struct Displaying<'a, E>(Debugging<'a, E>);

/// The fourth tier: errors with `Debug`.
#[derive(Debug)]
pub struct Debugging<'a, E>(Naming<'a, E>);

/// The last tier: the name of the type.
#[derive(Debug)]
pub struct Naming<'a, E>(&'a E);

impl<'a, E> ErrorTextProbe<'a, E> {
    /// Wraps `error`, which can have any type.
    #[inline]
    #[must_use]
    pub const fn new(error: &'a E) -> Self {
        Self(Pointing(Displaying(Debugging(Naming(error)))))
    }
}

impl<'a, E: Error> ErrorTextProbe<'a, E> {
    /// Returns the text of the error and its sources.
    #[inline]
    #[must_use]
    pub const fn __retry_text(&self) -> ErrorText<'a> {
        ErrorText::error(self.0.0.0.0.0)
    }

    /// Returns the function that makes the text of such an error and its sources.
    #[inline]
    #[must_use]
    pub fn __retry_text_of(&self) -> TextOf<E> {
        Some(|error| ErrorText::error(error))
    }
}

impl<'a, E: Deref<Target: Error>> Pointing<'a, E> {
    /// Returns the text of the target error and its sources.
    #[inline]
    #[must_use]
    pub const fn __retry_text(&self) -> ErrorText<'a> {
        ErrorText::pointer(self.0.0.0.0)
    }

    /// Returns the function that makes the text of the target error and its sources.
    #[inline]
    #[must_use]
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "every tier has the same method")]
    pub fn __retry_text_of(&self) -> TextOf<E> {
        Some(|error| ErrorText::pointer(error))
    }
}

impl<'a, E: fmt::Display> Displaying<'a, E> {
    /// Returns the text of the error by `Display`.
    #[inline]
    #[must_use]
    pub const fn __retry_text(&self) -> ErrorText<'a> {
        ErrorText::display(self.0.0.0)
    }
}

impl<'a, E: fmt::Debug> Debugging<'a, E> {
    /// Returns the text of the error by `Debug`.
    #[inline]
    #[must_use]
    pub const fn __retry_text(&self) -> ErrorText<'a> {
        ErrorText::debug(self.0.0)
    }
}

impl<E> Naming<'_, E> {
    /// Returns the name of the error's type.
    #[inline]
    #[must_use]
    #[expect(clippy::unused_self, reason = "every tier is asked by the same method call")]
    pub fn __retry_text(&self) -> ErrorText<'static> {
        ErrorText::type_name(core::any::type_name::<E>())
    }

    /// Returns `None`, because such an error has no sources.
    #[inline]
    #[must_use]
    #[expect(clippy::unused_self, reason = "every tier is asked by the same method call")]
    pub fn __retry_text_of(&self) -> TextOf<E> {
        None
    }
}

fall_through! {
    ['a, E] ErrorTextProbe<'a, E> => Pointing<'a, E>;
    ['a, E] Pointing<'a, E> => Displaying<'a, E>;
    ['a, E] Displaying<'a, E> => Debugging<'a, E>;
    ['a, E] Debugging<'a, E> => Naming<'a, E>;
}
