//! Atomics, locks and statics that threads share. They are the standard library's, or loom's in a loom model.
//!
//! With `RUSTFLAGS="--cfg loom"` every unit test is a loom model. The modules named `model` contain these models, and
//! only they run then.

mod counter;

pub(crate) use self::counter::Counter;
#[cfg(not(all(test, loom)))]
pub(crate) use std::sync::{Condvar, Mutex, MutexGuard, atomic};

#[cfg(all(test, loom))]
pub(crate) use loom::sync::{Condvar, Mutex, MutexGuard, atomic};

#[cfg(all(feature = "overrides", not(all(test, loom))))]
pub(crate) use std::sync::RwLock;

#[cfg(all(feature = "overrides", test, loom))]
pub(crate) use loom::sync::RwLock;

/// A static. In a loom model each run creates it again, because loom's types cannot be created in a constant.
macro_rules! shared_static {
    ($(#[$doc:meta])* static $name:ident: $ty:ty = $value:expr;) => {
        #[cfg(not(all(test, loom)))]
        $(#[$doc])*
        static $name: $ty = $value;

        #[cfg(all(test, loom))]
        ::loom::lazy_static! {
            $(#[$doc])*
            static ref $name: $ty = $value;
        }
    };
}

/// A function that is `const`, except in a loom model.
macro_rules! const_fn {
    ($(#[$attribute:meta])* $vis:vis fn $name:ident($($argument:ident: $ty:ty),* $(,)?) -> $output:ty $body:block) => {
        #[cfg(not(all(test, loom)))]
        $(#[$attribute])*
        $vis const fn $name($($argument: $ty),*) -> $output $body

        #[cfg(all(test, loom))]
        $(#[$attribute])*
        $vis fn $name($($argument: $ty),*) -> $output $body
    };
}

pub(crate) use {const_fn, shared_static};
