//! The statements `let name = name;` before an attempt, by which `#[async_trait]` moves arguments into its async
//! block.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use syn::Token;

/// One such statement, with its place in the list of tokens.
struct Move {
    /// The token after `let`: the name, or its `mut`.
    at: usize,
    name: Ident,
    source: Ident,
    mutability: Option<Span>,
}

/// Finds all such statements outside groups.
fn find_moves(trees: &[TokenTree]) -> Vec<Move> {
    let word = |at: usize| match trees.get(at) {
        Some(TokenTree::Ident(word)) => Some(word),
        _ => None,
    };
    let is_punct =
        |at: usize, wanted| matches!(trees.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == wanted);
    let statement = |start: usize| {
        let at = word(start).filter(|word| *word == "let").map(|_| start + 1)?;
        let mutability = word(at).filter(|word| *word == "mut").map(Ident::span);
        let end = at + usize::from(mutability.is_some());
        let name = word(end)?.clone();
        let source = word(end + 2)?.clone();
        let is_move = is_punct(end + 1, '=') && is_punct(end + 3, ';');
        is_move.then_some(Move { at, name, source, mutability })
    };
    (0..trees.len()).filter_map(statement).collect()
}

/// Returns whether an argument is moved in, and its `mut` there.
#[expect(clippy::option_option, reason = "outside: is it moved in; inside: is it `mut` there")]
pub(super) fn mutability(before: &TokenStream, name: &Ident) -> Option<Option<Token![mut]>> {
    let trees: Vec<TokenTree> = before.clone().into_iter().collect();
    let moved = find_moves(&trees).into_iter().find(|moved| moved.name == *name)?;
    Some(moved.mutability.map(Token![mut]))
}

/// Returns the name under which `self` is moved in.
pub(super) fn name_of_self(before: &TokenStream) -> Option<Ident> {
    let trees: Vec<TokenTree> = before.clone().into_iter().collect();
    find_moves(&trees).into_iter().find(|moved| moved.source == "self").map(|moved| moved.name)
}

/// Returns the statements with `mut` added or removed as `wanted` returns for each name.
pub(super) fn with_mutability(before: &TokenStream, wanted: &dyn Fn(&Ident) -> Option<bool>) -> TokenStream {
    let trees: Vec<TokenTree> = before.clone().into_iter().collect();
    let found = find_moves(&trees);
    let mut tokens = TokenStream::new();
    for (at, tree) in trees.into_iter().enumerate() {
        let moved = found.iter().find(|moved| moved.at == at);
        match moved.and_then(|moved| Some((moved, wanted(&moved.name)?))) {
            Some((Move { mutability: None, name, .. }, true)) => {
                tokens.extend([TokenTree::Ident(Ident::new("mut", name.span())), tree]);
            }
            Some((Move { mutability: Some(_), .. }, false)) => {}
            _ => tokens.extend([tree]),
        }
    }
    tokens
}
