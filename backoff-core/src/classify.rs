//! Classification of errors: may the operation be repeated, and when?
//!
//! A [`Fault`] comes from one of three places, listed from the most to the least exact:
//!
//! * The error's own type implements [`Classify`], manually or by `#[derive(Classify)]`.
//! * The code that creates the error adds a mark such as [`permanent`] or [`retry_after`]. A mark is found in the
//!   source chain of every error, `anyhow::Error` and `Box<dyn Error>` included.
//! * The code that retries passes `when` with a closure, or with a function of this module, such as `classify::io`, or
//!   [`chain`](fn@chain) for errors of any type.
//!
//! # Why functions and not impls for foreign types
//!
//! An `impl Classify for std::io::Error` would decide for everybody. If a feature enabled it, a distant dependency
//! could turn that feature on, and so change which errors another service retries. A function decides only where it is
//! used: `when = classify::io`.
//!
//! # Which errors are retried by default
//!
//! `#[retry]` without `when` uses the first of these that the error's type has: its own [`Classify`]; the marks in the
//! chain of an [`Error`](core::error::Error); the marks in the error that it dereferences to (`anyhow::Error`,
//! `Box<dyn Error>`, `Rc<MyError>`). An error that none of them classifies is transient. In a generic function only the
//! bounds count: `E: Error` searches for marks, even if the caller's type is `Classify`.
//!
//! # Examples
//!
//! ```
//! use backoff_core::{Classify, Fault, classify};
//! use std::error::Error;
//!
//! fn parse(text: &str) -> Result<u8, Box<dyn Error + Send + Sync>> {
//!     // A text that is not a number stays one; another attempt cannot cure it.
//!     Ok(text.parse().map_err(classify::permanent)?)
//! }
//!
//! let error = parse("seven").unwrap_err();
//! assert_eq!(classify::marks(&*error), Some(Fault::Permanent));
//! ```
#![doc = include_str!("classify/recipes.md")]
#[cfg(feature = "alloc")]
use alloc::boxed::Box;
#[cfg(feature = "alloc")]
use alloc::rc::Rc;
#[cfg(all(feature = "alloc", target_has_atomic = "ptr"))]
use alloc::sync::Arc;

use crate::Fault;

mod chain;
#[cfg(feature = "http-1")]
mod http;
#[cfg(feature = "std")]
mod io;
#[cfg(feature = "alloc")]
mod marked;
mod marks;
mod probe;
mod push_back;
#[cfg(feature = "reqwest-0-13")]
mod reqwest;
#[cfg(feature = "http-1")]
mod retry_after;

#[cfg(all(feature = "tower-0-5", feature = "http-1"))]
pub(crate) use self::chain::known_in;
pub use self::chain::{AsDynError, chain};
#[cfg(feature = "http-1")]
#[cfg_attr(docsrs, doc(cfg(feature = "http-1")))]
pub use self::http::{HttpError, check_http, http};
#[cfg(feature = "std")]
#[cfg_attr(docsrs, doc(cfg(feature = "std")))]
pub use self::io::io;
#[cfg(feature = "alloc")]
#[cfg_attr(docsrs, doc(cfg(feature = "alloc")))]
pub use self::marked::{Marked, ambiguous, mark, permanent, retry_after, transient};
pub use self::marks::{ErrorChain, marked, marks};
#[doc(hidden)]
pub use self::probe::Probe;
#[doc(hidden)]
pub use self::push_back::{ambiguous_push_back, push_back};
#[cfg(feature = "reqwest-0-13")]
#[cfg_attr(docsrs, doc(cfg(feature = "reqwest-0-13")))]
pub use self::reqwest::{check_reqwest, reqwest};
#[cfg(feature = "http-1")]
#[cfg_attr(docsrs, doc(cfg(feature = "http-1")))]
pub use self::retry_after::parse_retry_after;

/// An error that classifies itself as transient, ambiguous or permanent.
///
/// Implement it for the errors of your crate, manually or with `#[derive(Classify)]` (feature `macros`). For the errors
/// of other crates write a function and pass it to `when`.
///
/// References, `Box`, `Rc` and `Arc` of such an error return the classification of the error inside.
///
/// # Examples
///
/// ```
/// use backoff_core::{Classify, Fault};
/// use std::time::Duration;
///
/// enum QueueError {
///     Full { free_in: Duration },
///     Closed,
/// }
///
/// impl Classify for QueueError {
///     fn classify(&self) -> Fault {
///         match self {
///             Self::Full { free_in } => Fault::PushBack(*free_in),
///             Self::Closed => Fault::Permanent,
///         }
///     }
/// }
///
/// let full = QueueError::Full { free_in: Duration::from_secs(2) };
/// assert_eq!(full.classify(), Fault::PushBack(Duration::from_secs(2)));
/// assert_eq!(Box::new(QueueError::Closed).classify(), Fault::Permanent);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say what it means for retrying",
    label = "no `Classify`",
    note = "derive or implement `backoff_core::Classify` for it; in a derive, `#[classify(with = path)]` asks a function in its place, and a \
            mark such as `#[transient]` asks nobody"
)]
pub trait Classify {
    /// Returns the fault: whether another attempt could end differently, and when it may start.
    ///
    /// Called once per failed attempt, before any delay; it should neither block nor fail.
    fn classify(&self) -> Fault;
}

/// Returns the fault itself, so an error may carry a fault in a field marked `#[classify(source)]`.
impl Classify for Fault {
    fn classify(&self) -> Fault {
        *self
    }
}

impl<E: Classify + ?Sized> Classify for &E {
    fn classify(&self) -> Fault {
        E::classify(self)
    }
}

#[cfg(feature = "alloc")]
impl<E: Classify + ?Sized> Classify for Box<E> {
    fn classify(&self) -> Fault {
        E::classify(self)
    }
}

#[cfg(feature = "alloc")]
impl<E: Classify + ?Sized> Classify for Rc<E> {
    fn classify(&self) -> Fault {
        E::classify(self)
    }
}

#[cfg(all(feature = "alloc", target_has_atomic = "ptr"))]
impl<E: Classify + ?Sized> Classify for Arc<E> {
    fn classify(&self) -> Fault {
        E::classify(self)
    }
}

#[cfg(test)]
mod tests {
    use alloc::boxed::Box;
    use alloc::rc::Rc;
    use alloc::sync::Arc;

    use super::Classify;
    use crate::Fault;

    struct Closed;

    impl Classify for Closed {
        fn classify(&self) -> Fault {
            Fault::Permanent
        }
    }

    fn ask<E: Classify>(error: E) -> Fault {
        error.classify()
    }

    #[test]
    fn pointers_ask_the_error_inside() {
        assert_eq!(ask(&Closed), Fault::Permanent);
        assert_eq!(ask(Box::new(&Closed)), Fault::Permanent);
        assert_eq!(ask(Box::new(Closed)), Fault::Permanent);
        assert_eq!(ask(Rc::new(Closed)), Fault::Permanent);
        assert_eq!(ask(Arc::new(Closed)), Fault::Permanent);
        assert_eq!(ask(Box::new(Closed) as Box<dyn Classify>), Fault::Permanent);
    }

    #[test]
    fn a_fault_is_its_own_classification() {
        assert_eq!(ask(Fault::Ambiguous), Fault::Ambiguous);
    }
}
