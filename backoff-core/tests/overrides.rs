//! Values of annotated functions, changed while the program runs.
//!
//! Overrides belong to the process, so the tests of this file take turns.
#![expect(clippy::await_holding_lock, reason = "a turn lasts for a whole test, each on a runtime of its own")]

use std::cell::Cell;
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use backoff_core::overrides::{self, Override, Overrides, with_policy, with_policy_async};
use backoff_core::{Attempt, Fault, List, Policy, PushBackMode, call_sites, observe, retry};

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Waits for the other tests, and starts without overrides.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    overrides::clear();
    turn
}

std::thread_local! {
    static CALLS: Cell<u32> = const { Cell::new(0) };
}

/// An attempt that fails.
fn fails() -> Result<(), &'static str> {
    CALLS.set(CALLS.get() + 1);
    Err("down")
}

/// Returns the number of attempts of a call.
fn attempts(call: impl FnOnce() -> Result<(), &'static str>) -> u32 {
    CALLS.set(0);
    assert_eq!(call(), Err("down"));
    CALLS.get()
}

#[retry(max_attempts = 3, delay = "0s")]
fn plain() -> Result<(), &'static str> {
    fails()
}

#[retry(max_attempts = 3, delay = "0s", name = "shop.billing.charge")]
fn charge() -> Result<(), &'static str> {
    fails()
}

#[retry(max_attempts = 3, delay = "0s", name = "shop.search")]
fn search() -> Result<(), &'static str> {
    fails()
}

mod client {
    use super::{fails, retry};

    pub(super) struct Client;

    impl Client {
        #[retry(max_attempts = 3, delay = "0s")]
        pub(super) fn fetch() -> Result<(), &'static str> {
            fails()
        }
    }
}

#[test]
fn a_name_is_the_path_of_the_function() {
    let _turn = turn();
    overrides::load("overrides::plain: max_attempts=5; overrides::client::Client::fetch: max_attempts=6").unwrap();
    assert_eq!((attempts(plain), attempts(client::Client::fetch), attempts(charge)), (5, 6, 3));
}

#[test]
fn the_name_wins_over_the_longest_prefix_and_that_over_the_annotation() {
    let _turn = turn();
    overrides::load("shop: max_attempts=4; shop.b*: max_attempts=5; shop.billing.charge: max_attempts=6").unwrap();
    assert_eq!((attempts(charge), attempts(search), attempts(plain)), (6, 4, 3));
    assert!(overrides::remove("shop.billing.charge"));
    assert!(!overrides::remove("shop.billing.charge"));
    assert_eq!(attempts(charge), 5);
    overrides::remove("shop.b*");
    assert_eq!(attempts(charge), 4);
    overrides::clear();
    assert_eq!((attempts(charge), attempts(search)), (3, 3));
}

#[test]
fn a_prefix_ends_with_a_part_of_the_name_or_with_a_star() {
    let _turn = turn();
    overrides::load("overrides::cli: disabled; sho: disabled; shop.billing: disabled").unwrap();
    assert_eq!((attempts(client::Client::fetch), attempts(search), attempts(charge)), (3, 3, 1));
    overrides::load("overrides::cli*: disabled; *: max_attempts=2").unwrap();
    assert_eq!((attempts(client::Client::fetch), attempts(search), attempts(plain)), (1, 2, 2));
}

#[test]
fn settings_absent_from_an_override_stay_as_annotated() {
    let _turn = turn();
    overrides::set("shop", Override::new().max_push_back(ms(1))).unwrap();
    assert_eq!(attempts(charge), 3);
}

#[test]
fn an_override_sets_how_a_push_back_makes_the_delay() {
    #[retry(
        name = "pushed", max_attempts = 2, delay = "10s", jitter = none, when = |()| Fault::PushBack(ms(500)),
        on_retry = |event| delays.push(event.delay()), sleep = |_| ()
    )]
    fn push(delays: &mut Vec<Duration>) -> Result<(), ()> {
        Err(())
    }
    let delays = || {
        let mut delays = Vec::new();
        let result = push(&mut delays);
        assert!(result.is_err());
        delays
    };
    let _turn = turn();
    for (mode, delay) in [(PushBackMode::Replace, 500), (PushBackMode::Longest, 10_000), (PushBackMode::Add, 10_500)] {
        overrides::set("pushed", Override::new().push_back(mode)).unwrap();
        assert_eq!(delays(), [ms(delay)], "{mode:?}");
    }
    overrides::load("pushed: push_back=replace").unwrap();
    assert_eq!(delays(), [ms(500)]);
}

