//! Calls that block, with a clock, a sleeper and a seed of the program.

use core::cell::{Cell, RefCell};
use core::error::Error;
use core::fmt::{self, Write};
use core::time::Duration;

use backoff_core::{Decision, Failure, Fault, Jitter, Policy, StopReason};

const SENSOR: Policy = Policy::exponential().initial_delay(Duration::from_millis(10)).max_attempts(5).build();
const PACE: Policy = SENSOR.edit().jitter(Jitter::None).build();

/// An error of a bus, with a source.
#[derive(Debug)]
struct NoAnswer(Nack);

#[derive(Debug)]
struct Nack;

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the sensor does not answer")
    }
}

impl fmt::Display for Nack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no acknowledgement")
    }
}

impl Error for Nack {}

impl Error for NoAnswer {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

/// Writes a line from a hook. A missing line shows a mistake, too.
fn note(out: &RefCell<&mut impl Write>, line: fmt::Arguments<'_>) {
    let _is_written = writeln!(out.borrow_mut(), "{line}");
}

pub(crate) fn write_delays(out: &mut impl Write) -> fmt::Result {
    for (range, delay) in SENSOR.ranges().zip(PACE.delays().random(|| 0)) {
        writeln!(out, "delay in {:?}..={:?}, without jitter {delay:?}", range.start(), range.end())?;
    }
    Ok(())
}

pub(crate) fn call(out: &mut impl Write) -> fmt::Result {
    let now = Cell::new(Duration::ZERO);
    let out = RefCell::new(out);
    let mut attempts = 0;
    let report = PACE
        .retry(|| {
            attempts += 1;
            now.set(now.get() + Duration::from_millis(1));
            if attempts < 4 { Err(NoAnswer(Nack)) } else { Ok(21.5) }
        })
        .clock(|| now.get())
        .sleep(|delay| now.set(now.get() + delay))
        .seed(7)
        .on_retry(|event| note(&out, format_args!("{event}")))
        .on_recovered(|event| note(&out, format_args!("recovered at attempt {}", event.attempts())))
        .call_report();
    let mut out = out.borrow_mut();
    match report {
        Ok(end) => writeln!(
            out,
            "{} degrees, {} attempts, {:?} of {:?} slept",
            end.value, end.attempts, end.slept, end.elapsed
        ),
        Err(end) => writeln!(out, "wrong: {end}"),
    }
}

pub(crate) fn give_up(out: &mut impl Write) -> fmt::Result {
    let now = Cell::new(Duration::ZERO);
    let out = RefCell::new(out);
    let limited = PACE.edit().max_elapsed(Duration::from_millis(25)).build();
    let result = limited
        .retry(|| Err::<(), _>(NoAnswer(Nack)))
        .clock(|| now.get())
        .sleep(|delay| now.set(now.get() + delay))
        .seed(7)
        .on_retry(|event| note(&out, format_args!("{}", event.with_sources())))
        .call_report();
    let mut out = out.borrow_mut();
    match result {
        Ok(_) => writeln!(out, "wrong: a success"),
        Err(end) => {
            writeln!(out, "gave up: {}, {:?}, {} attempts, {:?}", end.last, end.reason, end.attempts, end.elapsed)
        }
    }
}

/// The loop of a program that waits in its own way: in a low-power mode, or by an interrupt.
pub(crate) fn loop_by_hand(out: &mut impl Write) -> fmt::Result {
    let failures = [Fault::Transient, Fault::PushBack(Duration::from_secs(1)), Fault::Permanent];
    let mut progress = PACE.begin();
    let mut elapsed = Duration::ZERO;
    for fault in failures {
        match PACE.decide(&mut progress, Failure::new(fault), elapsed, &mut || 0) {
            Decision::RetryAfter(delay) => {
                writeln!(out, "loop: {fault:?}, next in {delay:?}")?;
                elapsed += delay;
            }
            Decision::Stop(StopReason::Permanent) => {
                writeln!(out, "loop: stopped by a permanent fault after {elapsed:?}")?
            }
            decision => writeln!(out, "wrong: {decision:?}")?,
        }
    }
    Ok(())
}

pub(crate) fn draw_jitter(out: &mut impl Write) -> fmt::Result {
    let is_repeated = SENSOR.delays().seed(7).eq(SENSOR.delays().seed(7));
    let is_the_same = SENSOR.delays().seed(7).eq(SENSOR.delays().seed(8));
    let is_in_range = SENSOR.delays().seed(7).zip(SENSOR.ranges()).all(|(delay, range)| range.contains(&delay));
    writeln!(out, "jitter: a seed repeats {is_repeated}, two seeds agree {is_the_same}, in range {is_in_range}")
}
