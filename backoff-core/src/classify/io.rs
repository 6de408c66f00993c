//! Classification of `io::Error` by its kind.
use std::io::{Error, ErrorKind};

use super::marks;
use crate::Fault;

/// Classifies an I/O error by its [`ErrorKind`]: `when = classify::io`.
///
/// A mark in the error's payload or chain ([`marks`]) has priority over its kind.
///
/// | kind | fault | because |
/// |---|---|---|
/// | `ConnectionRefused` | transient | no process listened, so nothing was executed; the server may be restarting |
/// | `HostUnreachable`, `NetworkUnreachable`, `NetworkDown` | transient | no route to the server; seen while connecting (an open connection first times out for minutes) |
/// | `NotConnected` | transient | the socket was not connected, so this operation sent nothing; the next attempt connects |
/// | `AddrInUse`, `AddrNotAvailable` | transient | the port is held by a process that is ending, the local ports are used up, or the address is not up yet |
/// | `Interrupted` | transient | a signal came before anything was transferred |
/// | `ResourceBusy`, `ExecutableFileBusy`, `Deadlock` | transient | refused because another process holds the resource at present |
/// | `StaleNetworkFileHandle` | transient | refused; an attempt that opens the file again gets a new handle |
/// | `TimedOut`, `WouldBlock` | ambiguous | the request may have arrived and only the response is late; on Unix the read timeout of a socket is `WouldBlock` |
/// | `ConnectionReset`, `ConnectionAborted`, `BrokenPipe` | ambiguous | the connection broke at an unknown point, perhaps after the request was read |
/// | `UnexpectedEof` | ambiguous | the response was cut off, so the request had arrived |
/// | `NotFound`, `AlreadyExists`, `NotADirectory`, `IsADirectory`, `DirectoryNotEmpty`, `TooManyLinks`, `CrossesDevices` | permanent | the name does not change |
/// | `PermissionDenied`, `ReadOnlyFilesystem` | permanent | rights do not change within a call |
/// | `InvalidInput`, `InvalidData`, `ArgumentListTooLong`, `NotSeekable`, `Unsupported` | permanent | the same input is refused again |
/// | `StorageFull`, `QuotaExceeded`, `FileTooLarge`, `OutOfMemory`, `WriteZero` | permanent | space is not freed within a call, and repeated writes would take more of it |
/// | `Other` around another `io::Error` | of the inner error | the wrapper itself has no meaningful kind |
/// | every other kind | transient | the default for unclassified errors: mostly a failure to begin, such as name lookup, too many open files, no buffer space |
///
/// An `io::Error` does not show whether something was sent before. Where repeating is harmless (connecting, reading,
/// looking up), set `idempotent`; the ambiguous kinds are then retried as well. If a file is expected to appear or a
/// full disk to be emptied, decide in a closure and call this function for the other kinds.
///
/// # Examples
///
/// ```
/// use backoff_core::{Fault, classify};
/// use std::io::{Error, ErrorKind};
///
/// assert_eq!(
///     classify::io(&ErrorKind::ConnectionRefused.into()),
///     Fault::Transient
/// );
/// assert_eq!(classify::io(&ErrorKind::ConnectionReset.into()), Fault::Ambiguous);
/// assert_eq!(classify::io(&ErrorKind::PermissionDenied.into()), Fault::Permanent);
///
/// let marked = Error::new(
///     ErrorKind::ConnectionRefused,
///     classify::permanent("the port is closed for good"),
/// );
/// assert_eq!(classify::io(&marked), Fault::Permanent);
///
/// // A socket file that another process is about to create.
/// let when = |error: &Error| match error.kind() {
///     ErrorKind::NotFound => Fault::Transient,
///     _ => classify::io(error),
/// };
/// assert_eq!(when(&ErrorKind::NotFound.into()), Fault::Transient);
/// ```
#[must_use]
pub fn io(error: &Error) -> Fault {
    marks(error).unwrap_or_else(|| of_kind(innermost(error).kind()))
}

/// Returns the inner error of errors of kind `Other` that wrap another `io::Error`.
fn innermost(error: &Error) -> &Error {
    let mut error = error;
    while error.kind() == ErrorKind::Other {
        match error.get_ref().and_then(|payload| payload.downcast_ref()) {
            Some(inner) => error = inner,
            None => break,
        }
    }
    error
}