#[test]
fn a_disabled_function_makes_one_attempt_unless_it_has_a_separate_override() {
    let _turn = turn();
    overrides::load("shop: disabled; shop.search: max_attempts=3").unwrap();
    assert_eq!((attempts(charge), attempts(search)), (1, 3));
    let site = call_sites().find(|site| site.name() == "shop.billing.charge").unwrap();
    let before = site.gave_up_for(backoff_core::StopReason::Disabled);
    assert_eq!(attempts(charge), 1);
    assert_eq!(site.gave_up_for(backoff_core::StopReason::Disabled), before + 1);
}

#[test]
fn a_mistake_applies_nothing() {
    let _turn = turn();
    overrides::load("shop: max_attempts=2").unwrap();
    let error = overrides::load("shop: max_attempts=7; shop.search: max_delay=soon").unwrap_err();
    assert_eq!(error.key(), Some("shop.search"));
    assert!(error.to_string().starts_with("override `shop.search`: `max_delay` is \"soon\": "), "{error}");
    let error = overrides::set("shop", Override::new().max_attempts(0)).unwrap_err();
    assert_eq!(error.to_string(), "override `shop`: `max_attempts` is 0; use at least 1: the first attempt counts");
    assert_eq!(attempts(charge), 2);
}

#[test]
fn overrides_are_read_from_toml_and_replaced_together() {
    let _turn = turn();
    overrides::load("overrides: disabled").unwrap();
    let text = r#"
        ["shop"]
        max_attempts = 2
        max_delay = "5s"

        ["shop.search"]
        disabled = true
    "#;
    overrides::replace_all(toml::from_str(text).unwrap());
    assert_eq!((attempts(charge), attempts(search), attempts(plain)), (2, 1, 3));
    let present = overrides::current();
    assert_eq!(toml::from_str::<Overrides>(&toml::to_string(&present).unwrap()).unwrap(), present);
    let json = r#"{"shop": {"max_attempts": 4}}"#;
    overrides::replace_all(serde_json::from_str(json).unwrap());
    assert_eq!((attempts(charge), attempts(search)), (4, 4));
}

#[test]
fn a_mistake_in_a_file_names_the_function_and_the_setting() {
    let read = |text: &str| toml::from_str::<Overrides>(text).map_err(|error| error.message().to_owned());
    assert_eq!(
        read("[shop]\nmax_delay = 5").unwrap_err(),
        "override `shop`: `max_delay` is 5; use a duration with its unit, such as \"5s\""
    );
    let unknown = read("[shop]\ntries = 5").unwrap_err();
    assert!(unknown.starts_with("override `shop`: unknown setting `tries`; expected one of `disabled`, "), "{unknown}");
    assert!(read("[shop]\njitter = []").unwrap_err().contains("override `shop`: "));
    assert!(read("['a*b']\ndisabled = true").unwrap_err().starts_with("override `a*b`: "));
    assert!(read("shop = 3").unwrap_err().contains("a map of the retry settings of `shop`"));
}

/// The variable that is set if the test below started this program.
const OVERRIDES: &str = "RETRY_OVERRIDES";

#[test]
fn an_environment_variable_is_read_on_demand() {
    let _turn = turn();
    if let Ok(text) = std::env::var(OVERRIDES) {
        match overrides::load_env(OVERRIDES) {
            Ok(()) => println!("attempts: {}, {}", attempts(charge), attempts(search)),
            Err(error) => println!("refused: {error}"),
        }
        assert!(!text.is_empty());
        return;
    }
    overrides::load_env(OVERRIDES).unwrap(); // not set
    assert!(overrides::current().is_empty());
    let started_with = |text: &str| {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "an_environment_variable_is_read_on_demand", "--nocapture"])
            .env(OVERRIDES, text)
            .output()
            .unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    let output = started_with("shop.billing.charge: max_attempts=2, max_delay=5s; shop.search: disabled");
    assert!(output.contains("attempts: 2, 1\n"), "{output}");
    let output = started_with("shop.search: disabled; shop.billing: max_attempts=many");
    let refused = "refused: environment variable `RETRY_OVERRIDES`: override `shop.billing`: `max_attempts` is \"many\"; \
                   use a whole number in 1..=4294967295\n";
    assert!(output.contains(refused), "{output}");
}

