//! The state of one expanded loop, as small as the attribute allows.

mod attempt;
mod full;
mod lean;
mod stamp;
mod steered;
mod timed;

use std::time::Instant;

pub use self::attempt::Attempt;
pub use self::full::{Circumstances, Full};
pub use self::lean::Lean;
use self::steered::Steered;
pub use self::timed::Timed;
use super::verdict::{Packed, Verdict};
use crate::clock::{Clock, RuntimeClock, SystemClock};
use crate::drive::settle::{self, Label, Notice};
use crate::drive::trial::Trial;
use crate::observe::{Elapsed, ErrorText};
use crate::{CallSite, Policy};

/// Whether the function is synchronous or not: where its time comes from.
pub trait Mode {
    #[doc(hidden)]
    type Clock: Clock<Instant = Instant>;
    #[doc(hidden)]
    const CLOCK: Self::Clock;
}

/// A synchronous function.
#[derive(Clone, Copy, Debug)]
pub enum BlockingMode {}
/// A function whose attempts are awaited.
#[derive(Clone, Copy, Debug)]
pub enum AsyncMode {}

impl Mode for BlockingMode {
    type Clock = SystemClock;
    const CLOCK: SystemClock = SystemClock;
}

impl Mode for AsyncMode {
    type Clock = RuntimeClock;
    const CLOCK: RuntimeClock = RuntimeClock;
}

/// The policy of a call site that has a constant one.
#[inline]
fn policy_of(site: &'static CallSite) -> &'static Policy {
    const DEFAULT: Policy = Policy::exponential().build();
    site.policy().unwrap_or(&DEFAULT)
}

const fn label(site: &'static CallSite) -> Label {
    Label { name: "", site: Some(site) }
}

/// What features keep of a call; nothing without them.
struct Aside<M> {
    trial: Trial,
    steered: Steered<M>,
}

impl<M: Mode> Aside<M> {
    #[inline]
    fn new() -> Self {
        Self { trial: Trial::new(), steered: Steered::no() }
    }
}

/// A retry succeeded, outlined.
#[cold]
#[inline(never)]
fn recovered<M: Mode>(site: &'static CallSite, failed: u32, elapsed: Elapsed, steered: &Steered<M>) {
    let notice = || Notice { label: label(site), attempts: failed.saturating_add(1), elapsed, text: ErrorText::NONE };
    settle::recovered(steered.rules(policy_of(site)), Some(site), notice);
}
