//! lapin: the reply code of AMQP, or the connection.
//!
//! - **Transient.** `RESOURCE_LOCKED` ("another client is working with it") and `RESOURCE_ERROR` (the broker "lacked
//!   sufficient resources"): the broker refused. A channel or connection in a state in which it cannot send: open the
//!   channel in the retried function, so that the next attempt has another one. A refused connection.
//! - **Ambiguous.** A lost connection, a missing heartbeat, `CONNECTION_FORCED` (an operator closed the connection, and
//!   "the client may retry at some later date") and `INTERNAL_ERROR`. The broker may have queued a message whose
//!   confirmation is missing. Consumers that ignore a repeated message id make publishing `idempotent`.
//! - **Permanent.** Other reply codes, such as `NOT_FOUND`, `ACCESS_REFUSED` and `PRECONDITION_FAILED`; a runtime that
//!   shuts down; frames that cannot be read or written.
//!
//! With `enable_auto_recover` lapin opens its connections again, and repeats no message.

use backoff_core::{Fault, classify};
use lapin::ErrorKind;
use lapin::protocol::{AMQPErrorKind, AMQPHardError, AMQPSoftError};

/// Classifies an error of lapin, for `when`.
#[must_use]
pub fn classify(error: &lapin::Error) -> Fault {
    match error.kind() {
        ErrorKind::InvalidChannelState(..) | ErrorKind::InvalidConnectionState(_) => Fault::Transient, // not sent
        ErrorKind::MissingHeartbeatError => Fault::Ambiguous,
        ErrorKind::IOError(error) => classify::io(error), // refused: transient; lost: ambiguous
        ErrorKind::ProtocolError(error) => match error.kind() {
            AMQPErrorKind::Soft(AMQPSoftError::RESOURCELOCKED) | AMQPErrorKind::Hard(AMQPHardError::RESOURCEERROR) => {
                Fault::Transient
            }
            AMQPErrorKind::Hard(AMQPHardError::CONNECTIONFORCED | AMQPHardError::INTERNALERROR) => Fault::Ambiguous,
            _ => Fault::Permanent,
        },
        _ => Fault::Permanent,
    }
}
