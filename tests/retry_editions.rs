//! `#[retry]` in the editions 2018, 2021 and 2024, through a renamed dependency.

mod project;

use std::io;

use project::{Project, messages};

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
