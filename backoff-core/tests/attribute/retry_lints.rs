//! The compiler gives the same warnings for a retried function as for the plain one. A missing sleeper is one error.

use std::io;

use support::project::{Project, messages};

const DEPENDENCIES: &str = r#"
backoff-core = { CORE, default-features = false, features = ["std", "macros", "async"] }
"#;

/// Functions with mistakes of the user. `#[RETRY]` is replaced by the attribute.
const MISTAKES: &str = r#"#![warn(unused, unreachable_pub, non_snake_case, missing_docs)]
#![allow(dead_code)]
//! A crate.
#[deprecated]
fn old() {}
#[must_use]
fn important() -> u32 { 7 }

#[RETRY]
fn unused_argument(argument: u32, other: &mut u32, (a, b): (u32, u32)) -> Result<(), ()> { Ok(()) }

#[RETRY]
fn unused_locals(argument: &str) -> Option<u32> {
    let local = 7;
    let mut never_changed = argument.len();
    use std::fmt::Debug;
    important();
    old();
    Some(never_changed as u32)
}

#[RETRY]
fn unused_assignment(mut count: u32) -> Result<u32, u32> {
    let mut total = 3;
    total = 5;
    if count == 7 { return Err(1) }
    Ok(total)
}

#[RETRY]
fn unreachable_end(flag: bool) -> Result<u32, u32> {
    if flag { return Err(3) }
    return Ok(4);
    println!("never");
}

#[RETRY]
fn badNames(someArgument: u32) -> Option<u32> { let innerName = (someArgument); Some({ innerName }) }

/// A struct.
pub struct Public;

impl Public {
    #[RETRY]
    pub fn undocumented(&self) -> Option<u32> { None }
    /// Documented.
    #[RETRY]
    pub fn unread(self, by: u32) -> Option<u32> { let x = None?; None }
}

#[RETRY]
fn result_not_used() -> Result<(), u32> { Err(1) }

fn main() { result_not_used(); let _ = unused_locals("x"); }
"#;

/// The same for async functions.
const MISTAKES_LATER: &str = r#"#![warn(unused, non_snake_case)]
#![allow(dead_code)]
#[must_use]
fn important() -> u32 { 7 }

#[RETRY]
async fn unused_argument(argument: u32, other: &mut u32, (a, b): (u32, u32)) -> Result<(), ()> { Ok(()) }

#[RETRY]
async fn unused_locals(argument: &str) -> Option<u32> {
    let local = 7;
    let mut never_changed = argument.len();
    use std::fmt::Debug;
    important();
    async {};
    Some(never_changed as u32)
}

#[RETRY]
async fn unreachable_end(flag: bool) -> Result<u32, u32> {
    if flag { return Err(3) }
    return Ok(4);
    println!("never");
}

#[RETRY]
async fn badNames(someArgument: u32) -> Option<u32> { let innerName = (someArgument); Some({ innerName }) }

#[RETRY]
fn opaque(unused: u32) -> impl Future<Output = Option<u32>> { async move { let local = 3; None } }

#[RETRY]
async fn result_not_used() -> Result<(), u32> { Err(1) }

async fn caller() { result_not_used(); result_not_used().await; }

fn main() { let _ = caller(); }
"#;

/// Returns the warnings on a source in which `attribute` replaces every `#[RETRY]`, sorted.
fn warnings(name: &str, source: &str, attribute: &str) -> io::Result<Vec<String>> {
    let source = source.replace("#[RETRY]", attribute);
    let project = Project::new(name, "2024", DEPENDENCIES, &[("src/main.rs", &source)])?;
    let output = project.cargo(&["check", "--quiet", "--message-format", "short"])?;
    assert!(output.status.success(), "{}", messages(&output));
    let mut warnings: Vec<String> =
        messages(&output).lines().filter(|line| line.contains(": warning: ")).map(str::to_owned).collect();
    warnings.sort();
    Ok(warnings)
}

#[test]
fn a_synchronous_function_gets_the_warnings_of_the_plain_one() -> io::Result<()> {
    let plain = warnings("lints-plain", MISTAKES, "// plain")?;
    assert!(plain.len() >= 14, "{plain:#?}");
    assert_eq!(warnings("lints", MISTAKES, "#[backoff_core::retry]")?, plain);
    Ok(())
}

#[test]
fn an_async_function_gets_the_warnings_of_the_plain_one() -> io::Result<()> {
    let plain = warnings("lints-later-plain", MISTAKES_LATER, "// plain")?;
    assert!(plain.len() >= 12, "{plain:#?}");
    let attribute = "#[backoff_core::retry(sleep = |_| std::future::ready(()))]";
    assert_eq!(warnings("lints-later", MISTAKES_LATER, attribute)?, plain);
    Ok(())
}

/// Returns the compiler's messages about an async function with these features of the crate.
fn without_runtime(name: &str, features: &str, arguments: &str) -> io::Result<String> {
    let dependencies = format!("backoff-core = {{ CORE, default-features = false, features = [{features}] }}");
    let source = format!(
        "#[backoff_core::retry({arguments})]\nasync fn f(s: &str) -> std::io::Result<()> {{ Ok(drop(s)) }}\nfn main() {{ drop(f(\"\")); }}\n"
    );
    let project = Project::new(name, "2024", &dependencies, &[("src/main.rs", &source)])?;
    Ok(messages(&project.cargo(&["check", "--quiet"])?))
}

#[test]
fn an_async_function_without_a_sleeper_gets_one_error_with_the_features() -> io::Result<()> {
    let everything =
        "timeout = '1s', attempt_timeout = '1s', cancel = s.wait(), on_retry = async |_| (), attempt = ctx";
    let everything = everything.replace('\'', "\"").replace("s.wait()", "std::future::pending::<()>()");
    for (name, features) in [("no-runtime", "'std', 'macros', 'async'"), ("no-async", "'std', 'macros'")] {
        for arguments in ["", &everything] {
            let messages = without_runtime(name, features, arguments)?;
            assert_eq!(messages.matches("\n  --> ").count() + messages.matches("\n --> ").count(), 1, "{messages}");
            let cure =
                "error: `#[retry]` on an async function needs a sleeper; enable the feature `tokio` or `async-io`";
            assert!(messages.starts_with(cure), "{messages}");
        }
    }
    let messages = without_runtime("no-async", "'std', 'macros'", "sleep = |_| std::future::ready(())")?;
    let cure = "error: `#[retry]` on an async function needs a feature of `backoff-core`; enable `async`";
    assert!(messages.starts_with(cure), "{messages}");
    Ok(())
}
