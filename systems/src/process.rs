//! A server as a process: the common code of PostgreSQL and Redis.

use std::fs::{self, File};
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use backoff_core::{Policy, StopReason};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use crate::ServerError;

/// The longest time in which a server may respond or end: allows for a busy machine, and a recovery after a crash.
const LIMIT: Duration = Duration::from_secs(60);

const ASK_AGAIN: Policy = Policy::constant(Duration::from_millis(20)).max_elapsed(LIMIT).build();

/// A child process that serves, and its log file.
#[derive(Debug)]
pub(crate) struct Process {
    program: &'static str,
    log: PathBuf,
    child: Child,
}

impl Process {
    /// Starts `command`, which prints to the end of `log`, and returns once `is_ready` returns true.
    pub(crate) fn start(
        program: &'static str,
        command: &mut Command,
        log: PathBuf,
        is_ready: impl Fn() -> bool,
    ) -> Result<Self, ServerError> {
        let open = || {
            let out = File::options().create(true).append(true).open(&log)?;
            Ok((out.try_clone()?, out))
        };
        let (out, errors) = open().map_err(ServerError::io(format!("opening {}", log.display())))?;
        command.stdin(Stdio::null()).stdout(out).stderr(errors);
        let child = command.spawn().map_err(ServerError::io(format!("starting {program}")))?;
        let mut process = Self { program, log, child };
        match process.until_ready(is_ready) {
            Ok(()) => Ok(process),
            Err(error) => {
                process.kill()?;
                Err(error)
            }
        }
    }

    fn until_ready(&mut self, is_ready: impl Fn() -> bool) -> Result<(), ServerError> {
        let attempt = || {
            if is_ready() {
                return Ok(());
            }
            // A process that has ended will not become ready.
            Err(matches!(self.child.try_wait(), Ok(None)))
        };
        ASK_AGAIN.retry(attempt).when(|runs| *runs).call_report().map(|_| ()).map_err(|stopped| match stopped.reason {
            StopReason::Permanent => ServerError::Failed { program: self.program, log: last_words(&self.log) },
            _ => self.late("ready"),
        })
    }

    pub(crate) fn id(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Waits until the process has ended; the caller has already requested the end.
    pub(crate) fn wait(&mut self) -> Result<(), ServerError> {
        let ended = || match self.child.try_wait() {
            Ok(Some(_)) => Ok(()),
            Ok(None) => Err(None),
            Err(error) => Err(Some(error)),
        };
        ASK_AGAIN.retry(ended).when(Option::is_none).call().map_err(|error| match error {
            None => self.late("gone"),
            Some(source) => ServerError::io(format!("waiting for {}", self.program))(source),
        })
    }

    /// Requests the end of the process, and waits for it.
    pub(crate) fn end(&mut self, signal: Signal) -> Result<(), ServerError> {
        send(self.id(), signal)?;
        self.wait()
    }

    /// Kills the process and its children with SIGKILL, at the same instant from their point of view.
    pub(crate) fn kill(&mut self) -> Result<(), ServerError> {
        if matches!(self.child.try_wait(), Ok(Some(_))) {
            return Ok(());
        }
        let id = self.id();
        // A stopped process neither starts further children nor notifies its children.
        send(id, Signal::STOP)?;
        for child in children(id).map_err(ServerError::io("reading /proc"))? {
            send(child, Signal::KILL)?;
        }
        send(id, Signal::KILL)?;
        self.wait()
    }

    /// Lets the process outlive this one.
    pub(crate) fn leave(self) {
        // Dropping it would kill it.
        std::mem::forget(self);
    }

    fn late(&self, wanted: &'static str) -> ServerError {
        ServerError::Late { program: self.program, wanted, limit: LIMIT, log: self.log.clone() }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Callers that need a gentler end request it before.
        if let Err(error) = self.kill() {
            eprintln!("error: {error}");
        }
    }
}

/// Sends a signal; a process that has already ended does not need one.
pub(crate) fn send(process: Pid, signal: Signal) -> Result<(), ServerError> {
    match kill_process(process, signal) {
        Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
        Err(error) => Err(ServerError::io(format!("a signal to process {process:?}"))(error.into())),
    }
}

/// Returns the process whose id is in a file, if it is alive.
pub(crate) fn alive(id: &str) -> Option<Pid> {
    let id = Pid::from_raw(id.trim().parse().ok()?)?;
    test_kill_process(id).is_ok().then_some(id)
}

/// Waits until a process that is not a child of this one has ended.
pub(crate) fn until_gone(program: &'static str, process: Pid, log: PathBuf) -> Result<(), ServerError> {
    let gone = || if test_kill_process(process).is_ok() { Err(()) } else { Ok(()) };
    ASK_AGAIN.retry(gone).call().map_err(|()| ServerError::Late { program, wanted: "gone", limit: LIMIT, log })
}

fn children(parent: Pid) -> io::Result<Vec<Pid>> {
    let parent = parent.as_raw_nonzero().to_string();
    let mut children = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let entry = entry?;
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse().ok()).and_then(Pid::from_raw) else {
            continue;
        };
        // A process may end while its entry is read.
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
        // `id (name) state parent ..`, where the name may have spaces and parentheses.
        let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        if after_name.split_whitespace().nth(1) == Some(parent.as_str()) {
            children.push(id);
        }
    }
    Ok(children)
}

/// Returns a port of loopback without a listener.
///
/// The port is below those that the kernel gives to outgoing connections. Otherwise a client that connects again and
/// again while its server is down would sooner or later get the server's own port, and connect to itself.
pub(crate) fn free_port() -> Result<u16, ServerError> {
    const FIRST: u64 = 20_000;
    const COUNT: u64 = 12_000;
    let policy = Policy::constant(Duration::ZERO).max_attempts(200).build();
    policy
        .retry(|| {
            let number = RandomState::new().build_hasher().finish();
            let port = u16::try_from(FIRST + number % COUNT).map_err(io::Error::other)?;
            TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map(|_| port)
        })
        .when(|error| error.kind() == io::ErrorKind::AddrInUse)
        .call()
        .map_err(ServerError::io("looking for a free port"))
}

/// Returns the end of a log.
pub(crate) fn last_words(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_else(|error| format!("({}: {error})", log.display()));
    let start = text.len() - text.lines().rev().take(20).map(|line| line.len() + 1).sum::<usize>().min(text.len());
    text.get(start..).unwrap_or(&text).to_owned()
}

/// Returns whether this process may become another user. PostgreSQL requires that, because it refuses to run as root.
pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}
