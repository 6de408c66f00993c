//! An observer cannot change a call: neither by a panic, nor by its own retried calls, nor by an error that cannot be
//! displayed.
//!
//! The observer of the process runs closures of these tests, some of which panic, so this is a separate binary.
#![expect(clippy::items_after_statements, reason = "a test takes its turn first")]

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::error::Error;
use std::fmt::{self, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::rc::Rc;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use backoff_core::observe::{CallEvent, EventKind, set_global};
use backoff_core::{Budget, CallSite, CancelToken, Fault, Policy, StopReason, call_sites, classify, retry};
use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use support::{Events, block_on, paused};
use tracing::Event;

/// An observer of one thread. The observer of the process passes events to it.
type Watcher = Rc<dyn Fn(&CallEvent<'_>)>;

thread_local! {
    static WATCHER: RefCell<Option<Watcher>> = const { RefCell::new(None) };
}

/// Runs `run` with a global observer that the other tests do not see.
fn watched<R>(watcher: impl Fn(&CallEvent<'_>) + 'static, run: impl FnOnce() -> R) -> R {
    static SET: OnceLock<()> = OnceLock::new();
    SET.get_or_init(|| {
        let pass_on = |event: &CallEvent<'_>| {
            let watcher = WATCHER.with(|watcher| watcher.borrow().clone());
            if let Some(watcher) = watcher {
                watcher(event);
            }
        };
        set_global(pass_on).expect("nobody else sets it");
    });
    WATCHER.set(Some(Rc::new(watcher)));
    let result = run();
    WATCHER.set(None);
    result
}

/// Formats every field, as a subscriber that writes lines does.
fn format_fields(event: &Event<'_>) -> String {
    struct Fields(String);
    impl tracing::field::Visit for Fields {
        fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn fmt::Debug) {
            write!(self.0, "{field}={value:?} ").expect("the text can be shown");
        }
    }
    let mut fields = Fields(String::new());
    event.record(&mut fields);
    fields.0
}

/// A recorder that runs a closure when it is used.
struct Meter<F>(F);

impl<F: Fn(&Key)> Recorder for Meter<F> {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        (self.0)(key);
        Counter::noop()
    }
    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        (self.0)(key);
        Gauge::noop()
    }
    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        (self.0)(key);
        Histogram::noop()
    }
}

/// The error of every call here: its text, and the way in which formatting it fails.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Trouble {
    Shown,
    DisplayFails,
    DisplayPanics,
    SourceIsItself,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("down")?;
        match self {
            Self::Shown | Self::SourceIsItself => Ok(()),
            Self::DisplayFails => Err(fmt::Error),
            Self::DisplayPanics => panic!("a `Display` panics"),
        }
    }
}

impl Error for Trouble {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        (*self == Self::SourceIsItself).then_some(&Self::SourceIsItself)
    }
}

/// The behaviour and the budget of one call.
struct Run {
    failures: u32,
    trouble: Trouble,
    calls: Cell<u32>,
    budget: Budget,
}

impl Run {
    fn new(failures: u32, trouble: Trouble) -> Self {
        let budget = Budget::new().ratio(0.5).capacity(8);
        while budget.available() > 5.5 {
            assert!(budget.withdraw());
        }
        Self { failures, trouble, calls: Cell::new(0), budget }
    }

    fn attempt(&self) -> Result<u32, Trouble> {
        self.calls.set(self.calls.get() + 1);
        if self.calls.get() <= self.failures { Err(self.trouble) } else { Ok(self.calls.get()) }
    }
}

#[retry(max_attempts = 3, delay = "0s", name = "robust.lean", budget = run.budget)]
fn lean(run: &Run) -> Result<u32, Trouble> {
    run.attempt()
}

#[retry(max_attempts = 3, max_elapsed = "1h", delay = "0s", name = "robust.timed", budget = run.budget)]
fn timed(run: &Run) -> Result<u32, Trouble> {
    run.attempt()
}

#[retry(max_attempts = 3, delay = "0s", seed = 1, name = "robust.full", budget = run.budget)]
fn full(run: &Run) -> Result<u32, Trouble> {
    run.attempt()
}

#[retry(max_attempts = 3, delay = "0s", name = "robust.lean_async", budget = run.budget)]
async fn lean_async(run: &Run) -> Result<u32, Trouble> {
    run.attempt()
}

