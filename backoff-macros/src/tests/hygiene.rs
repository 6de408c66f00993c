//! The forms in which an expansion calls methods. A trait that the user implements for all types must not get the call;
//! see [`expand`](crate::expand).

use std::collections::BTreeSet;
use std::fs;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::{ASYNC, SYNC, VALID, tokens};

/// Methods that take `self`. They are called on a value of their own type, so lookup finds them first.
const BY_VALUE: &[&str] = &[
    "adjusting",
    "backoff",
    "build",
    "checked",
    "delay",
    "edit",
    "err",
    "forever",
    "future",
    "idempotent_if",
    "increment",
    "initial_delay",
    "jitter",
    "limited_by_timeout",
    "max_attempts",
    "max_delay",
    "max_elapsed",
    "max_push_back",
    "max_retries",
    "multiplier",
    "push_back",
    "reason",
    "reset_after",
    "seed",
    "since",
    "texted",
    "time",
];

/// A method call: the last token of the receiver, and the name.
type Call = (String, String);

/// Collects the method calls in tokens.
fn calls(stream: TokenStream, found: &mut BTreeSet<Call>) {
    let trees: Vec<TokenTree> = stream.into_iter().collect();
    for (at, tree) in trees.iter().enumerate() {
        if let TokenTree::Group(group) = tree {
            calls(group.stream(), found);
        }
        let [TokenTree::Punct(dot), TokenTree::Ident(name), next, ..] = &trees[at..] else { continue };
        let is_call = match next {
            TokenTree::Group(arguments) => arguments.delimiter() == Delimiter::Parenthesis,
            TokenTree::Punct(turbofish) => turbofish.as_char() == ':',
            _ => false,
        };
        if dot.as_char() == '.' && is_call {
            let receiver = at.checked_sub(1).map_or_else(String::new, |before| trees[before].to_string());
            found.insert((receiver, name.to_string()));
        }
    }
}

/// Returns the calls in the expansions of all [`VALID`] attributes that the user has not written.
fn generated_calls() -> BTreeSet<Call> {
    let mut generated = BTreeSet::new();
    for (args, item) in VALID.iter().flat_map(|args| [(args, ASYNC), (args, SYNC)]) {
        let mut written = BTreeSet::new();
        calls(tokens(args), &mut written);
        calls(tokens(item), &mut written);
        let mut all = BTreeSet::new();
        calls(crate::retry_tokens(tokens(args), tokens(item)), &mut all);
        generated.extend(all.into_iter().filter(|(_, name)| !written.iter().any(|(_, own)| own == name)));
    }
    generated
}

fn is_safe((receiver, name): &Call) -> bool {
    let is_borrowed = receiver.starts_with("(&");
    is_borrowed || name.starts_with("__retry_") || BY_VALUE.contains(&name.as_str())
}

#[test]
fn every_method_call_has_a_form_that_traits_of_the_user_cannot_take() {
    let generated = generated_calls();
    let unsafe_calls: Vec<&Call> = generated.iter().filter(|call| !is_safe(call)).collect();
    assert!(unsafe_calls.is_empty(), "these methods can be stolen: {unsafe_calls:?}");
    let names: BTreeSet<&str> = generated.iter().map(|(_, name)| name.as_str()).collect();
    let unused: Vec<_> = BY_VALUE.iter().filter(|name| !names.contains(*name)).collect();
    assert!(unused.is_empty(), "no expansion calls {unused:?}");
}

#[test]
fn the_test_with_traits_of_the_user_has_every_name() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../backoff-core/tests/attribute/hygiene.rs");
    let source = fs::read_to_string(path).unwrap();
    let words: BTreeSet<&str> = source.split(|c: char| !(c.is_alphanumeric() || c == '_')).collect();
    for (_, name) in generated_calls() {
        assert!(name.starts_with("__retry_") || words.contains(name.as_str()), "`{name}` is missing in {path}");
    }
}

#[test]
fn calls_of_every_form_are_found() {
    let mut found = BTreeSet::new();
    calls(tokens("a.b(c.d::<e>()); { (&mut f).g(h.i, 1.0).await.j() } fn k() {}"), &mut found);
    let expected = [("a", "b"), ("c", "d"), ("(& mut f)", "g"), ("await", "j")];
    assert_eq!(found, expected.map(|(receiver, name)| (receiver.to_owned(), name.to_owned())).into());
}