#[test]
fn keys_that_match_no_function_are_listed_with_the_nearest_names() {
    let _turn = turn();
    attempts(charge);
    attempts(client::Client::fetch);
    let text = "shop.biling.charge: disabled; Client::fetsh: disabled; shop.billing: disabled; nowhere::near: disabled; \
                shop.biling.*: disabled";
    overrides::load(text).unwrap();
    let unmatched = overrides::unmatched();
    let listed: Vec<_> = unmatched.iter().map(|it| (it.key(), it.nearest().to_vec())).collect();
    assert_eq!(
        listed,
        [
            ("Client::fetsh", vec!["overrides::client::Client::fetch"]),
            ("nowhere::near", vec![]),
            ("shop.biling.*", vec!["shop.billing.charge"]),
            ("shop.biling.charge", vec!["shop.billing.charge"]),
        ]
    );
    assert_eq!(
        unmatched[0].to_string(),
        "no function that has failed is named `Client::fetsh`; near it are `overrides::client::Client::fetch`"
    );
    assert_eq!(unmatched[1].to_string(), "no function that has failed is named `nowhere::near`");
}

/// A sleeper that does not wait.
fn at_once(_: Duration) {}

#[retry(max_attempts = 3, initial_delay = "1ms", multiplier = 3, jitter = none, name = "slow", sleep = at_once, on_retry = |event| {
    log.push((event.max_attempts(), event.delay()));
})]
fn slow(log: &mut Vec<(Option<u32>, Duration)>) -> Result<(), &'static str> {
    fails()
}

/// The delays of a call, and the limit that its hook receives.
fn delays() -> (Option<u32>, Vec<Duration>) {
    let mut log = Vec::new();
    attempts(|| slow(&mut log));
    (log.first().and_then(|(limit, _)| *limit), log.into_iter().map(|(_, delay)| delay).collect())
}

#[test]
fn delays_follow_the_override() {
    let _turn = turn();
    assert_eq!(delays(), (Some(3), vec![ms(1), ms(3)]));
    overrides::load("slow: initial_delay=2ms, multiplier=2, max_attempts=4").unwrap();
    assert_eq!(delays(), (Some(4), vec![ms(2), ms(4), ms(8)]));
    overrides::load("slow: max_delay=2ms").unwrap();
    assert_eq!(delays().1, [ms(1), ms(2)]);
    overrides::load("slow: backoff=linear, increment=2ms").unwrap();
    assert_eq!(delays().1, [ms(1), ms(3)]);
    overrides::load("slow: delay=2ms").unwrap();
    assert_eq!(delays().1, [ms(2), ms(2)]);
    assert!(overrides::adjusted().is_empty());
}

#[test]
fn a_contradiction_is_moved_to_the_nearest_allowed_value_and_reported() {
    let _turn = turn();
    overrides::set("slow", Override::new().max_delay(Duration::from_micros(500))).unwrap();
    assert_eq!(delays().1, [ms(1), ms(1)]);
    delays();
    let adjusted = overrides::adjusted();
    assert_eq!(adjusted.len(), 1, "reported once");
    assert_eq!((adjusted[0].key(), adjusted[0].site()), ("slow", "slow"));
    assert_eq!(
        adjusted[0].to_string(),
        "override `slow` on `slow`: `max_delay` (500µs) is shorter than `initial_delay` (1ms); raise `max_delay` or lower \
         `initial_delay`"
    );
    overrides::load("other: disabled").unwrap();
    assert_eq!(overrides::adjusted().len(), 1, "it is still set");
    overrides::load("slow: max_delay=1s").unwrap();
    assert!(overrides::adjusted().is_empty());
}

