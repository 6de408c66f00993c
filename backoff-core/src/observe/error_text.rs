//! An error as text, for observers of the process, which do not have its type.

#[cfg(feature = "alloc")]
use alloc::string::String;
use core::error::Error;
use core::fmt;
use core::ops::Deref;

use crate::sources::sources;
#[cfg(feature = "alloc")]
use crate::text::FAILED;
use crate::text::write_escaped;

/// An error as text: its `Display`, otherwise its `Debug`, otherwise the name of its type. Calls of `policy.retry(..)`
/// and manual loops have no bounds on their error types, so for them the text is the name of the type only.
///
/// `{:#}` adds the sources of the error, each after a colon, as `anyhow` does. A source whose text is already part of
/// the text before it is omitted (with the feature `alloc`). At most 128 sources are read.
///
/// The text is one line. Control characters, line separators and marks of the writing direction are escaped (`\n`,
/// `\u{1b}`), so an error cannot forge a line of a log. The error itself is unchanged. A `Display` that returns an
/// error does not cause a panic; the text then ends with "(formatting failed)".
///
/// # Examples
///
/// ```
/// use backoff_core::{observe, retry};
/// use std::io;
/// use std::sync::Mutex;
///
/// #[derive(Debug, thiserror::Error)]
/// #[error("cannot load user {0}")]
/// struct LoadError(u32, #[source] io::Error);
///
/// #[retry(max_attempts = 1)]
/// fn load(user: u32) -> Result<(), LoadError> {
///     Err(LoadError(user, io::ErrorKind::ConnectionRefused.into()))
/// }
///
/// static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());
/// observe::set_global(|event: &observe::CallEvent<'_>| {
///     SEEN.lock()
///         .unwrap()
///         .extend([event.error().to_string(), format!("{:#}", event.error())]);
/// })?;
/// assert!(load(7).is_err());
/// assert_eq!(
///     *SEEN.lock().unwrap(),
///     ["cannot load user 7", "cannot load user 7: connection refused"]
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy)]
pub struct ErrorText<'a>(Text<'a>);

#[derive(Clone, Copy)]
enum Text<'a> {
    None,
    Error(&'a (dyn Error + 'a)),
    Pointer(&'a (dyn Pointer + 'a)),
    Display(&'a dyn fmt::Display),
    Debug(&'a dyn fmt::Debug),
    TypeName(&'static str),
}

/// A type that dereferences to an error. The type of that error may be unsized.
trait Pointer {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

impl<E: Deref<Target: Error>> Pointer for E {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(&**self, f)
    }
}

impl<'a> ErrorText<'a> {
    /// The empty text, for an event without an error.
    pub const NONE: Self = Self(Text::None);

    #[doc(hidden)]
    #[inline]
    pub const fn error(error: &'a (dyn Error + 'a)) -> Self {
        Self(Text::Error(error))
    }

    #[doc(hidden)]
    #[inline]
    pub const fn pointer<E: Deref<Target: Error>>(error: &'a E) -> Self {
        Self(Text::Pointer(error))
    }

    #[doc(hidden)]
    #[inline]
    pub const fn display(error: &'a dyn fmt::Display) -> Self {
        Self(Text::Display(error))
    }

    #[doc(hidden)]
    #[inline]
    pub const fn debug(error: &'a dyn fmt::Debug) -> Self {
        Self(Text::Debug(error))
    }

    #[doc(hidden)]
    #[inline]
    #[must_use]
    pub const fn type_name(name: &'static str) -> Self {
        Self(Text::TypeName(name))
    }

    /// Returns `true` if there is no error, as for [`NONE`](Self::NONE).
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::observe::ErrorText;
    ///
    /// assert!(ErrorText::NONE.is_none());
    /// assert_eq!(ErrorText::NONE.to_string(), "");
    /// ```
    #[must_use]
    pub const fn is_none(&self) -> bool {
        matches!(self.0, Text::None)
    }
}

impl fmt::Display for ErrorText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Text::None => Ok(()),
            Text::Error(error) => show(error, f),
            Text::Pointer(error) => error.show(f),
            Text::Display(error) if f.alternate() => write_escaped(f, format_args!("{error:#}")),
            Text::Display(error) => write_escaped(f, format_args!("{error}")),
            // Never use `{:#?}`: it writes several lines.
            Text::Debug(error) => write_escaped(f, format_args!("{error:?}")),
            Text::TypeName(name) => f.write_str(name),
        }
    }
}

impl fmt::Debug for ErrorText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Writes an error. With `{:#}` its sources follow.
fn show<E: Error + ?Sized>(error: &E, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if !f.alternate() {
        return write_escaped(f, format_args!("{error}"));
    }
    show_with_sources(error, f)
}

/// Writes an error and its sources.
#[cfg(feature = "alloc")]
fn show_with_sources<E: Error + ?Sized>(error: &E, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut text = text_of(error);
    for source in sources(error) {
        let cause = text_of(source);
        // The text of many errors already contains their source.
        if !text.contains(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    write_escaped(f, format_args!("{text}"))
}

/// Writes an error and its sources. A repeated text is not omitted, because there is no place to keep the text before
/// it.
#[cfg(not(feature = "alloc"))]
fn show_with_sources<E: Error + ?Sized>(error: &E, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write_escaped(f, format_args!("{error}"))?;
    for source in sources(error) {
        f.write_str(": ")?;
        write_escaped(f, format_args!("{source}"))?;
    }
    Ok(())
}

/// Returns the text of one error. `to_string` would panic if its `Display` fails.
#[cfg(feature = "alloc")]
fn text_of<E: Error + ?Sized>(error: &E) -> String {
    use core::fmt::Write as _;

    let mut text = String::new();
    if write!(text, "{error}").is_err() {
        text.push_str(FAILED);
    }
    text
}

#[cfg(test)]
mod tests {
    use alloc::boxed::Box;
    use alloc::format;

    use super::*;

    #[derive(Debug)]
    struct Layer(&'static str, Option<Box<Layer>>);

    impl fmt::Display for Layer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for Layer {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            self.1.as_deref().map(|source| source as &(dyn Error + 'static))
        }
    }

    fn chain(texts: &[&'static str]) -> Layer {
        let (first, rest) = texts.split_first().expect("at least one");
        Layer(first, (!rest.is_empty()).then(|| Box::new(chain(rest))))
    }

    #[test]
    fn the_sources_follow_where_they_are_asked_for() {
        let error = chain(&["query failed", "no connection", "refused"]);
        assert_eq!(format!("{}", ErrorText::error(&error)), "query failed");
        assert_eq!(format!("{:#}", ErrorText::error(&error)), "query failed: no connection: refused");
        let boxed: Box<dyn Error> = Box::new(error);
        assert_eq!(format!("{:#}", ErrorText::pointer(&boxed)), "query failed: no connection: refused");
    }

    #[test]
    fn a_source_that_the_error_tells_itself_is_not_told_twice() {
        let error = chain(&["query failed: refused", "refused"]);
        assert_eq!(format!("{:#}", ErrorText::error(&error)), "query failed: refused");
    }
}
