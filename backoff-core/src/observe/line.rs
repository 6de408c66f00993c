//! The events of one call as one line of a log.

use core::fmt;
use core::time::Duration;

use super::{ErrorText, GiveUpEvent, RecoveredEvent, RetryEvent};
use crate::classify::ErrorChain;

/// The function that returns the text of an error with its sources, if the type of the error has any.
///
/// This is a plain function and not the error as a `dyn Error`, so an event that an `async` hook holds is as `Send` as
/// the error.
#[doc(hidden)]
pub type TextOf<E> = Option<for<'e> fn(&'e E) -> ErrorText<'e>>;

/// A line written by a closure.
struct Line<W>(W);

impl<W: Fn(&mut fmt::Formatter<'_>) -> fmt::Result> fmt::Display for Line<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (self.0)(f)
    }
}

impl<E: ?Sized> RetryEvent<'_, E> {
    #[doc(hidden)]
    #[must_use]
    pub const fn texted(mut self, text: TextOf<E>) -> Self {
        self.text = text;
        self
    }

    /// Returns this event with another error.
    #[doc(hidden)]
    #[must_use]
    pub const fn about<'e, T: ?Sized>(&self, error: Option<&'e T>) -> RetryEvent<'e, T> {
        let Self { attempt, max_attempts, delay, elapsed, failed, .. } = *self;
        RetryEvent { attempt, max_attempts, error, delay, elapsed, failed, text: None }
    }

    /// Writes the line, with the text of the error in it.
    fn write(&self, f: &mut fmt::Formatter<'_>, error: Option<fmt::Arguments<'_>>) -> fmt::Result {
        write!(f, "attempt {}", self.attempt)?;
        if let Some(max) = self.max_attempts {
            write!(f, " of {max}")?;
        }
        match error {
            Some(error) => write!(f, " failed: {error}")?,
            None => f.write_str(" did not meet the condition")?,
        }
        write!(f, "; next in {}", Rounded(self.delay))
    }
}

impl<E> RetryEvent<'_, E> {
    /// Returns the line of `Display` with the sources of the error, each after a colon. Often the last source is the
    /// reason.
    ///
    /// Works for errors and for types that dereference to a `dyn Error`, such as `anyhow::Error`. The compiler infers
    /// `M`.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::Policy;
    /// use std::io;
    ///
    /// #[derive(Debug, thiserror::Error)]
    /// #[error("error sending request")]
    /// struct SendError(#[source] io::Error);
    ///
    /// let mut line = String::new();
    /// let _ = Policy::default()
    ///     .retry(|| Err::<(), _>(SendError(io::ErrorKind::ConnectionRefused.into())))
    ///     .when(|_| false)
    ///     .on_give_up(|event| line = event.with_sources().to_string())
    ///     .call();
    /// let text = "gave up after 1 attempt: the error is permanent: \
    ///     error sending request: connection refused";
    /// assert_eq!(line, text);
    /// ```
    pub fn with_sources<M: ?Sized>(&self) -> impl fmt::Display
    where
        E: ErrorChain<M>,
    {
        let text = self.error.map(ErrorChain::chain_text);
        Line(move |f: &mut fmt::Formatter<'_>| match text {
            Some(text) => self.write(f, Some(format_args!("{text:#}"))),
            None => self.write(f, None),
        })
    }
}

impl<E: ?Sized + fmt::Display> fmt::Display for RetryEvent<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        with_text(f, self.error, self.text, |f, text| self.write(f, text))
    }
}

impl<E: ?Sized + fmt::Debug> fmt::Debug for RetryEvent<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryEvent")
            .field("attempt", &self.attempt)
            .field("max_attempts", &self.max_attempts)
            .field("error", &self.error)
            .field("delay", &self.delay)
            .field("elapsed", &self.elapsed)
            .field("fault", &self.failed.fault())
            .field("attempt_elapsed", &self.failed.elapsed())
            .finish()
    }
}

impl<E: ?Sized> GiveUpEvent<'_, E> {
    #[doc(hidden)]
    #[must_use]
    pub const fn texted(mut self, text: TextOf<E>) -> Self {
        self.text = text;
        self
    }

    /// Writes the line, with the text of the error in it.
    fn write(&self, f: &mut fmt::Formatter<'_>, error: Option<fmt::Arguments<'_>>) -> fmt::Result {
        let plural = if self.attempts == 1 { "" } else { "s" };
        write!(f, "gave up after {} attempt{plural}: {}", self.attempts, self.reason)?;
        error.map_or(Ok(()), |error| write!(f, ": {error}"))
    }
}

impl<E> GiveUpEvent<'_, E> {
    /// Returns the line of `Display` with the sources of the error, as [`RetryEvent::with_sources`] does.
    pub fn with_sources<M: ?Sized>(&self) -> impl fmt::Display
    where
        E: ErrorChain<M>,
    {
        let text = self.error.map(ErrorChain::chain_text);
        Line(move |f: &mut fmt::Formatter<'_>| match text {
            Some(text) => self.write(f, Some(format_args!("{text:#}"))),
            None => self.write(f, None),
        })
    }
}

impl<E: ?Sized + fmt::Display> fmt::Display for GiveUpEvent<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        with_text(f, self.error, self.text, |f, text| self.write(f, text))
    }
}

impl<E: ?Sized + fmt::Debug> fmt::Debug for GiveUpEvent<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GiveUpEvent")
            .field("attempts", &self.attempts)
            .field("error", &self.error)
            .field("reason", &self.reason)
            .field("elapsed", &self.elapsed)
            .field("fault", &self.failed.fault())
            .field("attempt_elapsed", &self.failed.elapsed())
            .finish()
    }
}

/// Writes a line with the text of an error, with the format flags of `f`.
fn with_text<E: ?Sized + fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    error: Option<&E>,
    with_sources: TextOf<E>,
    write: impl FnOnce(&mut fmt::Formatter<'_>, Option<fmt::Arguments<'_>>) -> fmt::Result,
) -> fmt::Result {
    let Some(error) = error else { return write(f, None) };
    let own = ErrorText::display(&error);
    if f.alternate() {
        let text = with_sources.map_or(own, |text| text(error));
        write(f, Some(format_args!("{text:#}")))
    } else {
        write(f, Some(format_args!("{own}")))
    }
}

impl fmt::Display for RecoveredEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "recovered at attempt {} after {}", self.attempts, Rounded(self.elapsed))
    }
}

/// A duration rounded for people: "1.3 s", "250 ms".
struct Rounded(Duration);

impl fmt::Display for Rounded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(time) = *self;
        // Choose the unit after rounding, so that "1000 ms" is never written.
        if time >= Duration::from_micros(999_500) {
            write!(f, "{:.1} s", time.as_secs_f64())
        } else if time >= Duration::from_nanos(999_500) || time.is_zero() {
            write!(f, "{:.0} ms", time.as_secs_f64() * 1e3)
        } else if time >= Duration::from_micros(1) {
            write!(f, "{:.0} µs", time.as_secs_f64() * 1e6)
        } else {
            write!(f, "{} ns", time.subsec_nanos())
        }
    }
}
