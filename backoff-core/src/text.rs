//! Text from outside (errors, keys, values), escaped so that it fits on one line of a log or a message.

use core::fmt::{self, Write as _};

/// The mark after a text whose `Display` or `Debug` returned an error.
pub(crate) const FAILED: &str = " (formatting failed)";

/// Writes text on one line. Control characters are escaped, so the text can neither begin a new line nor control a
/// terminal.
///
/// If a `Display` fails, the text ends with [`FAILED`]; only an error of `out` itself is returned. Nothing is
/// allocated.
pub(crate) fn write_escaped(out: &mut dyn fmt::Write, text: fmt::Arguments<'_>) -> fmt::Result {
    let mut escaped = Escaped { out, has_failed: false };
    match escaped.write_fmt(text) {
        Err(_) if !escaped.has_failed => escaped.out.write_str(FAILED),
        ended => ended,
    }
}

/// A writer that escapes the text written to it.
struct Escaped<'w> {
    out: &'w mut dyn fmt::Write,
    /// Set if the underlying writer, not the text, returned an error.
    has_failed: bool,
}

impl Escaped<'_> {
    fn pass(&mut self, text: &str) -> fmt::Result {
        for part in text.split_inclusive(is_escaped) {
            let clean = part.strip_suffix(is_escaped).unwrap_or(part);
            self.out.write_str(clean)?;
            if let Some(sign) = part.chars().next_back().filter(|sign| is_escaped(*sign)) {
                write!(self.out, "{}", sign.escape_default())?;
            }
        }
        Ok(())
    }
}

impl fmt::Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let passed = self.pass(text);
        self.has_failed |= passed.is_err();
        passed
    }
}

/// Returns whether a character ends a line, controls a terminal, or changes the direction of the text after it.
fn is_escaped(sign: char) -> bool {
    matches!(sign, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        || sign.is_control()
}

/// The beginning of a text from outside, for an error message: escaped, and cut after 80 characters.
#[cfg(any(feature = "serde", feature = "overrides"))]
#[derive(Clone, Copy)]
pub(crate) struct Excerpt<'a>(pub(crate) &'a str);

#[cfg(any(feature = "serde", feature = "overrides"))]
impl<'a> Excerpt<'a> {
    const LONGEST: usize = 80;

    /// Returns whether only a part of the text is shown.
    pub(crate) fn is_cut(self) -> bool {
        !self.parts().1.is_empty()
    }

    /// Returns the visible part, and two dots if the text is longer.
    fn parts(self) -> (&'a str, &'static str) {
        let cut = self.0.char_indices().nth(Self::LONGEST).and_then(|(at, _)| self.0.get(..at));
        cut.map_or((self.0, ""), |shown| (shown, ".."))
    }
}

#[cfg(any(feature = "serde", feature = "overrides"))]
impl fmt::Display for Excerpt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (shown, dots) = self.parts();
        write_escaped(f, format_args!("{shown}{dots}"))
    }
}

/// The text in quotes.
#[cfg(any(feature = "serde", feature = "overrides"))]
impl fmt::Debug for Excerpt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (shown, dots) = self.parts();
        write!(f, "{shown:?}{dots}")
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::String;

    use super::*;

    fn escaped(text: &str) -> String {
        let mut out = String::new();
        write_escaped(&mut out, format_args!("{text}")).expect("a `String` takes everything");
        out
    }

    #[test]
    fn what_ends_a_line_or_steers_a_terminal_is_escaped_and_nothing_else() {
        assert_eq!(escaped("a\nb\r\tc\u{1b}[31m\0\u{7f}\u{85}"), r"a\nb\r\tc\u{1b}[31m\u{0}\u{7f}\u{85}");
        assert_eq!(escaped("\u{2028}\u{2029}\u{202e}\u{2066}\u{200f}"), r"\u{2028}\u{2029}\u{202e}\u{2066}\u{200f}");
        for text in ["", "connection refused", r"C:\new", "Füße 😀 \"quoted\" 'so'", "\u{301}"] {
            assert_eq!(escaped(text), text);
        }
    }

    #[test]
    fn a_display_that_fails_keeps_what_it_wrote_and_a_writer_that_fails_is_reported() {
        struct Fails;
        impl fmt::Display for Fails {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("half")?;
                Err(fmt::Error)
            }
        }
        struct Full;
        impl fmt::Write for Full {
            fn write_str(&mut self, _: &str) -> fmt::Result {
                Err(fmt::Error)
            }
        }
        let mut out = String::new();
        assert_eq!(write_escaped(&mut out, format_args!("{Fails}")), Ok(()));
        assert_eq!(out, "half (formatting failed)");
        assert_eq!(write_escaped(&mut Full, format_args!("text")), Err(fmt::Error));
    }

    #[cfg(any(feature = "serde", feature = "overrides"))]
    #[test]
    fn an_excerpt_is_cut_after_eighty_characters_and_never_within_one() {
        use alloc::format;

        let long = "é".repeat(81);
        assert_eq!(format!("{}", Excerpt(&long)), format!("{}..", "é".repeat(80)));
        assert_eq!(format!("{:?}", Excerpt(&long)), format!("{:?}..", "é".repeat(80)));
        let fits = "é".repeat(80);
        assert_eq!(format!("{}", Excerpt(&fits)), fits);
        assert!(Excerpt(&long).is_cut() && !Excerpt(&fits).is_cut());
    }
}
