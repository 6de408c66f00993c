//! The whole pipeline on token streams: its messages, and tests that it does not panic.

use std::str::FromStr;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use crate::args::Argument;

mod fuzz;
mod hygiene;
mod items;
mod messages;
mod rules;
mod shapes;
mod table;
mod values;

/// Returns the tokens of a source text.
fn tokens(source: &str) -> TokenStream {
    TokenStream::from_str(source).unwrap()
}

/// Returns tokens in which `captured(..)` is replaced by an invisible group.
pub(crate) fn captured(source: &str) -> TokenStream {
    hidden(tokens(source))
}

fn hidden(stream: TokenStream) -> TokenStream {
    let mut trees = stream.into_iter();
    let mut hidden_trees = TokenStream::new();
    while let Some(tree) = trees.next() {
        let is_word = matches!(&tree, TokenTree::Ident(name) if name == "captured");
        let next = if is_word { trees.next() } else { None };
        hidden_trees.extend(match (tree, next) {
            (_, Some(TokenTree::Group(group))) => {
                [TokenTree::Group(Group::new(Delimiter::None, hidden(group.stream())))]
            }
            (TokenTree::Group(group), None) => {
                [TokenTree::Group(Group::new(group.delimiter(), hidden(group.stream())))]
            }
            (tree, None) => [tree],
            (_, Some(other)) => panic!("`captured` stands before parentheses, not before `{other}`"),
        });
    }
    hidden_trees
}

/// Returns tokens as text without spaces, which depend on where the tokens come from.
fn squeezed(tokens: &TokenStream) -> String {
    tokens.to_string().split_whitespace().collect()
}

/// Returns the messages of all `compile_error!` in tokens, in order.
fn errors_in(output: TokenStream) -> Vec<String> {
    let trees: Vec<TokenTree> = output.into_iter().collect();
    let mut messages = Vec::new();
    for (at, tree) in trees.iter().enumerate() {
        let TokenTree::Group(group) = tree else {
            continue;
        };
        let is_error = at >= 2 && trees[at - 2].to_string() == "compile_error";
        if is_error {
            messages.push(syn::parse2::<syn::LitStr>(group.stream()).unwrap().value());
        } else {
            messages.extend(errors_in(group.stream()));
        }
    }
    messages
}

/// Returns the messages of `#[retry(args)]` on an item.
fn report(args: &str, item: &str) -> Vec<String> {
    errors_in(crate::retry_tokens(tokens(args), tokens(item)))
}

const SYNC: &str = "fn f(url: &str) -> Result<u32, E> { get(url) }";
const ASYNC: &str = "async fn f(url: &str) -> Result<u32, E> { get(url).await }";

/// Attributes without a mistake on [`ASYNC`].
const VALID: &[&str] = &[
    "",
    "max_attempts = 5",
    "max_attempts = 5u32, max_elapsed = \"60s\",",
    "max_attempts = limits::ATTEMPTS, initial_delay = const { Duration::from_millis(3) }, max_delay = \"1m\"",
    "max_attempts = url.len() as u32, multiplier = 1.5, jitter = equal, idempotent, seed = 0xff",
    "forever, jitter = 0.25, multiplier = 2, backoff = exponential, name = \"x\", log = \"info\", docs = false",
    "delay = \"2s\", jitter = none, max_elapsed = \"1h 30m\"",
    "backoff = linear, increment = \"1s\", jitter = full, max_delay = \"3s\"",
    "backoff = fibonacci, jitter = 1",
    "backoff = Steps::new([1, 2]), jitter = Jitter::Full",
    "backoff = Steps",
    "max_retries = 0, backoff = steps",
    "backoff = Steps, until = done, unmet = last",
    "backoff = my_steps",
    "jitter = decorrelated, crate = other::name",
    "crate = \"other\"",
    "policy = POLICY, forever",
    "policy = POLICY, delay = \"2s\"",
    "idempotent = url.is_empty()",
    "idempotent = IS_SAFE",
    "policy = POLICY, idempotent = false",
    "policy = Policy::exponential().build(), when = |error: &E| matches!(error, E::A | E::B), idempotent",
    "when = classify::io, on_retry = async |event| { note(event).await }, on_give_up = log, on_recovered = |_| ()",
    "until = |value| value.0 == 3, unmet = last, max_attempts = 3",
    "until = done, unmet = |value| Err(E::Unmet(value)), timeout = \"3s\"",
    "once(key = Uuid::new_v4(), started = now(1, 2)), clone(url), attempt = ctx",
    "attempt_timeout = \"2s\", timeout = \"60s\", on_timeout = |t| E::from(t)",
    "before_retry = client.reconnect().await?, or_else = async |error| Err(error.last)",
    "budget, inner_retries = suppress, since = first_failure, reset_after = \"60s\", max_push_back = \"5m\", push_back = longest, reset_when = |e| e.0 > 0, adjust = |event| advised(event)",
    "cancel = token.cancelled(), cancel_attempts, on_cancel = |cancelled| E::from(cancelled), timeout = \"3s\"",
    "budget = &self.budgets[url], inner_retries = stop, since = call, cancel = token.cancelled(), sleep = my::sleep",
];

#[test]
fn every_argument_is_read() {
    for args in VALID {
        assert_eq!(report(args, ASYNC), Vec::<String>::new(), "{args}");
    }
    let all: String = VALID.concat();
    for key in crate::args::ARGUMENTS.iter().map(|argument| argument.name) {
        assert!(all.contains(key), "`{key}` is not tested");
    }
}

#[test]
fn the_form_that_a_message_offers_is_valid_grammar() {
    for Argument { name: key, form, .. } in &crate::args::ARGUMENTS {
        let item = "async fn f(argument: &str) -> Result<u32, E> { get(argument).await }";
        for message in report(form, item) {
            // Some arguments need another one beside them; no other error is allowed.
            let lonely = ["until", "unmet", "on_timeout", "cancel_attempts", "on_cancel", "increment"].contains(key);
            assert!(lonely && !message.contains("expected"), "{form}: {message}");
        }
    }
}

/// Returns every prefix of a stream of tokens, also those that end inside a group.
fn prefixes(stream: TokenStream) -> Vec<TokenStream> {
    let mut all = vec![TokenStream::new()];
    let mut before: Vec<TokenTree> = Vec::new();
    for tree in stream {
        if let TokenTree::Group(group) = &tree {
            for inner in prefixes(group.stream()) {
                let mut cut = before.clone();
                cut.push(TokenTree::Group(Group::new(group.delimiter(), inner)));
                all.push(cut.into_iter().collect());
            }
        }
        before.push(tree);
        all.push(before.iter().cloned().collect());
    }
    all
}

#[test]
fn no_prefix_of_an_attribute_panics_or_loses_the_function() {
    for args in VALID {
        for prefix in prefixes(tokens(args)) {
            let output = crate::retry_tokens(prefix.clone(), tokens(ASYNC)).to_string();
            assert!(output.contains("async fn f (url : & str) -> Result < u32 , E >"), "{prefix}: {output}");
        }
    }
}

#[test]
fn no_prefix_of_an_item_panics_or_is_lost() {
    for item in shapes::ITEMS.iter().chain(&[SYNC, ASYNC]) {
        for prefix in prefixes(tokens(item)) {
            let text = squeezed(&prefix);
            let output = crate::retry_tokens(tokens("max_attempts = 3"), prefix.clone());
            let reported = !errors_in(output.clone()).is_empty();
            if reported && !crate::expand::fallback::is_expression(&prefix) {
                let output = squeezed(&output);
                assert!(output.contains(&text), "{text}\n{output}");
            }
        }
    }
}
