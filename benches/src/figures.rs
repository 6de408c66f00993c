//! The last figures, kept in `figures.toml` beside the manifest: `row.way = figure`.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Figures by `row.way`, and the compiler with which they were counted.
#[derive(Debug, Default)]
pub struct Figures {
    /// The version of the compiler, as the compiler prints it.
    pub compiler: String,
    /// `row.way` and the figure.
    pub by_name: BTreeMap<String, f64>,
}

const DOCUMENT_HEADER: &str =
    "# The figures of docs/benchmarks.md; written by `cargo run --release -p backoff-benches -- docs`.\n";
const HEADER: &str = "# The last figures; written by `cargo run --release -p backoff-benches -- accept`.\n";

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("figures.toml")
}

/// The figures of the document, so that one part can be measured again, and the text be written without measuring.
fn path_of_document() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("document.toml")
}

impl Figures {
    /// Reads the last figures.
    ///
    /// # Errors
    ///
    /// Returns an error when the file is missing or a line of it is not a figure.
    pub fn load() -> Result<Self, Box<dyn Error>> {
        Self::read(&path())
    }

    /// Replaces the last figures.
    ///
    /// # Errors
    ///
    /// Returns an error when the file cannot be written.
    pub fn save(&self) -> Result<(), Box<dyn Error>> {
        self.write(&path(), HEADER, 1)
    }

    /// Reads the figures of the document.
    ///
    /// # Errors
    ///
    /// Returns an error when the file is missing, or a line of the file is not a figure.
    pub fn load_document() -> Result<Self, Box<dyn Error>> {
        Self::read(&path_of_document())
    }

    /// Saves the figures of a document.
    ///
    /// # Errors
    ///
    /// Returns an error when the file cannot be written.
    pub fn save_document(&self) -> Result<(), Box<dyn Error>> {
        self.write(&path_of_document(), DOCUMENT_HEADER, 4)
    }

    fn read(path: &Path) -> Result<Self, Box<dyn Error>> {
        let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let mut figures = Self::default();
        for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            let (name, value) = line.split_once(" = ").ok_or_else(|| format!("`{line}` is not `name = figure`"))?;
            if name == "compiler" {
                value.trim_matches('"').clone_into(&mut figures.compiler);
            } else {
                figures.by_name.insert(name.to_owned(), value.parse()?);
            }
        }
        Ok(figures)
    }

    fn write(&self, path: &Path, header: &str, digits: usize) -> Result<(), Box<dyn Error>> {
        let mut text = format!("{header}compiler = \"{}\"\n", self.compiler);
        for (name, value) in &self.by_name {
            writeln!(text, "{name} = {value:.digits$}")?;
        }
        fs::write(path, text)?;
        Ok(())
    }
}

/// Returns the version of the compiler that cargo uses here.
///
/// # Errors
///
/// Returns an error when the compiler does not start.
pub fn compiler() -> Result<String, Box<dyn Error>> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output()?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
