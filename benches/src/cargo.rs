//! Runs cargo for the programs that are compiled to be measured, and returns the cost of compiling them.

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Returns the root of this workspace.
///
/// # Errors
///
/// Returns an error when this package is outside of a workspace.
pub fn project() -> Result<PathBuf, Box<dyn Error>> {
    Ok(Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("the package lies in a workspace")?.to_owned())
}

/// Returns the target directory that contains this program.
///
/// # Errors
///
/// Returns an error when the program is in another place.
pub fn target() -> Result<PathBuf, Box<dyn Error>> {
    let program = env::current_exe()?;
    let target = program.parent().and_then(Path::parent).ok_or("the program lies in the target directory")?;
    Ok(target.to_owned())
}

/// Runs cargo in a directory, and returns its standard output.
///
/// Settings that change the compilation are removed, so that each run compiles the same code.
///
/// # Errors
///
/// Returns the first error of cargo.
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

/// Writes a source file unless it has this content already, because cargo would compile it again.
///
/// # Errors
///
/// Returns an error when the file cannot be written.
pub fn write(path: &Path, text: &str) -> Result<(), Box<dyn Error>> {
    if fs::read_to_string(path).is_ok_and(|before| before == text) {
        return Ok(());
    }
    Ok(fs::write(path, text)?)
}

/// Processor time of all programs that this one has waited for, in seconds.
#[derive(Clone, Copy, Debug)]
pub struct ProcessorTime {
    /// Time in the programs themselves.
    pub user: f64,
    /// Time in the system on behalf of the programs.
    pub system: f64,
}

impl ProcessorTime {
    /// Reads fields 16 and 17 of `/proc/self/stat`, in hundredths of a second, counted from the end of the program's
    /// name.
    ///
    /// # Errors
    ///
    /// Returns an error when the file is missing or has another format.
    pub fn read() -> Result<Self, Box<dyn Error>> {
        let stat = fs::read_to_string("/proc/self/stat")?;
        let (_, fields) = stat.rsplit_once(')').ok_or("unknown format of /proc/self/stat")?;
        let mut times = fields.split_whitespace().skip(13);
        let (user, system) = times.next().zip(times.next()).ok_or("unknown format of /proc/self/stat")?;
        Ok(Self { user: user.parse::<f64>()? / 100.0, system: system.parse::<f64>()? / 100.0 })
    }

    /// Returns the sum of both.
    #[must_use]
    pub fn total(self) -> f64 {
        self.user + self.system
    }
}
