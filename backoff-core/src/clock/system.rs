//! The clocks of the system: the standard library's, or those of a web page.
//!
//! The standard library has no clock on `wasm32-unknown-unknown`. With the feature `web` the page's clocks replace it.

pub(crate) use self::platform::*;

#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
mod platform {
    pub(crate) use std::time::Instant;

    /// Reads the system's monotonic clock.
    #[inline]
    pub(crate) fn system_now() -> Instant {
        Instant::now()
    }

    /// Reads the calendar, for dates that a server sends.
    #[cfg(feature = "http-1")]
    pub(crate) fn calendar_now() -> std::time::SystemTime {
        std::time::SystemTime::now()
    }
}

#[cfg(all(feature = "web", target_family = "wasm", target_os = "unknown"))]
mod platform {
    pub(crate) use web_time::Instant;

    /// Reads the page's monotonic clock.
    #[inline]
    pub(crate) fn system_now() -> Instant {
        Instant::now()
    }

    /// Reads the page's calendar, for dates that a server sends.
    #[cfg(feature = "http-1")]
    pub(crate) fn calendar_now() -> std::time::SystemTime {
        use web_time::web::SystemTimeExt as _;

        web_time::SystemTime::now().to_std()
    }
}

// The names of the functions that panic are part of the explanation: a page shows the stack of a panic, and not its
// message.
#[cfg(all(not(feature = "web"), target_family = "wasm", target_os = "unknown"))]
mod platform {
    pub(crate) use std::time::Instant;

    #[cfg(feature = "http-1")]
    pub(crate) use self::enable_feature_web as calendar_now;
    pub(crate) use self::enable_feature_web_or_give_clock as system_now;

    #[cold]
    #[inline(never)]
    pub(crate) fn enable_feature_web_or_give_clock() -> Instant {
        panic!(
            "there is no clock on `wasm32-unknown-unknown`; enable the feature `web` of `backoff-core`, or give a `clock`"
        )
    }

    #[cfg(feature = "http-1")]
    #[cold]
    #[inline(never)]
    pub(crate) fn enable_feature_web() -> std::time::SystemTime {
        panic!("there is no calendar on `wasm32-unknown-unknown`; enable the feature `web` of `backoff-core`")
    }
}
