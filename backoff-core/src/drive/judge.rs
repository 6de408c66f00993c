//! Whether an attempt succeeded, and what its failure means.

use core::error::Error;
use core::marker::PhantomData;
use core::ops::Deref;

use crate::{Classify, Fault, Outcome, classify};

/// Tells what an error means for retrying.
pub trait Classifier<E> {
    /// Returns whether another attempt could end differently.
    fn fault(&self, error: &E) -> Fault;
}

/// The classifier when none is given: every error is transient.
#[derive(Clone, Copy, Debug)]
pub struct EveryError;

impl<E> Classifier<E> for EveryError {
    #[inline]
    fn fault(&self, _: &E) -> Fault {
        Fault::Transient
    }
}

impl<E, F, A> Classifier<E> for F
where
    F: Fn(&E) -> A,
    A: Into<Fault>,
{
    #[inline]
    fn fault(&self, error: &E) -> Fault {
        self(error).into()
    }
}

/// The classifier that asks the error itself, by the way `K`.
#[derive(Clone, Copy, Debug)]
pub struct AskTheError<K>(PhantomData<K>);

impl<K> AskTheError<K> {
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<E: Classified<K>, K> Classifier<E> for AskTheError<K> {
    #[inline]
    fn fault(&self, error: &E) -> Fault {
        error.fault()
    }
}

/// An error that tells by itself what it means: it implements [`Classify`], or gives out a `dyn Error` in whose chain a
/// [`Marked`](crate::Marked) error may be (`anyhow::Error`, `Box<dyn Error>`).
///
/// `K` is found by the compiler.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not tell whether it is worth another attempt",
    label = "neither `Classify` nor a type-erased error",
    note = "implement or derive `backoff_core::Classify` for `{Self}`, or use `.when(|error| ..)`"
)]
pub trait Classified<K> {
    #[doc(hidden)]
    fn fault(&self) -> Fault;
}

/// The error implements [`Classify`].
#[derive(Clone, Copy, Debug)]
pub enum ByClassify {}
/// The error gives out a `dyn Error`.
#[derive(Clone, Copy, Debug)]
pub enum ByMarks {}
/// The error gives out a `dyn Error + Send`.
#[derive(Clone, Copy, Debug)]
pub enum ByMarksSend {}
/// The error gives out a `dyn Error + Send + Sync`.
#[derive(Clone, Copy, Debug)]
pub enum ByMarksSendSync {}

impl<E: Classify> Classified<ByClassify> for E {
    #[inline]
    fn fault(&self) -> Fault {
        self.classify()
    }
}

impl<E: Deref<Target = dyn Error>> Classified<ByMarks> for E {
    fn fault(&self) -> Fault {
        classify::marks(&**self).unwrap_or(Fault::Transient)
    }
}

impl<E: Deref<Target = dyn Error + Send>> Classified<ByMarksSend> for E {
    fn fault(&self) -> Fault {
        classify::marks(&**self).unwrap_or(Fault::Transient)
    }
}

impl<E: Deref<Target = dyn Error + Send + Sync>> Classified<ByMarksSendSync> for E {
    fn fault(&self) -> Fault {
        classify::marks(&**self).unwrap_or(Fault::Transient)
    }
}

/// Decides whether a value is good enough.
pub trait Condition<T> {
    /// Returns whether the value ends the call.
    fn is_met(&self, value: &T) -> bool;
}

/// The condition when none is given: every value is good enough.
#[derive(Clone, Copy, Debug)]
pub struct EveryValue;

impl<T> Condition<T> for EveryValue {
    #[inline]
    fn is_met(&self, _: &T) -> bool {
        true
    }
}

impl<T, F> Condition<T> for F
where
    F: Fn(&T) -> bool,
{
    #[inline]
    fn is_met(&self, value: &T) -> bool {
        self(value)
    }
}

/// What a call thinks of the outcome of an attempt.
#[derive(Clone, Copy, Debug)]
pub struct Judge<W = EveryError, U = EveryValue> {
    pub(crate) when: W,
    pub(crate) until: U,
}

impl Judge {
    pub(crate) const fn new() -> Self {
        Self { when: EveryError, until: EveryValue }
    }
}

impl<W, U> Judge<W, U> {
    /// Returns the fault of an outcome that does not end the call as a success, and its error if it has one.
    #[inline]
    pub(crate) fn failure<'r, R: Outcome>(&self, outcome: &'r R) -> Option<(Fault, Option<&'r R::Error>)>
    where
        W: Classifier<R::Error>,
        U: Condition<R::Value>,
    {
        match outcome.as_result() {
            Ok(value) if self.until.is_met(value) => None,
            Ok(_) => Some((Fault::Transient, None)),
            Err(error) => Some((self.when.fault(error), Some(error))),
        }
    }
}
