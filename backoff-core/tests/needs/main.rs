//! The needs of users: each need as a test with the shortest code, then whole programs that are hard to write by hand.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a panic fails the test")]

mod calls;
mod delays;
mod loops;
mod progress;

mod class_delays;
mod condvar_thread;
mod device_login;
mod graceful_worker;
mod halving_upload;
mod leader_election;
mod poll_connector;
mod reconnecting_actor;
mod resumed_stream;
mod service_layer;
mod token_refresh;
mod transaction;
