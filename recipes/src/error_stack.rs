//! error-stack: a `Report` is not an error, and its `as_error()` has no source, so marks are lost in it.
//!
//! The cure is to search the frames. The outermost frame that specifies a fault decides:
//!
//! - an attachment that is a `Fault`: `report.attach(Fault::Permanent)`;
//! - a context with a mark in its source chain: `Report::new(classify::permanent("no such key"))`;
//! - a context that is an `io::Error`.
//!
//! Without one the report is transient. A source of a context is replaced by its text in the frames, but the context
//! itself is kept, so a mark in its chain is found.

use std::io;

use backoff_core::{Fault, classify};
use error_stack::{FrameKind, Report};

/// Classifies a report, for `when`.
#[must_use]
pub fn classify<C>(report: &Report<C>) -> Fault {
    let fault = report.frames().find_map(|frame| match frame.kind() {
        FrameKind::Context(error) => {
            classify::marks(error).or_else(|| error.downcast_ref::<io::Error>().map(classify::io))
        }
        FrameKind::Attachment(_) => frame.downcast_ref::<Fault>().copied(),
    });
    fault.unwrap_or(Fault::Transient)
}
