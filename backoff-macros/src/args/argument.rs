//! One argument: its entry in the table, its key in an attribute, and its value.

use core::fmt;

use proc_macro2::{Span, TokenStream};
use syn::Ident;

/// The entry of one argument in the table of `keys`.
#[derive(Clone, Copy)]
pub(crate) struct Argument {
    pub(crate) name: &'static str,
    /// A form to type, for messages.
    pub(crate) form: &'static str,
    /// The kind of literal that is a value, if one is.
    pub(crate) literal: Option<Literal>,
    pub(crate) roles: &'static [Role],
}

/// A kind of literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Literal {
    /// A string with a number and a unit.
    Duration,
    Number,
    Text,
}

/// A property of an argument that a rule or the expansion depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Limits attempts or time.
    Limit,
    /// Sets a value of the policy, also of the one in `policy`.
    PolicySetting,
    /// Needs an async function.
    AsyncOnly,
    /// Its value may borrow from arguments of the function for the whole call.
    BorrowsForCall,
    /// Binds a name that the body may use.
    BindsName,
}

impl Argument {
    pub(crate) fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }
}

/// A key as it is written, with its entry in the table.
pub(crate) struct Key {
    pub(super) ident: Ident,
    pub(super) argument: &'static Argument,
}

impl Key {
    /// Returns the form to type for this argument.
    pub(super) fn form(&self) -> &'static str {
        self.argument.form
    }

    pub(super) fn span(&self) -> Span {
        self.ident.span()
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.argument.name)
    }
}

/// One argument of an attribute: its key, the tokens of its value, and the value read from them.
pub(crate) struct Arg<T> {
    pub(crate) key: Ident,
    /// The tokens of the value; empty for a bare word.
    pub(crate) tokens: TokenStream,
    pub(crate) value: T,
}

impl<T> Arg<T> {
    /// Returns an error at the value.
    pub(crate) fn error(&self, message: impl fmt::Display) -> syn::Error {
        if self.tokens.is_empty() {
            return syn::Error::new(self.key.span(), message);
        }
        syn::Error::new_spanned(&self.tokens, message)
    }

    /// Returns the value as the user wrote it, without quotes.
    pub(crate) fn text(&self) -> String {
        self.tokens.to_string().trim_matches('"').replace("- ", "-")
    }
}
