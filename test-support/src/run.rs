//! The drivers that a case runs through.

use std::cell::RefCell;
use std::future::ready;
use std::time::Duration;

use backoff_core::{Backoff, CancelToken, Fault, GiveUpEvent, RecoveredEvent, RetryError, RetryEvent, Success};
use tokio::time::Instant;

use super::{Case, Draws, Event, Report, Step, Trace, Trouble, Virtual, block_on, ms, paused};

/// The limit on attempts in all cases: a call that makes more does not end.
const MOST_ATTEMPTS: usize = 20_000;

/// The state that the operation, the hooks and the sleeper of one run share, and their log.
struct World<'c, B: Backoff> {
    case: &'c Case<B>,
    time: Time,
    token: CancelToken,
    log: RefCell<Log>,
}

#[derive(Default)]
struct Log {
    started: Vec<Duration>,
    ended: Vec<Duration>,
    /// The delays that the sleeper received.
    asked: Vec<Duration>,
    judged: u32,
    events: Vec<Event>,
}

enum Time {
    Virtual(Virtual),
    Tokio(Instant),
}

impl Time {
    fn now(&self) -> Duration {
        match self {
            Self::Virtual(time) => time.now(),
            Self::Tokio(origin) => origin.elapsed(),
        }
    }
}

impl<'c, B: Backoff> World<'c, B> {
    fn new(case: &'c Case<B>, time: Time) -> Self {
        let world = Self { case, time, token: CancelToken::new(), log: RefCell::default() };
        if case.cancelled_in == Some(0) {
            world.token.cancel();
        }
        world
    }

    /// Starts an attempt, and returns its number and its script.
    fn start(&self) -> (u32, Step) {
        let attempt = {
            let mut log = self.log.borrow_mut();
            assert!(log.started.len() < MOST_ATTEMPTS, "the call does not end");
            log.started.push(self.time.now());
            u32::try_from(log.started.len()).expect("a case has few attempts")
        };
        if self.case.cancelled_in == Some(attempt) {
            self.token.cancel();
        }
        (attempt, self.case.step(attempt))
    }

    fn end(&self, attempt: u32, step: Step) -> Result<u32, Trouble> {
        self.log.borrow_mut().ended.push(self.time.now());
        step.outcome(attempt)
    }

    /// Runs an attempt in virtual time.
    fn attempt(&self) -> Result<u32, Trouble> {
        let (attempt, step) = self.start();
        self.advance(step.runs);
        self.end(attempt, step)
    }

    /// Runs an attempt in tokio's time.
    async fn attempt_on_tokio(&self) -> Result<u32, Trouble> {
        let (attempt, step) = self.start();
        if !step.runs.is_zero() {
            tokio::time::sleep(step.runs).await;
        }
        self.end(attempt, step)
    }

    fn advance(&self, time: Duration) {
        if let Time::Virtual(clock) = &self.time {
            clock.advance(time);
        }
    }

    fn sleep(&self, delay: Duration) {
        self.log.borrow_mut().asked.push(delay);
        self.advance(delay);
    }

    fn judge(&self, error: &Trouble) -> Fault {
        self.log.borrow_mut().judged += 1;
        error.fault
    }

    fn on_retry(&self, event: &RetryEvent<'_, Trouble>) {
        self.log.borrow_mut().events.push(Event::Retry {
            attempt: event.attempt(),
            max_attempts: event.max_attempts(),
            error: event.error().copied(),
            delay: event.delay(),
            elapsed: event.elapsed(),
        });
    }

    fn on_give_up(&self, event: &GiveUpEvent<'_, Trouble>) {
        self.log.borrow_mut().events.push(Event::GaveUp {
            attempts: event.attempts(),
            error: event.error().copied(),
            reason: event.reason(),
            elapsed: event.elapsed(),
        });
    }

    fn on_recovered(&self, event: &RecoveredEvent) {
        let event = Event::Recovered { attempts: event.attempts(), elapsed: event.elapsed() };
        self.log.borrow_mut().events.push(event);
    }

    fn trace(self, ended: Result<Success<u32>, RetryError<Trouble>>) -> Trace {
        let (result, reason, report) = match ended {
            Ok(success) => {
                let Success { value, attempts, elapsed, slept, stopped, .. } = success;
                (Ok(value), stopped, Report { attempts, elapsed, slept })
            }
            Err(error) => {
                let RetryError { last, reason, attempts, elapsed, slept, .. } = error;
                (Err(last), Some(reason), Report { attempts, elapsed, slept })
            }
        };
        let log = self.log.into_inner();
        let gaps =
            log.ended.iter().zip(log.started.iter().skip(1)).map(|(ended, started)| started.saturating_sub(*ended));
        let slept: Vec<_> = gaps.filter(|gap| !gap.is_zero()).collect();
        if matches!(self.time, Time::Virtual(_)) {
            assert_eq!(log.asked, slept, "the sleeper was asked for exactly what passed between the attempts");
        }
        let calls = u32::try_from(log.started.len()).expect("a case has few attempts");
        Trace { calls, started: log.started, slept, judged: log.judged, events: log.events, result, reason, report }
    }
}

