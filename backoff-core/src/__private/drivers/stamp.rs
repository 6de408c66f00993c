//! The time of a call that nothing but a feature asks for.

use std::time::Instant;

use super::Mode;
#[cfg(any(feature = "tracing", feature = "metrics"))]
use crate::clock::Clock as _;
use crate::drive::trial::Trial;
use crate::observe::Elapsed;

/// When a call started, or first failed: kept only where a feature wants to tell.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stamp {
    #[cfg(any(feature = "tracing", feature = "metrics"))]
    at: Option<Instant>,
}

impl Stamp {
    #[inline]
    #[cfg_attr(
        not(feature = "metrics"),
        expect(clippy::extra_unused_type_parameters, reason = "nothing asks for time")
    )]
    pub(super) fn start<M: Mode>() -> Self {
        Self {
            #[cfg(feature = "metrics")]
            at: Some(M::CLOCK.now()),
            #[cfg(all(feature = "tracing", not(feature = "metrics")))]
            at: None,
        }
    }

    /// Returns when the call started, where that is known.
    #[cfg_attr(not(feature = "metrics"), expect(clippy::unused_self, reason = "nothing asked for time"))]
    #[cfg_attr(not(feature = "overrides"), allow(dead_code, reason = "only an override asks"))]
    pub(super) fn started(self) -> Option<Instant> {
        #[cfg(feature = "metrics")]
        return self.at;
        #[cfg(not(feature = "metrics"))]
        None
    }

    /// Returns the time of the call for those who watch.
    #[cfg_attr(
        not(any(feature = "tracing", feature = "metrics")),
        expect(clippy::extra_unused_type_parameters, clippy::unused_self, reason = "nothing asks for time")
    )]
    pub(super) fn elapsed<M: Mode>(&mut self, trial: Trial) -> Elapsed {
        #[cfg(any(feature = "tracing", feature = "metrics"))]
        {
            let at = *self.at.get_or_insert_with(|| M::CLOCK.now());
            let time = trial.total(M::CLOCK.elapsed(at));
            if cfg!(feature = "metrics") { Elapsed::SinceStart(time) } else { Elapsed::SinceFirstFailure(time) }
        }
        #[cfg(not(any(feature = "tracing", feature = "metrics")))]
        {
            let _ = trial;
            Elapsed::Unknown
        }
    }
}
