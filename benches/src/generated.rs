//! The cost of many annotated functions for the compiler and the binary: programs of many functions are written here
//! and compiled.
//!
//! Each program uses one way of retrying. One program has no functions, and its cost is subtracted from the others.
//! Only ratios of times are meaningful. Both sides are measured in the same run, in processor time and not in
//! wall-clock time.

pub mod instructions;
mod sources;

use std::error::Error;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use self::sources::{COMMON, WAYS, Way};
use crate::cargo::{self, ProcessorTime};
use crate::rows::Depth;
use crate::way;

/// The number of functions of one program in the table.
pub const FUNCTIONS: u32 = 250;
/// The program without functions.
const EMPTY: &str = "empty";

/// A crate that every program depends on, so that reading it cancels out.
struct Dependency {
    name: &'static str,
    /// `None` for the core, which is found by its path.
    version: Option<&'static str>,
    /// The rest of its line in the manifest.
    settings: &'static str,
}

const DEPENDENCIES: &[Dependency] = &[
    Dependency { name: "backoff-core", version: None, settings: "features = [\"tokio\"]" },
    Dependency { name: "backoff", version: Some("0.4"), settings: "features = [\"tokio\"]" },
    Dependency {
        name: "backon",
        version: Some("1"),
        settings: "default-features = false, features = [\"std\", \"tokio-sleep\"]",
    },
    Dependency { name: "backon-macros", version: Some("1"), settings: "" },
    Dependency { name: "rand", version: Some("0.10"), settings: "default-features = false, features = [\"std\"]" },
    Dependency {
        name: "tokio",
        version: Some("1"),
        settings: "default-features = false, features = [\"rt\", \"time\"]",
    },
    Dependency { name: "tokio-retry", version: Some("0.3"), settings: "" },
    Dependency { name: "tokio-retry2", version: Some("0.9"), settings: "features = [\"jitter\"]" },
    Dependency { name: "tower", version: Some("0.5"), settings: "default-features = false, features = [\"retry\"]" },
    Dependency { name: "tryhard", version: Some("0.5"), settings: "" },
];

/// The cost of the programs of all ways, per function.
#[derive(Debug, Default)]
pub struct Costs {
    /// Bytes of machine code.
    pub code: Vec<(&'static str, f64)>,
    /// Milliseconds of processor time for `cargo check`; they differ from machine to machine and from run to run.
    pub check: Vec<(&'static str, f64)>,
}

/// Writes, compiles and measures programs of this many functions. Each is compiled `rounds` times, and the fastest
/// compilation is used.
///
/// # Errors
///
/// Returns an error when a program does not compile, or `size` is missing.
pub fn measure(functions: u32, rounds: u32, depth: Depth) -> Result<Costs, Box<dyn Error>> {
    let root = write_all(functions, depth)?;
    cargo::run(&root, &["build", "--release", "--target-dir", "target"])?;
    let empty_code = code(&root, EMPTY)?;
    let sizes: Result<Vec<_>, Box<dyn Error>> =
        ways(depth).map(|way| Ok((way.name, (code(&root, way.name)? - empty_code) / f64::from(functions)))).collect();
    let times = check_all(&root, rounds, depth)?;
    let empty_time = times.iter().find(|(name, _)| *name == EMPTY).map_or(f64::NAN, |(_, time)| *time);
    let check = times.into_iter().filter(|(name, _)| *name != EMPTY);
    Ok(Costs {
        code: sizes?,
        check: check.map(|(name, time)| (name, (time - empty_time) / f64::from(functions))).collect(),
    })
}

fn ways(depth: Depth) -> impl Iterator<Item = &'static Way> {
    WAYS.iter().filter(move |way| depth.includes(way.name))
}

fn names(depth: Depth) -> impl Iterator<Item = &'static str> {
    ways(depth).map(|way| way.name).chain([EMPTY])
}

