//! No history, because there is no clock, or no atomic for it.

/// A moment that no clock has read.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Moment;

impl Moment {
    pub(in super::super) const fn now() -> Self {
        Self
    }
}

#[derive(Debug)]
pub(in super::super) struct History;

#[expect(clippy::unused_self, reason = "a history with a clock has a state")]
impl History {
    pub(in super::super) const IS_KEPT: bool = false;

    pub(in super::super) const fn new() -> Self {
        Self
    }

    /// Does nothing.
    pub(in super::super) const fn success(&self, _: u32) {}

    /// Returns enough for the largest capacity.
    pub(in super::super) const fn successes(&self, _: Moment) -> u32 {
        u32::MAX
    }
}
