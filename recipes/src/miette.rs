//! miette: a `Report` dereferences to a `dyn Diagnostic`, so its error is named first.
//!
//! `classify::chain` then finds marks, I/O errors and errors of reqwest in the source chain, below any number of
//! `wrap_err`. Without one the report is transient.
//!
//! `into_diagnostic()` and `Report::from_err` hide the outermost error: the report displays it and continues with its
//! source. A mark or an `io::Error` in that place is lost. The cure is an error type around it, with the marked error
//! as its `source`; thiserror's `#[source]` creates one.

use std::error::Error;

use backoff_core::{Fault, classify};

/// Classifies a report, for `when`.
#[must_use]
pub fn classify(report: &miette::Report) -> Fault {
    let error: &(dyn Error + 'static) = report.as_ref();
    classify::chain::<_, dyn Error>(&error)
}