/// Builds the call of a case; the differences between the drivers are added later.
macro_rules! call {
    ($world:ident, $operation:expr) => {
        $world
            .case
            .policy
            .retry($operation)
            .when(|error: &Trouble| $world.judge(error))
            .until(|value: &u32| $world.case.is_good_enough(*value))
            .on_retry(|event| $world.on_retry(event))
            .on_give_up(|event| $world.on_give_up(event))
            .on_recovered(|event| $world.on_recovered(event))
            .random($world.case.source())
    };
}

impl<B: Backoff> Case<B> {
    /// Runs the case through every driver, and returns the trace that all agree on.
    #[track_caller]
    pub fn run(&self) -> Trace {
        let blocking = self.run_blocking();
        assert_eq!(blocking, self.run_async(), "blocking (left) and async (right) differ");
        if self.runs_on_tokio {
            agree_on_tokio(&blocking, &self.run_on_tokio(), "tokio");
            if self.can_run_by_hand() {
                let by_hand = self.run_by_hand();
                let Trace { judged, events, .. } = blocking.clone();
                agree_on_tokio(&blocking, &Trace { judged, events, ..by_hand }, "by hand");
            }
        }
        blocking
    }

    pub fn run_blocking(&self) -> Trace {
        let world = World::new(self, Time::Virtual(Virtual::new()));
        let call =
            call!(world, || world.attempt()).clock(|| world.time.now()).sleep(|delay: Duration| world.sleep(delay));
        let ended = match self.cancelled_in {
            Some(_) => call.cancel(&world.token).call_report(),
            None => call.call_report(),
        };
        world.trace(ended)
    }

    pub fn run_async(&self) -> Trace {
        let world = World::new(self, Time::Virtual(Virtual::new()));
        let call = call!(world, || async { world.attempt() }).clock(|| world.time.now()).sleep(|delay: Duration| {
            world.sleep(delay);
            ready(())
        });
        let ended = match self.cancelled_in {
            Some(_) => block_on(call.cancel(world.token.cancelled()).report()),
            None => block_on(call.report()),
        };
        world.trace(ended)
    }

    fn run_on_tokio(&self) -> Trace {
        paused(async {
            let world = World::new(self, Time::Tokio(Instant::now()));
            let call = call!(world, || world.attempt_on_tokio());
            let ended = match self.cancelled_in {
                Some(_) => call.cancel(world.token.cancelled()).report().await,
                None => call.report().await,
            };
            world.trace(ended)
        })
    }

    fn can_run_by_hand(&self) -> bool {
        self.cancelled_in.is_none() && self.least.is_none() && matches!(self.draws, Draws::Seed(_))
    }

    /// Runs the manual loop; it has no hooks, and its elapsed time is not compared.
    fn run_by_hand(&self) -> Trace {
        let Draws::Seed(seed) = self.draws else { unreachable!("only seeded cases run by hand") };
        paused(async {
            let world = World::new(self, Time::Tokio(Instant::now()));
            let mut attempts = self.policy.start().seed(seed);
            let (result, reason) = loop {
                match world.attempt_on_tokio().await {
                    Ok(value) => break (Ok(value), None),
                    Err(error) => {
                        if let Err(error) = attempts.pause_async_as(error, error.fault).await {
                            break (Err(error), attempts.stopped());
                        }
                    }
                }
            };
            let (elapsed, slept) = (world.time.now(), attempts.slept());
            let explained = attempts.explain(Trouble { attempt: 0, fault: Fault::Transient });
            let made = explained.attempts + u32::from(result.is_ok());
            let report = Report { attempts: made, elapsed, slept };
            Trace { result, reason, report, ..world.trace(Err(explained)) }
        })
    }
}

/// Tokio's timers end on whole milliseconds, up to one late; where all times are whole the traces are equal.
#[track_caller]
fn agree_on_tokio(expected: &Trace, actual: &Trace, driver: &str) {
    if expected.is_in_whole_millis() {
        assert_eq!(expected, actual, "blocking (left) and {driver} (right) differ");
        return;
    }
    assert_eq!(expected.clone().without_times(), actual.clone().without_times(), "blocking and {driver} differ");
    assert_eq!(expected.slept.len(), actual.slept.len(), "{driver}");
    for (asked, slept) in expected.slept.iter().zip(&actual.slept) {
        assert!(*slept >= *asked && slept.abs_diff(*asked) <= ms(1), "{driver} slept {slept:?} for {asked:?}");
    }
}
