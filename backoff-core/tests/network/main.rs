//! Failures of a network, and what HTTP servers answer.

mod faults;
mod faults_blocking;
mod faults_http;
mod nesting_headers;
mod retry_after_hostile;
