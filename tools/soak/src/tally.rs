//! The counts of all calls of one function, by the operations and their callers.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use backoff_core::observe::{self, CallEvent, EventKind};
use backoff_core::{StopReason, call_sites};

use crate::{blocking, steering, tasks};

/// Every reason to stop.
pub(crate) const REASONS: &[StopReason] = StopReason::ALL;

/// The counts of one function, or of one kind of calls without an annotated function.
pub(crate) struct Tally {
    name: &'static str,
    has_site: bool,
    max_elapsed: Option<Duration>,
    pub(crate) calls: AtomicU64,
    pub(crate) attempts: AtomicU64,
    /// Counted by `on_retry`.
    pub(crate) retries: AtomicU64,
    pub(crate) recovered: AtomicU64,
    /// Calls that succeeded at once.
    pub(crate) first_tries: AtomicU64,
    /// Calls that were dropped halfway, or ended in a panic.
    pub(crate) broken_off: AtomicU64,
    /// Calls that ended after a retry was announced and before it started.
    pub(crate) ended_in_delay: AtomicU64,
    stops: [AtomicU64; REASONS.len()],
}

impl Tally {
    /// Returns the counts of an annotated function of this name.
    pub(crate) const fn of(name: &'static str) -> Self {
        let [calls, attempts, retries, recovered, first_tries, broken_off, ended_in_delay] =
            [const { AtomicU64::new(0) }; 7];
        let stops = [const { AtomicU64::new(0) }; REASONS.len()];
        let (has_site, max_elapsed) = (true, None);
        Self {
            name,
            has_site,
            max_elapsed,
            calls,
            attempts,
            retries,
            recovered,
            first_tries,
            broken_off,
            ended_in_delay,
            stops,
        }
    }

    /// Returns the counts of calls that belong to no annotated function.
    pub(crate) const fn without_site(name: &'static str) -> Self {
        let mut tally = Self::of(name);
        tally.has_site = false;
        tally
    }

    /// Checks also that no retry of these calls starts after this time.
    pub(crate) const fn with_max_elapsed(mut self, limit: Duration) -> Self {
        self.max_elapsed = Some(limit);
        self
    }

    /// Counts a call that gave up.
    pub(crate) fn gave_up(&self, reason: StopReason) {
        for (known, count) in REASONS.iter().zip(&self.stops) {
            count.fetch_add(u64::from(*known == reason), Relaxed);
        }
    }

    pub(crate) fn complain(&self, what: &str) {
        let mut complaints = lock();
        if complaints.len() < 20 {
            complaints.push(format!("{}: {what}", self.name));
        }
    }

    fn stops(&self) -> u64 {
        self.stops.iter().map(|count| count.load(Relaxed)).sum()
    }

    /// Checks that attempts, calls and their ends add up, and that the call site counted the same.
    fn check(&self) {
        let [calls, attempts, retries, recovered, first_tries, broken_off, ended_in_delay] = [
            &self.calls,
            &self.attempts,
            &self.retries,
            &self.recovered,
            &self.first_tries,
            &self.broken_off,
            &self.ended_in_delay,
        ]
        .map(|count| count.load(Relaxed));
        let stops = self.stops();
        self.agree(
            "attempts and retries that never started",
            attempts + ended_in_delay,
            "calls and retries",
            calls + retries,
        );
        self.agree("calls", calls, "their ends", first_tries + recovered + stops + broken_off);
        if self.has_site {
            let Some(site) = call_sites().find(|site| site.name() == self.name) else {
                return self.complain("no call site has this name");
            };
            self.agree("retries", retries, "those of the call site", site.retries());
            self.agree("recoveries", recovered, "those of the call site", site.recovered());
            for (reason, count) in REASONS.iter().zip(&self.stops) {
                let what = format!("stops for {reason:?}");
                self.agree(&what, count.load(Relaxed), "those of the call site", site.gave_up_for(*reason));
            }
        }
    }

