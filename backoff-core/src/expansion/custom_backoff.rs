//! The value of `backoff = ..`.
//!
//! A value that is not a backoff is reported here, once, and not at each use of the policy. Method lookup skips the
//! method of [`CustomBackoff`], because its bound is not met, and selects that of [`NotABackoff`]. That method has the
//! same bound, but on the method itself, so it is selected first and then reported. Its return type is a backoff, so no
//! other error follows.

use core::mem::ManuallyDrop;
use core::time::Duration;

use crate::tiers::fall_through;
use crate::{Backoff, List};

/// The value of `backoff = ..`.
// Not dropped, because a `const fn` cannot drop it. It is always moved out again.
#[derive(Debug)]
pub struct CustomBackoff<B>(NotABackoff<B>);

/// The value of `backoff = ..` if it is not a backoff.
#[derive(Debug)]
pub struct NotABackoff<B>(ManuallyDrop<B>);

impl<B> CustomBackoff<B> {
    /// Wraps a value of any type.
    pub const fn new(value: B) -> Self {
        Self(NotABackoff(ManuallyDrop::new(value)))
    }
}

impl<B: Backoff> CustomBackoff<B> {
    /// Returns the backoff.
    pub const fn backoff(self) -> B {
        ManuallyDrop::into_inner(self.0.0)
    }
}

impl<B> NotABackoff<B> {
    /// Never compiles, because the bound is not met.
    #[expect(clippy::unused_self, reason = "found by the same method call as the one of `CustomBackoff`")]
    pub const fn backoff(&self) -> List<[Duration; 1]>
    where
        B: Backoff,
    {
        unreachable!()
    }
}

fall_through! {
    [B] CustomBackoff<B> => NotABackoff<B>;
}

/// A backoff that is a limit by itself. `backoff = ..` requires one if the attribute has no limit.
#[diagnostic::on_unimplemented(
    message = "this backoff has no limit of its own",
    label = "a custom backoff without a limit",
    note = "add a limit such as `max_attempts = 5`, `max_elapsed = \"60s\"` or, in an async function, `timeout = \"60s\"`; or add `forever`",
    note = "a `List` needs no limit, because it ends by itself"
)]
pub trait EndsByItself: Backoff {}

#[diagnostic::do_not_recommend]
impl<L: AsRef<[Duration]>> EndsByItself for List<L> {}

/// Returns the backoff of an attribute without a limit.
pub const fn ends_by_itself<B: EndsByItself>(backoff: B) -> B {
    backoff
}
