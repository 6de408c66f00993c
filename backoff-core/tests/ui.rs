//! The text of every compiler message, read as prose in `tests/ui/fail/*/*.stderr`: a folder for each kind of argument.
//!
//! Messages list the implementations of a trait, which depend on features: these are the messages with those of `cargo
//! test` at the root.
#![cfg(not(feature = "async-io"))]

#[test]
fn mistakes_get_one_error_with_the_cure() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/pass/*.rs");
    cases.compile_fail("tests/ui/fail/**/*.rs");
    if cfg!(feature = "tower-0-5") {
        cases.compile_fail("tests/ui/tower/*.rs");
    }
}
