//! The feature `testing`: guards of a thread, recorders, virtual time. Guards of the process have a separate binary.

mod testing_ends;
mod testing_guards;
mod testing_outcomes;
mod testing_sockets;
mod testing_time;
mod testing_time_real;
