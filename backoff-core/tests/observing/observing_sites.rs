//! Call sites: every annotated function that has failed, by its name, once, with its counts.

use std::future::Future;
use std::pin::Pin;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use backoff_core::{CallSite, Fault, StopReason, call_sites, retry};

type Down = Result<(), &'static str>;

/// The path of this test, as the compiler spells it in the names of functions.
const HERE: &str = module_path!();

/// Returns the site of this name. Every test uses separate names, because all share one process.
#[track_caller]
fn site(name: &str) -> &'static CallSite {
    let mut found = call_sites().filter(|site| site.name() == name);
    let site = found.next().unwrap_or_else(|| panic!("`{name}` is not in {:#?}", call_sites().collect::<Vec<_>>()));
    assert!(found.next().is_none(), "`{name}` is listed twice");
    site
}

#[test]
fn a_site_is_named_after_its_function_wherever_that_stands() {
    #[retry(max_attempts = 1)]
    fn nested() -> Down {
        Err("down")
    }
    assert!(free().is_err() && inner::deep().is_err() && nested().is_err());
    for name in ["free", "inner::deep", "a_site_is_named_after_its_function_wherever_that_stands::nested"] {
        assert_eq!(site(&format!("{HERE}::{name}")).retries(), 0);
    }
}

#[retry(max_attempts = 1)]
fn free() -> Down {
    Err("down")
}

mod inner {
    use super::Down;
    use backoff_core::retry;

    #[retry(max_attempts = 1)]
    pub(super) fn deep() -> Down {
        Err("down")
    }
}

struct Client(u8);

struct Wrapper<T>(T);

trait Ask {
    fn ask(&self) -> Down;

    #[retry(max_attempts = 1)]
    fn ask_by_default(&self) -> Down {
        Err("down")
    }
}

impl Client {
    #[retry(max_attempts = 1)]
    fn method(&self) -> Down {
        let _ = self.0;
        Err("down")
    }

    #[retry(max_attempts = 1)]
    fn associated() -> Down {
        Err("down")
    }
}

impl Ask for Client {
    #[retry(max_attempts = 1)]
    fn ask(&self) -> Down {
        Err("down")
    }
}

impl<T> Wrapper<T> {
    #[retry(max_attempts = 1)]
    fn generic(&self) -> Down {
        let _ = &self.0;
        Err("down")
    }
}

#[retry(max_attempts = 1)]
fn of_any<T>(_: T) -> Down {
    Err("down")
}

#[test]
fn a_method_is_named_with_its_type_and_that_of_a_trait_with_the_trait() {
    let client = Client(1);
    assert!(client.method().is_err() && Client::associated().is_err());
    assert!(client.ask().is_err() && client.ask_by_default().is_err());
    assert!(Wrapper(1_u8).generic().is_err());
    assert_eq!(site(&format!("{HERE}::Client::method")).gave_up(), 1);
    assert_eq!(site(&format!("{HERE}::Client::associated")).gave_up(), 1);
    assert_eq!(site(&format!("<{HERE}::Client as {HERE}::Ask>::ask")).gave_up(), 1);
    assert_eq!(site(&format!("{HERE}::Ask::ask_by_default")).gave_up(), 1);
    // The form of the parameter depends on the compiler.
    let generic = |site: &&CallSite| site.name().starts_with(&format!("{HERE}::Wrapper<"));
    assert!(call_sites().find(generic).unwrap().name().ends_with(">::generic"));
}

