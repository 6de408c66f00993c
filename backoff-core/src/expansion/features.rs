//! One error for `#[retry]` on an async function that lacks a feature.
//!
//! The functions that an async expansion calls exist with every set of features, so that a missing one is not reported as
//! a dozen missing names. What stops the build is the macro below, and it says which feature to enable.

#[cfg(feature = "_runtime")]
pub use crate::sleep::DefaultSleeper as AsyncSleeper;

/// Stands in for the sleeper that is missing; the macro below has stopped the build.
#[cfg(not(feature = "_runtime"))]
#[derive(Clone, Copy, Debug)]
pub struct AsyncSleeper;

#[cfg(not(feature = "_runtime"))]
#[diagnostic::do_not_recommend]
impl crate::Sleeper for AsyncSleeper {
    type Sleep = core::future::Ready<()>;

    fn sleep(&self, _: core::time::Duration) -> Self::Sleep {
        core::future::ready(())
    }
}

/// Asks for what an async function needs: `runtime` when it names no sleeper, `driver` when it does.
#[cfg(feature = "_runtime")]
#[doc(hidden)]
#[macro_export]
macro_rules! __retry_needs {
    ($what:ident) => {};
}

/// Asks for what an async function needs: `runtime` when it names no sleeper, `driver` when it does.
#[cfg(all(feature = "async", not(feature = "_runtime")))]
#[doc(hidden)]
#[macro_export]
macro_rules! __retry_needs {
    (driver) => {};
    (runtime) => {
        ::core::compile_error!(
            "`#[retry]` on an async function needs a sleeper; enable the feature `tokio` or `async-io` of `backoff-core`, \
             or name one such as `sleep = my_sleeper`"
        );
    };
}

/// Asks for what an async function needs: `runtime` when it names no sleeper, `driver` when it does.
#[cfg(not(feature = "async"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __retry_needs {
    (driver) => {
        ::core::compile_error!(
            "`#[retry]` on an async function needs a feature of `backoff-core`; enable `async`"
        );
    };
    (runtime) => {
        ::core::compile_error!(
            "`#[retry]` on an async function needs a sleeper; enable the feature `tokio` or `async-io` of `backoff-core`"
        );
    };
}
