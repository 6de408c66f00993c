//! Counts, policies and reasons in the words of the page.

use std::time::Duration;

use backoff_core::{Jitter, Policy, Schedule, StopReason};

/// Returns a number with commas between thousands: "2,301".
pub(crate) fn grouped(number: u64) -> String {
    if number < 1_000 {
        return number.to_string();
    }
    format!("{},{:03}", grouped(number / 1_000), number % 1_000)
}

/// Returns a number and its noun: "1 call", "2,301 calls".
pub(crate) fn counted(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(number), if number == 1 { "" } else { "s" })
}

/// Returns tenths of a per cent as a percentage: "98.2 %", "100 %".
pub(crate) fn per_cent(per_mille: u64) -> String {
    let (whole, tenth) = (per_mille / 10, per_mille % 10);
    if tenth == 0 { format!("{whole} %") } else { format!("{whole}.{tenth} %") }
}

/// Returns how many of the calls that succeeded needed a retry.
pub(crate) fn recovered(recovered: u64, succeeded: u64) -> String {
    match (recovered, succeeded) {
        (_, 0) => "none recovered".to_owned(),
        (0, _) => "none of them after a retry".to_owned(),
        (some, all) if some == all => "all of them after a retry".to_owned(),
        (some, _) => format!("{} of them after a retry", grouped(some)),
    }
}

/// Returns the reason as the end of "gave up because ..".
pub(crate) fn reason(reason: StopReason) -> String {
    match reason {
        StopReason::Permanent => "another attempt cannot help".to_owned(),
        StopReason::Ambiguous => "the request may have been executed".to_owned(),
        StopReason::MaxAttempts => "every attempt failed".to_owned(),
        StopReason::MaxElapsed => "the time was over".to_owned(),
        StopReason::BudgetEmpty => "too many calls had failed before".to_owned(),
        StopReason::PushBackTooLong => "the server asked for a longer wait".to_owned(),
        other => other.to_string(),
    }
}

/// Describes the policy in a few words: "up to 5 attempts, each delay doubled".
pub(crate) fn policy(policy: &Policy) -> String {
    let delays = match policy.backoff() {
        _ if policy.jitter() == Jitter::Decorrelated => "delays at random",
        Schedule::Exponential { .. } => "growing delays",
        Schedule::Constant { .. } => "the same delay",
        Schedule::Linear { .. } | Schedule::Fibonacci { .. } => "slowly growing delays",
        _ => "delays as programmed",
    };
    let mut limits = Vec::new();
    if let Some(attempts) = policy.max_attempts() {
        limits.push(format!("up to {attempts} attempts"));
    }
    if let Some(time) = policy.max_elapsed() {
        limits.push(format!("within {}", short(time)));
    }
    let limits = if limits.is_empty() { "no limit".to_owned() } else { limits.join(", ") };
    format!("{limits}, {delays}")
}

/// Formats a duration in few characters: "20 ms", "1.5 s".
pub(crate) fn short(time: Duration) -> String {
    if time >= Duration::from_secs(1) {
        let seconds = format!("{:.1}", time.as_secs_f64());
        return format!("{} s", seconds.trim_end_matches(".0"));
    }
    format!("{:.0} ms", time.as_secs_f64() * 1e3)
}