#[test]
fn a_generic_function_is_one_site_for_all_types() {
    assert!(of_any(1_u8).is_err() && of_any("text").is_err() && of_any(String::new()).is_err());
    assert_eq!(site(&format!("{HERE}::of_any")).gave_up(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_async_function_and_one_that_returns_a_future_are_named_like_any_other() {
    assert!(asynchronous().await.is_err() && returns_a_future().await.is_err() && boxed().await.is_err());
    for name in ["asynchronous", "returns_a_future", "boxed"] {
        assert_eq!(site(&format!("{HERE}::{name}")).retries(), 1, "{name}");
    }
}

#[retry(max_attempts = 2)]
async fn asynchronous() -> Down {
    Err("down")
}

#[expect(clippy::manual_async_fn, reason = "the shape under test")]
#[retry(max_attempts = 2)]
fn returns_a_future() -> impl Future<Output = Down> {
    async { Err("down") }
}

#[retry(max_attempts = 2)]
fn boxed() -> Pin<Box<dyn Future<Output = Down> + Send>> {
    Box::pin(async { Err("down") })
}

#[test]
fn a_custom_name_replaces_the_path() {
    const NAME: &str = "stock.reserve";
    #[retry(max_attempts = 1, name = "billing.charge")]
    fn literal() -> Down {
        Err("down")
    }
    #[retry(max_attempts = 1, name = NAME)]
    fn constant() -> Down {
        Err("down")
    }
    assert!(literal().is_err() && constant().is_err());
    assert_eq!(site("billing.charge").gave_up(), 1);
    assert_eq!(site("stock.reserve").gave_up(), 1);
}

#[test]
fn a_function_is_listed_at_its_first_failure_and_not_before() {
    #[retry(max_attempts = 2, delay = "0s", name = "listed.late")]
    fn late(fails: bool) -> Down {
        if fails { Err("down") } else { Ok(()) }
    }
    let is_listed = || call_sites().any(|site| site.name() == "listed.late");
    assert_eq!((late(false), is_listed()), (Ok(()), false));
    assert!(late(true).is_err() && is_listed());
}

#[test]
fn the_site_that_failed_first_comes_last() {
    #[retry(max_attempts = 1, name = "order.older")]
    fn older() -> Down {
        Err("down")
    }
    #[retry(max_attempts = 1, name = "order.newer")]
    fn newer() -> Down {
        Err("down")
    }
    assert!(older().is_err() && newer().is_err() && older().is_err());
    let order: Vec<_> = call_sites().map(CallSite::name).filter(|name| name.starts_with("order.")).collect();
    assert_eq!(order, ["order.newer", "order.older"]);
}

#[test]
fn a_site_counts_retries_recoveries_and_every_reason_apart() {
    #[retry(max_attempts = 3, delay = "0s", name = "counts.sync", when = |error| *error)]
    fn ask(outcomes: &mut Vec<Result<(), Fault>>) -> Result<(), Fault> {
        outcomes.pop().unwrap_or(Ok(()))
    }
    let (transient, permanent, ambiguous) = (Err(Fault::Transient), Err(Fault::Permanent), Err(Fault::Ambiguous));
    let too_long = Err(Fault::PushBack(Duration::from_secs(3600)));
    let calls = [
        (vec![], true),                             // not counted: no failure
        (vec![Ok(()), transient, transient], true), // two retries, recovered
        (vec![Ok(()), transient], true),            // one retry, recovered
        (vec![transient, transient, transient], false),
        (vec![permanent], false),
        (vec![permanent, transient], false),
        (vec![ambiguous], false),
        (vec![too_long], false),
    ];
    for (mut outcomes, succeeds) in calls {
        assert_eq!(ask(&mut outcomes).is_ok(), succeeds);
    }
    let site = site("counts.sync");
    assert_eq!((site.retries(), site.recovered(), site.gave_up()), (6, 2, 5));
    let expected = [
        (StopReason::Permanent, 2),
        (StopReason::Ambiguous, 1),
        (StopReason::MaxAttempts, 1),
        (StopReason::PushBackTooLong, 1),
    ];
    assert_eq!(site.reasons().collect::<Vec<_>>(), expected);
    assert_eq!(site.gave_up_for(StopReason::Permanent), 2);
    assert_eq!(site.gave_up_for(StopReason::BudgetEmpty), 0);
}

#[test]
fn a_site_contains_its_file_its_line_and_a_constant_policy() {
    const LINE: u32 = line!() + 1;
    #[retry(max_attempts = 2, delay = "0s", max_push_back = "9s", name = "known.constant")]
    fn constant() -> Down {
        Err("down")
    }
    #[retry(max_attempts = attempts, name = "known.at_run_time")]
    fn at_run_time(attempts: u32) -> Down {
        Err("down")
    }
    #[retry(max_attempts = 3, backoff = |_| None, name = "known.own_backoff")]
    fn own_backoff() -> Down {
        Err("down")
    }
    assert!(constant().is_err() && at_run_time(1).is_err() && own_backoff().is_err());
    let known = site("known.constant");
    assert_eq!((known.file(), known.line()), (file!(), LINE));
    let policy = known.policy().unwrap();
    assert_eq!((policy.max_attempts(), policy.max_push_back()), (Some(2), Some(Duration::from_secs(9))));
    assert!(site("known.at_run_time").policy().is_none());
    let own = site("known.own_backoff");
    assert!(own.policy().is_none() && own.gave_up_for(StopReason::BackoffEnded) == 1);
}

#[test]
fn sixteen_threads_that_fail_first_at_once_list_a_site_once_and_lose_no_count() {
    const THREADS: u64 = 16;
    const CALLS: u64 = 50;
    macro_rules! site_of_its_own {
        ($name:literal) => {{
            #[retry(max_attempts = 3, delay = "0s", name = $name)]
            fn fails() -> Down {
                Err("down")
            }
            fails as fn() -> Down
        }};
    }
    // Several sites, so that different ones are listed at the same moment, too.
    let functions = [site_of_its_own!("race.a"), site_of_its_own!("race.b"), site_of_its_own!("race.c")];
    let start = Barrier::new(usize::try_from(THREADS).unwrap());
    thread::scope(|scope| {
        for first in 0..THREADS {
            let (start, functions) = (&start, &functions);
            scope.spawn(move || {
                start.wait();
                for call in 0..CALLS {
                    for turn in 0..functions.len() {
                        let at = (usize::try_from(first + call).unwrap() + turn) % functions.len();
                        assert_eq!(functions[at](), Err("down"));
                    }
                }
            });
        }
    });
    for name in ["race.a", "race.b", "race.c"] {
        let site = site(name);
        let calls = THREADS * CALLS;
        assert_eq!(
            (site.retries(), site.gave_up(), site.gave_up_for(StopReason::MaxAttempts)),
            (2 * calls, calls, calls)
        );
    }
}
