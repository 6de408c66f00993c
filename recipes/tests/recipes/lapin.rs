use std::io;
use std::sync::Arc;

use backoff_core::{Fault, classify};
use backoff_recipes::lapin::classify as of_lapin;
use lapin::protocol::{AMQPError, AMQPErrorKind, AMQPHardError, AMQPSoftError};
use lapin::{ChannelState, ConnectionState, Error, ErrorKind};

fn of(kind: ErrorKind) -> Fault {
    of_lapin(&Error::from(kind))
}

fn protocol(kind: AMQPErrorKind) -> ErrorKind {
    ErrorKind::ProtocolError(AMQPError::new(kind, "refused".into()))
}

#[test]
fn the_reply_code_of_a_broker_decides() {
    let soft = |error| of(protocol(AMQPErrorKind::Soft(error)));
    assert_eq!(soft(AMQPSoftError::RESOURCELOCKED), Fault::Transient);
    for error in [AMQPSoftError::NOTFOUND, AMQPSoftError::ACCESSREFUSED, AMQPSoftError::PRECONDITIONFAILED] {
        assert_eq!(soft(error), Fault::Permanent);
    }
    let hard = |error| of(protocol(AMQPErrorKind::Hard(error)));
    assert_eq!(hard(AMQPHardError::RESOURCEERROR), Fault::Transient);
    assert_eq!(hard(AMQPHardError::CONNECTIONFORCED), Fault::Ambiguous);
    assert_eq!(hard(AMQPHardError::INTERNALERROR), Fault::Ambiguous);
    assert_eq!(hard(AMQPHardError::NOTALLOWED), Fault::Permanent);
}

#[test]
fn a_connection_of_lapin_decides_by_what_was_sent() {
    let io = |kind: io::ErrorKind| of(ErrorKind::IOError(Arc::new(kind.into())));
    assert_eq!(io(io::ErrorKind::ConnectionRefused), Fault::Transient);
    assert_eq!(io(io::ErrorKind::ConnectionReset), Fault::Ambiguous);
    assert_eq!(of(ErrorKind::MissingHeartbeatError), Fault::Ambiguous);
    assert_eq!(of(ErrorKind::InvalidChannelState(ChannelState::Closed, "publish")), Fault::Transient);
    assert_eq!(of(ErrorKind::InvalidConnectionState(ConnectionState::Closed)), Fault::Transient);
}

#[test]
fn an_error_of_lapins_own_side_is_permanent() {
    let shut_down = io::Error::from(io::ErrorKind::ConnectionReset);
    assert_eq!(of(ErrorKind::RuntimeShutdownError(Arc::new(shut_down))), Fault::Permanent);
    assert_eq!(of(ErrorKind::ChannelsLimitReached), Fault::Permanent);
    assert_eq!(of(ErrorKind::NoDefaultRuntime), Fault::Permanent);
}

#[test]
fn chain_sees_the_io_errors_of_lapin_and_not_its_reply_codes() {
    let reset = Error::from(io::Error::from(io::ErrorKind::ConnectionReset));
    assert_eq!((classify::marks(&reset), classify::chain(&reset)), (None, Fault::Ambiguous));
    let refused = Error::from(protocol(AMQPErrorKind::Soft(AMQPSoftError::NOTFOUND)));
    assert_eq!(classify::chain(&refused), Fault::Transient);
}
