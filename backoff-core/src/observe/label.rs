//! The label of an event: the name or the call site of its call.

use super::Level;

/// The name or the call site of a call, for its events.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Label {
    /// The name of a call that has no call site; empty if it has no name.
    name: &'static str,
    pub(crate) site: Site,
}

/// The call site that counts the events, if the call has one.
#[cfg(feature = "std")]
pub(crate) type Site = Option<&'static crate::CallSite>;
/// Always `None`, because without `std` there are no call sites.
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

    /// Returns the name and the level of a scheduled retry.
    pub(crate) fn name_and_level(self) -> (&'static str, Level) {
        #[cfg(feature = "std")]
        if let Some(site) = self.site {
            return (site.name(), site.level());
        }
        (self.name, Level::Debug)
    }

    /// Counts a success at the first attempt if the feature `metrics` is enabled.
    #[inline]
    pub(crate) fn count_first_success(self, elapsed: Option<core::time::Duration>) {
        #[cfg(feature = "metrics")]
        super::publish::count_success(|| match self.site {
            Some(site) => site.success_keys().count(elapsed),
            None => super::metrics::count_success_of(self.name, elapsed),
        });
        #[cfg(not(feature = "metrics"))]
        let _ = (self, elapsed);
    }
}
