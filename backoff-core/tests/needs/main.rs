//! The needs of users: each need as a test with the shortest code, then whole programs that are hard to write by hand.

mod calls;
mod delays;
mod loops;
mod progress;
