//! The directory of a server.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::ServerError;

/// The directory of a server: a temporary one that is removed with the server, or one that a person has named.
#[derive(Debug)]
pub(crate) enum Directory {
    Temporary(TempDir),
    Named(PathBuf),
}

impl Directory {
    pub(crate) fn temporary() -> Result<Self, ServerError> {
        let directory = tempfile::Builder::new().prefix("backoff-").tempdir();
        directory.map(Self::Temporary).map_err(ServerError::io("making a temporary directory"))
    }

    pub(crate) fn named(path: &Path) -> Result<Self, ServerError> {
        std::fs::create_dir_all(path).map_err(ServerError::io(format!("making {}", path.display())))?;
        // Servers change their working directory.
        let path = path.canonicalize().map_err(ServerError::io(format!("looking up {}", path.display())))?;
        Ok(Self::Named(path))
    }

    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Temporary(directory) => directory.path(),
            Self::Named(path) => path,
        }
    }
}
