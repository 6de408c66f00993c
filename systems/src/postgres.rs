//! PostgreSQL: a separate cluster, on a separate port.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal};
use tokio_postgres::{Client, Config, NoTls};

use crate::ServerError;
use crate::directory::Directory;
use crate::process::{Process, alive, free_port, is_root, last_words, send, until_gone};

/// The settings that differ from the defaults.
///
/// - Deadlocks are reported after 20 ms instead of a second.
/// - Room for 100 clients twice.
/// - The server does not wait for the disk. A killed server loses nothing that it has written; only a machine without
///   power does.
const SETTINGS: &str = "
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 220
deadlock_timeout = '20ms'
fsync = off
log_min_messages = fatal
log_min_error_statement = panic
";

/// A PostgreSQL server on loopback.
///
/// Dropping it stops it, and removes its directory if that is a temporary one.
#[derive(Debug)]
pub struct Postgres {
    // Before the directory: dropped first.
    process: Option<Process>,
    directory: Directory,
    programs: PathBuf,
    port: u16,
}

impl Postgres {
    /// Makes a cluster in a temporary directory, and starts it.
    ///
    /// # Errors
    ///
    /// Returns [`ServerError`] when Debian's package `postgresql` is not installed, or when the server does not start.
    pub fn start() -> Result<Self, ServerError> {
        Self::start_in(Directory::temporary)
    }

    fn start_in(directory: impl FnOnce() -> Result<Directory, ServerError>) -> Result<Self, ServerError> {
        // A missing server must not leave a directory behind.
        let mut server = Self { process: None, programs: programs()?, directory: directory()?, port: free_port()? };
        if !server.data().join("PG_VERSION").exists() {
            server.make_cluster()?;
        }
        server.configure(&format!("port = {}", server.port))?;
        server.start_again()?;
        Ok(server)
    }

    /// Starts a server that outlives this process, and returns the URL of its database.
    ///
    /// Uses a cluster that is already in `directory`. If this process runs as root, the server runs as the user
    /// `postgres`, which must be able to reach `directory`.
    ///
    /// # Errors
    ///
    /// As for [`Postgres::start`]; also when a server runs in `directory` already.
    pub fn leave_running(directory: &Path) -> Result<String, ServerError> {
        if running(directory).is_some() {
            return Err(ServerError::Running(directory.to_owned()));
        }
        let mut server = Self::start_in(|| Directory::named(directory))?;
        if let Some(process) = server.process.take() {
            process.leave();
        }
        Ok(format!("postgresql://postgres@127.0.0.1:{}/postgres", server.port))
    }

    /// Stops the server that [`Postgres::leave_running`] has started in `directory`.
    ///
    /// # Errors
    ///
    /// Returns [`ServerError`] when no server runs there, or when it does not end.
    pub fn stop_in(directory: &Path) -> Result<(), ServerError> {
        let id = running(directory).ok_or_else(|| ServerError::NotRunning(directory.to_owned()))?;
        send(id, Signal::INT)?;
        until_gone("postgres", id, directory.join("server.log"))
    }

    /// Returns the settings for a connection to the server.
    #[must_use]
    pub fn config(&self) -> Config {
        let mut config = Config::new();
        config.host("127.0.0.1").port(self.port).user("postgres").dbname("postgres");
        config
    }

    /// Connects to the server. A task of the current runtime drives the connection, which ends with the client.
    ///
    /// # Errors
    ///
    /// Returns the error of the client library when the server refuses the connection.
    pub async fn connect(&self) -> Result<Client, tokio_postgres::Error> {
        connect(&self.config()).await
    }

    /// Stops the server as `pg_ctl stop -m fast` does: open transactions are rolled back, connections are closed.
    ///
    /// # Errors
    ///
    /// Returns [`ServerError`] when the server does not end.
    pub fn stop(&mut self) -> Result<(), ServerError> {
        self.process.take().map_or(Ok(()), |mut process| process.end(Signal::INT))
    }

    /// Kills all processes of the server with SIGKILL.
    ///
    /// # Errors
    ///
    /// Returns [`ServerError`] when a process cannot be killed.
    pub fn kill(&mut self) -> Result<(), ServerError> {
        self.process.take().map_or(Ok(()), |mut process| process.kill())
    }

