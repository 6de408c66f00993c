//! The errors of running a server.

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
        /// The places that were searched.
        places: &'static str,
        /// Debian's package that contains it.
        package: &'static str,
    },
    /// A file or a process of the server could not be handled.
    #[error("{what}: {source}")]
    Io {
        /// The action that failed.
        what: String,
        /// The cause of the failure.
        source: io::Error,
    },
    /// A program did not end as expected.
    #[error("`{program}` failed; its last words:\n{log}")]
    Failed {
        /// The name of the program.
        program: &'static str,
        /// The end of its output.
        log: String,
    },
    /// A server neither responded nor ended.
    #[error("`{program}` was not {wanted} within {limit:?}; its log is {}", log.display())]
    Late {
        /// The name of the program.
        program: &'static str,
        /// The awaited event.
        wanted: &'static str,
        /// The time that was waited.
        limit: Duration,
        /// The path of the server's log.
        log: PathBuf,
    },
    /// Two servers cannot share a directory.
    #[error("a server runs in {} already", .0.display())]
    Running(PathBuf),
    /// A server that should be running is not running.
    #[error("no server runs in {}", .0.display())]
    NotRunning(PathBuf),
}

impl ServerError {
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}
