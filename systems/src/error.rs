//! What can go wrong with a server.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

/// A server that could not be found, started, or stopped.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ServerError {
    /// A program of the server is not installed.
    #[error("no `{program}` in {places}; install it: `apt-get install {package}`")]
    Missing {
        /// The name of the program.
        program: &'static str,
        /// Where it was looked for.
        places: &'static str,
        /// Debian's package that has it.
        package: &'static str,
    },
    /// A file or a process of the server could not be handled.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// Why it failed.
        source: io::Error,
    },
    /// A program ended in another way than it should.
    #[error("`{program}` failed; its last words:\n{log}")]
    Failed {
        /// The name of the program.
        program: &'static str,
        /// The end of what it printed.
        log: String,
    },
    /// A server neither answered nor ended.
    #[error("`{program}` was not {wanted} within {limit:?}; its log is {}", log.display())]
    Late {
        /// The name of the program.
        program: &'static str,
        /// What was waited for.
        wanted: &'static str,
        /// How long.
        limit: Duration,
        /// Where it logs.
        log: PathBuf,
    },
    /// Two servers cannot share a directory.
    #[error("a server runs in {} already", .0.display())]
    Running(PathBuf),
    /// A server that should run does not.
    #[error("no server runs in {}", .0.display())]
    NotRunning(PathBuf),
}

impl ServerError {
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}
