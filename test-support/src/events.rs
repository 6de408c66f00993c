//! A subscriber of `tracing` for the events of the library.

use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Runs a closure at each event of the library, up to a level.
#[derive(Clone, Copy, Debug)]
pub struct Events<F> {
    max_level: LevelFilter,
    at_event: F,
}

impl<F: Fn(&Event<'_>)> Events<F> {
    /// Receives events of all levels.
    pub const fn all(at_event: F) -> Self {
        Self::up_to(LevelFilter::TRACE, at_event)
    }

    /// Receives events of this level and of less detailed ones.
    pub const fn up_to(max_level: LevelFilter, at_event: F) -> Self {
        Self { max_level, at_event }
    }
}

impl<F: Fn(&Event<'_>) + 'static> Subscriber for Events<F> {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "backoff_core" && *metadata.level() <= self.max_level
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.max_level)
    }

    fn event(&self, event: &Event<'_>) {
        (self.at_event)(event);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}
