//! The value of `backoff = ..`.
//!
//! A value that is no backoff is reported here, once, and not at each use of the policy: method lookup skips the method of
//! [`Taken`], whose bound does not hold, and goes on with that of [`Refused`]. There the same bound stands on the method, so that it is
//! chosen and then reported; what it returns is a backoff, and nothing else can fail.

use core::mem::ManuallyDrop;
use core::time::Duration;

use crate::tiers::fall_through;
use crate::{Backoff, List};

/// What was given.
// Not dropped, because a `const fn` cannot; it is always taken out again.
#[derive(Debug)]
pub struct Taken<B>(Refused<B>);

/// What was given, if it is no backoff.
#[derive(Debug)]
pub struct Refused<B>(ManuallyDrop<B>);

impl<B> Taken<B> {
    /// Takes a value of whatever type.
    pub const fn new(value: B) -> Self {
        Self(Refused(ManuallyDrop::new(value)))
    }
}

impl<B: Backoff> Taken<B> {
    /// Returns the backoff.
    pub const fn backoff(self) -> B {
        ManuallyDrop::into_inner(self.0.0)
    }
}

impl<B> Refused<B> {
    /// Never compiles.
    #[expect(clippy::unused_self, reason = "found by the same method call as the one of `Taken`")]
    pub const fn backoff(&self) -> List<[Duration; 1]>
    where
        B: Backoff,
    {
        unreachable!()
    }
}

fall_through! {
    [B] Taken<B> => Refused<B>;
}

/// A backoff that is a limit by itself: what `backoff = ..` takes where the attribute names none.
#[diagnostic::on_unimplemented(
    message = "this backoff has no limit of its own",
    label = "a custom backoff without a limit",
    note = "add a limit such as `max_attempts = 5`, `max_elapsed = \"60s\"` or, in an async function, `timeout = \"60s\"`; or add `forever`",
    note = "a `List` needs no limit, because it ends by itself"
)]
pub trait EndsByItself: Backoff {}

#[diagnostic::do_not_recommend]
impl<L: AsRef<[Duration]>> EndsByItself for List<L> {}

/// Returns the backoff of an attribute that names no limit.
pub const fn ends_by_itself<B: EndsByItself>(backoff: B) -> B {
    backoff
}