#[retry(max_attempts = 3, max_elapsed = "1h", delay = "0s", name = "robust.timed_async", budget = run.budget)]
async fn timed_async(run: &Run) -> Result<u32, Trouble> {
    run.attempt()
}

#[retry(max_attempts = 3, delay = "0s", timeout = "1h", on_timeout = |_| Trouble::Shown, name = "robust.full_async", budget = run.budget)]
async fn full_async(run: &Run) -> Result<u32, Trouble> {
    run.attempt()
}

const POLICY: Policy = Policy::constant(Duration::ZERO).max_attempts(3).build();

fn builder(run: &Run) -> Result<u32, Trouble> {
    POLICY.retry(|| run.attempt()).name("robust.builder").budget(&run.budget).call()
}

fn builder_async(run: &Run) -> Result<u32, Trouble> {
    paused(
        POLICY
            .retry(|| std::future::ready(run.attempt()))
            .name("robust.builder_async")
            .budget(&run.budget)
            .into_future(),
    )
}

fn by_hand(run: &Run) -> Result<u32, Trouble> {
    let mut attempts = POLICY.start().name("robust.by_hand").budget(&run.budget);
    loop {
        match run.attempt() {
            Ok(value) => {
                attempts.success();
                return Ok(value);
            }
            Err(error) => attempts.pause(error)?,
        }
    }
}

fn by_hand_async(run: &Run) -> Result<u32, Trouble> {
    paused(async {
        let mut attempts = POLICY.start().name("robust.by_hand_async").budget(&run.budget);
        loop {
            match run.attempt() {
                Ok(value) => {
                    attempts.success();
                    return Ok(value);
                }
                Err(error) => attempts.pause_async(error).await?,
            }
        }
    })
}

