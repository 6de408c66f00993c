//! Places where a mark is found, and places where it is not.
use alloc::boxed::Box;
use alloc::format;
use alloc::rc::Rc;
use alloc::string::ToString;
use alloc::sync::Arc;
use core::error::Error;
use core::fmt;
use core::time::Duration;

use super::{Note, marked, marks};
use crate::classify::{Marked, ambiguous, mark, permanent, retry_after, transient};
use crate::{Classify, Fault};

#[derive(Debug)]
struct Outer<E>(E);

impl<E> fmt::Display for Outer<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("outer")
    }
}

impl<E: Error + 'static> Error for Outer<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

/// An error that borrows, so that a box of it cannot be `'static`.
#[derive(Debug)]
struct Borrowing<'a>(&'a str, Option<Marked>);

impl fmt::Display for Borrowing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Error for Borrowing<'_> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.1.as_ref().map(|marked| marked as _)
    }
}

#[test]
fn every_constructor_puts_its_fault_on_the_error() {
    let second = Duration::from_secs(1);
    assert_eq!(permanent("e").fault(), Fault::Permanent);
    assert_eq!(transient("e").fault(), Fault::Transient);
    assert_eq!(ambiguous("e").fault(), Fault::Ambiguous);
    for delay in [second, Duration::MAX] {
        assert_eq!(retry_after(delay, "e").fault(), Fault::PushBack(delay));
        assert_eq!(mark(Fault::Ambiguous.with_not_before(delay), "e").fault(), Fault::AmbiguousPushBack(delay));
    }
    assert_eq!(retry_after(Duration::ZERO, "e").fault(), Fault::Transient);
    assert_eq!(mark(Fault::Ambiguous, "e").classify(), Fault::Ambiguous);
}

#[test]
fn a_marked_error_shows_and_sources_as_the_error_inside() {
    let marked = permanent(Outer(fmt::Error));
    assert_eq!(marked.to_string(), "outer");
    assert_eq!(format!("{marked:>7}"), format!("{:>7}", Outer(fmt::Error)));
    assert!(marked.source().is_some_and(<dyn Error>::is::<fmt::Error>));
    assert!(marked.get_ref().is::<Outer<fmt::Error>>());
    assert_eq!(format!("{marked:?}"), "Marked { fault: Permanent, error: Outer(Error) }");
    assert!(marked.into_inner().downcast::<Outer<fmt::Error>>().is_ok());
}

#[test]
fn an_error_chain_prints_a_marked_error_once() {
    let error = anyhow::Error::new(permanent(Outer(fmt::Error))).context("context");
    let fmt_error = fmt::Error.to_string();
    assert_eq!(format!("{error:#}"), format!("context: outer: {fmt_error}"));
}

#[test]
fn the_outermost_mark_wins() {
    assert_eq!(marks(&Outer(transient(permanent("e")))), Some(Fault::Transient));
    assert_eq!(marks(&permanent(Outer(transient("e")))), Some(Fault::Permanent));
    assert_eq!(marks(&Outer(Outer(permanent(Outer(transient("e")))))), Some(Fault::Permanent));
}

#[test]
fn an_error_without_a_mark_has_none() {
    assert_eq!(marks(&fmt::Error), None);
    assert_eq!(marks(&Outer(Outer(fmt::Error))), None);
    assert_eq!(marks(&*anyhow::anyhow!("e").context("c")), None);
}

#[test]
fn boxes_and_shared_errors_are_searched() {
    let plain: Box<dyn Error> = permanent("e").into();
    let send: Box<dyn Error + Send> = Box::new(permanent("e"));
    let both: Box<dyn Error + Send + Sync> = permanent("e").into();
    let nested: Box<dyn Error> = Box::new(Arc::new(permanent("e")));
    let shared: Arc<dyn Error> = Arc::new(Outer(permanent("e")));
    let counted: Rc<dyn Error> = Rc::new(permanent("e"));
    for error in [&*plain, &*send, &*both, &*nested, &*shared, &*counted, &shared] {
        assert_eq!(marks(error), Some(Fault::Permanent));
    }
}

