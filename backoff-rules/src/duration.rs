//! Parsing of a duration as text, and the texts of its errors.

use core::time::Duration;

/// The form to use in place of a text that is not a duration.
pub const FORM: &str = "use a number and a unit, such as \"60s\"";
/// The reason to refuse an empty text.
pub const EMPTY: &str = "it is empty; use a number and a unit, such as \"60s\"";
/// The reason to refuse a text beyond [`Duration::MAX`].
pub const TOO_LARGE: &str = "it is too large for a duration; use a smaller number";

/// Reads "1h 30m" part by part: `read` is called with "1h " and with "30m".
///
/// `humantime` parses each part. Its own sum of several parts does not check the last carry for overflow.
///
/// # Errors
///
/// Returns the error of `read`, or [`EMPTY`] or [`TOO_LARGE`].
pub fn read<E: From<&'static str>>(text: &str, read: impl Fn(&str) -> Result<Duration, E>) -> Result<Duration, E> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(EMPTY.into());
    }
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let (part, others) = rest.split_at(first_part(rest));
        total = total.checked_add(read(part)?).ok_or(TOO_LARGE)?;
        rest = others;
    }
    Ok(total)
}

/// Returns the length of "1h " in "1h 30m".
fn first_part(text: &str) -> usize {
    let unit = text.find(char::is_alphabetic).unwrap_or(text.len());
    let (_, from_unit) = text.split_at(unit);
    from_unit.find(|character: char| character.is_ascii_digit()).map_or(text.len(), |next| unit + next)
}

#[cfg(test)]
mod tests {
    use alloc::string::String;
    use alloc::vec::Vec;
    use core::cell::RefCell;

    use super::*;

    #[test]
    fn a_text_is_read_part_by_part_and_added_up() {
        let parts = RefCell::new(Vec::new());
        let second = |part: &str| {
            parts.borrow_mut().push(String::from(part));
            Ok::<_, String>(Duration::from_secs(1))
        };
        assert_eq!(read(" 1h 30m15s ", second), Ok(Duration::from_secs(3)));
        assert_eq!(parts.into_inner(), ["1h ", "30m", "15s"]);
    }

    #[test]
    fn an_empty_text_and_a_sum_beyond_the_longest_duration_are_refused() {
        let longest = |_: &str| Ok::<_, String>(Duration::MAX);
        assert_eq!(read("  ", longest), Err(String::from(EMPTY)));
        assert_eq!(read("1s", longest), Ok(Duration::MAX));
        assert_eq!(read("1s 1s", longest), Err(String::from(TOO_LARGE)));
    }
}