type Form = (&'static str, fn(&Run) -> Result<u32, Trouble>);

/// The same call by every driver.
const FORMS: [Form; 10] = [
    ("robust.lean", lean),
    ("robust.timed", timed),
    ("robust.full", full),
    ("robust.lean_async", |run| paused(lean_async(run))),
    ("robust.timed_async", |run| paused(timed_async(run))),
    ("robust.full_async", |run| paused(full_async(run))),
    ("robust.builder", builder),
    ("robust.builder_async", builder_async),
    ("robust.by_hand", by_hand),
    ("robust.by_hand_async", by_hand_async),
];

/// Everything that an observer could change about a call.
#[derive(Debug, PartialEq)]
struct Seen {
    result: Result<u32, Trouble>,
    attempts: u32,
    tokens: String,
    counts: Option<(u64, u64, u64)>,
}

fn counts(name: &str) -> (u64, u64, u64) {
    let site = call_sites().find(|site| site.name() == name);
    site.map_or((0, 0, 0), |site: &CallSite| (site.retries(), site.recovered(), site.gave_up()))
}

/// Runs a call, and returns its effects; the counts are those that it added.
fn seen((name, form): Form, run: &Run) -> Seen {
    let before = counts(name);
    let result = form(run);
    let after = counts(name);
    let counts = (after.0 - before.0, after.1 - before.1, after.2 - before.2);
    Seen { result, attempts: run.calls.get(), tokens: format!("{:.3}", run.budget.available()), counts: Some(counts) }
}

/// Counts of call sites are shared by the tests of this process, so the tests that compare them run one after the
/// other.
fn alone() -> std::sync::MutexGuard<'static, ()> {
    static ALONE: std::sync::Mutex<()> = std::sync::Mutex::new(());
    ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// A payload whose destructor panics, too.
struct Stubborn;

impl Drop for Stubborn {
    fn drop(&mut self) {
        assert!(std::thread::panicking(), "the payload panics");
    }
}

fn panic_stubbornly() {
    panic_any(Stubborn);
}

/// A wrapper that makes an observer misbehave during a call.
type Observed = fn(&mut dyn FnMut());

const OBSERVERS: [(&str, Observed); 6] = [
    ("global observer", |call| watched(|_| panic!("the observer panics"), call)),
    ("global observer with a payload that panics", |call| watched(|_| panic_stubbornly(), call)),
    ("subscriber", |call| {
        tracing::subscriber::with_default(Events::all(|_: &Event<'_>| panic!("the subscriber panics")), call);
    }),
    ("recorder", |call| metrics::with_local_recorder(&Meter(|_: &Key| panic!("the recorder panics")), call)),
    ("all at once", |call| {
        let layer = Events::all(|_: &Event<'_>| panic!("the subscriber panics"));
        let all = || metrics::with_local_recorder(&Meter(|_: &Key| panic!("the recorder panics")), call);
        watched(|_| panic!("the observer panics"), || tracing::subscriber::with_default(layer, all));
    }),
    ("readers of the text", |call| {
        let layer = Events::all(|event: &Event<'_>| drop(format_fields(event)));
        let reads = |event: &CallEvent<'_>| drop((event.error().to_string(), format!("{event:#?}{:#}", event.error())));
        watched(reads, || tracing::subscriber::with_default(layer, call));
    }),
];

#[test]
fn no_observer_changes_result_attempts_budget_or_counts_of_any_driver() {
    let _alone = alone();
    let troubles = [Trouble::Shown, Trouble::DisplayFails, Trouble::DisplayPanics, Trouble::SourceIsItself];
    for form in FORMS {
        for failures in [0, 1, 2, 3] {
            for trouble in troubles {
                let unobserved = seen(form, &Run::new(failures, trouble));
                for (observer, observed) in OBSERVERS {
                    let mut under = None;
                    observed(&mut || under = Some(seen(form, &Run::new(failures, trouble))));
                    assert_eq!(under.as_ref(), Some(&unobserved), "{}, {failures} of {trouble:?}, {observer}", form.0);
                }
            }
        }
    }
}

#[test]
fn a_panic_in_one_observer_does_not_keep_the_event_from_the_others() {
    let _alone = alone();
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let told = Rc::new(Cell::new(0));
    let count = {
        let told = Rc::clone(&told);
        move |_: &CallEvent<'_>| told.set(told.get() + 1)
    };
    let layer = Events::all(|_: &Event<'_>| panic!("the subscriber panics"));
    let call = || assert_eq!(lean(&Run::new(2, Trouble::Shown)), Ok(3));
    watched(count, || tracing::subscriber::with_default(layer, || metrics::with_local_recorder(&recorder, call)));
    assert_eq!(told.get(), 3);
    let counters = snapshotter.snapshot().into_vec().into_iter().filter_map(|(key, _, _, value)| match value {
        DebugValue::Counter(count) => Some((key.key().name().to_owned(), count)),
        _ => None,
    });
    let mut counters: Vec<_> = counters.collect();
    counters.sort();
    assert_eq!(counters, [("retry_calls_total".to_owned(), 1), ("retry_retries_total".to_owned(), 2)]);
}

#[test]
fn a_call_that_is_cancelled_in_its_delay_keeps_its_error_whatever_observes_it() {
    let _alone = alone();
    #[retry(max_attempts = 3, delay = "1h", cancel = token, sleep = |_| token.cancel())]
    fn attribute(token: &CancelToken) -> Result<u32, Trouble> {
        Err(Trouble::Shown)
    }
    let builder = |token: &CancelToken| {
        let policy = Policy::constant(Duration::from_secs(1)).max_attempts(3).build();
        policy.retry(|| Err::<u32, _>(Trouble::Shown)).sleep(|_| token.cancel()).cancel(token).call()
    };
    for (observer, observed) in OBSERVERS {
        observed(&mut || assert_eq!(attribute(&CancelToken::new()), Err(Trouble::Shown), "{observer}"));
        observed(&mut || assert_eq!(builder(&CancelToken::new()), Err(Trouble::Shown), "{observer}"));
    }
}

#[test]
fn a_value_that_was_adjusted_is_reported_without_harm_to_a_success_at_once() {
    let _alone = alone();
    macro_rules! adjusted_under {
        ($observed:expr) => {{
            #[retry(max_attempts = attempts, delay = "0s")]
            fn adjusted(attempts: u32) -> Result<u32, Trouble> {
                Ok(attempts)
            }
            $observed(&mut || assert_eq!(adjusted(0), Ok(0)));
        }};
    }
    // The event comes once per function, so each observer has a separate function.
    let [global, stubborn, subscriber, recorder, all, readers] = OBSERVERS;
    adjusted_under!(global.1);
    adjusted_under!(stubborn.1);
    adjusted_under!(subscriber.1);
    adjusted_under!(recorder.1);
    adjusted_under!(all.1);
    adjusted_under!(readers.1);
}

/// A call that an observer makes, which fails and is retried.
#[retry(max_attempts = 3, delay = "0s", name = "robust.collector")]
fn send_to_a_collector_that_is_down() -> Result<(), &'static str> {
    Err("the collector is down")
}

/// The same in every form of call, with one that succeeds at once.
fn use_retries() {
    #[retry(max_attempts = 3, delay = "0s")]
    async fn fails() -> Result<(), &'static str> {
        Err("the collector is down")
    }
    #[retry(max_attempts = attempts, delay = "0s")]
    fn adjusted(attempts: u32) -> Result<u32, &'static str> {
        Ok(attempts)
    }
    assert!(send_to_a_collector_that_is_down().is_err());
    assert_eq!(lean(&Run::new(0, Trouble::Shown)), Ok(1));
    assert_eq!(lean(&Run::new(1, Trouble::Shown)), Ok(2));
    assert!(builder(&Run::new(9, Trouble::Shown)).is_err());
    assert!(by_hand(&Run::new(9, Trouble::Shown)).is_err());
    assert!(block_on(fails()).is_err());
    assert_eq!(adjusted(0), Ok(0));
}

#[test]
fn calls_of_a_global_observer_are_not_reported_to_it() {
    let _alone = alone();
    for form in FORMS {
        let names = Rc::new(RefCell::new(Vec::new()));
        let note = Rc::clone(&names);
        let before = counts("robust.collector");
        let observer = move |event: &CallEvent<'_>| {
            note.borrow_mut().push(event.name());
            use_retries();
        };
        watched(observer, || assert_eq!((form.1)(&Run::new(2, Trouble::Shown)), Ok(3)));
        assert_eq!(*names.borrow(), [form.0; 3]);
        assert_eq!(counts("robust.collector").0 - before.0, 6, "their own call site counts");
    }
}

#[test]
fn calls_of_a_subscriber_are_not_reported_to_it() {
    let _alone = alone();
    for form in FORMS {
        let lines = Arc::new(std::sync::Mutex::new(Vec::new()));
        let note = Arc::clone(&lines);
        let layer = Events::all(move |event: &Event<'_>| {
            note.lock().expect("no test panics in it").push(format_fields(event));
            use_retries();
        });
        tracing::subscriber::with_default(layer, || assert_eq!((form.1)(&Run::new(2, Trouble::Shown)), Ok(3)));
        let lines = lines.lock().expect("no test panics in it");
        assert_eq!(lines.len(), 3, "{lines:#?}");
        assert!(lines.iter().all(|line| line.contains(form.0)), "{lines:#?}");
    }
}

#[test]
fn calls_of_a_recorder_are_not_reported_to_it_neither_their_successes_at_once() {
    let _alone = alone();
    for form in FORMS {
        for failures in [0, 2] {
            let keys = RefCell::new(Vec::new());
            let recorder = Meter(|key: &Key| {
                let is_of_this_call = key.labels().any(|label| label.value() == form.0);
                keys.borrow_mut().push(is_of_this_call);
                use_retries();
            });
            let call = || assert_eq!((form.1)(&Run::new(failures, Trouble::Shown)), Ok(failures + 1));
            metrics::with_local_recorder(&recorder, call);
            let keys = keys.into_inner();
            assert!(!keys.is_empty() && keys.iter().all(|is| *is), "{}: {keys:?}", form.0);
        }
    }
}

#[test]
fn events_are_reported_again_after_an_observer_has_panicked() {
    let _alone = alone();
    let told = Rc::new(Cell::new(0));
    let count = Rc::clone(&told);
    let observer = move |_: &CallEvent<'_>| {
        count.set(count.get() + 1);
        panic!("the observer panics");
    };
    watched(observer, || {
        assert!(builder(&Run::new(9, Trouble::Shown)).is_err());
        assert!(builder(&Run::new(9, Trouble::Shown)).is_err());
    });
    assert_eq!(told.get(), 6);
}

