//! Failures of a network, and responses of HTTP servers.

mod faults;
mod faults_blocking;
mod faults_http;
mod nesting_headers;
mod retry_after_hostile;
