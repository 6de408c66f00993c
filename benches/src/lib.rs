//! Counted costs.
