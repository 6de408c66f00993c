//! Durations and numbers as the documentation writes them.

use std::time::Duration;

/// Writes a duration with three digits, in minutes and hours as `humantime` does.
pub(super) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if duration == Duration::MAX {
        return "any time".to_owned();
    }
    if seconds >= 59.95 {
        return humantime::format_duration(Duration::from_secs(rounded(seconds))).to_string();
    }
    let nanos = duration.as_nanos();
    let (unit, size) = match nanos {
        0 => return "0".to_owned(),
        1..1_000 => ("ns", 1.0),
        1_000..1_000_000 => ("us", 1e3),
        1_000_000..999_500_000 => ("ms", 1e6),
        _ => ("s", 1e9),
    };
    let value = seconds * 1e9 / size;
    let digits = if value < 9.995 { 2 } else { usize::from(value < 99.95) };
    let text = format!("{value:.digits$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text}{unit}")
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates, and a duration is positive"
)]
fn rounded(seconds: f64) -> u64 {
    seconds.round() as u64
}

/// Writes a range of delays.
pub(super) fn range((shortest, longest): (Duration, Duration)) -> String {
    if shortest == longest { duration(longest) } else { format!("{} to {}", duration(shortest), duration(longest)) }
}

/// Writes "a, b and c".
pub(super) fn listed(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Writes a number with commas.
pub(super) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_three_digits() {
        for (nanos, text) in [
            (0, "0"),
            (1, "1ns"),
            (1_500, "1.5us"),
            (337_500_000, "338ms"),
            (100_000_000, "100ms"),
            (999_400_000, "999ms"),
            (999_600_000, "1s"),
            (1_687_500_000, "1.69s"),
            (20_000_000_000, "20s"),
            (12_340_000_000, "12.3s"),
            (59_960_000_000, "1m"),
            (90_000_000_000, "1m 30s"),
            (5_400_000_000_000, "1h 30m"),
        ] {
            assert_eq!(duration(Duration::from_nanos(nanos)), text);
        }
    }

    #[test]
    fn numbers_have_commas() {
        assert_eq!([3, 100, 1_000, 1_234_567].map(number), ["3", "100", "1,000", "1,234,567"]);
    }
}