#[test]
fn calls_of_a_hook_are_reported() {
    let _alone = alone();
    let names = Rc::new(RefCell::new(Vec::new()));
    let note = Rc::clone(&names);
    watched(
        move |event: &CallEvent<'_>| note.borrow_mut().push(event.name()),
        || {
            let call = POLICY.retry(|| Err::<(), _>("down")).name("robust.hooked");
            let _ = call.on_give_up(|_| assert!(send_to_a_collector_that_is_down().is_err())).call();
        },
    );
    let collector = names.borrow().iter().filter(|name| **name == "robust.collector").count();
    assert_eq!((collector, names.borrow().len()), (3, 6));
}

/// Returns the payload of a call's panic, and the tokens that the call added to the budget.
fn panicked(call: impl FnOnce(&Run)) -> (Box<dyn Any + Send>, f64) {
    let run = Run::new(1, Trouble::Shown);
    let before = run.budget.available();
    let payload = catch_unwind(AssertUnwindSafe(|| call(&run))).expect_err("the hook panics");
    (payload, run.budget.available() - before)
}

#[test]
fn a_panic_in_on_recovered_propagates_and_loses_no_deposit() {
    let _alone = alone();
    #[retry(max_attempts = 3, delay = "0s", budget = run.budget, on_recovered = |_| panic!("hook"))]
    fn attribute(run: &Run) -> Result<u32, Trouble> {
        run.attempt()
    }
    #[retry(max_attempts = 3, delay = "0s", budget = run.budget, on_recovered = |_| panic!("hook"))]
    async fn attribute_async(run: &Run) -> Result<u32, Trouble> {
        run.attempt()
    }
    fn hook<T>(_: &T) {
        panic!("hook");
    }
    let calls: [fn(&Run); 4] = [
        |run| _ = attribute(run),
        |run| _ = paused(attribute_async(run)),
        |run| _ = POLICY.retry(|| run.attempt()).budget(&run.budget).on_recovered(hook).call(),
        |run| {
            let call = POLICY.retry(|| std::future::ready(run.attempt())).budget(&run.budget).on_recovered(hook);
            _ = paused(call.into_future());
        },
    ];
    for (form, call) in calls.into_iter().enumerate() {
        let (payload, added) = panicked(call);
        assert_eq!(payload.downcast_ref::<&str>(), Some(&"hook"), "form {form}");
        assert!((added - (0.5 - 1.0)).abs() < 0.01, "form {form}: a token for the retry, half of one back; {added}");
    }
}

