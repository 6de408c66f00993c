//! Which call an event belongs to.

use super::Level;

/// The identity of a call in its events: its name, or its call site.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Label {
    /// The name of a call that has no call site; empty without one.
    name: &'static str,
    pub(crate) site: Site,
}

/// The call site that counts the events, where there is one.
#[cfg(feature = "std")]
pub(crate) type Site = Option<&'static crate::CallSite>;
/// Without `std` there are no call sites.
#[cfg(not(feature = "std"))]
pub(crate) type Site = Option<core::convert::Infallible>;

impl Label {
    /// Returns the label of a call without a call site.
    pub(crate) const fn named(name: &'static str) -> Self {
        Self { name, site: None }
    }

    /// Returns the label of an annotated function.
    #[cfg(feature = "std")]
    pub(crate) const fn of(site: &'static crate::CallSite) -> Self {
        Self { name: "", site: Some(site) }
    }

    /// Returns the name, and the level of a scheduled retry.
    pub(crate) fn name_and_level(self) -> (&'static str, Level) {
        #[cfg(feature = "std")]
        if let Some(site) = self.site {
            return (site.name(), site.level());
        }
        (self.name, Level::Debug)
    }

    /// Counts a success at the first attempt, where the feature `metrics` wants it.
    #[inline]
    pub(crate) fn succeeded_at_once(self, elapsed: Option<core::time::Duration>) {
        #[cfg(feature = "metrics")]
        super::publish::count_success(|| match self.site {
            Some(site) => site.success_keys().count(elapsed),
            None => super::metrics::SuccessKeys::of(self.name).count(elapsed),
        });
        #[cfg(not(feature = "metrics"))]
        let _ = (self, elapsed);
    }
}
