//! Runs cargo for the programs that are compiled in order to be measured, and tells what that took.

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The root of this workspace.
///
/// # Errors
///
/// When this package lies outside of one.
pub fn project() -> Result<PathBuf, Box<dyn Error>> {
    Ok(Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("the package lies in a workspace")?.to_owned())
}

/// The target directory that this program lies in.
///
/// # Errors
///
/// When it lies somewhere else.
pub fn target() -> Result<PathBuf, Box<dyn Error>> {
    let program = env::current_exe()?;
    let target = program.parent().and_then(Path::parent).ok_or("the program lies in the target directory")?;
    Ok(target.to_owned())
}

/// Runs cargo in a directory, and returns what it wrote to its standard output.
///
/// Settings that change what is compiled are taken away, so that each run compiles the same.
///
/// # Errors
///
/// The first error of cargo.
pub fn run(directory: &Path, arguments: &[&str]) -> Result<String, Box<dyn Error>> {
    let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(arguments)
        .current_dir(directory)
        .env("CARGO_INCREMENTAL", "0")
        .env_remove("CARGO_TARGET_DIR")
        .env_remove("RUSTFLAGS")
        .output()?;
    if output.status.success() {
        return Ok(String::from_utf8(output.stdout)?);
    }
    let messages = String::from_utf8_lossy(&output.stderr);
    let first_error = messages.find("error").map_or("", |start| messages.get(start..).unwrap_or_default());
    let lines: Vec<&str> = first_error.lines().take(20).collect();
    Err(format!("`cargo {}` failed in {}:\n{}", arguments.join(" "), directory.display(), lines.join("\n")).into())
}

/// Writes a file that is compiled, unless it says the same already: cargo would compile it again.
///
/// # Errors
///
/// When it cannot be written.
pub fn write(path: &Path, text: &str) -> Result<(), Box<dyn Error>> {
    if fs::read_to_string(path).is_ok_and(|before| before == text) {
        return Ok(());
    }
    Ok(fs::write(path, text)?)
}

/// Processor time of all programs that this one has waited for, in seconds.
#[derive(Clone, Copy, Debug)]
pub struct ProcessorTime {
    /// In programs.
    pub user: f64,
    /// In the system, for programs.
    pub system: f64,
}

impl ProcessorTime {
    /// Reads it: fields 16 and 17 of `/proc/self/stat`, in hundredths of a second, counted from the end of the
    /// program's name.
    ///
    /// # Errors
    ///
    /// When the file is missing or of another format.
    pub fn read() -> Result<Self, Box<dyn Error>> {
        let stat = fs::read_to_string("/proc/self/stat")?;
        let (_, fields) = stat.rsplit_once(')').ok_or("unknown format of /proc/self/stat")?;
        let mut times = fields.split_whitespace().skip(13);
        let (user, system) = times.next().zip(times.next()).ok_or("unknown format of /proc/self/stat")?;
        Ok(Self { user: user.parse::<f64>()? / 100.0, system: system.parse::<f64>()? / 100.0 })
    }

    /// Both together.
    #[must_use]
    pub fn total(self) -> f64 {
        self.user + self.system
    }
}
