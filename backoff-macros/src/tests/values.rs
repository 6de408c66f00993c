//! The output for valid values.

use super::{SYNC, captured, errors_in, squeezed, tokens};

#[track_caller]
fn expanded(args: &str) -> String {
    let output = crate::retry_tokens(tokens(args), tokens(SYNC));
    assert_eq!(errors_in(output.clone()), Vec::<String>::new(), "{args}");
    squeezed(&output)
}

#[test]
fn braces_that_make_a_name_a_value_of_the_call_are_taken_off() {
    assert!(expanded("max_attempts = { LIMIT }").contains(".max_attempts(LIMIT)"));
    assert!(expanded("max_attempts = { f(); n }").contains(".max_attempts({f();n})"));
    assert!(expanded("max_attempts = #[allow(unused)] { n }").contains(".max_attempts(#[allow(unused)]{n})"));
}

#[test]
fn what_an_item_cannot_name_is_computed_at_each_call() {
    for value in ["<T as Limits>::ATTEMPTS", "<[u8; 4]>::ATTEMPTS", "T::ATTEMPTS", "Self::ATTEMPTS", "attempts()"] {
        assert!(expanded(&format!("max_attempts = {value}")).contains("__private::adjusted("), "{value}");
    }
    for value in ["ATTEMPTS", "limits::ATTEMPTS", "const { 1 + 2 }", "3"] {
        assert!(!expanded(&format!("max_attempts = {value}")).contains("__private::adjusted("), "{value}");
    }
}

#[test]
fn the_last_value_is_returned_as_it_is() {
    let output = expanded("until = done, unmet = last, forever, docs = false");
    assert!(!output.contains("last"), "{output}");
    let called = expanded("until = done, unmet = last_of, forever, docs = false");
    assert!(called.contains("last_of"), "{called}");
}

#[test]
fn a_captured_literal_is_a_literal() {
    let output = crate::retry_tokens(captured("max_attempts = captured(0)"), tokens(SYNC));
    let [message] = errors_in(output).try_into().unwrap();
    assert!(message.starts_with("`max_attempts` must be at least 1"), "{message}");
}