    /// Starts the server again, with the same data on the same port, and waits until it accepts clients.
    ///
    /// # Errors
    ///
    /// Returns [`ServerError`] when the server ends, or does not become ready.
    pub fn start_again(&mut self) -> Result<(), ServerError> {
        let mut command = self.command("postgres");
        command.arg("-D").arg(self.data());
        let is_ready = || {
            let mut ask = Command::new(self.programs.join("pg_isready"));
            ask.args(["-q", "-h", "127.0.0.1", "-U", "postgres", "-d", "postgres", "-p"]).arg(self.port.to_string());
            ask.stdin(Stdio::null()).status().is_ok_and(|status| status.success())
        };
        let process = Process::start("postgres", &mut command, self.directory.path().join("server.log"), is_ready)?;
        self.process = Some(process);
        Ok(())
    }

    /// Adds a line to the configuration, which the next start reads.
    ///
    /// # Errors
    ///
    /// Returns [`ServerError`] when the file cannot be written.
    pub fn configure(&self, line: &str) -> Result<(), ServerError> {
        let file = self.data().join("postgresql.conf");
        let add = || fs::write(&file, fs::read_to_string(&file)? + line + "\n");
        add().map_err(ServerError::io(format!("writing {}", file.display())))
    }

    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    fn make_cluster(&self) -> Result<(), ServerError> {
        if is_root() {
            let mut command = Command::new("chown");
            command.arg("postgres:postgres").arg(self.directory.path());
            self.run("chown", &mut command)?;
        }
        let mut command = self.command("initdb");
        command.args(["--username=postgres", "--auth=trust", "--no-locale", "--encoding=UTF8", "--no-sync", "-D"]);
        self.run("initdb", command.arg(self.data()))?;
        self.configure(SETTINGS)
    }

    fn run(&self, program: &'static str, command: &mut Command) -> Result<(), ServerError> {
        let output = command.stdin(Stdio::null()).output();
        let output = output.map_err(ServerError::io(format!("running {program}")))?;
        if output.status.success() {
            return Ok(());
        }
        let log = self.directory.path().join(format!("{program}.log"));
        fs::write(&log, [output.stdout, output.stderr].concat()).map_err(ServerError::io("writing a log"))?;
        Err(ServerError::Failed { program, log: last_words(&log) })
    }

    /// Returns a command for a program of the server, to be run as a user that PostgreSQL accepts.
    fn command(&self, program: &str) -> Command {
        let program = self.programs.join(program);
        let mut command;
        if is_root() {
            // Replaces itself by the program, so that the process id stays.
            command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(program);
        } else {
            command = Command::new(program);
        }
        command.current_dir(self.directory.path());
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            eprintln!("error: {error}");
        }
    }
}

/// Returns the server that runs in `directory`.
fn running(directory: &Path) -> Option<Pid> {
    // The first line of this file; a killed server leaves the file behind.
    let file = fs::read_to_string(directory.join("data/postmaster.pid")).ok()?;
    alive(file.lines().next()?)
}

/// Connects to a server. A task of the current runtime drives the connection, which ends with the client.
///
/// # Errors
///
/// Returns the error of the client library when the server refuses the connection.
pub async fn connect(config: &Config) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = config.connect(NoTls).await?;
    // Pending requests receive the error that ended the connection.
    tokio::spawn(connection);
    Ok(client)
}

/// Returns the directory of the newest server that Debian has installed; on other systems, a directory of `PATH` with
/// `postgres`.
fn programs() -> Result<PathBuf, ServerError> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let debian = versions.filter_map(|entry| {
        let version: u32 = entry.file_name().to_str()?.parse().ok()?;
        Some((version, entry.path().join("bin")))
    });
    let path = std::env::var_os("PATH").unwrap_or_default();
    let elsewhere = std::env::split_paths(&path).map(|directory| (0, directory)).collect::<Vec<_>>();
    let found = debian.chain(elsewhere.into_iter().rev()).filter(|(_, directory)| {
        // The client's package alone has `pg_isready`, and not the server.
        directory.join("postgres").is_file() && directory.join("initdb").is_file()
    });
    found.max_by_key(|(version, _)| *version).map(|(_, directory)| directory).ok_or(ServerError::Missing {
        program: "postgres",
        places: "/usr/lib/postgresql/*/bin or PATH",
        package: "postgresql",
    })
}
