//! Reports of error-stack and miette, which erase the type of an error.

use std::error::Error;
use std::{fmt, io};

use backoff_core::{Fault, classify};
use backoff_recipes::{error_stack as error_stack_recipe, miette as miette_recipe};
use error_stack::Report;
use miette::{Diagnostic, IntoDiagnostic as _};

/// An error with a source.
#[derive(Debug)]
struct Cannot(Box<dyn Error + Send + Sync>);

impl fmt::Display for Cannot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cannot read the settings")
    }
}

impl Error for Cannot {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(self.0.as_ref())
    }
}

impl Diagnostic for Cannot {}

fn missing() -> io::Error {
    io::ErrorKind::NotFound.into()
}

#[test]
fn a_report_of_error_stack_loses_marks_and_its_frames_keep_them() {
    let report = Report::new(classify::permanent("no such key")).change_context(fmt::Error);
    assert_eq!(classify::marks(report.as_error()), None);
    assert_eq!(classify::chain(report.as_error()), Fault::Transient);
    assert_eq!(error_stack_recipe::classify(&report), Fault::Permanent);

    let below = Report::new(Cannot(classify::permanent("no such key").into()));
    assert_eq!(classify::marks(below.as_error()), None);
    assert_eq!(error_stack_recipe::classify(&below), Fault::Permanent);
}

#[test]
fn the_outermost_frame_of_error_stack_decides() {
    let report = Report::new(classify::permanent("no such key")).attach(Fault::Ambiguous);
    assert_eq!(error_stack_recipe::classify(&report), Fault::Ambiguous);
    let report = report.change_context(classify::transient("not the leader"));
    assert_eq!(error_stack_recipe::classify(&report), Fault::Transient);
    let report = Report::new(missing()).attach("a text").attach_opaque(7).change_context(fmt::Error);
    assert_eq!(error_stack_recipe::classify(&report), Fault::Permanent, "no such file");
    assert_eq!(error_stack_recipe::classify(&Report::new(fmt::Error)), Fault::Transient);
}

#[test]
fn a_report_of_miette_is_searched_from_its_outermost_diagnostic() {
    let report = miette::Report::new(Cannot(classify::permanent("no such key").into())).wrap_err("cannot start");
    let error: &(dyn Error + 'static) = report.as_ref();
    assert_eq!(classify::marks(error), Some(Fault::Permanent));
    assert_eq!(miette_recipe::classify(&report), Fault::Permanent);
    assert_eq!(miette_recipe::classify(&Cannot(missing().into()).into()), Fault::Permanent);
    assert_eq!(miette_recipe::classify(&miette::Report::msg("unknown")), Fault::Transient);
}

#[test]
fn into_diagnostic_hides_the_outermost_error_and_a_wrapper_keeps_it() {
    let hidden = Err::<(), _>(classify::permanent("no such key")).into_diagnostic().unwrap_err();
    assert_eq!(miette_recipe::classify(&hidden), Fault::Transient);
    let hidden = Err::<(), _>(missing()).into_diagnostic().unwrap_err();
    assert_eq!(miette_recipe::classify(&hidden), Fault::Transient);

    let kept = Err::<(), _>(Cannot(missing().into())).into_diagnostic().unwrap_err();
    assert_eq!(miette_recipe::classify(&kept), Fault::Permanent);
    let kept = miette::Report::from_err(Cannot(classify::permanent("no such key").into()));
    assert_eq!(miette_recipe::classify(&kept), Fault::Permanent);
}
