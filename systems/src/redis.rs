//! Redis: a server that has every acknowledged write on disk, on a separate port.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use redis::{Client, RedisResult};
use rustix::process::{Pid, Signal};

use crate::ServerError;
use crate::directory::Directory;
use crate::process::{Process, alive, free_port, send, until_gone};

/// A Redis server on loopback, with an append-only file that is synced before a write is acknowledged.
///
/// Dropping it stops it, and removes its directory if that is a temporary one.
#[derive(Debug)]
pub struct Redis {
    // Before the directory: dropped first.
    process: Option<Process>,
    directory: Directory,
    program: PathBuf,
    port: u16,
}

impl Redis {
    /// Starts a server in a temporary directory.
    ///
    /// # Errors
    ///
    /// Returns [`ServerError`] when Debian's package `redis-server` is not installed, or when the server does not
    /// start.
    pub fn start() -> Result<Self, ServerError> {
        Self::start_in(Directory::temporary)
    }

    fn start_in(directory: impl FnOnce() -> Result<Directory, ServerError>) -> Result<Self, ServerError> {
        // A missing server must not leave a directory behind.
        let mut server = Self { process: None, program: program()?, directory: directory()?, port: free_port()? };
        server.start_again()?;
        Ok(server)
    }

    /// Starts a server that outlives this process, and returns its URL.
    ///
    /// # Errors
    ///
    /// As for [`Redis::start`]; also when a server runs in `directory` already.
    pub fn leave_running(directory: &Path) -> Result<String, ServerError> {
        if running(directory).is_some() {
            return Err(ServerError::Running(directory.to_owned()));
        }
        let mut server = Self::start_in(|| Directory::named(directory))?;
        if let Some(process) = server.process.take() {
            process.leave();
        }
        Ok(server.url())
    }

    /// Stops the server that [`Redis::leave_running`] has started in `directory`.
    ///
    /// # Errors
    ///
    /// Returns [`ServerError`] when no server runs there, or when it does not end.
    pub fn stop_in(directory: &Path) -> Result<(), ServerError> {
        let id = running(directory).ok_or_else(|| ServerError::NotRunning(directory.to_owned()))?;
        send(id, Signal::TERM)?;
        until_gone("redis-server", id, directory.join("server.log"))
    }

    /// Returns the URL of the server.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    /// Returns a client of the server, which is not connected yet.
    ///
    /// # Errors
    ///
    /// Returns the error of the client library, which parses the URL.
    pub fn client(&self) -> RedisResult<Client> {
        Client::open(self.url())
    }

    /// Sends `SHUTDOWN`, and waits until the server has ended.
    ///
    /// # Errors
    ///
    /// Returns [`ServerError`] when the server does not end.
    pub fn stop(&mut self) -> Result<(), ServerError> {
        let Some(mut process) = self.process.take() else { return Ok(()) };
        // The response is a closed connection.
        let _ = self.client().and_then(|client| {
            let mut connection = client.get_connection()?;
            redis::cmd("SHUTDOWN").exec(&mut connection)
        });
        process.wait()
    }

    /// Kills the server with SIGKILL.
    ///
    /// # Errors
    ///
    /// Returns [`ServerError`] when the process cannot be killed.
    pub fn kill(&mut self) -> Result<(), ServerError> {
        self.process.take().map_or(Ok(()), |mut process| process.kill())
    }

    /// Holds back all writes of all clients, until [`Redis::unpause`]; connections stay open.
    ///
    /// # Errors
    ///
    /// Returns [`ServerError`] when the server does not pause.
    pub fn pause(&mut self) -> Result<(), ServerError> {
        // Lasts a minute, unless it is ended. Holding back all commands would hold back the command that ends it, too.
        self.tell(&["PAUSE", "60000", "WRITE"])
    }

    /// Ends the pause of [`Redis::pause`].
    ///
    /// # Errors
    ///
    /// Returns [`ServerError`] when the server does not continue.
    pub fn unpause(&mut self) -> Result<(), ServerError> {
        self.tell(&["UNPAUSE"])
    }

    fn tell(&self, words: &[&str]) -> Result<(), ServerError> {
        let tell = || {
            let mut connection = self.client()?.get_connection()?;
            let mut command = redis::cmd("CLIENT");
            command.arg(words).exec(&mut connection)
        };
        tell().map_err(|error| ServerError::io(words.join(" "))(std::io::Error::other(error)))
    }

    /// Starts the server again, with the same data on the same port, and waits until it responds.
    ///
    /// # Errors
    ///
    /// Returns [`ServerError`] when the server ends, or does not become ready.
    pub fn start_again(&mut self) -> Result<(), ServerError> {
        let directory = self.directory.path();
        let mut command = Command::new(&self.program);
        command.current_dir(directory).args(["--bind", "127.0.0.1", "--port"]).arg(self.port.to_string());
        command.args(["--appendonly", "yes", "--appendfsync", "always", "--save", "", "--daemonize", "no", "--dir"]);
        command.arg(directory).arg("--pidfile").arg(directory.join("redis.pid"));
        let is_ready = || {
            let answer = self.client().and_then(|client| {
                let mut connection = client.get_connection()?;
                redis::cmd("PING").query::<String>(&mut connection)
            });
            answer.is_ok_and(|answer| answer == "PONG")
        };
        let process = Process::start("redis-server", &mut command, directory.join("server.log"), is_ready)?;
        self.process = Some(process);
        Ok(())
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            eprintln!("error: {error}");
        }
    }
}

/// Returns the server that runs in `directory`.
fn running(directory: &Path) -> Option<Pid> {
    // A killed server leaves this file behind.
    alive(&fs::read_to_string(directory.join("redis.pid")).ok()?)
}

fn program() -> Result<PathBuf, ServerError> {
    let path = env::var_os("PATH").unwrap_or_default();
    let found =
        env::split_paths(&path).map(|directory| directory.join("redis-server")).find(|program| program.is_file());
    found.ok_or(ServerError::Missing { program: "redis-server", places: "PATH", package: "redis-server" })
}