#[test]
fn the_observer_of_the_process_receives_a_contradiction_once() {
    static TOLD: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let _turn = turn();
    observe::set_global(|event: &observe::CallEvent<'_>| {
        if let observe::EventKind::ValueMoved { problem, .. } = event.kind() {
            TOLD.lock().unwrap().push(format!("{}: {problem}", event.name()));
        }
    })
    .unwrap();
    overrides::load("shop.search: multiplier=3").unwrap();
    attempts(search);
    attempts(search);
    let expected =
        "shop.search: `multiplier` does not belong to constant backoff; remove `multiplier`, or choose its backoff";
    assert_eq!(*TOLD.lock().unwrap(), [expected]);
}

#[test]
fn an_increment_on_exponential_backoff_is_left_out_and_reported() {
    let _turn = turn();
    overrides::load("slow: increment=1ms, max_attempts=2").unwrap();
    assert_eq!(delays(), (Some(2), vec![ms(1)]));
    assert_eq!(
        overrides::adjusted()[0].reason().to_string(),
        "`increment` does not belong to exponential backoff; remove `increment`, or choose its backoff"
    );
}

const STEPS: Policy<List<[Duration; 3]>> =
    Policy::with_backoff(List::new([ms(0), ms(0), ms(0)])).max_attempts(4).build();

#[retry(policy = STEPS, name = "own")]
fn own_backoff() -> Result<(), &'static str> {
    fails()
}

#[retry(max_attempts = attempts, delay = "0s", name = "run-time")]
fn known_at_run_time(attempts: u32) -> Result<(), &'static str> {
    fails()
}

#[test]
fn retries_are_set_in_place_of_attempts_and_refused_beside_them() {
    let _turn = turn();
    overrides::load("shop.search: max_retries=1").unwrap();
    assert_eq!(attempts(search), 2);
    overrides::set("shop.search", Override::new().max_retries(u32::MAX)).unwrap();
    let error = overrides::load("shop.search: max_retries=1, max_attempts=2").unwrap_err();
    assert_eq!(
        error.to_string(),
        "override `shop.search`: `max_attempts` and `max_retries` are the same limit; keep one of the two: `max_retries` is one less"
    );
    overrides::clear();
}

#[test]
fn a_time_limit_of_zero_is_refused() {
    let _turn = turn();
    let message =
        "`max_elapsed` is zero, so that no retry could start; use a longer time, or `max_attempts` = 1 for no retries";
    let error = overrides::load("shop.search: max_elapsed=0s").unwrap_err();
    assert_eq!(error.to_string(), format!("override `shop.search`: {message}"));
    assert!(overrides::set("shop.search", Override::new().max_elapsed(Duration::ZERO)).is_err());
}

#[test]
fn a_backoff_of_the_users_own_takes_limits_and_reports_what_it_does_not_have() {
    let _turn = turn();
    overrides::load("own: max_attempts=2, initial_delay=1h, multiplier=3").unwrap();
    assert_eq!(attempts(own_backoff), 2);
    let reported: Vec<_> = overrides::adjusted().iter().map(|it| it.reason().to_string()).collect();
    assert_eq!(
        reported,
        [
            "`initial_delay` does not belong to custom backoff; remove `initial_delay`, or choose its backoff",
            "`multiplier` does not belong to custom backoff; remove `multiplier`, or choose its backoff",
        ]
    );
    overrides::load("own: forever").unwrap();
    assert_eq!(attempts(own_backoff), 4, "the list has three delays");
    overrides::clear();
    assert_eq!(attempts(|| with_policy(Policy::never().build(), own_backoff)), 1);
}

#[test]
fn a_policy_known_at_run_time_takes_every_setting() {
    let _turn = turn();
    overrides::load("run-time: max_attempts=2, backoff=exponential, initial_delay=1ns").unwrap();
    assert_eq!(attempts(|| known_at_run_time(5)), 2);
    assert!(overrides::adjusted().is_empty());
}

#[retry(max_attempts = 9, delay = "0s", name = "counting", attempt = ctx)]
fn counting(log: &mut Vec<(u32, bool)>) -> Result<(), &'static str> {
    let context: Attempt = ctx;
    log.push((context.number(), context.is_last()));
    fails()
}

