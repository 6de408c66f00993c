//! The history of a target that has no clock, or no atomic for it: none is kept.

/// A moment that no clock has read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment;

impl Moment {
    pub(crate) const fn now() -> Self {
        Self
    }
}

#[derive(Debug)]
pub(crate) struct History;

#[expect(clippy::unused_self, reason = "a history with a clock has a state")]
impl History {
    pub(crate) const IS_KEPT: bool = false;

    pub(crate) const fn new() -> Self {
        Self
    }

    /// Does nothing.
    pub(crate) const fn success(&self, _: u32) {}

    /// Returns enough for the largest capacity.
    pub(crate) const fn successes(&self, _: Moment) -> u32 {
        u32::MAX
    }
}
