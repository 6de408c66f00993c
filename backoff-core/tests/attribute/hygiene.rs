//! `#[retry]` beside traits that add methods to all types, under every name that the expansion calls or could call.
//!
//! Names of methods are not hygienic, so an expansion without care would call the methods of these traits.

use std::cell::RefCell;
use std::fmt::Debug;

use support::paused;

/// Expands a macro with the names. A test in `backoff-macros` compares them with the calls in its expansions.
macro_rules! with_names {
    ($make:ident) => {
        $make! {
            about adjust adjusting as_mut as_policy as_ref as_result attempt attempt_limit attempt_starts attempt_starts_in
            backoff build call checked classify clone consumed delay deposit deref edit err failed failed_steered
            failed_with fault fibonacci forever from_error from_value future give_up_event has_lost has_recovered
            idempotent_if increment initial_delay inner_gave_up interrupted into into_future into_result is_cancelled is_err
            is_given_now is_none is_ok is_past is_retry is_some is_still_in_time jitter limited_by_timeout linear
            max_attempts max_delay max_elapsed max_push_back max_retries multiplier notify or_else poll policy push_back
            reason recovered_event reset_after retry_error retry_event retry_starts seed since sleep source_fault start
            started succeeded text text_of texted time timer unmet waited when with_backoff with_limits within
        }
    };
}

/// Notes of the functions, in the order in which they were made.
#[derive(Debug, Default)]
struct Log(RefCell<Vec<String>>);

impl Log {
    fn note(&self, what: &str, value: impl Debug) {
        self.0.borrow_mut().push(format!("{what} {value:?}"));
    }
}

/// Makes a module with the functions of the test beside a trait with the methods that `$make` writes.
macro_rules! beside {
    ($module:ident, $make:ident) => {
        mod $module {
            with_names!($make);
            include!("hygiene/functions.rs");
        }
    };
}

macro_rules! nothing {
    ($($name:ident)*) => {};
}

/// Makes the trait of a module. `$methods` are its methods.
macro_rules! trait_for_all {
    ($($methods:tt)*) => {
        #[expect(dead_code, clippy::wrong_self_convention, reason = "the names are given")]
        trait Methods: Sized {
            $($methods)*
        }

        impl<T> Methods for T {}
    };
}

macro_rules! by_value {
    ($($name:ident)*) => { trait_for_all! { $(fn $name(self) { panic!("the trait got `{}`", stringify!($name)) })* } };
}

macro_rules! by_reference {
    ($($name:ident)*) => { trait_for_all! { $(fn $name(&self) { panic!("the trait got `{}`", stringify!($name)) })* } };
}

macro_rules! by_unique_reference {
    ($($name:ident)*) => { trait_for_all! { $(fn $name(&mut self) { panic!("the trait got `{}`", stringify!($name)) })* } };
}

beside!(alone, nothing);
beside!(values, by_value);
beside!(references, by_reference);
beside!(unique_references, by_unique_reference);

fn notes(run: impl AsyncFnOnce(&Log)) -> Vec<String> {
    let log = Log::default();
    paused(run(&log));
    log.0.into_inner()
}

#[test]
fn traits_for_all_types_change_nothing() {
    let expected = notes(alone::run);
    for note in ["before", "retry", "give up", "recovered", "else", "unmet", "adjust", "progress", "late", "cancelled"]
    {
        assert!(expected.iter().any(|line| line.starts_with(note)), "{note} is not in {expected:#?}");
    }
    assert_eq!(notes(values::run), expected);
    assert_eq!(notes(references::run), expected);
    assert_eq!(notes(unique_references::run), expected);
}
