//! Processes that end with their parent: a child serves until its standard input is closed.

use std::error::Error;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use tokio::io::AsyncReadExt as _;

/// A service in a separate process.
pub(crate) struct Process {
    child: Child,
    url: String,
}

impl Process {
    /// Starts this program again with `arguments`, and waits for its address.
    pub(crate) fn start(arguments: &[&str]) -> Result<Self, Box<dyn Error>> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut url = String::new();
        if let Some(output) = child.stdout.take() {
            BufReader::new(output).read_line(&mut url)?;
        }
        let process = Self { child, url: url.trim().to_owned() };
        if process.url.is_empty() {
            return Err(format!("the service {arguments:?} did not start").into());
        }
        Ok(process)
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.stdin.take()); // the child ends by itself; it would, too, if this process were killed
        let _ = self.child.wait();
    }
}

/// Waits until the parent process has closed its end of the pipe, or has ended.
pub(crate) async fn parent_ended() {
    let mut input = tokio::io::stdin();
    let mut buffer = [0; 64];
    while matches!(input.read(&mut buffer).await, Ok(read) if read > 0) {}
}
