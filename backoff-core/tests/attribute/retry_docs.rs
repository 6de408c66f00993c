//! The section "Retries" as rustdoc renders it, and the policy of an attribute compared with the builder's.

use std::cell::RefCell;
use std::time::Duration;
use std::{fs, io};

use backoff_core::{Jitter, Policy, retry};
use support::project::{Project, messages};

const DEPENDENCIES: &str = r#"
backoff-core = { CORE, default-features = false, features = ["std", "macros", "async"] }
"#;

const SOURCE: &str = r#"//! A crate.
#![deny(warnings, missing_docs, rustdoc::broken_intra_doc_links, rustdoc::unescaped_backticks, rustdoc::invalid_html_tags)]
use backoff_core::retry;
use std::io;

/// Reads the page.
///
/// # Errors
///
/// The last one.
#[retry(max_attempts = 5, max_elapsed = "60s", initial_delay = "100ms", when = backoff_core::classify::io)]
pub fn by_default() -> io::Result<()> { Ok(()) }

/// Reads without a section.
#[retry(docs = false)]
pub fn switched_off() -> io::Result<()> { Ok(()) }

/// Reads in time.
#[retry(max_elapsed = "60s", delay = "1s", jitter = none, sleep = |_| std::future::ready(()))]
pub async fn in_time() -> io::Result<()> { Ok(()) }

#[doc(alias = "nothing")]
#[allow(missing_docs)]
#[retry]
pub fn undocumented() -> io::Result<()> { Ok(()) }
"#;

/// Returns the text of a rendered page, without tags.
fn text(html: &str) -> String {
    let mut is_tag = false;
    let visible = html.chars().filter(|character| match character {
        '<' => {
            is_tag = true;
            false
        }
        '>' => !std::mem::take(&mut is_tag),
        _ => !is_tag,
    });
    visible.collect()
}

#[test]
fn rustdoc_renders_the_section_where_a_function_is_documented() -> io::Result<()> {
    let project = Project::new("documented", "2024", DEPENDENCIES, &[("src/lib.rs", SOURCE)])?;
    let output = project.cargo(&["doc", "--no-deps", "--quiet"])?;
    assert!(output.status.success(), "{}", messages(&output));
    let page = |name: &str| fs::read_to_string(project.target().join(format!("doc/documented/fn.{name}.html")));
    let rendered = page("by_default")?;
    assert!(rendered.contains("<h2 id=\"retries\">"), "the section is a heading of its own");
    assert!(rendered.contains("<code>backoff_core::classify::io</code>"));
    let visible = text(&rendered);
    for line in [
        "attempts: at most 5, the first included",
        "delays: 0 to 100ms, 0 to 200ms, 0 to 400ms and 0 to 800ms",
        "longest wait in all: 1.5s, unless the server asks for more",
        "no retry is scheduled later than 1m after the call began",
        "retried: what backoff_core::classify::io accepts",
        "load on a dependency that is down: up to 5 x",
    ] {
        assert!(visible.contains(line), "{line}\n{visible}");
    }
    assert!(text(&page("in_time")?).contains("load on a dependency that is down: about 61 x"));
    assert!(!page("switched_off")?.contains("Retries"));
    assert!(!page("undocumented")?.contains("Retries"));
    Ok(())
}

#[test]
fn a_section_does_not_stand_for_missing_documentation() -> io::Result<()> {
    let source = SOURCE.replace("#[allow(missing_docs)]", "");
    let project = Project::new("undocumented", "2024", DEPENDENCIES, &[("src/lib.rs", &source)])?;
    let output = project.cargo(&["check", "--quiet"])?;
    assert!(messages(&output).contains("missing documentation for a function"), "{}", messages(&output));
    Ok(())
}

thread_local! {
    static SLEPT: RefCell<Vec<Duration>> = const { RefCell::new(Vec::new()) };
}

/// A sleeper that only records.
fn note(delay: Duration) {
    SLEPT.with_borrow_mut(|slept| slept.push(delay));
}

/// Asserts that a function with each attribute sleeps the delays of the policy beside it.
macro_rules! assert_same_delays {
    ($([$($argument:tt)*] $policy:expr;)*) => {$({
        #[retry($($argument)*, seed = 7, sleep = note)]
        fn fails() -> Result<(), ()> {
            Err(())
        }
        assert_eq!(fails(), Err(()));
        let policy = $policy;
        assert!(policy.delays().seed(7).eq(SLEPT.take()), "{}", stringify!($($argument)*));
    })*};
}

#[test]
fn literals_in_an_attribute_are_the_policy_of_the_builder() {
    let ms = Duration::from_millis;
    assert_same_delays! {
        [max_attempts = 4] Policy::exponential().max_attempts(4).build();
        [jitter = equal, multiplier = 3] Policy::exponential().jitter(Jitter::Equal).multiplier(3.0).build();
        [jitter = 0.5, max_delay = "250ms", max_retries = 4]
            Policy::exponential().jitter(Jitter::Factor(0.5)).max_delay(ms(250)).max_retries(4).build();
        [jitter = decorrelated, initial_delay = "10ms", max_delay = "500ms", max_attempts = 6]
            Policy::exponential()
                .jitter(Jitter::Decorrelated)
                .initial_delay(ms(10))
                .max_delay(ms(500))
                .max_attempts(6)
                .build();
        [backoff = linear, increment = "30ms", jitter = none, max_attempts = 5]
            Policy::linear().increment(ms(30)).jitter(Jitter::None).max_attempts(5).build();
        [backoff = linear, initial_delay = "5s", max_attempts = 20]
            Policy::linear().initial_delay(ms(5_000)).max_attempts(20).build();
        [backoff = fibonacci, initial_delay = "20ms", max_attempts = 6]
            Policy::fibonacci().initial_delay(ms(20)).max_attempts(6).build();
        [delay = "200ms", max_attempts = 3] Policy::constant(ms(200)).max_attempts(3).build();
    }
}
