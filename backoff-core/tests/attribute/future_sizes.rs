//! The future of a call is at most a few bytes larger than a manual loop with the same limits, at any depth of nested
//! calls.
//!
//! `cargo test --test attribute future_sizes -- --nocapture` prints the sizes.

use std::cell::Cell;
use std::io;

use crate::futures::table::{too_large_attributes, too_large_builders};
use crate::futures::{self, Failed, LIMIT, STOP, Sizes, annotated, waits};
use backoff_core::{InnerRetries, Policy, retry};
use support::project::{Project, messages};

fn none(too_large: &[String]) {
    assert!(too_large.is_empty(), "too large:\n{}", too_large.join("\n"));
}

/// The tests of this workspace run with all features enabled, and each of them adds state to a call.
const WITH_ALL_FEATURES: usize = 80;

#[test]
fn no_argument_makes_a_nested_future_much_larger_than_by_hand_with_all_features_together() {
    let (small, large) =
        (too_large_attributes::<1_024>(WITH_ALL_FEATURES), too_large_attributes::<8_192>(WITH_ALL_FEATURES));
    none(&[small, large].concat());
}

#[test]
fn no_setting_makes_a_built_call_larger_than_the_same_by_hand_and_416_bytes_per_level() {
    none(&[too_large_builders::<1_024>(), too_large_builders::<8_192>()].concat());
}

const DEPENDENCIES: &str = r#"
backoff-core = { CORE, features = ["tokio"] }
tokio = { version = "1", features = ["rt-multi-thread", "time"] }
[features]
testing = ["backoff-core/testing"]
overrides = ["backoff-core/overrides"]
tracing = ["backoff-core/tracing"]
metrics = ["backoff-core/metrics"]
"#;

const MAIN: &str = r#"
mod futures;
use futures::table::{PER_LEVEL, too_large_attributes};
fn main() {
    let too_large = [too_large_attributes::<1_024>(PER_LEVEL), too_large_attributes::<8_192>(PER_LEVEL)].concat();
    assert!(too_large.is_empty(), "too large:\n{}", too_large.join("\n"));
}
"#;

#[test]
fn no_argument_makes_a_nested_future_larger_than_by_hand_and_64_bytes_per_level_with_any_feature() -> io::Result<()> {
    let files = [
        ("src/main.rs", MAIN),
        ("src/futures/mod.rs", include_str!("futures/mod.rs")),
        ("src/futures/by_hand.rs", include_str!("futures/by_hand.rs")),
        ("src/futures/table.rs", include_str!("futures/table.rs")),
    ];
    let project = Project::new("future-sizes", "2024", DEPENDENCIES, &files)?;
    for feature in ["", "testing", "overrides", "tracing", "metrics"] {
        let output = project.cargo(&["run", "--quiet", "--features", feature])?;
        println!("feature `{feature}`\n{}", String::from_utf8_lossy(&output.stdout));
        assert!(output.status.success(), "feature `{feature}`: {}", messages(&output));
    }
    Ok(())
}

#[test]
fn a_nest_by_hand_holds_its_body_once() {
    for (name, levels) in annotated::<8_192>() {
        for (level, Sizes { by_hand, .. }) in (1..).zip(levels) {
            assert!((8_192..8_192 + 768 * level).contains(&by_hand), "{name}, level {level}: {by_hand}");
        }
    }
}

/// `Send`, not `Sync`.
type Number = Result<Cell<usize>, Failed>;

async fn next(number: &mut Cell<usize>) -> Number {
    waits().await?;
    number.set(number.get() + 1);
    if number.get() < 3 { Err(Failed) } else { Ok(number.clone()) }
}

#[retry(
    delay = "1ms", max_attempts = 3, timeout = "60s", attempt_timeout = "60s", inner_retries = suppress,
    cancel = STOP.cancelled(), before_retry = waits().await?, on_retry = async |_| { waits().await.ok(); },
    on_give_up = |_| (), on_recovered = async |_| { waits().await.ok(); },
    or_else = async |error| waits().await.and(Err(error.last)),
)]
async fn with_everything(mut number: Cell<usize>, step: Box<dyn Fn(usize) -> usize + Send>) -> Number {
    number.set(step(number.get()));
    next(&mut number).await
}

#[retry(delay = "1ms", max_attempts = 3, timeout = "60s", cancel = STOP.cancelled(), inner_retries = stop)]
async fn with_a_borrow(number: &mut Cell<usize>) -> Number {
    with_everything(Cell::new(number.get()), Box::new(|number| number)).await?;
    next(number).await
}

/// The tables prove the same for arguments and results that are `Sync`.
#[tokio::test(flavor = "multi_thread")]
async fn calls_with_every_limit_are_send_where_arguments_and_results_are_send_and_not_sync() {
    let spawned = tokio::spawn(with_everything(Cell::new(0), Box::new(|number| number)));
    assert_eq!(spawned.await.unwrap(), Ok(Cell::new(3)));
    let spawned = tokio::spawn(async { with_a_borrow(&mut Cell::new(0)).await });
    assert_eq!(spawned.await.unwrap(), Ok(Cell::new(3)));
    let policy = Policy::constant(futures::DELAY).max_attempts(3).build();
    let spawned = tokio::spawn(async move {
        let number = Cell::new(0);
        let call = policy.retry(move || {
            let mut number = Cell::new(number.replace(number.get() + 1));
            async move { next(&mut number).await }
        });
        let call = call.timeout(LIMIT).attempt_timeout(LIMIT).cancel(STOP.cancelled());
        call.inner_retries(InnerRetries::Suppress).on_retry(|_| ()).await
    });
    assert_eq!(spawned.await.unwrap(), Ok(Cell::new(3)));
}