#[test]
fn an_attempt_receives_the_override_from_the_second_on() {
    let _turn = turn();
    overrides::load("counting: max_attempts=2").unwrap();
    let mut log = Vec::new();
    attempts(|| counting(&mut log));
    assert_eq!(log, [(1, false), (2, true)]);
}

#[test]
fn a_policy_for_one_call_takes_the_place_of_the_annotation_and_nests() {
    let _turn = turn();
    let at_most = |attempts| Policy::constant(ms(0)).max_attempts(attempts).build();
    let inner = with_policy(at_most(5), || {
        let inner = with_policy(at_most(2), || (attempts(charge), attempts(plain)));
        (inner, attempts(charge))
    });
    assert_eq!(inner, ((2, 2), 5));
    assert_eq!(attempts(charge), 3);
    let caught = std::panic::catch_unwind(|| with_policy(at_most(2), || panic!("inside")));
    assert!(caught.is_err());
    assert_eq!(attempts(charge), 3, "restored when the closure panics");
}

#[test]
fn overrides_apply_on_top_of_a_policy_for_one_call() {
    let _turn = turn();
    overrides::load("shop.billing: max_attempts=2").unwrap();
    let five = Policy::constant(ms(0)).max_attempts(5).build();
    assert_eq!(with_policy(five, || (attempts(charge), attempts(search))), (2, 5));
    overrides::load("shop.billing: disabled").unwrap();
    assert_eq!(with_policy(five, || attempts(charge)), 1);
}

#[test]
fn a_recovery_counts_for_its_site_under_an_override_too() {
    #[retry(max_attempts = 2, delay = "0s", name = "recovering")]
    fn recovers(calls: &mut u32) -> Result<u32, &'static str> {
        *calls += 1;
        if *calls < 4 { Err("down") } else { Ok(*calls) }
    }
    let _turn = turn();
    overrides::load("recovering: max_attempts=4").unwrap();
    assert_eq!(recovers(&mut 0), Ok(4));
    let site = call_sites().find(|site| site.name() == "recovering").unwrap();
    assert_eq!((site.retries(), site.recovered(), site.gave_up()), (3, 1, 0));
}

mod asynchronous {
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio::time::{Instant, sleep};

    use super::*;

