//! The text that the program prints, in colour on a terminal.

use std::ffi::OsString;
use std::io::IsTerminal as _;

/// The style of a text, as the number of its escape sequence.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Style {
    Title = 1,
    Dim = 2,
    Failed = 31,
    Good = 32,
    Retried = 33,
}

pub(crate) struct Output {
    print: Box<dyn Fn(&str)>,
    is_colored: bool,
}

impl Output {
    /// Passes each line to `print`.
    pub(crate) fn new(is_colored: bool, print: impl Fn(&str) + 'static) -> Self {
        Self { print: Box::new(print), is_colored }
    }

    pub(crate) fn line(&self, text: &str) {
        (self.print)(text);
    }

    /// Returns the text in this style, or as it is where colours are off.
    pub(crate) fn paint(&self, style: Style, text: &str) -> String {
        if self.is_colored { format!("\x1b[{}m{text}\x1b[0m", style as u8) } else { text.to_owned() }
    }
}

/// Returns whether standard output shows colours.
pub(crate) fn has_colors() -> bool {
    wants_colors(std::io::stdout().is_terminal(), |name| std::env::var_os(name))
}

/// `NO_COLOR` disables colours. `CLICOLOR_FORCE` or `FORCE_COLOR` enables them, also in a file. Otherwise a terminal
/// has colours. A variable that is empty or `0` is ignored.
pub(crate) fn wants_colors(is_terminal: bool, variable: impl Fn(&str) -> Option<OsString>) -> bool {
    let is_set = |name| variable(name).is_some_and(|value| !value.is_empty() && value != "0");
    !is_set("NO_COLOR") && (is_terminal || is_set("CLICOLOR_FORCE") || is_set("FORCE_COLOR"))
}