    fn agree(&self, what: &str, count: u64, other: &str, other_count: u64) {
        if count != other_count {
            self.complain(&format!("{count} {what}, and {other_count} {other}"));
        }
    }
}

static COMPLAINTS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// The events that the observer of the process received, of all calls.
static WATCHED: Tally = Tally::without_site("the observer of the process");

/// Counts the events of the whole process.
pub(crate) fn watch_the_process() {
    let watch = |event: &CallEvent<'_>| match event.kind() {
        EventKind::Retry { delay, .. } => {
            WATCHED.retries.fetch_add(1, Relaxed);
            starts_in_time(event, delay);
        }
        EventKind::Recovered => _ = WATCHED.recovered.fetch_add(1, Relaxed),
        EventKind::GaveUp { reason, .. } => WATCHED.gave_up(reason),
        _ => {}
    };
    observe::set_global(watch).expect("nobody else watches");
}

/// Reports a retry that starts too late, by the time of its decision; a hook receives the time at which it runs.
fn starts_in_time(event: &CallEvent<'_>, delay: Duration) {
    let Some(at) = event.elapsed().time() else { return };
    for tally in all().filter(|tally| tally.name == event.name()) {
        if tally.max_elapsed.is_some_and(|limit| at + delay > limit) {
            tally.complain(&format!("a retry starts {delay:?} after {at:?}, and {:?} is the limit", tally.max_elapsed));
        }
    }
}

fn all() -> impl Iterator<Item = &'static Tally> {
    blocking::TALLIES.into_iter().chain(tasks::TALLIES).chain(steering::TALLIES)
}

/// Checks all counts, and returns the errors.
pub(crate) fn complaints() -> Vec<String> {
    all().for_each(Tally::check);
    let sum = |of: fn(&Tally) -> u64| all().map(of).sum::<u64>();
    WATCHED.agree("retries", WATCHED.retries.load(Relaxed), "of all calls", sum(|tally| tally.retries.load(Relaxed)));
    WATCHED.agree(
        "recoveries",
        WATCHED.recovered.load(Relaxed),
        "of all calls",
        sum(|tally| tally.recovered.load(Relaxed)),
    );
    WATCHED.agree("stops", WATCHED.stops(), "of all calls", sum(Tally::stops));
    let budgeted = [&blocking::BUDGETED, &tasks::BUDGETED];
    let count = |of: fn(&Tally) -> &AtomicU64| budgeted.iter().map(|tally| of(tally).load(Relaxed)).sum::<u64>();
    let most = blocking::most_retries(count(|tally| &tally.first_tries) + count(|tally| &tally.recovered));
    if count(|tally| &tally.retries) > most {
        WATCHED.complain(&format!("the budgets allowed more than {most} retries"));
    }
    let known: Vec<_> = all().map(|tally| tally.name).collect();
    for site in call_sites().filter(|site| !known.contains(&site.name())) {
        WATCHED.complain(&format!("the call site {} was not counted", site.name()));
    }
    std::mem::take(&mut *lock())
}

fn lock() -> MutexGuard<'static, Vec<String>> {
    COMPLAINTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Formats the counts as a table.
pub(crate) fn table() -> String {
    let mut table =
        format!("{:<24}{:>12}{:>12}{:>12}{:>12}  gave up\n", "", "calls", "attempts", "retries", "recovered");
    for tally in all() {
        let [calls, attempts, retries, recovered] =
            [&tally.calls, &tally.attempts, &tally.retries, &tally.recovered].map(|count| count.load(Relaxed));
        let _ = write!(table, "{:<24}{calls:>12}{attempts:>12}{retries:>12}{recovered:>12} ", tally.name);
        for (reason, count) in REASONS.iter().zip(&tally.stops) {
            match count.load(Relaxed) {
                0 => {}
                count => _ = write!(table, " {}={count}", reason.as_str()),
            }
        }
        table.push('\n');
    }
    table
}
