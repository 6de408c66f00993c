//! The tier that is selected, for every kind of error type and place of expansion.
//!
//! Modules that use `Probe` do not import `Classify`, `Error` or `Deref`, because the choice must not depend on it.
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::Probe;
use crate::Fault;
use crate::classify::{Marked, permanent, transient};

type Erased = dyn core::error::Error;
type ErasedSend = dyn core::error::Error + Send;
type ErasedBoth = dyn core::error::Error + Send + Sync;

/// A classified error with a mark of the opposite fault.
#[derive(Debug)]
struct Own {
    mark: Marked,
}

impl crate::Classify for Own {
    fn classify(&self) -> Fault {
        Fault::Ambiguous
    }
}

/// An error that borrows, with a marked source.
#[derive(Debug)]
struct Borrowing<'a> {
    text: &'a str,
    mark: Marked,
}

/// A type that is neither an error nor classified.
struct Plain;

macro_rules! error_of {
    ($type:ty, $source:ident) => {
        impl core::error::Error for $type {
            fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
                Some(&self.$source)
            }
        }

        impl core::fmt::Display for $type {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str("an error of the tests")
            }
        }
    };
}
error_of!(Own, mark);
error_of!(Borrowing<'_>, mark);

fn own() -> Own {
    Own { mark: permanent("e") }
}

fn borrowing(text: &str) -> Borrowing<'_> {
    Borrowing { text, mark: permanent("e") }
}

#[test]
fn an_errors_own_classification_comes_first() {
    assert_eq!(Probe::new(&own()).__retry_fault(), Fault::Ambiguous);
    assert_eq!(Probe::new(&&own()).__retry_fault(), Fault::Ambiguous);
    assert_eq!(Probe::new(&Box::new(own())).__retry_fault(), Fault::Ambiguous);
    assert_eq!(Probe::new(&Rc::new(own())).__retry_fault(), Fault::Ambiguous);
    assert_eq!(Probe::new(&Arc::new(own())).__retry_fault(), Fault::Ambiguous);
    assert_eq!(Probe::new(&permanent("e")).__retry_fault(), Fault::Permanent);
}

#[test]
fn an_errors_chain_is_asked_second() {
    let text = String::from("borrowed");
    let error = borrowing(&text);
    assert_eq!(error.text, text);
    assert_eq!(Probe::new(&error).__retry_fault(), Fault::Permanent);
    assert_eq!(Probe::new(&&error).__retry_fault(), Fault::Permanent);
    assert_eq!(Probe::new(&Box::new(error)).__retry_fault(), Fault::Permanent);
    assert_eq!(Probe::new(&core::fmt::Error).__retry_fault(), Fault::Transient);
}

#[cfg(feature = "std")]
#[test]
fn an_io_error_is_transient_unless_marked() {
    use std::io;

    assert_eq!(Probe::new(&io::Error::other(permanent("e"))).__retry_fault(), Fault::Permanent);
    assert_eq!(Probe::new(&io::Error::from(io::ErrorKind::NotFound)).__retry_fault(), Fault::Transient);
}

#[test]
fn an_erased_error_is_asked_itself_and_in_its_chain() {
    let deep = || borrowing("e");
    assert_eq!(Probe::new(&anyhow::Error::new(permanent("e"))).__retry_fault(), Fault::Permanent);
    assert_eq!(Probe::new(&anyhow::Error::new(deep())).__retry_fault(), Fault::Permanent);
    assert_eq!(Probe::new(&anyhow::Error::new(permanent("e")).context("c")).__retry_fault(), Fault::Permanent);
    assert_eq!(Probe::new(&anyhow::anyhow!("e")).__retry_fault(), Fault::Transient);
    assert_eq!(Probe::new(&(Box::new(permanent("e")) as Box<Erased>)).__retry_fault(), Fault::Permanent);
    assert_eq!(Probe::new(&(Box::new(deep()) as Box<ErasedSend>)).__retry_fault(), Fault::Permanent);
    assert_eq!(Probe::new(&(Box::new(permanent("e")) as Box<ErasedSend>)).__retry_fault(), Fault::Permanent);
    assert_eq!(Probe::new(&(Box::new(deep()) as Box<ErasedBoth>)).__retry_fault(), Fault::Permanent);
    assert_eq!(Probe::new(&(Rc::new(permanent("e")) as Rc<Erased>)).__retry_fault(), Fault::Permanent);
    assert_eq!(Probe::new(&(Rc::new(deep()) as Rc<Erased>)).__retry_fault(), Fault::Permanent);
    assert_eq!(Probe::new(&Rc::new(deep())).__retry_fault(), Fault::Permanent);
    assert_eq!(Probe::new(&(Arc::new(permanent("e")) as Arc<ErasedBoth>)).__retry_fault(), Fault::Permanent);
    assert_eq!(Probe::new(&(&permanent("e") as &Erased)).__retry_fault(), Fault::Permanent);
    let unsized_error: &Erased = &permanent("e");
    assert_eq!(Probe::new(unsized_error).__retry_fault(), Fault::Permanent);
}

