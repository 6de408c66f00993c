//! The text of every compiler message, read as prose in `tests/ui/fail/*/*.stderr`: a folder for each kind of argument.

#[test]
fn mistakes_get_one_error_with_the_cure() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/pass/*.rs");
    cases.compile_fail("tests/ui/fail/**/*.rs");
}
