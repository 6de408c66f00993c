//! The server of the fleet: one queue, a fixed time for each request, and an outage.

use std::time::Duration;

use crate::engine::{Instant, SECOND, from_seconds, span};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The server stops, and requests queue up.
    Stall,
    /// The server answers every request with an error at once.
    Refuse,
}

#[derive(Clone, Copy, Debug)]
pub struct Outage {
    pub kind: Kind,
    pub starts: Duration,
    pub lasts: Duration,
}

impl Outage {
    pub fn start(&self) -> Instant {
        span(self.starts)
    }

    pub fn end(&self) -> Instant {
        span(self.starts).saturating_add(span(self.lasts))
    }
}

/// Serves in the order of arrival. Requests that the client has given up are still served, because the server cannot
/// know.
pub struct Server {
    service: Instant,
    /// The largest amount of work that waits; requests beyond it are refused.
    bound: Instant,
    outage: Outage,
    /// The time at which all accepted work will be done.
    free_at: Instant,
}

impl Server {
    /// Returns an idle server for `capacity` requests a second.
    pub fn new(capacity: f64, bound: Duration, outage: Outage) -> Self {
        Self { service: from_seconds(1.0 / capacity), bound: span(bound), outage, free_at: 0 }
    }

    /// Returns the time at which the response to a request that arrives now leaves the server; `None` when the request
    /// is refused.
    ///
    /// The simulation contains the end of the outage, so the time is final at once.
    pub fn accept(&mut self, now: Instant) -> Option<Instant> {
        let is_out = (self.outage.start()..self.outage.end()).contains(&now);
        let is_refused = match self.outage.kind {
            Kind::Refuse => is_out || self.waiting(now) + self.service > self.bound,
            Kind::Stall => self.waiting(now) + self.service > self.bound,
        };
        if is_refused {
            return None;
        }
        let start = self.free_at.max(now);
        let stops = self.outage.kind == Kind::Stall && self.outage.end() > start;
        self.free_at = match self.outage.start() {
            outage if stops && outage < start + self.service => self.outage.end().max(start) + self.left_at(start),
            _ => start + self.service,
        };
        Some(self.free_at)
    }

    /// The remaining part of the service when the outage begins; all of it for a request that starts during the outage.
    fn left_at(&self, start: Instant) -> Instant {
        self.service - self.outage.start().saturating_sub(start).min(self.service)
    }

    /// Returns the waiting work, without the time of a stall.
    fn waiting(&self, now: Instant) -> Instant {
        let until = self.free_at.max(now);
        let idle = match self.outage.kind {
            Kind::Stall => self.outage.end().min(until).saturating_sub(self.outage.start().max(now)),
            Kind::Refuse => 0,
        };
        until - now - idle
    }
}

/// Returns the second of the run that contains an instant.
pub fn second(at: Instant) -> usize {
    usize::try_from(at / SECOND).unwrap_or(usize::MAX)
}