#[test]
fn a_box_that_borrows_is_asked_itself_and_in_its_chain() {
    fn fail<'a>(text: &'a str, itself: bool) -> Result<(), Box<dyn core::error::Error + 'a>> {
        if itself {
            return Err(Box::new(permanent("e")));
        }
        Err(Box::new(borrowing(text)))
    }
    fn ask<'a>(text: &'a str, itself: bool) -> Option<Fault> {
        let result: Result<(), Box<dyn core::error::Error + 'a>> = fail(text, itself);
        result.as_ref().err().map(|error| Probe::new(error).__retry_fault())
    }
    let text = String::from("borrowed");
    assert_eq!(ask(&text, true), Some(Fault::Permanent));
    assert_eq!(ask(&text, false), Some(Fault::Permanent));
}

#[test]
fn everything_else_is_transient() {
    assert_eq!(Probe::new(&Plain).__retry_fault(), Fault::Transient);
    assert_eq!(Probe::new(&()).__retry_fault(), Fault::Transient);
    assert_eq!(Probe::new(&"text").__retry_fault(), Fault::Transient);
    assert_eq!(Probe::new("text").__retry_fault(), Fault::Transient);
    assert_eq!(Probe::new(&String::new()).__retry_fault(), Fault::Transient);
    assert_eq!(Probe::new(&Vec::<Marked>::new()).__retry_fault(), Fault::Transient);
    assert_eq!(Probe::new(&Box::new(Plain)).__retry_fault(), Fault::Transient);
    assert_eq!(Probe::new(&(permanent("e"), 1)).__retry_fault(), Fault::Transient);
}

#[test]
fn in_a_generic_function_the_bounds_decide() {
    fn unbounded<E>(error: &E) -> Fault {
        Probe::new(error).__retry_fault()
    }
    fn error<E: core::error::Error>(error: &E) -> Fault {
        Probe::new(error).__retry_fault()
    }
    fn classify<E: crate::Classify>(error: &E) -> Fault {
        Probe::new(error).__retry_fault()
    }
    fn deref<E: core::ops::Deref<Target = ErasedBoth>>(error: &E) -> Fault {
        Probe::new(error).__retry_fault()
    }
    fn opaque(error: &impl core::error::Error) -> Fault {
        Probe::new(error).__retry_fault()
    }
    assert_eq!(unbounded(&own()), Fault::Transient);
    assert_eq!(error(&own()), Fault::Permanent);
    assert_eq!(opaque(&own()), Fault::Permanent);
    assert_eq!(classify(&own()), Fault::Ambiguous);
    assert_eq!(deref(&anyhow::Error::new(permanent("e"))), Fault::Permanent);
}

#[test]
fn closures_and_async_blocks_may_hold_the_probe() {
    let error = anyhow::Error::new(permanent("e"));
    let closure = || Probe::new(&error).__retry_fault();
    assert_eq!(closure(), Fault::Permanent);

    let future = core::pin::pin!(async { Probe::new(&own()).__retry_fault() });
    let mut context = core::task::Context::from_waker(core::task::Waker::noop());
    assert_eq!(future.poll(&mut context), core::task::Poll::Ready(Fault::Ambiguous));
}

mod without_prelude {
    #![no_implicit_prelude]

    pub(super) fn of_marked(error: &super::Marked) -> crate::Fault {
        super::Probe::new(error).__retry_fault()
    }

    pub(super) fn of_boxed(error: &::alloc::boxed::Box<super::ErasedBoth>) -> crate::Fault {
        super::Probe::new(error).__retry_fault()
    }

    pub(super) fn of_plain(error: &super::Plain) -> crate::Fault {
        super::Probe::new(error).__retry_fault()
    }
}

#[test]
fn no_prelude_is_needed() {
    let boxed: Box<ErasedBoth> = Box::new(transient(permanent("e")));
    assert_eq!(without_prelude::of_marked(&permanent("e")), Fault::Permanent);
    assert_eq!(without_prelude::of_boxed(&boxed), Fault::Transient);
    assert_eq!(without_prelude::of_plain(&Plain), Fault::Transient);
}
