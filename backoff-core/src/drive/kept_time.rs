//! Times that only some calls keep: the type says which.

use core::time::Duration;

/// A time that a call keeps, [`Duration`], or that nothing needs, `()`.
pub trait KeptTime: Copy {
    /// `true` for a time that is kept.
    const IS_KEPT: bool;

    #[doc(hidden)]
    fn of(time: Duration) -> Self;

    /// Returns the time; zero if it is not kept.
    #[doc(hidden)]
    fn time(self) -> Duration;
}

impl KeptTime for () {
    const IS_KEPT: bool = false;

    #[inline]
    fn of(_: Duration) {}

    #[inline]
    fn time(self) -> Duration {
        Duration::ZERO
    }
}

impl KeptTime for Duration {
    const IS_KEPT: bool = true;

    #[inline]
    fn of(time: Duration) -> Self {
        time
    }

    #[inline]
    fn time(self) -> Duration {
        self
    }
}
