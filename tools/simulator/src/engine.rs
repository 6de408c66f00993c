//! Virtual time: a queue of events, and the random numbers of one run.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::time::Duration;

use backoff_core::Random;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng as _, SeedableRng as _};

/// An instant, in nanoseconds since the start of the run.
pub type Instant = u64;

pub const SECOND: Instant = 1_000_000_000;

/// Converts a duration to a span of virtual time; one that does not fit becomes a span that no run reaches.
pub fn span(duration: Duration) -> Instant {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX / 4)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "spans are positive and below a century")]
pub fn from_seconds(seconds: f64) -> Instant {
    (seconds.max(0.0) * 1e9) as Instant
}

#[expect(clippy::cast_precision_loss, reason = "runs are shorter than 100 days, where f64 still counts nanoseconds")]
pub fn seconds(span: Instant) -> f64 {
    span as f64 / 1e9
}

/// Events in the order of their time; those of the same instant are in insertion order.
pub struct Queue<E> {
    events: BinaryHeap<Reverse<Entry<E>>>,
    added: u64,
    now: Instant,
}

struct Entry<E> {
    at: Instant,
    number: u64,
    event: E,
}

impl<E> Queue<E> {
    pub fn new() -> Self {
        Self { events: BinaryHeap::new(), added: 0, now: 0 }
    }

    pub fn now(&self) -> Instant {
        self.now
    }

    pub fn add(&mut self, at: Instant, event: E) {
        self.events.push(Reverse(Entry { at, number: self.added, event }));
        self.added += 1;
    }

    pub fn after(&mut self, delay: Instant, event: E) {
        self.add(self.now.saturating_add(delay), event);
    }

    /// Returns the next event, and moves the time to it.
    pub fn next(&mut self) -> Option<E> {
        let Reverse(entry) = self.events.pop()?;
        self.now = entry.at;
        Some(entry.event)
    }
}

impl<E> Entry<E> {
    fn key(&self) -> (Instant, u64) {
        (self.at, self.number)
    }
}

impl<E> Ord for Entry<E> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl<E> PartialOrd for Entry<E> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> PartialEq for Entry<E> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl<E> Eq for Entry<E> {}

/// The random numbers of one run: the same seed repeats it, on every machine.
pub struct Dice(Xoshiro256PlusPlus);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    /// Returns a number from 0 (included) to 1 (not included).
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
    pub fn fraction(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub fn chance(&mut self, probability: f64) -> bool {
        self.fraction() < probability
    }

    /// Returns one of `0..count`.
    pub fn below(&mut self, count: u32) -> u32 {
        let wide = u64::from(self.0.next_u32()) * u64::from(count);
        u32::try_from(wide >> 32).unwrap_or_default()
    }

    /// Returns the time to the next of independent events that occur `rate` times a second on average.
    pub fn gap(&mut self, rate: f64) -> Instant {
        from_seconds(-(1.0 - self.fraction()).ln() / rate)
    }

    /// Returns the one-way time of the network: |N(10, 2)| milliseconds.
    pub fn hop(&mut self) -> Instant {
        let radius = (-2.0 * (1.0 - self.fraction()).ln()).sqrt();
        let normal = radius * (std::f64::consts::TAU * self.fraction()).cos();
        from_seconds((0.010 + 0.002 * normal).abs())
    }
}

impl Random for Dice {
    fn draw(&mut self) -> u64 {
        self.0.next_u64()
    }
}
