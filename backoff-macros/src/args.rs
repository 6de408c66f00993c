//! The grammar of the attribute: tokens in, typed [`Args`] out, each value with its place in the source.
//!
//! Each argument is read by itself. After a mistake the reader continues at the next argument, so that one compilation
//! reports all mistakes. `keys` is the table of all arguments.

mod argument;
mod code;
mod duration;
mod keys;
mod kinds;
mod reader;
mod syntax;
mod value;
mod words;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::Ident;

pub(crate) use self::argument::{Arg, Argument, Literal, Role};
pub(crate) use self::keys::{ARGUMENTS, Args, Given, names_with};
pub(crate) use self::kinds::Content;
pub(crate) use self::syntax::Once;
pub(crate) use self::value::{Value, is_async_closure, peel};
pub(crate) use self::words::{Backoff, InnerRetries, Level, Unmet, Word};
use crate::errors::Errors;
use crate::function::DeclaredNames;
use crate::groups;

impl Args {
    /// Reads the arguments; those that cannot be read are left out and reported.
    pub(crate) fn parse(tokens: TokenStream, scope: &DeclaredNames, errors: &mut Errors) -> Self {
        reader::read(groups::arguments(tokens), scope, errors)
    }

    /// Returns a key that is written, also if its value is wrong, so that one mistake does not cause a second error.
    pub(crate) fn key(&self, name: &str) -> Option<&Ident> {
        debug_assert!(ARGUMENTS.iter().any(|argument| argument.name == name), "`{name}` is not in the table");
        self.keys.iter().find(|key| *key == name)
    }

    /// Returns whether a key is written, also if it is misspelt or has the name from another library.
    pub(crate) fn seems_given(&self, name: &str) -> bool {
        self.key(name).is_some() || self.meant.contains(&name)
    }

    /// Returns whether a limit on attempts or time is written, or `forever`, also if it is misspelt.
    pub(crate) fn names_limit(&self) -> bool {
        names_with(Role::Limit).chain(["forever"]).any(|name| self.seems_given(name))
    }

    /// Returns the path of the runtime crate.
    pub(crate) fn core_path(&self) -> TokenStream {
        self.krate.as_ref().map_or_else(
            || quote::quote_spanned!(proc_macro2::Span::mixed_site()=> ::backoff_core),
            |path| path.value.to_token_stream(),
        )
    }

    /// Returns the values that may borrow from arguments of the function for the whole call.
    pub(crate) fn borrowed_for_call(&self) -> TokenStream {
        let kept = self.given().filter(|given| given.argument.has(Role::BorrowsForCall));
        kept.map(|given| given.tokens.clone()).collect()
    }

    /// Returns whether the expansion binds names that the body may use.
    pub(crate) fn binds_names(&self) -> bool {
        names_with(Role::BindsName).any(|name| self.key(name).is_some())
    }
}
