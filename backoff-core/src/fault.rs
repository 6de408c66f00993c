use core::fmt;
use core::time::Duration;

/// Meaning of a failure for retrying: a [kind](Fault::kind), and the wait that the server requested, if any.
///
/// A classifier (`when`, [`Classify`](crate::Classify)) returns a `Fault`, or a `bool`, where `true` is
/// [`Transient`](Fault::Transient) and `false` is [`Permanent`](Fault::Permanent).
///
/// The kind decides whether the operation may be repeated, and the wait ([`not_before`](Fault::not_before)) how early.
/// So compare the [`kind`](Fault::kind) of a fault. A comparison with `Fault::Ambiguous` is false for an ambiguous
/// fault with a wait.
///
/// # Examples
///
/// ```
/// use backoff_core::{Fault, FaultKind};
/// use std::time::Duration;
///
/// assert_eq!(Fault::from(true), Fault::Transient);
/// assert_eq!(Fault::from(false), Fault::Permanent);
/// let wait = Duration::from_secs(2);
/// assert_eq!(Fault::from(Some(wait)), Fault::PushBack(wait));
///
/// // A 502 with `Retry-After: 2`: the server may have acted, and wants no
/// // attempt for two seconds.
/// let fault = Fault::Ambiguous.with_not_before(wait);
/// assert_eq!(fault.kind(), FaultKind::Ambiguous);
/// assert_eq!(fault.not_before(), Some(wait));
/// assert_eq!(fault.to_string(), "ambiguous, not before 2s");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[doc(alias = "Retry-After")]
pub enum Fault {
    /// Another attempt may cure it, and the server did not act.
    Transient,
    /// No attempt can cure it; the call ends at once.
    Permanent,
    /// The server may have acted: a timeout after sending, a lost response to `COMMIT`.
    ///
    /// Repeated only by a policy or call that is `idempotent`; otherwise the call ends at once.
    Ambiguous,
    /// Transient, with a push-back (`Retry-After`): the server requests that no attempt starts before this much time
    /// has passed.
    ///
    /// By default the delay is this time plus the policy's own delay, so that clients with the same push-back do not
    /// return together. Zero means [`Transient`](Fault::Transient).
    #[doc(alias = "429 Too Many Requests")]
    #[doc(alias = "rate limit")]
    #[doc(alias = "throttling")]
    PushBack(Duration),
    /// Ambiguous, with a push-back: a 502 with `Retry-After` requests that no attempt starts before this much time has
    /// passed.
    ///
    /// Repeated only by a policy or call that is `idempotent`, after the same delay as a [`PushBack`](Fault::PushBack).
    /// Zero means [`Ambiguous`](Fault::Ambiguous).
    AmbiguousPushBack(Duration),
}

/// Kind of a [`Fault`]: whether the operation may be repeated.
///
/// # Examples
///
/// ```
/// use backoff_core::{Fault, FaultKind};
/// use std::time::Duration;
///
/// assert_eq!(
///     Fault::PushBack(Duration::from_secs(2)).kind(),
///     FaultKind::Transient
/// );
/// assert_eq!(FaultKind::Transient.as_str(), "transient"); // for a label
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FaultKind {
    /// Another attempt may cure the failure, and the server did not act.
    Transient,
    /// No attempt can cure the failure.
    Permanent,
    /// The server may have acted.
    Ambiguous,
}

impl Fault {
    /// Returns the kind, without the wait.
    #[must_use]
    #[inline]
    pub const fn kind(self) -> FaultKind {
        match self {
            Self::Transient | Self::PushBack(_) => FaultKind::Transient,
            Self::Permanent => FaultKind::Permanent,
            Self::Ambiguous | Self::AmbiguousPushBack(_) => FaultKind::Ambiguous,
        }
    }

    /// Returns the fault as one word of a closed set, for the label of a metric: `transient`, `push_back` (transient,
    /// with a wait), `ambiguous` or `permanent`.
    ///
    /// The metrics of this library have it as the label `fault`.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::Fault;
    /// use std::time::Duration;
    ///
    /// assert_eq!(Fault::PushBack(Duration::from_secs(2)).label(), "push_back");
    /// assert_eq!(Fault::PushBack(Duration::ZERO).label(), "transient");
    /// assert_eq!(Fault::AmbiguousPushBack(Duration::from_secs(2)).label(), "ambiguous");
    /// ```
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::PushBack(wait) if !wait.is_zero() => "push_back",
            fault => fault.kind().as_str(),
        }
    }

    /// Returns the wait that the server requested, counted from the failure; `None` if there is none or it is zero.
    #[must_use]
    #[inline]
    pub const fn not_before(self) -> Option<Duration> {
        match self {
            Self::PushBack(wait) | Self::AmbiguousPushBack(wait) if !wait.is_zero() => Some(wait),
            Self::PushBack(_) | Self::AmbiguousPushBack(_) | Self::Transient | Self::Permanent | Self::Ambiguous => {
                None
            }
        }
    }

    /// Returns a fault of the same kind with this wait, which replaces its previous wait. Zero removes the wait.
    ///
    /// A permanent fault stays [`Permanent`](Fault::Permanent), because no attempt follows it. If the wait cures the
    /// failure, it is transient: use [`PushBack`](Fault::PushBack).
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::Fault;
    /// use std::time::Duration;
    ///
    /// let wait = Duration::from_secs(2);
    /// assert_eq!(Fault::Transient.with_not_before(wait), Fault::PushBack(wait));
    /// assert_eq!(
    ///     Fault::Ambiguous.with_not_before(wait),
    ///     Fault::AmbiguousPushBack(wait)
    /// );
    /// assert_eq!(Fault::Permanent.with_not_before(wait), Fault::Permanent);
    /// assert_eq!(
    ///     Fault::AmbiguousPushBack(wait).with_not_before(Duration::ZERO),
    ///     Fault::Ambiguous
    /// );
    /// ```
    #[must_use]
    #[inline]
    pub const fn with_not_before(self, wait: Duration) -> Self {
        match self.kind() {
            FaultKind::Transient if wait.is_zero() => Self::Transient,
            FaultKind::Transient => Self::PushBack(wait),
            FaultKind::Ambiguous if wait.is_zero() => Self::Ambiguous,
            FaultKind::Ambiguous => Self::AmbiguousPushBack(wait),
            FaultKind::Permanent => Self::Permanent,
        }
    }
}

impl FaultKind {
    /// Returns the kind as one lower-case word, for logs and labels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Transient => "transient",
            Self::Permanent => "permanent",
            Self::Ambiguous => "ambiguous",
        }
    }
}

impl From<bool> for Fault {
    /// Returns [`Transient`](Fault::Transient) for `true`, [`Permanent`](Fault::Permanent) for `false`.
    #[inline]
    fn from(transient: bool) -> Self {
        if transient { Self::Transient } else { Self::Permanent }
    }
}

impl From<Option<Duration>> for Fault {
    /// Returns a transient fault with this wait, if there is one.
    #[inline]
    fn from(not_before: Option<Duration>) -> Self {
        Self::Transient.with_not_before(not_before.unwrap_or_default())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind().as_str())?;
        match self.not_before() {
            Some(wait) => write!(f, ", not before {wait:?}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