#[test]
fn an_error_whose_display_fails_is_logged_as_far_as_it_was_written() {
    let _alone = alone();
    let texts = Rc::new(RefCell::new(Vec::new()));
    let note = Rc::clone(&texts);
    let observer = move |event: &CallEvent<'_>| {
        if let EventKind::GaveUp { .. } = event.kind() {
            note.borrow_mut().extend([event.error().to_string(), format!("{:#}", event.error())]);
        }
    };
    watched(observer, || assert_eq!(lean(&Run::new(9, Trouble::DisplayFails)), Err(Trouble::DisplayFails)));
    assert_eq!(*texts.borrow(), ["down (formatting failed)", "down (formatting failed)"]);
    let lines = RefCell::new(Vec::new());
    let call = POLICY.retry(|| Err::<(), _>(Trouble::DisplayFails)).when(|_| false);
    let _ = call.on_give_up(|event| lines.borrow_mut().extend([event.to_string(), format!("{event:#}")])).call();
    assert_eq!(*lines.borrow(), ["gave up after 1 attempt: the error is permanent: down (formatting failed)"; 2]);
}

#[test]
fn a_source_chain_without_an_end_ends_every_walk() {
    let _alone = alone();
    #[retry(max_attempts = 2, delay = "0s", on_retry = |event| lines.push(format!("{event:#}")))]
    fn attribute(lines: &mut Vec<String>) -> Result<(), Trouble> {
        Err(Trouble::SourceIsItself)
    }
    assert_eq!(classify::marks(&Trouble::SourceIsItself), None);
    assert_eq!(classify::marked(&Trouble::SourceIsItself), Fault::Transient);
    let boxed: Box<dyn Error + Send + Sync> = Box::new(Trouble::SourceIsItself);
    let report = POLICY.retry(|| Err::<(), _>(&*boxed)).when(|error| classify::marks(*error) != Some(Fault::Permanent));
    assert_eq!(report.call_report().expect_err("it always fails").reason, StopReason::MaxAttempts);
    let mut lines = Vec::new();
    assert!(attribute(&mut lines).is_err());
    assert_eq!(lines, ["attempt 1 of 2 failed: down; next in 0 ms"]);
}
