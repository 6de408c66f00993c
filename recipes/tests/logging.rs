//! Events in the crate `log`: a program without a subscriber receives them there, if `tracing` has its feature `log`.
//!
//! One test, because a process has one logger.

use std::sync::Mutex;

use backoff_core::retry;
use log::{LevelFilter, Log, Metadata, Record};

static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Lines;

impl Log for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "backoff_core"
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            let text = record.args().to_string();
            let message = text.split(" retry.").next().unwrap_or_default();
            LINES.lock().expect("no test panics in it").push(format!("{} {message}", record.level()));
        }
    }

    fn flush(&self) {}
}

#[retry(max_attempts = 3, sleep = |_| ())]
fn fetch() -> Result<(), &'static str> {
    Err("down")
}

/// Runs a call that gives up after three attempts, and returns what the logger received.
fn logged_at(level: LevelFilter) -> Vec<String> {
    log::set_max_level(level);
    assert!(fetch().is_err());
    std::mem::take(&mut *LINES.lock().expect("no test panics in it"))
}

#[test]
fn without_a_subscriber_the_logger_receives_the_events_of_its_level() {
    assert_eq!(logged_at(LevelFilter::Trace), [] as [String; 0], "no logger is set");
    log::set_logger(&Lines).expect("the only logger");
    assert_eq!(logged_at(LevelFilter::Off), [] as [String; 0]);
    assert_eq!(logged_at(LevelFilter::Info), ["WARN gave up"]);
    assert_eq!(logged_at(LevelFilter::Debug), ["DEBUG retry scheduled", "DEBUG retry scheduled", "WARN gave up"]);
    assert_eq!(logged_at(LevelFilter::Off), [] as [String; 0]);
}
