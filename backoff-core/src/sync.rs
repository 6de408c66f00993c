//! The atomics, locks and statics that threads share: the standard library's, and in a model those of loom.
//!
//! `RUSTFLAGS="--cfg loom"` makes every unit test a model of loom's; the modules named `model` hold those, and only they run then.

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

/// A static; in a model one that each run of it makes anew, because loom's types cannot be made in a constant.
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

/// A function that is `const`, but not in a model.
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
