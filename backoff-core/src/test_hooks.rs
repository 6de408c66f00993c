//! Interface between calls and tests: the changes of the feature `testing` to the environment of a call.
//!
//! Clock, sleepers and drivers call these hooks; the module `testing` sets them. Without the feature, they are
//! constants.

#[cfg(not(feature = "testing"))]
mod disabled;
#[cfg(feature = "testing")]
pub(crate) mod layers;
#[cfg(all(feature = "testing", feature = "_runtime"))]
mod virtual_sleep;
#[cfg(feature = "testing")]
pub(crate) mod virtual_time;

#[cfg(not(feature = "testing"))]
pub(crate) use self::disabled::*;
#[cfg(feature = "testing")]
pub(crate) use self::layers::*;
#[cfg(all(feature = "testing", feature = "_runtime"))]
pub(crate) use self::virtual_sleep::MaybeVirtual;
#[cfg(all(feature = "testing", feature = "async"))]
pub(crate) use self::virtual_time::poll_without_waiting;
