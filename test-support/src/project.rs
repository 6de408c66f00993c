//! Packages outside the workspace, for properties that a test cannot see from inside: other editions, other features,
//! renamed dependencies, the compiler's warnings, rustdoc's pages. They are built offline, with the workspace's lock
//! file.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{fs, io};

/// The root of the workspace.
const WORKSPACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// A package in the build directory.
#[derive(Debug)]
pub struct Project {
    directory: PathBuf,
}

impl Project {
    /// Writes a package; `dependencies` are lines of its manifest, in which `CORE` is replaced by the path of the
    /// crate.
    pub fn new(name: &str, edition: &str, dependencies: &str, files: &[(&str, &str)]) -> io::Result<Self> {
        let directory = temporary()?.join("projects").join(name);
        let dependencies = dependencies.replace("CORE", &format!("path = '{WORKSPACE}/backoff-core'"));
        let package = format!("[package]\nname = '{name}'\nversion = '0.0.0'\nedition = '{edition}'");
        let manifest = format!("{package}\n[workspace]\n[dependencies]\n{dependencies}\n");
        write(&directory.join("Cargo.toml"), &manifest)?;
        fs::copy(Path::new(WORKSPACE).join("Cargo.lock"), directory.join("Cargo.lock"))?;
        for (path, text) in files {
            write(&directory.join(path), text)?;
        }
        Ok(Self { directory })
    }

    /// Runs cargo in the package.
    pub fn cargo(&self, arguments: &[&str]) -> io::Result<Output> {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(arguments).arg("--offline").current_dir(&self.directory);
        cargo.env("CARGO_TARGET_DIR", self.target()).env("CARGO_TERM_COLOR", "never");
        for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "RUSTDOCFLAGS", "CARGO_ENCODED_RUSTDOCFLAGS"] {
            cargo.env_remove(name);
        }
        cargo.output()
    }

    /// Returns the build directory, which is shared so that dependencies are built once.
    pub fn target(&self) -> PathBuf {
        self.directory.with_file_name("target")
    }
}

/// Returns cargo's directory for temporary files of tests. It is next to `debug`, whose `deps` contains the running
/// test.
fn temporary() -> io::Result<PathBuf> {
    let test = std::env::current_exe()?;
    let build = test.ancestors().nth(3).ok_or_else(|| io::Error::other("a test outside of a build directory"))?;
    Ok(build.join("tmp"))
}

/// Writes a file and its directory unless the content is already there, so that an unchanged package is not built
/// again.
fn write(path: &Path, text: &str) -> io::Result<()> {
    if fs::read_to_string(path).ok().as_deref() == Some(text) {
        return Ok(());
    }
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    fs::write(path, text)
}

/// Returns the output of cargo.
pub fn messages(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
