//! The recipes with real values of the errors they classify.
#![expect(clippy::unwrap_used, reason = "the lint does not see that helpers of tests are tests")]

mod aws;
mod documentation;
mod erased;
mod kube;
mod lapin;
mod loopback;
mod object_store;
mod postgres;
mod redis;
mod reqwest_middleware;
mod sqlx;
mod tonic;
