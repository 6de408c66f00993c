//! Arbitrary token streams: no input panics or loses the item. The cases are the same in every run.

use proc_macro2::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, RngSeed, TestRunner};

use super::{ASYNC, SYNC, VALID, errors_in, shapes, squeezed, tokens};
use crate::args::ARGUMENTS;

/// Words with a meaning for the parsers.
const WORDS: [&str; 40] = [
    "full",
    "equal",
    "none",
    "decorrelated",
    "last",
    "linear",
    "exponential",
    "allow",
    "stop",
    "call",
    "self",
    "Self",
    "async",
    "move",
    "fn",
    "impl",
    "dyn",
    "let",
    "__ret",
    "Box",
    "pin",
    "return",
    "crate",
    "unsafe",
    "extern",
    "const",
    "mut",
    "ref",
    "where",
    "for",
    "as",
    "true",
    "LIMIT",
    "x",
    "_x",
    "Future",
    "Output",
    "Pin",
    "Result",
    "retry",
];

const LITERALS: [&str; 20] = [
    "0",
    "1",
    "5u32",
    "0xff",
    "99999999999999999999999999",
    "1.5",
    "1e400",
    "0.0",
    "1f32",
    "\"60s\"",
    "\"-5s\"",
    "\"\"",
    "\"5\"",
    "\"\u{3bc}\"",
    "b\"x\"",
    "'c'",
    "c\"x\"",
    "\"18446744073709551615y\"",
    "\"x y\"",
    "r#\"1s\"#",
];

fn leaf() -> impl Strategy<Value = Vec<TokenTree>> {
    let ident = |text: &str| TokenTree::Ident(Ident::new(text, Span::call_site()));
    let key = (0..ARGUMENTS.len()).prop_map(move |at| vec![ident(ARGUMENTS[at].name)]);
    let word = (0..WORDS.len()).prop_map(move |at| vec![ident(WORDS[at])]);
    let literal = (0..LITERALS.len()).prop_map(|at| vec![TokenTree::Literal(LITERALS[at].parse::<Literal>().unwrap())]);
    let punct = prop::sample::select("=,.;:<>|&*-+!?#'$@/%^~".chars().collect::<Vec<_>>());
    let punct = (punct, any::<bool>()).prop_map(|(character, is_joint)| {
        // A quote starts a lifetime, which needs a name.
        let spacing = if is_joint || character == '\'' { Spacing::Joint } else { Spacing::Alone };
        let mut trees = vec![TokenTree::Punct(Punct::new(character, spacing))];
        trees.extend((character == '\'').then(|| TokenTree::Ident(Ident::new("life", Span::call_site()))));
        trees
    });
    let argument = (0..ARGUMENTS.len()).prop_map(|at| tokens(ARGUMENTS[at].form).into_iter().collect());
    prop_oneof![3 => key, 3 => word, 3 => literal, 4 => punct, 3 => argument]
}

/// Tokens of any kind, in groups of any kind.
fn stream() -> impl Strategy<Value = TokenStream> {
    let group = |trees: Vec<Vec<TokenTree>>| trees.into_iter().flatten().collect::<TokenStream>();
    let nested = leaf().prop_recursive(4, 48, 6, move |inner| {
        let delimiters = [Delimiter::Parenthesis, Delimiter::Brace, Delimiter::Bracket, Delimiter::None];
        (prop::sample::select(delimiters.to_vec()), prop::collection::vec(inner, 0..6))
            .prop_map(move |(delimiter, trees)| vec![TokenTree::Group(Group::new(delimiter, group(trees)))])
    });
    prop::collection::vec(nested, 0..16).prop_map(group)
}

/// Replaces a run of tokens of a valid input, at any depth.
fn mutated(valid: &'static [&'static str]) -> impl Strategy<Value = TokenStream> {
    (0..valid.len(), 0_usize..64, 0_usize..4, stream(), any::<bool>()).prop_map(
        move |(which, at, skipped, other, goes_in)| replace(tokens(valid[which]), at, skipped, &other, goes_in),
    )
}

fn replace(stream: TokenStream, at: usize, skipped: usize, other: &TokenStream, goes_in: bool) -> TokenStream {
    let mut trees: Vec<TokenTree> = stream.into_iter().collect();
    let at = at.checked_rem(trees.len()).unwrap_or(0);
    if let (Some(TokenTree::Group(group)), true) = (trees.get_mut(at), goes_in) {
        let inside = replace(group.stream(), at * 7 + 3, skipped, other, goes_in);
        *group = Group::new(group.delimiter(), inside);
        return trees.into_iter().collect();
    }
    let end = (at + skipped).min(trees.len());
    trees.splice(at..end, other.clone());
    trees.into_iter().collect()
}

fn runner(cases: u32) -> TestRunner {
    TestRunner::new(Config {
        cases,
        failure_persistence: None,
        rng_algorithm: RngAlgorithm::ChaCha,
        rng_seed: RngSeed::Fixed(7),
        ..Config::default()
    })
}

/// Checks the output for an attribute on an item.
fn check(args: TokenStream, item: &TokenStream, is_known: bool) -> Result<(), TestCaseError> {
    let shown = args.to_string();
    let output = crate::retry_tokens(args, item.clone());
    let has_errors = !errors_in(output.clone()).is_empty();
    if is_known {
        prop_assert!(squeezed(&output).contains("fnf("), "{shown}\n{output}");
    } else if has_errors && !squeezed(item).contains("retry") && !crate::expand::fallback::is_expression(item) {
        prop_assert!(squeezed(&output).contains(&squeezed(item)), "{item}\n{output}");
    }
    Ok(())
}

#[test]
fn no_attribute_panics_or_loses_the_function() {
    for item in [SYNC, ASYNC] {
        let item = tokens(item);
        runner(1_000).run(&stream(), |args| check(args, &item, true)).unwrap();
        runner(1_000).run(&mutated(VALID), |args| check(args, &item, true)).unwrap();
    }
}

#[test]
fn no_item_panics_or_is_lost() {
    let args = tokens("max_attempts = 3");
    runner(500).run(&stream(), |item| check(args.clone(), &item, false)).unwrap();
    runner(1_500).run(&mutated(shapes::ITEMS), |item| check(args.clone(), &item, false)).unwrap();
}

#[test]
fn no_derive_panics() {
    const ERRORS: &[&str] = &[
        "enum E { #[transient] A, #[permanent] B(u8), #[push_back(after)] C { after: Duration }, #[classify(source)] D(#[from] X) }",
        "#[classify(with = f)] struct S<T> where T: U { #[source] field: T }",
    ];
    runner(1_000)
        .run(&mutated(ERRORS), |item| {
            drop(crate::classify::derive(item));
            Ok(())
        })
        .unwrap();
}
