use core::time::Duration;

/// What a failure means for retrying: whether another attempt could end differently, and when it may start.
///
/// A classifier (`when`, [`Classify`](crate::Classify)) answers with a `Fault`, or with a `bool`, where `true` is
/// [`Transient`](Fault::Transient) and `false` is [`Permanent`](Fault::Permanent).
///
/// # Examples
///
/// ```
/// use backoff_core::Fault;
/// use std::time::Duration;
///
/// assert_eq!(Fault::from(true), Fault::Transient);
/// assert_eq!(Fault::from(false), Fault::Permanent);
/// assert_eq!(Fault::from(Some(Duration::from_secs(2))), Fault::PushBack(Duration::from_secs(2)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// Another attempt may cure it, and the server did not act.
    Transient,
    /// No attempt can cure it; the call ends at once.
    Permanent,
    /// The server asks for no attempt before this much time has passed, as `Retry-After` does.
    ///
    /// The delay slept is this time plus the policy's own delay, so that clients told the same do not come back
    /// together. Zero means [`Transient`](Fault::Transient).
    PushBack(Duration),
    /// The server may have acted: a time-out after sending, a lost answer to `COMMIT`.
    ///
    /// Repeated only by a policy or call that says `idempotent`; otherwise the call ends at once.
    Ambiguous,
}

impl From<bool> for Fault {
    /// `true` is worth another attempt.
    fn from(transient: bool) -> Self {
        if transient { Self::Transient } else { Self::Permanent }
    }
}

impl From<Option<Duration>> for Fault {
    /// A push-back where the server named one, transient otherwise.
    fn from(push_back: Option<Duration>) -> Self {
        push_back.map_or(Self::Transient, Self::PushBack)
    }
}
