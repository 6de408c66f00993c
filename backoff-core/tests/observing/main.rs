//! What observers of one thread receive: `metrics`, call sites. Observers of the process have binaries of their own.

mod observing_metrics;
mod observing_sites;
mod observing_waiting;
