//! A trace: the visible behaviour of one call, line by line.

use std::fmt;
use std::time::Duration;

use backoff_core::{Cancelled, StopReason};

use crate::case::{Meaning, text};

/// The value of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Value {
    pub(crate) attempt: u32,
    pub(crate) is_good: bool,
}

/// The error of an attempt, of a timeout, or of a cancelled attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    Failed { attempt: u32, meaning: Meaning },
    TimedOut(Duration),
    Cancelled,
}

impl From<Cancelled> for Trouble {
    fn from(_: Cancelled) -> Self {
        Self::Cancelled
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum What {
    Starts(u32),
    Ends(u32),
    /// A timeout or cancellation struck while this attempt ran.
    Dropped(u32),
    OnRetry {
        attempt: u32,
        max_attempts: Option<u32>,
        error: Option<Trouble>,
        delay: Duration,
        elapsed: Duration,
    },
    OnGiveUp {
        attempts: u32,
        error: Option<Trouble>,
        reason: StopReason,
        elapsed: Duration,
    },
    OnRecovered {
        attempts: u32,
        elapsed: Duration,
    },
    /// A manual loop receives no event. It sees the delay alone.
    Waits(Duration),
    Returns {
        result: Option<Result<Value, Trouble>>,
        report: Option<Report>,
        tokens: Option<u32>,
    },
}

/// The report of a call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Report {
    pub(crate) reason: Option<StopReason>,
    pub(crate) attempts: u32,
    pub(crate) elapsed: Duration,
    pub(crate) slept: Duration,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Trace(pub(crate) Vec<(Duration, What)>);

/// The random part of a trace: the delays that were drawn, and the reason to stop.
pub(crate) struct Chance {
    pub(crate) delays: Vec<Duration>,
    pub(crate) reason: Option<StopReason>,
}

impl Trace {
    pub(crate) fn chance(&self) -> Chance {
        let announced = self.0.iter().filter_map(|(_, what)| match what {
            What::OnRetry { delay, .. } | What::Waits(delay) => Some(*delay),
            _ => None,
        });
        let mut delays: Vec<_> = announced.collect();
        if delays.is_empty() {
            delays = self.0.windows(2).filter_map(gap).collect();
        }
        let reason = self.0.iter().find_map(|(_, what)| match what {
            What::Returns { report: Some(report), .. } => report.reason,
            What::OnGiveUp { reason, .. } => Some(*reason),
            _ => None,
        });
        Chance { delays, reason }
    }

    /// Returns the lines of both traces in two columns, with a mark at each difference.
    pub(crate) fn beside(&self, other: &Self) -> String {
        let lines =
            |trace: &Self| trace.0.iter().map(|(at, what)| format!("{:>9}  {what}", text(*at))).collect::<Vec<_>>();
        let (left, right) = (lines(self), lines(other));
        let width = left.iter().map(|line| line.chars().count()).max().unwrap_or(0);
        let line = |side: &[String], number: usize| side.get(number).cloned().unwrap_or_default();
        let rows = (0..left.len().max(right.len())).map(|number| {
            let (left, right) = (line(&left, number), line(&right, number));
            let mark = if left == right { ' ' } else { '!' };
            format!("  {mark} {left:<width$} | {right}\n")
        });
        format!("    {:<width$} | seen\n", "expected") + &rows.collect::<String>()
    }
}

/// Returns the time from the end of an attempt to the start of the next.
fn gap(lines: &[(Duration, What)]) -> Option<Duration> {
    match lines {
        [(ended, What::Ends(_) | What::Dropped(_)), (started, What::Starts(_))] => Some(started.saturating_sub(*ended)),
        _ => None,
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed { attempt, .. } => write!(f, "error {attempt}"),
            Self::TimedOut(limit) => write!(f, "timeout of {}", text(*limit)),
            Self::Cancelled => f.write_str("cancelled"),
        }
    }
}

fn shown(error: Option<Trouble>) -> String {
    error.map_or_else(|| "unmet".to_owned(), |error| error.to_string())
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Starts(attempt) => write!(f, "attempt {attempt} starts"),
            Self::Ends(attempt) => write!(f, "attempt {attempt} ends"),
            Self::Dropped(attempt) => write!(f, "attempt {attempt} is dropped"),
            Self::OnRetry { attempt, max_attempts, error, delay, elapsed } => {
                let of = max_attempts.map(|max| format!(" of {max}")).unwrap_or_default();
                let (delay, elapsed) = (text(delay), text(elapsed));
                write!(f, "on_retry: attempt {attempt}{of}, {}, next in {delay}, elapsed {elapsed}", shown(error))
            }
            Self::OnGiveUp { attempts, error, reason, elapsed } => {
                let elapsed = text(elapsed);
                write!(f, "on_give_up: {reason:?}, {attempts} attempts, {}, elapsed {elapsed}", shown(error))
            }
            Self::OnRecovered { attempts, elapsed } => {
                write!(f, "on_recovered: {attempts} attempts, elapsed {}", text(elapsed))
            }
            Self::Waits(delay) => write!(f, "waits for {}", text(delay)),
            Self::Returns { result, report, tokens } => {
                match result {
                    Some(Ok(value)) => {
                        write!(f, "Ok({}{})", value.attempt, if value.is_good { "" } else { ", unmet" })?;
                    }
                    Some(Err(error)) => write!(f, "Err({error})")?,
                    None => write!(f, "ends")?,
                }
                if let Some(Report { reason, attempts, elapsed, slept }) = report {
                    let reason = reason.map_or_else(|| "success".to_owned(), |reason| format!("{reason:?}"));
                    write!(f, ", {reason}, {attempts} attempts, elapsed {}, slept {}", text(elapsed), text(slept))?;
                }
                tokens.map_or(Ok(()), |tokens| write!(f, ", {}.{:03} tokens", tokens / 1_000, tokens % 1_000))
            }
        }
    }
}
