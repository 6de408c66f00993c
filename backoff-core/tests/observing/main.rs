//! The events that observers of one thread receive: `metrics`, call sites. Observers of the process have separate
//! binaries.

mod observing_metrics;
mod observing_sites;
mod observing_waiting;
