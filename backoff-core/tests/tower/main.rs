//! The layers for tower: with paused time, in stacks of `ServiceBuilder`, and over loopback.

mod grpc;
mod http_rules;
mod requests;
mod scopes;
mod servers;
mod settings;
mod stacks;
mod support;
