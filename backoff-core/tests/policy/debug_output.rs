//! The `Debug` output of types with parts that cannot be shown: it contains the name of the type and useful values.

use std::time::Duration;

use backoff_core::{
    Budget, Budgets, CallSite, CancelToken, InnerRetries, Policy, Scope, Seeded, Sequence, call_sites, retry,
};

#[track_caller]
fn assert_debug(value: &dyn std::fmt::Debug, expected: &str) {
    assert_eq!(format!("{value:?}"), expected);
}

const POLICY: Policy = Policy::constant(Duration::ZERO).max_attempts(3).build();

#[test]
fn sources_of_delays_and_of_chance_name_themselves() {
    assert_debug(&Sequence::new([Duration::ZERO].into_iter()), "Sequence { .. }");
    assert_debug(&Seeded::new(1), "Seeded { .. }");
}

#[test]
fn a_policy_shows_its_settings() {
    assert_debug(
        &Policy::constant(Duration::from_secs(2)).build(),
        "Policy { backoff: Constant { delay: 2s }, jitter: Factor(0.1), max_delay: None, max_attempts: Some(3), max_elapsed: None, \
         since: Call, reset_after: None, max_push_back: Some(60s), push_back: Add, idempotent: false }",
    );
    let shown = format!("{:?}", Policy::exponential().forever().build());
    assert!(shown.contains("max_delay: Some(20s), max_attempts: None"), "{shown}");
}

#[test]
fn calls_name_themselves() {
    assert_debug(&POLICY.retry(|| Err::<(), _>("down")), "Retry { .. }");
    assert_debug(&POLICY.retry(|| async { Err::<(), _>("down") }).into_future(), "RetryFuture { .. }");
}

#[test]
fn manual_loops_report_their_progress() {
    let mut attempts = POLICY.start();
    assert_debug(&attempts, "Attempts { failed: 0, .. }");
    assert_eq!(attempts.pause("down"), Ok(()));
    assert_debug(&attempts, "Attempts { failed: 1, .. }");
    assert_debug(&POLICY.ticker(), "Ticker { .. }");
}

#[test]
fn budgets_tell_what_is_left() {
    let budget = Budget::new().ratio(0.5).capacity(4);
    assert!(budget.withdraw());
    assert_debug(&budget, "Budget { available: 3.0, ratio: 0.5, capacity: 4 }");
    let budgets = Budgets::<u8>::new().max_keys(7);
    drop(budgets.get(&1));
    assert_debug(&budgets, "Budgets { len: 1, max_keys: 7, .. }");
}

#[test]
fn a_token_returns_whether_it_is_cancelled() {
    let token = CancelToken::new();
    assert_debug(&token, "CancelToken { cancelled: false }");
    token.cancel();
    assert_debug(&token, "CancelToken { cancelled: true }");
}

#[test]
fn a_scope_returns_the_number_of_its_attempt() {
    let mut shown = String::new();
    let call = POLICY.retry(|| {
        shown = format!("{:?}", Scope::current());
        Ok::<_, &str>(())
    });
    assert_eq!(call.inner_retries(InnerRetries::Suppress).call(), Ok(()));
    assert_eq!(shown, "Some(Scope { attempt: 1, suppresses_retries: true, .. })");
}

#[test]
fn a_call_site_contains_its_location_and_counts() {
    #[retry(delay = "0s", jitter = none, name = "debug_output::site")]
    fn down() -> Result<(), &'static str> {
        Err("down")
    }
    assert_eq!(down(), Err("down"));
    let is_ours = |site: &&'static CallSite| site.name() == "debug_output::site";
    let shown = format!("{:?}", call_sites().find(is_ours));
    assert!(shown.starts_with(r#"Some(CallSite { name: "debug_output::site", file: ""#), "{shown}");
    assert!(shown.ends_with("retries: 2, recovered: 0, gave_up: 1, waiting: 0, .. })"), "{shown}");
}
