//! Policies as values: refusals, delays, budgets, names of reasons.

mod budgets;
mod budgets_keys;
mod cases_arithmetic;
mod debug_output;
mod decide_time;
mod jitter_distribution;
mod policy_serde;
mod properties;
mod rules_defaults;
mod rules_delays;
mod rules_faults;
mod rules_growth;
mod rules_limits;
mod rules_refused;
mod stop_reasons;
