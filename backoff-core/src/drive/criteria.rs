//! Classification of outcomes: success or failure, and the fault of a failure.

use core::error::Error;
use core::marker::PhantomData;
use core::ops::Deref;

use crate::{Classify, Fault, Outcome, classify};

/// Classifies an error for retrying.
pub trait Classifier<E> {
    /// Returns the fault of the error, which decides whether another attempt may succeed.
    fn fault(&mut self, error: &E) -> Fault;
}

/// The default classifier: every error is transient.
#[derive(Clone, Copy, Debug)]
pub struct EveryError;

impl<E> Classifier<E> for EveryError {
    #[inline]
    fn fault(&mut self, _: &E) -> Fault {
        Fault::Transient
    }
}

impl<E, F, A> Classifier<E> for F
where
    F: FnMut(&E) -> A,
    A: Into<Fault>,
{
    #[inline]
    fn fault(&mut self, error: &E) -> Fault {
        self(error).into()
    }
}

/// The classifier that uses the error's own classification. `K` selects the implementation of it.
#[derive(Clone, Copy, Debug)]
pub struct OwnClassification<K>(PhantomData<K>);

impl<K> OwnClassification<K> {
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<E: Classified<K>, K> Classifier<E> for OwnClassification<K> {
    #[inline]
    fn fault(&mut self, error: &E) -> Fault {
        error.fault()
    }
}

/// An error that classifies itself. It implements [`Classify`], or it exposes a `dyn Error` whose source chain may
/// contain a [`Marked`](crate::Marked) error (`anyhow::Error`, `Box<dyn Error>`).
///
/// The compiler infers `K`.
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
/// The error exposes a `dyn Error`.
#[derive(Clone, Copy, Debug)]
pub enum ByMarks {}
/// The error exposes a `dyn Error + Send`.
#[derive(Clone, Copy, Debug)]
pub enum ByMarksSend {}
/// The error exposes a `dyn Error + Send + Sync`.
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

/// Condition that a value must meet to end the call.
pub trait Condition<T> {
    /// Returns the fault of a value that does not meet the condition; `None` if it does.
    fn unmet(&mut self, value: &T) -> Option<Fault>;
}

/// The default condition: every value ends the call.
#[derive(Clone, Copy, Debug)]
pub struct EveryValue;

impl<T> Condition<T> for EveryValue {
    #[inline]
    fn unmet(&mut self, _: &T) -> Option<Fault> {
        None
    }
}

impl<T, F, A> Condition<T> for F
where
    F: FnMut(&T) -> A,
    A: Answer,
{
    #[inline]
    fn unmet(&mut self, value: &T) -> Option<Fault> {
        self(value).unmet()
    }
}

/// Answer of the condition of `until`: `bool`, or `Result<(), Fault>`.
#[diagnostic::on_unimplemented(
    message = "the condition of `until` cannot return `{Self}`",
    label = "expected `bool` or `Result<(), Fault>`",
    note = "`true` and `Ok(())` accept the value; `false` retries; `Err(Fault::Permanent)` ends the call, and `Err(Fault::PushBack(wait))` retries after this wait"
)]
pub trait Answer: sealed::Sealed {
    #[doc(hidden)]
    fn unmet(self) -> Option<Fault>;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for bool {}
    impl Sealed for Result<(), crate::Fault> {}
}

impl Answer for bool {
    #[inline]
    fn unmet(self) -> Option<Fault> {
        if self { None } else { Some(Fault::Transient) }
    }
}

impl Answer for Result<(), Fault> {
    #[inline]
    fn unmet(self) -> Option<Fault> {
        self.err()
    }
}

/// Classifier and condition of a call.
#[derive(Clone, Copy, Debug)]
pub struct Criteria<W = EveryError, U = EveryValue> {
    pub(crate) when: W,
    pub(crate) until: U,
}

impl Criteria {
    pub(crate) const fn new() -> Self {
        Self { when: EveryError, until: EveryValue }
    }
}

impl<W, U> Criteria<W, U> {
    /// Returns the fault of an outcome that does not end the call as a success. Also returns the error, if the outcome
    /// has one.
    #[inline]
    pub(crate) fn failure<'r, R: Outcome>(&mut self, outcome: &'r R) -> Option<(Fault, Option<&'r R::Error>)>
    where
        W: Classifier<R::Error>,
        U: Condition<R::Value>,
    {
        match outcome.as_result() {
            Ok(value) => self.until.unmet(value).map(|fault| (fault, None)),
            Err(error) => Some((self.when.fault(error), Some(error))),
        }
    }
}
