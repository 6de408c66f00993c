//! Durations in the syntax of `humantime` ("1h 30m", "250ms"), with other messages.

use std::time::Duration;

use backoff_rules::duration::{self, EMPTY, FORM, TOO_LARGE};
use humantime::DurationError;

const UNITS: &str = "use ns, us, ms, s, m, h";

/// Reads a duration; the error is a whole message.
pub(super) fn parse(text: &str) -> Result<Duration, String> {
    read(text).map_err(|reason| format!("invalid duration {text:?}: {reason}"))
}

fn read(text: &str) -> Result<Duration, String> {
    if let Some(positive) = text.trim().strip_prefix('-') {
        return Err(format!("a duration cannot be negative; use \"{}\"", positive.trim_start()));
    }
    duration::read(text, |part| humantime::parse_duration(part).map_err(|error| reason(part, &error)))
}

fn reason(part: &str, error: &DurationError) -> String {
    match error {
        DurationError::Empty => EMPTY.to_owned(),
        DurationError::UnknownUnit { unit, .. } if unit.is_empty() => {
            format!("the unit is missing; use \"{}s\"", part.trim())
        }
        DurationError::UnknownUnit { unit, .. } => format!("unknown unit `{unit}`; {UNITS}"),
        DurationError::InvalidCharacter(at) | DurationError::NumberExpected(at) => {
            let found = part.get(*at..).and_then(|rest| rest.chars().next());
            match found {
                Some(found) if !found.is_ascii() => {
                    format!("`{found}` is not an ASCII character; {UNITS}")
                }
                Some(found) if found.is_alphabetic() => {
                    format!("a number is missing before `{found}`; {FORM}")
                }
                Some(found) => {
                    format!("unexpected `{found}`; {FORM}")
                }
                None => format!("a number is missing; {FORM}"),
            }
        }
        DurationError::NumberOverflow => {
            let (whole, fraction) = part.split_once('.').unwrap_or((part, ""));
            if fraction.is_empty() || whole.trim().parse::<u64>().is_err() {
                TOO_LARGE.to_owned()
            } else {
                "it is not a whole number of nanoseconds; use fewer digits or a finer unit".to_owned()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_humantime_reads_them() {
        assert_eq!(parse("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(parse("1h 30m"), Ok(Duration::from_secs(5_400)));
        assert_eq!(parse(" 1h30m "), Ok(Duration::from_secs(5_400)));
        assert_eq!(parse("1.5s"), Ok(Duration::from_millis(1_500)));
        assert_eq!(parse("7\u{b5}s"), Ok(Duration::from_micros(7)));
        assert_eq!(parse("0s"), Ok(Duration::ZERO));
        assert_eq!(parse("18446744073709551615s 999999999ns"), Ok(Duration::MAX));
    }

    #[test]
    fn every_mistake_has_its_own_text() {
        for (text, message) in [
            ("60x", "invalid duration \"60x\": unknown unit `x`; use ns, us, ms, s, m, h"),
            ("60S", "invalid duration \"60S\": unknown unit `S`; use ns, us, ms, s, m, h"),
            ("-5s", "invalid duration \"-5s\": a duration cannot be negative; use \"5s\""),
            ("", "invalid duration \"\": it is empty; use a number and a unit, such as \"60s\""),
            ("  ", "invalid duration \"  \": it is empty; use a number and a unit, such as \"60s\""),
            ("5", "invalid duration \"5\": the unit is missing; use \"5s\""),
            ("1h 5", "invalid duration \"1h 5\": the unit is missing; use \"5s\""),
            ("s", "invalid duration \"s\": a number is missing before `s`; use a number and a unit, such as \"60s\""),
            ("5,5s", "invalid duration \"5,5s\": unexpected `,`; use a number and a unit, such as \"60s\""),
            ("+5s", "invalid duration \"+5s\": unexpected `+`; use a number and a unit, such as \"60s\""),
            (
                "5\u{3bc}s",
                "invalid duration \"5\u{3bc}s\": `\u{3bc}` is not an ASCII character; use ns, us, ms, s, m, h",
            ),
            ("\u{665}s", "invalid duration \"\u{665}s\": `\u{665}` is not an ASCII character; use ns, us, ms, s, m, h"),
            (
                "0.5ns",
                "invalid duration \"0.5ns\": it is not a whole number of nanoseconds; use fewer digits or a finer unit",
            ),
        ] {
            assert_eq!(parse(text), Err(message.to_owned()));
        }
    }

    #[test]
    fn a_duration_beyond_the_largest_is_refused_without_a_panic() {
        for text in [
            "99999999999999999999s",
            "99999999999999999999.5s",
            "18446744073709551615s 1000ms",
            "18446744073709551615s 1s",
            "18446744073709551615y",
        ] {
            let message = parse(text).unwrap_err();
            assert!(message.contains("too large"), "{message}");
        }
    }
}
