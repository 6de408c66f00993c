//! The tokens for captured expressions, types and blocks. Their meaning for the compiler is tested with real macros in
//! `tests/`.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::{Depth, arguments, make_visible};
use crate::tests::captured;

/// Writes tokens with invisible groups in angle quotes.
fn written(tokens: TokenStream) -> String {
    let trees: Vec<String> = tokens
        .into_iter()
        .map(|tree| match tree {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("«", "»"),
                };
                format!("{open}{}{close}", written(group.stream()))
            }
            tree => tree.to_string(),
        })
        .collect();
    trees.join(" ")
}

#[track_caller]
fn assert_shown(source: &str, depth: Depth, expected: &str) {
    assert_eq!(written(make_visible(captured(source), depth)), expected, "{source}");
}

#[test]
fn a_captured_operation_keeps_its_operands() {
    assert_shown("captured(1 + 1) * 2", Depth::All, "(1 + 1) * 2");
    assert_shown("captured(&x).f()", Depth::All, "(& x) . f ()");
    assert_shown("captured(a as u8) < b", Depth::All, "(a as u8) < b");
}

#[test]
fn captures_that_nothing_takes_apart_stay_without_parentheses() {
    for whole in ["a . 0", "f (x)", "x . f (y)", "x . y", "x [0]", "m ! (1)", "P {x : 1}"] {
        assert_shown(&format!("captured({whole}) + 1"), Depth::All, &format!("«{whole}» + 1"));
    }
    assert_shown("captured(a::b) + 1", Depth::All, "«a : : b» + 1");
}

#[test]
fn a_captured_token_or_group_stays_as_it_is() {
    assert_shown("captured(5)", Depth::All, "«5»");
    assert_shown("captured((1, 2)) captured([0; 4])", Depth::All, "«(1 , 2)» «[0 ; 4]»");
}

#[test]
fn captured_bounds_keep_together() {
    assert_shown("& captured(dyn A + B)", Depth::All, "& (dyn A + B)");
    assert_shown("& captured(dyn A + 'a)", Depth::All, "& (dyn A + ' a)");
    assert_shown("captured(impl A + B)", Depth::All, "(impl A + B)");
}

#[test]
fn one_bound_and_a_lifetime_need_no_parentheses() {
    assert_shown("& captured(dyn A)", Depth::All, "& «dyn A»");
    // As a return type, `(impl A + 'a)` causes a warning.
    assert_shown("-> captured(impl A + 'a)", Depth::All, "- > «impl A + ' a»");
    assert_shown("-> captured(Vec<u8>)", Depth::All, "- > «Vec < u8 >»");
}

#[test]
fn a_captured_block_is_a_block() {
    assert_shown("fn f() captured({ x })", Depth::Signature, "fn f () {x}");
    assert_shown("captured({ x } { y })", Depth::Signature, "«{x} {y}»");
    assert_shown("captured([x])", Depth::Signature, "«[x]»");
}

#[test]
fn captures_inside_of_captures_are_found() {
    assert_shown("f(captured(captured(a + b) * c))", Depth::All, "f (((a + b) * c))");
}

#[test]
fn the_body_of_a_function_is_handed_on_whole() {
    let source = "fn f(x: captured(dyn A + B)) { captured(1 + 1) * 2 }";
    assert_shown(source, Depth::Signature, "fn f (x : (dyn A + B)) {«1 + 1» * 2}");
    assert_shown(source, Depth::All, "fn f (x : (dyn A + B)) {(1 + 1) * 2}");
}

#[test]
fn statements_of_a_body_are_looked_at_and_their_groups_handed_on() {
    assert_shown("captured(a + b) ; f(captured(a + b))", Depth::Top, "(a + b) ; f («a + b»)");
}

#[test]
fn tokens_without_captures_are_the_same() {
    assert_shown("fn f(x: u8) { (x + 1) * 2 }", Depth::All, "fn f (x : u8) {(x + 1) * 2}");
}

#[test]
fn the_content_of_an_attribute_is_not_an_expression() {
    assert_shown("#[captured(doc = \"x\")] fn f() {}", Depth::Signature, "# [doc = \"x\"] fn f () {}");
    assert_shown("#![captured(doc = \"x\")]", Depth::All, "# ! [doc = \"x\"]");
    assert_shown("#[captured(inline)] fn f() {}", Depth::Signature, "# [inline] fn f () {}");
    assert_shown("[captured(1 + 1); 2]", Depth::All, "[(1 + 1) ; 2]");
    assert_shown("a ! [captured(1 + 1)]", Depth::All, "a ! [(1 + 1)]");
}

#[test]
fn a_captured_setting_is_a_setting() {
    let shown = |source| written(arguments(captured(source)));
    assert_eq!(shown("captured(max_attempts = 3), captured(forever)"), "max_attempts = 3 , «forever»");
    assert_eq!(shown("when = captured(a == b)"), "when = (a = = b)");
    assert_eq!(shown("captured(a == b)"), "(a = = b)");
}