#[test]
fn anyhow_errors_are_searched_at_every_depth() {
    let direct = anyhow::Error::new(permanent("e"));
    assert_eq!(marks(&*direct), Some(Fault::Permanent));
    let deep = direct.context("one").context("two");
    assert_eq!(marks(&*deep), Some(Fault::Permanent));
    let boxed: Box<dyn Error + Send + Sync> = deep.into();
    assert_eq!(marks(&*boxed), Some(Fault::Permanent));
}

#[test]
fn an_anyhow_error_can_be_marked() {
    let error = permanent(anyhow::anyhow!("inside").context("outside"));
    assert_eq!(error.to_string(), "outside");
    assert_eq!(marks(&error), Some(Fault::Permanent));
}

#[test]
fn a_box_that_borrows_is_searched_itself_and_in_its_chain() {
    fn itself<'a>(_: &'a str) -> Box<dyn Error + 'a> {
        Box::new(permanent("e"))
    }

    let text = "borrowed".to_string();
    let chain: Box<dyn Error + '_> = Box::new(Borrowing(&text, Some(permanent("e"))));
    assert_eq!(marks(&*chain), Some(Fault::Permanent));
    let none: Box<dyn Error + '_> = Box::new(Borrowing(&text, None));
    assert_eq!(marks(&*none), None);
    assert_eq!(marks(&*itself(&text)), Some(Fault::Permanent));
}

#[cfg(feature = "std")]
#[test]
fn the_payload_of_an_io_error_is_searched() {
    use std::io;

    let delay = Duration::from_millis(5);
    assert_eq!(marks(&io::Error::other(retry_after(delay, "e"))), Some(Fault::PushBack(delay)));
    assert_eq!(marks(&io::Error::other(Outer(permanent("e")))), Some(Fault::Permanent));
    assert_eq!(marks(&io::Error::other(io::Error::other(permanent("e")))), Some(Fault::Permanent));
    assert_eq!(marks(&Outer(io::Error::other(permanent("e")))), Some(Fault::Permanent));
    assert_eq!(marks(&io::Error::other("e")), None);
    assert_eq!(marks(&io::Error::from(io::ErrorKind::NotFound)), None);
    assert_eq!(marks(&io::Error::from_raw_os_error(2)), None);
}

#[test]
fn an_error_that_shows_itself_as_the_inner_one_hides_a_mark_on_it() {
    let transparent: Box<dyn Error + Send + Sync> = anyhow::Error::new(permanent("e")).into();
    assert_eq!(marks(&*transparent), None);
}

#[test]
fn marked_is_a_classifier_for_typed_and_for_erased_errors() {
    fn when<E, F: Into<Fault>>(error: &E, classifier: impl Fn(&E) -> F) -> Fault {
        classifier(error).into()
    }
    let plain: Box<dyn Error> = permanent("e").into();
    let send: Box<dyn Error + Send> = Box::new(permanent("e"));
    let both: Box<dyn Error + Send + Sync> = permanent("e").into();
    assert_eq!(when(&plain, marked), Fault::Permanent);
    assert_eq!(when(&send, marked), Fault::Permanent);
    assert_eq!(when(&both, marked), Fault::Permanent);
    assert_eq!(when(&anyhow::Error::new(permanent("e")), marked), Fault::Permanent);
    assert_eq!(when(&Outer(permanent("e")), marked), Fault::Permanent);
    assert_eq!(when(&fmt::Error, marked), Fault::Transient);
}

#[test]
fn a_marked_error_is_send_and_sync_and_small() {
    fn assert_send_sync<T: Send + Sync + 'static>() {}
    assert_send_sync::<Marked>();
    assert!(size_of::<Marked>() <= size_of::<Fault>() + 2 * size_of::<usize>());
}

#[test]
fn a_note_shows_its_fault_to_whoever_walks_into_it() {
    let note = Note::new(Fault::Permanent);
    assert_eq!(format!("{note}: {note:?}"), "marked as permanent: Permanent");
    assert_eq!(note.source().unwrap().to_string(), "marked as permanent");
}