/// Writes a workspace of programs in the directory of this program, with the lock file of the real one.
fn write_all(functions: u32, depth: Depth) -> Result<PathBuf, Box<dyn Error>> {
    let project = cargo::project()?;
    let root = cargo::target()?.join("backoff-benches-generated");
    let members: Vec<String> = names(depth).map(|name| format!("\"{name}\"")).collect();
    fs::create_dir_all(&root)?;
    fs::write(root.join("Cargo.toml"), format!("[workspace]\nresolver = \"3\"\nmembers = [{}]\n", members.join(", ")))?;
    fs::copy(project.join("Cargo.lock"), root.join("Cargo.lock"))?;
    for name in names(depth) {
        let mut manifest =
            format!("[package]\nname = \"way-{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n");
        for Dependency { name, version, settings } in DEPENDENCIES {
            let source = version.map_or_else(
                || format!("path = \"{}\"", project.join(name).display()),
                |version| format!("version = \"{version}\""),
            );
            writeln!(manifest, "{name} = {{ {source}, {settings} }}")?;
        }
        fs::create_dir_all(root.join(name).join("src"))?;
        fs::write(root.join(name).join("Cargo.toml"), manifest)?;
        let way = WAYS.iter().find(|way| way.name == name);
        cargo::write(&main_file(&root, name), &source(way, functions)?)?;
    }
    Ok(root)
}

fn main_file(root: &Path, name: &str) -> PathBuf {
    root.join(name).join("src").join("main.rs")
}

fn source(way: Option<&Way>, functions: u32) -> Result<String, std::fmt::Error> {
    let mut source = COMMON.to_owned();
    let count = if way.is_some() { functions } else { 0 };
    writeln!(source, "\nstatic FUNCTIONS: [fn(&Service) -> bool; {count}] = [")?;
    for number in 0..count {
        writeln!(source, "    |service| drive(call_{number}(service)),")?;
    }
    writeln!(source, "];")?;
    let Some(Way { attribute, body, .. }) = way else { return Ok(source) };
    for number in 0..count {
        let body = body.replace("QUESTION", &(number + 1_000).to_string());
        writeln!(
            source,
            "\n{attribute}\nasync fn call_{number}(service: &Service) -> Result<u32, std::io::ErrorKind> {{\n    {body}\n}}"
        )?;
    }
    Ok(source)
}

/// Returns the bytes of machine code in a program.
fn code(root: &Path, name: &str) -> Result<f64, Box<dyn Error>> {
    let program = root.join("target").join("release").join(format!("way-{name}"));
    let output = Command::new("size").arg("-A").arg(program).output().map_err(|error| format!("size: {error}"))?;
    let sections = String::from_utf8(output.stdout)?;
    let text = sections.lines().map(str::split_whitespace).find_map(|mut words| {
        let is_text = words.next() == Some(".text");
        is_text.then(|| words.next()).flatten()
    });
    Ok(text.ok_or("the program has no .text section")?.parse()?)
}

/// Returns the milliseconds of processor time that `cargo check` takes for each program, its dependencies checked
/// before.
///
/// The programs take turns, so that a machine that is slow for a while slows all of them.
fn check_all(root: &Path, rounds: u32, depth: Depth) -> Result<Vec<(&'static str, f64)>, Box<dyn Error>> {
    cargo::run(root, &["check", "--target-dir", "target"])?;
    let mut best: Vec<_> = names(depth).map(|name| (name, f64::INFINITY)).collect();
    for _ in 0..rounds {
        for (name, best) in &mut best {
            let file = File::options().append(true).open(main_file(root, name))?;
            let written = file.metadata()?.modified()?;
            file.set_modified(SystemTime::now())?;
            let before = ProcessorTime::read()?.total();
            cargo::run(root, &["check", "--target-dir", "target", "-p", &format!("way-{name}")])?;
            *best = best.min((ProcessorTime::read()?.total() - before) * 1_000.0);
            file.set_modified(written)?; // so that the next run finds it built
        }
    }
    Ok(best)
}

/// Prints the cost of programs of this many functions, per function.
///
/// # Errors
///
/// Returns the errors of [`measure`].
pub fn print(functions: u32) -> Result<(), Box<dyn Error>> {
    let Costs { code, check } = measure(functions, 3, Depth::Peers)?;
    println!("{:<16}{:>16}{:>20}", "way", "bytes of code", "ms of `cargo check`");
    for ((name, bytes), (_, millis)) in code.into_iter().zip(check) {
        println!("{:<16}{bytes:>16.1}{millis:>20.2}", way::heading(name));
    }
    Ok(())
}