    #[retry(max_attempts = 5, delay = "10s", jitter = none, name = "poll")]
    async fn poll(calls: &AtomicU32) -> Result<(), &'static str> {
        calls.fetch_add(1, Ordering::Relaxed);
        Err("down")
    }

    #[retry(max_attempts = 5, delay = "10s", jitter = none, name = "timed", on_retry = |_| ())]
    async fn timed(calls: &AtomicU32) -> Result<(), &'static str> {
        sleep(Duration::from_secs(5)).await;
        calls.fetch_add(1, Ordering::Relaxed);
        Err("down")
    }

    #[retry(max_attempts = 5, delay = "10s", jitter = none, name = "full", attempt = ctx)]
    async fn full(calls: &AtomicU32) -> Result<(), &'static str> {
        sleep(Duration::from_secs(5)).await;
        calls.fetch_add(1, Ordering::Relaxed);
        if ctx.number() > 9 { Ok(()) } else { Err("down") }
    }

    /// Runs a call, and `change` during its second delay; returns the calls, and the seconds that it took.
    async fn changed_while_running(change: impl FnOnce()) -> (u32, u64) {
        let (calls, started) = (AtomicU32::new(0), Instant::now());
        let operator = async {
            sleep(Duration::from_secs(15)).await;
            change();
        };
        let (result, ()) = tokio::join!(poll(&calls), operator);
        assert_eq!(result, Err("down"));
        (calls.into_inner(), started.elapsed().as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn disabling_stops_a_call_in_progress_at_its_next_decision() {
        let _turn = turn();
        // In the delay from 10 to 20 seconds; the attempt after it still runs.
        let disable = || overrides::load("poll: disabled").unwrap();
        assert_eq!(changed_while_running(disable).await, (3, 20));
    }

    #[tokio::test(start_paused = true)]
    async fn other_changes_are_for_new_calls() {
        let _turn = turn();
        let limit = || overrides::load("poll: max_attempts=2, delay=1s").unwrap();
        assert_eq!(changed_while_running(limit).await, (5, 40));
        assert_eq!(changed_while_running(|| ()).await, (2, 15));
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_keeps_the_override_that_it_started_with() {
        let _turn = turn();
        overrides::load("poll: max_attempts=3").unwrap();
        assert_eq!(changed_while_running(overrides::clear).await, (3, 20));
        assert_eq!(changed_while_running(|| ()).await, (5, 40));
    }

    /// The calls that a limit of 25 seconds leaves, and the seconds that they took.
    async fn limited<F: Future<Output = Result<(), &'static str>>>(key: &str, call: F) -> u64 {
        overrides::load(&format!("{key}: max_elapsed=25s, max_attempts=99")).expect("a good override");
        let started = Instant::now();
        assert_eq!(call.await, Err("down"));
        started.elapsed().as_secs()
    }

    #[tokio::test(start_paused = true)]
    async fn a_limit_of_time_counts_from_the_start_where_the_clock_was_read_and_from_the_first_failure_elsewhere() {
        let _turn = turn();
        let calls = AtomicU32::new(0);
        // Attempts take no time: failures at 0, 10 and 20 seconds.
        assert_eq!((limited("poll", poll(&calls)).await, calls.swap(0, Ordering::Relaxed)), (20, 3));
        // Attempts take 5 seconds: failures at 5 and 20 seconds; the next delay would end at 30.
        assert_eq!((limited("timed", timed(&calls)).await, calls.swap(0, Ordering::Relaxed)), (20, 2));
        assert_eq!((limited("full", full(&calls)).await, calls.swap(0, Ordering::Relaxed)), (20, 2));
    }

    #[retry(max_attempts = 2, delay = "10s", jitter = none, name = "long-lived")]
    async fn long_lived(runs: &[u64], calls: &AtomicU32) -> Result<(), &'static str> {
        let call = calls.fetch_add(1, Ordering::Relaxed) as usize;
        sleep(Duration::from_secs(runs.get(call).copied().unwrap_or_default())).await;
        Err("down")
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_attempt_starts_a_new_sequence_if_an_override_sets_reset_after() {
        let _turn = turn();
        let calls = AtomicU32::new(0);
        assert_eq!(long_lived(&[1, 60, 1, 1], &calls).await, Err("down"));
        assert_eq!(calls.swap(0, Ordering::Relaxed), 2);
        overrides::load("long-lived: reset_after=60s").unwrap();
        assert_eq!(long_lived(&[1, 60, 1, 1], &calls).await, Err("down"));
        assert_eq!(calls.into_inner(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn decorrelated_jitter_remembers_the_delay_before() {
        let _turn = turn();
        overrides::load(
            "poll: backoff=exponential, initial_delay=10s, jitter=decorrelated, max_delay=1h, max_attempts=40",
        )
        .unwrap();
        let (calls, started) = (AtomicU32::new(0), Instant::now());
        assert_eq!(poll(&calls).await, Err("down"));
        // If progress were forgotten, every delay would be at most 30 seconds, and their sum at most 1,170.
        assert!(started.elapsed() > Duration::from_secs(2_000), "{:?}", started.elapsed());
        assert_eq!(calls.into_inner(), 40);
    }

    #[tokio::test(start_paused = true)]
    async fn a_policy_for_one_future_follows_it_across_polls_and_nests() {
        let _turn = turn();
        let at_most = |attempts| Policy::constant(Duration::from_secs(1)).max_attempts(attempts).build();
        let (outer, inner, beside) = (AtomicU32::new(0), AtomicU32::new(0), AtomicU32::new(0));
        let both = with_policy_async(at_most(4), async {
            let nested = with_policy_async(at_most(2), poll(&inner));
            tokio::join!(poll(&outer), nested)
        });
        let (both, alone) = tokio::join!(both, poll(&beside));
        assert_eq!((both, alone), ((Err("down"), Err("down")), Err("down")));
        assert_eq!((outer.into_inner(), inner.into_inner(), beside.into_inner()), (4, 2, 5));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_policy_for_one_future_follows_it_across_threads() {
        let _turn = turn();
        let quick = Policy::constant(ms(0)).max_attempts(50).build();
        let calls: Vec<_> = (0..8)
            .map(|_| {
                tokio::spawn(async move {
                    let calls = AtomicU32::new(0);
                    let _ = with_policy_async(quick, poll(&calls)).await;
                    calls.into_inner()
                })
            })
            .collect();
        for calls in calls {
            assert_eq!(calls.await.unwrap(), 50);
        }
    }
}

#[retry(timeout = "60s", delay = "1s", jitter = none, name = "timed.built_in")]
async fn timed(calls: &mut u32) -> std::io::Result<u32> {
    *calls += 1;
    if *calls < 10 { Err(std::io::Error::other("not yet")) } else { Ok(*calls) }
}

#[retry(timeout = "60s", backoff = List::new([ms(5); 20]), name = "timed.custom")]
async fn timed_with_its_own_backoff(calls: &mut u32) -> std::io::Result<u32> {
    *calls += 1;
    if *calls < 10 { Err(std::io::Error::other("not yet")) } else { Ok(*calls) }
}

#[tokio::test(start_paused = true)]
async fn a_function_limited_by_its_timeout_stays_so() {
    const UNLIMITED: Policy = Policy::constant(ms(5)).build();
    const TWICE: Policy = Policy::constant(ms(5)).max_attempts(2).build();
    let _turn = turn();
    overrides::load("timed: max_delay=5s").unwrap();
    assert_eq!(timed(&mut 0).await.unwrap(), 10);
    assert_eq!(timed_with_its_own_backoff(&mut 0).await.unwrap(), 10);
    overrides::clear();
    assert_eq!(with_policy_async(UNLIMITED, timed(&mut 0)).await.unwrap(), 10);
    overrides::load("timed: max_attempts=3").unwrap();
    let mut calls = 0;
    timed(&mut calls).await.unwrap_err();
    overrides::clear();
    with_policy_async(TWICE, timed(&mut calls)).await.unwrap_err();
    assert_eq!(calls, 5, "three of the override, two of the given policy");
}

#[retry(max_attempts = 2, initial_delay = delay, name = "adjusted.anew", sleep = |_| ())]
fn with_a_delay_of_its_own(delay: Duration) -> Result<(), &'static str> {
    fails()
}

#[test]
fn a_rule_that_a_call_breaks_with_another_value_each_time_is_noted_once() {
    let _turn = turn();
    overrides::load("adjusted.anew: max_delay=1ms").unwrap();
    for millis in 10..30 {
        with_a_delay_of_its_own(ms(millis)).unwrap_err();
    }
    let notes: Vec<_> = overrides::adjusted().into_iter().filter(|note| note.site() == "adjusted.anew").collect();
    assert_eq!(notes.len(), 1, "{notes:?}");
}

#[retry(max_attempts = 3, delay = "0s", name = "renumbered", on_retry = |event| told.push(event.attempt()))]
fn told_its_number(told: &mut Vec<u32>, calls: &mut u32) -> Result<(), &'static str> {
    *calls += 1;
    backoff_core::testing::advance(ms(5));
    if *calls < 6 { Err("down") } else { Ok(()) }
}

#[test]
fn hooks_receive_the_number_within_the_sequence_that_an_override_resets() {
    let _turn = turn();
    let _time = backoff_core::testing::virtual_time();
    overrides::load("renumbered: reset_after=5ms").unwrap();
    let mut told = Vec::new();
    assert_eq!(told_its_number(&mut told, &mut 0), Ok(()));
    assert_eq!(told, [1, 1, 1, 1, 1]);
}

#[test]
fn a_file_with_an_unquoted_or_repeated_name_is_refused_with_the_cure() {
    let unquoted = toml::from_str::<Overrides>("[billing.charge]\nmax_attempts = 2").unwrap_err();
    let cure = "override `billing`: a table stands where a value belongs; use text, a number, `true` or `false`, and put quotes \
                around a name that has dots";
    assert!(unquoted.message().starts_with(cure), "{}", unquoted.message());
    let twice = r#"{"a": {"max_attempts": 2}, " a ": {"max_attempts": 3}}"#;
    let error = serde_json::from_str::<Overrides>(twice).unwrap_err().to_string();
    assert!(error.starts_with("override `a`: it is given twice; keep one of them"), "{error}");
}
