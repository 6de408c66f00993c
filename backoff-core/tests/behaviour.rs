//! The tests of the root package that say what the core does, in one binary.
//!
//! A mutation is one change of the library; to try hundreds of them, what is built and linked for each must be little. The
//! files stay where they are: here they are only compiled together, and only where this target is named.

#![expect(clippy::duplicate_mod, reason = "each file has the support module of its own")]

#[path = "../../tests/budgets.rs"]
mod budgets;
#[path = "../../tests/budgets_calls.rs"]
mod budgets_calls;
#[path = "../../tests/cases_arithmetic.rs"]
mod cases_arithmetic;
#[path = "../../tests/cases_cancellation.rs"]
mod cases_cancellation;
#[path = "../../tests/cases_classification.rs"]
mod cases_classification;
#[path = "../../tests/cases_delays.rs"]
mod cases_delays;
#[path = "../../tests/cases_hooks.rs"]
mod cases_hooks;
#[path = "../../tests/cases_jitter.rs"]
mod cases_jitter;
#[path = "../../tests/cases_limits.rs"]
mod cases_limits;
#[path = "../../tests/cases_push_back.rs"]
mod cases_push_back;
#[path = "../../tests/cases_ticker.rs"]
mod cases_ticker;
#[path = "../../tests/cases_timeouts.rs"]
mod cases_timeouts;
#[path = "../../tests/debug_output.rs"]
mod debug_output;
#[path = "../../tests/jitter_distribution.rs"]
mod jitter_distribution;
#[path = "../../tests/nesting.rs"]
mod nesting;
#[path = "../../tests/policy_serde.rs"]
mod policy_serde;
#[path = "../../tests/properties.rs"]
mod properties;
#[path = "../../tests/retry_classification.rs"]
mod retry_classification;
#[path = "../../tests/retry_conditions.rs"]
mod retry_conditions;
#[path = "../../tests/retry_policies.rs"]
mod retry_policies;
#[path = "../../tests/rules_cancel.rs"]
mod rules_cancel;
#[path = "../../tests/rules_defaults.rs"]
mod rules_defaults;
#[path = "../../tests/rules_delays.rs"]
mod rules_delays;
#[path = "../../tests/rules_elapsed.rs"]
mod rules_elapsed;
#[path = "../../tests/rules_events.rs"]
mod rules_events;
#[path = "../../tests/rules_faults.rs"]
mod rules_faults;
#[path = "../../tests/rules_order.rs"]
mod rules_order;
#[path = "../../tests/rules_push_back.rs"]
mod rules_push_back;
#[path = "../../tests/rules_refused.rs"]
mod rules_refused;
#[path = "../../tests/rules_running.rs"]
mod rules_running;
#[path = "../../tests/rules_timeouts.rs"]
mod rules_timeouts;
#[path = "../../tests/rules_until.rs"]
mod rules_until;
#[path = "../../tests/rules_waiting.rs"]
mod rules_waiting;
