//! One error for `#[retry]` on an async function if a feature is missing.
//!
//! The functions that an async expansion calls exist with every set of features, so a missing feature does not cause a
//! dozen errors about missing names. Instead, the macro below stops the build, and its message names the feature to
//! enable.

pub use self::sleeper::AsyncSleeper;

/// A feature brings an async sleeper for this target.
#[cfg(any(
    all(any(feature = "tokio", feature = "async-io"), not(all(target_family = "wasm", target_os = "unknown"))),
    all(feature = "web", target_family = "wasm", target_os = "unknown")
))]
mod sleeper {
    pub use crate::sleep::DefaultSleeper as AsyncSleeper;

    /// Checks the features that an async function needs: `runtime` if it sets no sleeper, `driver` if it sets one.
    #[doc(hidden)]
    #[macro_export]
    macro_rules! __retry_needs {
        ($what:ident) => {};
    }
}

/// The state of a target for which no enabled feature has an async sleeper.
#[cfg(not(any(
    all(any(feature = "tokio", feature = "async-io"), not(all(target_family = "wasm", target_os = "unknown"))),
    all(feature = "web", target_family = "wasm", target_os = "unknown")
)))]
mod sleeper {
    /// Placeholder for the missing sleeper. The macro below has stopped the build.
    #[derive(Clone, Copy, Debug)]
    pub struct AsyncSleeper;

    #[diagnostic::do_not_recommend]
    impl crate::Sleeper for AsyncSleeper {
        type Sleep = core::future::Ready<()>;

        fn sleep(&self, _: core::time::Duration) -> Self::Sleep {
            core::future::ready(())
        }
    }

    /// Checks the features that an async function needs: `runtime` if it sets no sleeper, `driver` if it sets one.
    #[cfg(all(feature = "async", not(all(target_family = "wasm", target_os = "unknown"))))]
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

    /// Checks the features that an async function needs: `runtime` if it sets no sleeper, `driver` if it sets one.
    #[cfg(all(feature = "async", target_family = "wasm", target_os = "unknown"))]
    #[doc(hidden)]
    #[macro_export]
    macro_rules! __retry_needs {
        (driver) => {};
        (runtime) => {
            ::core::compile_error!(
                "`#[retry]` on an async function needs a sleeper; enable the feature `web` of `backoff-core`, \
                 or name one such as `sleep = my_sleeper`"
            );
        };
    }

    /// Checks the features that an async function needs: `runtime` if it sets no sleeper, `driver` if it sets one.
    #[cfg(all(not(feature = "async"), not(all(target_family = "wasm", target_os = "unknown"))))]
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

    /// Checks the features that an async function needs: `runtime` if it sets no sleeper, `driver` if it sets one.
    #[cfg(all(not(feature = "async"), target_family = "wasm", target_os = "unknown"))]
    #[doc(hidden)]
    #[macro_export]
    macro_rules! __retry_needs {
        (driver) => {
            ::core::compile_error!("`#[retry]` on an async function needs a feature of `backoff-core`; enable `async`");
        };
        (runtime) => {
            ::core::compile_error!(
                "`#[retry]` on an async function needs a sleeper; enable the feature `web` of `backoff-core`"
            );
        };
    }
}
