//! The layers for tower: with paused time, in stacks of `ServiceBuilder`, and over loopback.

mod requests;
mod settings;
mod stacks;
mod support;
