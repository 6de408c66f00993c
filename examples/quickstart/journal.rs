//! The events of one call, printed as they happen, and compared with the expected ones.

use std::cell::{Cell, RefCell};
use std::error::Error;
use std::time::{Duration, Instant};

use backoff_core::{GiveUpEvent, RecoveredEvent, RetryEvent, StopReason};

use super::client::ShopError;
use super::output::{Output, Style};

/// The expected end of a call.
#[derive(Clone, Copy, Debug)]
pub(crate) enum End {
    Recovered {
        attempts: u32,
    },
    GaveUp {
        attempts: u32,
        reason: StopReason,
    },
    /// Ends after any number of attempts, because the number depends on chance.
    Expired {
        reason: StopReason,
    },
}

/// The journal of one call.
pub(crate) struct Journal<'o> {
    output: &'o Output,
    started: Instant,
    delays: RefCell<Vec<Duration>>,
    attempts: Cell<u32>,
    stopped: Cell<Option<StopReason>>,
}

impl<'o> Journal<'o> {
    pub(crate) fn new(output: &'o Output, title: &str) -> Self {
        output.line(&output.paint(Style::Title, title));
        let header = format!("{:>10}  {:>7}  {:<62}  next in", "time", "attempt", "outcome");
        output.line(&output.paint(Style::Dim, &header));
        let (started, delays) = (Instant::now(), RefCell::default());
        Self { output, started, delays, attempts: Cell::new(0), stopped: Cell::default() }
    }

    /// An attempt failed, and another will follow.
    pub(crate) fn failed(&self, event: &RetryEvent<'_, ShopError>) {
        let error = event.error().map(one_line).unwrap_or_default();
        let delay = format!("{:.3} s", event.delay().as_secs_f64());
        self.row(event.elapsed(), event.attempt(), Style::Retried, &error, &delay);
        self.delays.borrow_mut().push(event.delay());
    }

    /// A retry succeeded.
    pub(crate) fn recovered(&self, event: &RecoveredEvent) {
        self.attempts.set(event.attempts());
    }

    /// The last attempt failed.
    pub(crate) fn gave_up(&self, event: &GiveUpEvent<'_, ShopError>) {
        let error = event.error().map(one_line).unwrap_or_default();
        self.row(event.elapsed(), event.attempts(), Style::Failed, &error, "-");
        self.attempts.set(event.attempts());
        self.stopped.set(Some(event.reason()));
    }

    /// Prints the end of the call and its reason, and checks it.
    pub(crate) fn ended(&self, result: &Result<String, ShopError>, expected: End) {
        let (attempts, stopped) = (self.attempts.get(), self.stopped.get());
        if let Ok(value) = result {
            self.row(self.started.elapsed(), attempts, Style::Good, &format!("200 OK: {value}"), "-");
        }
        let after = if attempts == 1 { "1 attempt".to_owned() } else { format!("{attempts} attempts") };
        let end = match stopped {
            None => format!("  => {} after {after}", self.output.paint(Style::Good, "recovered")),
            Some(reason) => format!("  => {} after {after}: {reason}", self.output.paint(Style::Failed, "gave up")),
        };
        self.output.line(&end);
        self.output.line("");
        match expected {
            End::Recovered { attempts: expected } => {
                assert!(result.is_ok(), "{result:?}");
                assert_eq!((attempts, stopped), (expected, None));
            }
            End::GaveUp { attempts: expected, reason } => {
                assert!(result.is_err(), "{result:?}");
                assert_eq!((attempts, stopped), (expected, Some(reason)));
            }
            End::Expired { reason } => {
                assert!(result.is_err(), "{result:?}");
                assert_eq!(stopped, Some(reason));
            }
        }
    }

    /// Checks that a push-back was respected: no delay was shorter.
    pub(crate) fn waited_at_least(&self, push_back: Duration) {
        let delays = self.delays.borrow();
        assert!(delays.iter().all(|delay| *delay >= push_back), "{delays:?}");
    }

    fn row(&self, time: Duration, attempt: u32, style: Style, outcome: &str, next: &str) {
        let outcome = self.output.paint(style, &format!("{outcome:<62}"));
        self.output.line(&format!("{:>8.3} s  {attempt:>7}  {outcome}  {next}", time.as_secs_f64()));
    }
}

/// Returns the error and its last source.
fn one_line(error: &ShopError) -> String {
    let mut root: &dyn Error = error;
    while let Some(source) = root.source() {
        root = source;
    }
    match (error.to_string(), root.to_string()) {
        (text, cause) if text == cause => text,
        (text, cause) => format!("{text}: {cause}"),
    }
}
