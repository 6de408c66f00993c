//! The cost of a user's first build: an empty program that depends on one crate, in an empty target directory.
//!
//! Every program also depends on tokio with its timer, as a program that retries async calls does. The lock file is
//! that of the workspace, so that a run measures the same versions each time.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::path::PathBuf;

use crate::cargo::{self, ProcessorTime};

/// The dependencies of each user, by way of calling; `CORE` becomes the path of `backoff-core`.
const USERS: &[(&str, &str)] = &[
    ("hand", "rand = { version = \"0.10\", default-features = false, features = [\"std\"] }"),
    ("policy", "backoff-core = { path = \"CORE\", default-features = false, features = [\"tokio\"] }"),
    ("retry", "backoff-core = { path = \"CORE\", features = [\"tokio\"] }"),
    ("backon", "backon = { version = \"1.6\", default-features = false, features = [\"std\", \"tokio-sleep\"] }"),
    (
        "backon_macros",
        "backon = { version = \"1.6\", default-features = false, features = [\"std\", \"tokio-sleep\"] }\nbackon-macros = \"1\"",
    ),
    ("tokio_retry", "tokio-retry = \"0.3\""),
    ("tokio_retry2", "tokio-retry2 = { version = \"0.9\", features = [\"jitter\"] }"),
    ("tryhard", "tryhard = \"0.5\""),
    ("tower", "tower = { version = \"0.5\", default-features = false, features = [\"retry\"] }"),
    ("relentless", "relentless = { version = \"0.18\", features = [\"tokio-clock\"] }"),
    ("mettle", "mettle = \"0.5\""),
    (
        "execution_policy",
        "execution-policy = { version = \"0.0.6\", default-features = false, features = [\"tokio\"] }",
    ),
    ("tower_resilience", "tower-resilience-retry = \"0.14\""),
    ("backoff", "backoff = { version = \"0.4\", features = [\"tokio\"] }"),
];

/// The cost of the builds.
#[derive(Debug, Default)]
pub struct Costs {
    /// Seconds of user time of a release build.
    pub seconds: Vec<(&'static str, f64)>,
    /// The number of compiled crates, without the user's own.
    pub crates: Vec<(&'static str, f64)>,
}

/// Builds each user's program from nothing, `rounds` times in turn; the fastest build is used.
///
/// # Errors
///
/// Returns an error when a program does not build.
pub fn measure(rounds: u32) -> Result<Costs, Box<dyn Error>> {
    let mut costs = Costs::default();
    let mut roots = Vec::new();
    for (way, dependencies) in USERS {
        let root = write(way, dependencies)?;
        cargo::run(&root, &["fetch"])?;
        costs.crates.push((way, crates(&root)?));
        costs.seconds.push((way, f64::INFINITY));
        roots.push(root);
    }
    for _ in 0..rounds {
        for (root, (_, best)) in roots.iter().zip(&mut costs.seconds) {
            let target = root.join("target");
            if target.exists() {
                fs::remove_dir_all(&target)?;
            }
            let before = ProcessorTime::read()?.user;
            cargo::run(root, &["build", "--release", "--target-dir", "target"])?;
            *best = best.min(ProcessorTime::read()?.user - before);
        }
    }
    Ok(costs)
}

fn write(way: &str, dependencies: &str) -> Result<PathBuf, Box<dyn Error>> {
    let project = cargo::project()?;
    let root = cargo::target()?.join("backoff-benches-cold").join(way);
    let core = project.join("backoff-core").display().to_string();
    let manifest = format!(
        "[package]\nname = \"user\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n{}\n\
         tokio = {{ version = \"1\", default-features = false, features = [\"rt\", \"time\"] }}\n\n[workspace]\n",
        dependencies.replace("CORE", &core)
    );
    fs::create_dir_all(root.join("src"))?;
    fs::write(root.join("Cargo.toml"), manifest)?;
    fs::write(root.join("src").join("main.rs"), "fn main() {}\n")?;
    fs::copy(project.join("Cargo.lock"), root.join("Cargo.lock"))?;
    Ok(root)
}

/// Procedural macros and build scripts count as compiled, too; dependencies of tests or of other systems do not.
fn crates(root: &std::path::Path) -> Result<f64, Box<dyn Error>> {
    let tree = cargo::run(root, &["tree", "--edges", "normal,build", "--prefix", "none", "--format", "{p}"])?;
    let names: BTreeSet<_> = tree
        .lines()
        .filter_map(|line| line.split_whitespace().next().zip(line.split_whitespace().nth(1)))
        .filter(|(name, _)| *name != "user")
        .collect();
    #[expect(clippy::cast_precision_loss, reason = "a few dozen")]
    Ok(names.len() as f64)
}
