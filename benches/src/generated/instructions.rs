//! The instructions of rustc for one function: counted, so that they repeat where times do not.
//!
//! rustc itself runs under valgrind, with the arguments of `cargo check`, on a program of a few functions and on one of
//! twice as many. The difference, divided by the number of functions, is the cost of one: start-up, and reading the
//! dependencies and the common code, cancel out.

use std::env;
use std::error::Error;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{DEPENDENCIES, Dependency, EMPTY, WAYS, source, ways, write_all};
use crate::cargo;
use crate::count;
use crate::rows::Depth;

/// The functions of the smaller program.
const FUNCTIONS: u32 = 20;

/// Returns the millions of instructions of rustc for each function, by way of calling.
///
/// # Errors
///
/// Returns an error when a program does not compile, or valgrind is missing.
pub fn measure(depth: Depth) -> Result<Vec<(&'static str, f64)>, Box<dyn Error>> {
    let root = write_all(super::FUNCTIONS, depth)?;
    // The dependencies of the empty program are those of all.
    let package = format!("way-{EMPTY}");
    let messages = cargo::run(&root, &["check", "--target-dir", "target", "-p", &package, "--message-format", "json"])?;
    let mut arguments: Vec<OsString> =
        ["--edition=2024", "--crate-type=bin", "--emit=metadata", "--cap-lints=allow", "-Cdebuginfo=2"]
            .map(OsString::from)
            .into();
    arguments.extend(["-L".into(), dependencies_in(&root.join("target").join("debug").join("deps"))]);
    for dependency in DEPENDENCIES {
        let file = library(&messages, dependency).ok_or_else(|| format!("cargo built no {}", dependency.name))?;
        arguments.extend(["--extern".into(), format!("{}={file}", dependency.name.replace('-', "_")).into()]);
    }
    let sources = root.join("counted");
    fs::create_dir_all(&sources)?;
    let rustc = rustc()?;
    let names: Vec<&'static str> = ways(depth).map(|way| way.name).collect();
    let counts = count::side_by_side(&names, |name| {
        let check = |functions| check(&rustc, &arguments, &sources, name, functions);
        let (once, twice) = (check(FUNCTIONS)?, check(2 * FUNCTIONS)?);
        #[expect(clippy::cast_precision_loss, reason = "counts far below 2^53")]
        Ok(twice.saturating_sub(once) as f64 / f64::from(FUNCTIONS) / 1e6)
    })?;
    Ok(names.into_iter().zip(counts).collect())
}

/// Returns the instructions of one run of the compiler.
fn check(rustc: &Path, arguments: &[OsString], sources: &Path, name: &str, functions: u32) -> Result<u64, String> {
    let file = sources.join(format!("{name}_{functions}.rs"));
    let way = WAYS.iter().find(|way| way.name == name);
    let text = source(way, functions).map_err(|error| error.to_string())?;
    cargo::write(&file, &text).map_err(|error| error.to_string())?;
    let own: [OsString; 4] =
        [file.into(), "--crate-name=counted".into(), "--out-dir".into(), sources.join(name).into()];
    count::collected(rustc, &[arguments, &own].concat())
}

fn dependencies_in(directory: &Path) -> OsString {
    let mut path = OsString::from("dependency=");
    path.push(directory);
    path
}

/// The compiler itself: the one that is found first may be a program that only starts another.
fn rustc() -> Result<PathBuf, Box<dyn Error>> {
    let output =
        Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())).args(["--print", "sysroot"]).output()?;
    Ok(Path::new(String::from_utf8(output.stdout)?.trim()).join("bin").join("rustc"))
}

/// Finds the metadata, or the procedural macro, of a dependency in cargo's messages.
fn library<'a>(messages: &'a str, dependency: &Dependency) -> Option<&'a str> {
    let package = dependency.version.map(|version| format!("#{}@{version}.", dependency.name));
    let target = format!("\"name\":\"{}\"", dependency.name.replace('-', "_"));
    let line = messages.lines().find(|line| {
        line.contains("\"compiler-artifact\"")
            && line.contains(&target)
            && package.as_ref().is_none_or(|package| line.contains(package))
    })?;
    let (_, files) = line.split_once("\"filenames\":[")?;
    let (files, _) = files.split_once(']')?;
    files.split(',').map(|file| file.trim_matches('"')).find(|file| {
        Path::new(file).extension().is_some_and(|kind| kind == "rmeta" || kind == env::consts::DLL_EXTENSION)
    })
}
