//! Needs about calls: limits at run time, state, classification by the request, events, fleets.

use std::time::Duration;

use backoff_core::{Budgets, CallSite, Fault, Policy, call_sites, retry};
use support::{ms, paused, secs};

const AT_ONCE: Policy = Policy::constant(secs(0)).max_attempts(3).build();

#[test]
fn the_number_of_retries_comes_at_run_time() {
    #[retry(max_retries = retries, delay = "0s")]
    fn load(retries: u32, calls: &mut u32) -> Result<(), u32> {
        *calls += 1;
        Err(*calls)
    }

    assert_eq!(load(4, &mut 0), Err(5));
    assert_eq!(load(0, &mut 0), Err(1));
    let most = Policy::constant(secs(0)).max_retries(u32::MAX);
    assert_eq!(most.retry(|| Some(1)).call(), Some(1), "the largest number is not one attempt");
    assert_eq!(Policy::constant(secs(0)).max_retries(2).build().max_attempts(), Some(3));
}

#[test]
fn a_condition_counts_the_errors_that_it_has_seen() {
    let (mut resets, mut calls) = (0, 0);
    let policy = Policy::constant(secs(0)).max_attempts(9).build();
    let result = policy
        .retry(|| {
            calls += 1;
            Err::<(), _>("connection reset")
        })
        .when(|_| {
            resets += 1;
            resets < 3
        })
        .call();
    assert_eq!((result, calls), (Err("connection reset"), 3));
}

#[test]
fn a_request_is_idempotent_by_its_method() {
    #[retry(delay = "0s", when = |_| Fault::Ambiguous, idempotent = matches!(method, "GET" | "PUT"))]
    fn send(method: &str, calls: &mut u32) -> Result<(), &'static str> {
        *calls += 1;
        Err("the answer was lost")
    }

    let attempts = |method| {
        let mut calls = 0;
        assert!(send(method, &mut calls).is_err());
        calls
    };
    assert_eq!((attempts("GET"), attempts("PUT"), attempts("POST")), (3, 3, 1));
}

#[test]
fn a_closure_receives_the_number_of_its_attempt() {
    let call = AT_ONCE.retry_with(|attempt| Err::<(), _>((attempt.number(), attempt.is_last())));
    assert_eq!(call.call(), Err((3, true)));
    let replica = |number: u32| ["near", "far"][number as usize % 2];
    let call = AT_ONCE.retry_with(|attempt| async move { Err::<(), _>(replica(attempt.number())) });
    assert_eq!(paused(async { call.await }), Err("far"));
}

type Failed = (Option<Fault>, Option<Duration>);

#[test]
fn an_event_contains_the_fault_and_the_duration_of_the_attempt() {
    // An async function measures its retries only if it has room for the time, here because of `attempts`.
    #[retry(
        max_attempts = attempts, attempt = ctx, when = |_| Fault::PushBack(ms(5)),
        on_retry = |event| seen.push((event.fault(), event.attempt_elapsed())),
        on_give_up = |event| seen.push((event.fault(), event.attempt_elapsed()))
    )]
    async fn load(attempts: u32, seen: &mut Vec<Failed>) -> Result<(), u32> {
        tokio::time::sleep(secs(u64::from(ctx.number()))).await;
        Err(ctx.number())
    }

    let mut seen = Vec::new();
    assert_eq!(paused(load(2, &mut seen)), Err(2));
    let fault = Some(Fault::PushBack(ms(5)));
    assert_eq!(seen, [(fault, Some(secs(1))), (fault, Some(secs(2)))]);

    let mut seen: Vec<Failed> = Vec::new();
    let call = AT_ONCE.retry_with(|attempt| async move {
        tokio::time::sleep(secs(u64::from(attempt.number()))).await;
        Err::<(), _>("down")
    });
    let call = call.on_retry(|event| seen.push((event.fault(), event.attempt_elapsed())));
    assert_eq!(paused(async { call.await }), Err("down"));
    assert_eq!(seen, [1, 2].map(|run| (Some(Fault::Transient), Some(secs(run)))));
}

#[test]
fn the_tokens_of_each_key_are_listed() {
    static HOSTS: Budgets<String> = Budgets::new().capacity(10);

    #[retry(max_attempts = 3, delay = "0s", budget = HOSTS.get(host))]
    fn ask(host: &str) -> Result<(), &'static str> {
        if host == "down.example" { Err("down") } else { Ok(()) }
    }

    assert_eq!((ask("up.example"), ask("down.example")), (Ok(()), Err("down")));
    let mut tokens: Vec<_> = HOSTS.snapshot().into_iter().map(|host| (host.key, host.available)).collect();
    tokens.sort_by(|left, right| left.0.cmp(&right.0));
    assert_eq!(tokens, [("down.example".to_owned(), 8.0), ("up.example".to_owned(), 10.0)]);
}

#[test]
fn the_calls_that_wait_now_are_counted() {
    fn waiting() -> Option<usize> {
        call_sites().find(|site| site.name() == "needs.load").map(CallSite::waiting)
    }

    #[retry(max_attempts = 2, delay = "1h", name = "needs.load")]
    async fn load() -> Result<(), &'static str> {
        Err("down")
    }

    paused(async {
        let calls: Vec<_> = (0..5).map(|_| tokio::spawn(load())).collect();
        tokio::time::sleep(secs(1)).await;
        assert_eq!(waiting(), Some(5));
        for call in calls {
            assert_eq!(call.await.unwrap(), Err("down"));
        }
        assert_eq!(waiting(), Some(0));
    });
}

#[test]
fn a_policy_works_without_build() {
    let mut calls = 0;
    let call = Policy::exponential().max_attempts(5).retry(|| {
        calls += 1;
        Err::<(), _>("down")
    });
    assert_eq!((call.sleep(|_| ()).call(), calls), (Err("down"), 5));
}