fn of_kind(kind: ErrorKind) -> Fault {
    use ErrorKind as Kind;

    match kind {
        Kind::TimedOut
        | Kind::WouldBlock
        | Kind::ConnectionReset
        | Kind::ConnectionAborted
        | Kind::BrokenPipe
        | Kind::UnexpectedEof => Fault::Ambiguous,
        Kind::NotFound
        | Kind::AlreadyExists
        | Kind::NotADirectory
        | Kind::IsADirectory
        | Kind::DirectoryNotEmpty
        | Kind::TooManyLinks
        | Kind::CrossesDevices
        | Kind::PermissionDenied
        | Kind::ReadOnlyFilesystem
        | Kind::InvalidInput
        | Kind::InvalidData
        | Kind::ArgumentListTooLong
        | Kind::NotSeekable
        | Kind::Unsupported
        | Kind::StorageFull
        | Kind::QuotaExceeded
        | Kind::FileTooLarge
        | Kind::OutOfMemory
        | Kind::WriteZero => Fault::Permanent,
        // Includes the kinds that newer compilers name: an unknown kind is treated as an unclassified error.
        _ => Fault::Transient,
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;
    use std::io::{Error, ErrorKind as Kind};

    use super::io;
    use crate::Fault;
    use crate::classify::{ambiguous, permanent, retry_after};

    fn assert_all(fault: Fault, kinds: &[Kind]) {
        for &kind in kinds {
            assert_eq!(io(&kind.into()), fault, "{kind:?}");
            assert_eq!(io(&Error::new(kind, "with a payload")), fault, "{kind:?} with a payload");
        }
    }

    #[test]
    fn kinds_that_come_before_anything_was_done_are_transient() {
        assert_all(
            Fault::Transient,
            &[
                Kind::ConnectionRefused,
                Kind::HostUnreachable,
                Kind::NetworkUnreachable,
                Kind::NetworkDown,
                Kind::NotConnected,
                Kind::AddrInUse,
                Kind::AddrNotAvailable,
                Kind::Interrupted,
                Kind::ResourceBusy,
                Kind::ExecutableFileBusy,
                Kind::Deadlock,
                Kind::StaleNetworkFileHandle,
                Kind::Other,
            ],
        );
    }

    #[test]
    fn kinds_that_may_come_after_sending_are_ambiguous() {
        assert_all(
            Fault::Ambiguous,
            &[
                Kind::TimedOut,
                Kind::WouldBlock,
                Kind::ConnectionReset,
                Kind::ConnectionAborted,
                Kind::BrokenPipe,
                Kind::UnexpectedEof,
            ],
        );
    }

    #[test]
    fn kinds_that_stay_are_permanent() {
        assert_all(
            Fault::Permanent,
            &[
                Kind::NotFound,
                Kind::AlreadyExists,
                Kind::NotADirectory,
                Kind::IsADirectory,
                Kind::DirectoryNotEmpty,
                Kind::TooManyLinks,
                Kind::CrossesDevices,
                Kind::PermissionDenied,
                Kind::ReadOnlyFilesystem,
                Kind::InvalidInput,
                Kind::InvalidData,
                Kind::ArgumentListTooLong,
                Kind::NotSeekable,
                Kind::Unsupported,
                Kind::StorageFull,
                Kind::QuotaExceeded,
                Kind::FileTooLarge,
                Kind::OutOfMemory,
                Kind::WriteZero,
            ],
        );
    }

    #[test]
    fn a_kind_without_a_name_is_transient() {
        let unnamed = Error::from_raw_os_error(i32::MAX);
        assert_ne!(unnamed.kind(), Kind::Other);
        assert_eq!(io(&unnamed), Fault::Transient);
    }

    #[test]
    fn a_mark_goes_before_the_kind() {
        let delay = Duration::from_secs(2);
        assert_eq!(io(&Error::new(Kind::ConnectionRefused, permanent("e"))), Fault::Permanent);
        assert_eq!(io(&Error::new(Kind::NotFound, retry_after(delay, "e"))), Fault::PushBack(delay));
        assert_eq!(io(&Error::other(Error::new(Kind::NotFound, ambiguous("e")))), Fault::Ambiguous);
    }

    #[test]
    fn a_wrapper_without_a_kind_has_that_of_the_error_inside() {
        let inner = || Error::from(Kind::PermissionDenied);
        assert_eq!(io(&Error::other(inner())), Fault::Permanent);
        assert_eq!(io(&Error::other(Error::other(inner()))), Fault::Permanent);
        assert_eq!(io(&Error::new(Kind::TimedOut, inner())), Fault::Ambiguous);
    }
}
