//! The attribute `#[retry]`: its arguments, the functions that it takes, what it expands to.

mod closures_state;
mod future_sizes;
mod future_stack;
mod futures;
mod retry_ambiguous_push_back;
mod retry_arguments;
mod retry_classification;
mod retry_conditions;
mod retry_docs;
mod retry_editions;
mod retry_lints;
mod retry_policies;
mod retry_shapes_async;
mod retry_shapes_capture;
mod retry_shapes_drops;
mod retry_shapes_futures;
mod retry_shapes_lifetimes;
mod retry_shapes_macros;
mod retry_shapes_methods;
mod retry_shapes_names;
mod retry_shapes_results;
mod retry_shapes_send;
mod retry_shapes_stacking;
mod retry_shapes_sync;
mod retry_timeouts;
mod retry_when_chain;
