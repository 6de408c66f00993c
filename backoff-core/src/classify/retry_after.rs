//! The value of HTTP's `Retry-After`: a number of seconds or a date.
use core::time::Duration;
use std::time::SystemTime;

/// Parses the value of a `Retry-After` header into the wait that the server requests, counted from `now`.
///
/// The value is a whole number of seconds or a date in one of HTTP's three forms. `now` counts only for a date. Take it
/// from the response's own `Date` header if there is one, as `HttpError` does, because the server's clock wrote both.
/// A proxy may join several headers into one value with commas. Of several numbers of seconds, such as `3, 5`, the
/// longest counts.
///
/// A number too large for a [`Duration`] gives [`Duration::MAX`]. A date in the past gives zero. Every other value
/// gives `None`: an empty value, a sign, a fraction, a unit. A header that cannot be read is treated as missing, so
/// this function returns no error. White space around the value is ignored.
///
/// # Examples
///
/// ```
/// use backoff_core::classify::parse_retry_after;
/// use std::time::{Duration, SystemTime};
///
/// // Tue, 15 Nov 1994 12:45:26 GMT
/// let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_903_526);
/// assert_eq!(parse_retry_after("120", now), Some(Duration::from_secs(120)));
/// let date = "Tue, 15 Nov 1994 12:46:26 GMT";
/// assert_eq!(parse_retry_after(date, now), Some(Duration::from_secs(60)));
/// assert_eq!(parse_retry_after("3, 5", now), Some(Duration::from_secs(5)));
/// assert_eq!(parse_retry_after("soon", now), None);
/// ```
#[must_use]
pub fn parse_retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    parse_with(value, || now)
}

/// Parses as [`parse_retry_after`] does, but reads the clock only for a date.
pub(super) fn parse_with(value: &str, now: impl FnOnce() -> SystemTime) -> Option<Duration> {
    let value = value.trim_ascii();
    if let Some(longest) = longest_of_seconds(value) {
        return Some(longest);
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now()).unwrap_or(Duration::ZERO))
}

/// Returns the longest of one or more whole numbers of seconds with commas between them. A date has a comma, too, but
/// not only digits.
fn longest_of_seconds(value: &str) -> Option<Duration> {
    let numbers = || value.split(',').map(str::trim_ascii).filter(|number| !number.is_empty());
    if !numbers().all(|number| number.bytes().all(|byte| byte.is_ascii_digit())) {
        return None;
    }
    // The values have only digits, so parsing fails only if one is too large.
    numbers().map(|number| number.parse().map_or(Duration::MAX, Duration::from_secs)).max()
}

#[cfg(test)]
mod tests {
    use core::time::Duration;
    use std::string::ToString;
    use std::time::SystemTime;

    use proptest::prelude::*;

