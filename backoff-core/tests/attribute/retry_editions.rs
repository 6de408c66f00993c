//! `#[retry]` in the editions 2018, 2021 and 2024, through a renamed dependency.

use std::io;

use support::project::{Project, messages};

const DEPENDENCIES: &str = r#"
patience = { package = "backoff-core", CORE, features = ["tokio"] }
tokio = { version = "1", features = ["macros", "rt", "time"] }
"#;

fn runs_in(edition: &str) -> io::Result<()> {
    let cfg = if edition == "2024" { "println!(\"cargo::rustc-cfg=edition_2024\");" } else { "" };
    let build = format!("fn main() {{ println!(\"cargo::rustc-check-cfg=cfg(edition_2024)\"); {cfg} }}");
    let name = format!("edition-{edition}");
    let files = [("src/main.rs", include_str!("editions/shapes.rs")), ("build.rs", &build)];
    let output = Project::new(&name, edition, DEPENDENCIES, &files)?.cargo(&["run", "--quiet"])?;
    assert!(output.status.success(), "{}", messages(&output));
    Ok(())
}

#[test]
fn functions_of_edition_2018_are_retried() -> io::Result<()> {
    runs_in("2018")
}

#[test]
fn functions_of_edition_2021_are_retried() -> io::Result<()> {
    runs_in("2021")
}

#[test]
fn functions_of_edition_2024_are_retried() -> io::Result<()> {
    runs_in("2024")
}

#[test]
fn a_renamed_dependency_that_the_attribute_does_not_name_is_one_error() -> io::Result<()> {
    let source = "#[patience::retry]\nasync fn f() -> Option<u8> { None }\nfn main() { drop(f()); }\n";
    let output = Project::new("renamed", "2024", DEPENDENCIES, &[("src/main.rs", source)])?.cargo(&["check"])?;
    let messages = messages(&output);
    assert!(!output.status.success() && messages.contains("unresolved import `backoff_core`"), "{messages}");
    assert_eq!(messages.matches("src/main.rs:").count(), 1, "{messages}");
    Ok(())
}