    use super::{parse_retry_after, parse_with};

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// Returns Sun, 06 Nov 1994 08:49:37 GMT.
    fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777)
    }

    #[test]
    fn whole_seconds_are_read() {
        for (value, expected) in [
            ("0", Some(seconds(0))),
            ("1", Some(seconds(1))),
            ("120", Some(seconds(120))),
            ("00120", Some(seconds(120))),
            ("18446744073709551615", Some(seconds(u64::MAX))),
        ] {
            assert_eq!(parse_retry_after(value, now()), expected, "{value}");
        }
    }

    #[test]
    fn of_joined_seconds_the_longest_counts() {
        for (value, expected) in [
            ("3, 5", seconds(5)),
            ("5,3", seconds(5)),
            (" 0 ,\t7 , 2 ", seconds(7)),
            ("3, 18446744073709551616", Duration::MAX),
            // RFC 9110, section 5.6.1.2: a recipient ignores empty elements of a list.
            ("3,, 5", seconds(5)),
            (", 3,", seconds(3)),
        ] {
            assert_eq!(parse_retry_after(value, now()), Some(expected), "{value:?}");
        }
    }

    #[test]
    fn too_many_digits_saturate() {
        for value in ["18446744073709551616", "99999999999999999999999999999999999999999999"] {
            assert_eq!(parse_retry_after(value, now()), Some(Duration::MAX), "{value}");
        }
        assert_eq!(parse_retry_after(&"9".repeat(100_000), now()), Some(Duration::MAX));
        assert_eq!(parse_retry_after(&"0".repeat(100_000), now()), Some(seconds(0)));
    }

    #[test]
    fn all_three_forms_of_a_date_are_read() {
        for value in ["Sun, 06 Nov 1994 08:50:37 GMT", "Sunday, 06-Nov-94 08:50:37 GMT", "Sun Nov  6 08:50:37 1994"] {
            assert_eq!(parse_retry_after(value, now()), Some(seconds(60)), "{value}");
        }
    }

    #[test]
    fn a_date_that_has_passed_is_zero() {
        assert_eq!(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now()), Some(seconds(0)));
        assert_eq!(parse_retry_after("Sun, 06 Nov 1994 08:49:36 GMT", now()), Some(seconds(0)));
        assert_eq!(parse_retry_after("Thu, 01 Jan 1970 00:00:00 GMT", now()), Some(seconds(0)));
    }

    #[test]
    fn the_last_date_is_far_but_finite() {
        let last = parse_retry_after("Fri, 31 Dec 9999 23:59:59 GMT", now());
        assert_eq!(last, Some(seconds(253_402_300_799 - 784_111_777)));
    }

    #[test]
    fn white_space_around_the_value_is_ignored() {
        assert_eq!(parse_retry_after(" \t120 ", now()), Some(seconds(120)));
        assert_eq!(parse_retry_after(" Sun, 06 Nov 1994 08:50:37 GMT\t", now()), Some(seconds(60)));
    }

    #[test]
    fn what_is_neither_a_number_nor_a_date_is_ignored() {
        for value in [
            "",
            " ",
            "-1",
            "+1",
            "1.5",
            "1e3",
            "0x10",
            "2s",
            "1 2",
            "1, soon",
            "1, 2.5",
            "1, -2",
            "1, Sun, 06 Nov 1994 08:50:37 GMT",
            "Sun, 06 Nov 1994 08:50:37 GMT, 1",
            "1; 2",
            ",",
            " , ",
            "soon",
            "\u{0661}\u{0662}",
            "\u{a0}1",
            "Sun, 06 Nov 1994 08:50:37",
            "Sun, 06 Nov 1994 08:50:37 CET",
            "Mon, 06 Nov 1994 08:50:37 GMT",
            "Sun, 31 Feb 1994 08:50:37 GMT",
            "Sun, 06 Nov 1994 24:00:00 GMT",
            "Fri, 31 Dec 1600 23:59:59 GMT",
            "1994-11-06T08:50:37Z",
        ] {
            assert_eq!(parse_retry_after(value, now()), None, "{value:?}");
        }
    }

    #[test]
    fn the_clock_is_not_read_for_a_number() {
        let read = core::cell::Cell::new(false);
        let clock = || {
            read.set(true);
            now()
        };
        assert_eq!(parse_with("5", clock), Some(seconds(5)));
        assert!(!read.get());
        assert_eq!(parse_with("Sun, 06 Nov 1994 08:50:37 GMT", clock), Some(seconds(60)));
        assert!(read.get());
    }

    proptest! {
        #[test]
        fn no_text_panics(value in any::<String>()) {
            let _ = parse_retry_after(&value, now());
        }

        #[test]
        fn no_text_that_resembles_a_date_panics(value in "[A-Z][a-z]{2,8},? [0-9A-Za-z -]{5,11} [0-9:]{4,8}( GMT| [0-9]{4})?") {
            let _ = parse_retry_after(&value, now());
        }

        #[test]
        fn every_number_of_seconds_is_read(number in any::<u64>()) {
            prop_assert_eq!(parse_retry_after(&number.to_string(), now()), Some(seconds(number)));
        }

        #[test]
        fn every_date_is_as_far_as_it_says(number in 0..253_402_300_800_u64) {
            let date = SystemTime::UNIX_EPOCH + Duration::from_secs(number);
            let expected = seconds(number.saturating_sub(784_111_777));
            prop_assert_eq!(parse_retry_after(&httpdate::fmt_http_date(date), now()), Some(expected));
        }
    }
}
