//! Reads the arguments one by one, and goes on after a mistake.

use backoff_rules::Since;
use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, Ident, Lit, Token, parenthesized, token};

use super::value::{self, Value};
use super::{Arg, Args, InnerRetries, KEYS, Once, duration, form, words};
use crate::diagnostic::Errors;
use crate::function::Scope;
use crate::suggest;

/// Reads all arguments.
pub(super) fn read(tokens: TokenStream, scope: &Scope, errors: &mut Errors) -> Args {
    let mut args = Args::default();
    let all = |input: ParseStream| {
        while !input.is_empty() {
            let read = Reader { scope, args: &mut args }.argument(input);
            let failed = errors.take(read).is_none();
            if input.is_empty() || input.peek(Token![,]) {
                input.parse::<Option<Token![,]>>()?;
            } else if failed {
                skip_to_next(input);
            } else {
                errors.push(input.error(format_args!("expected `,` before {}", next_token(input))));
                // A forgotten comma before another argument: that one is read all the same.
                if !starts_argument(input) {
                    skip_to_next(input);
                }
            }
        }
        Ok(())
    };
    let result = all.parse2(tokens);
    errors.take(result);
    args
}

/// Names the next token for a message.
fn next_token(input: ParseStream) -> String {
    input.cursor().token_tree().map_or_else(
        || "the end".to_owned(),
        |(tree, _)| match tree {
            proc_macro2::TokenTree::Group(_) => "this".to_owned(),
            tree => format!("`{tree}`"),
        },
    )
}

/// Returns whether an argument starts here: a known key, or a name and `=`.
fn starts_argument(input: ParseStream) -> bool {
    let ahead = input.fork();
    let Ok(key) = ahead.call(Ident::parse_any) else {
        return false;
    };
    let known = KEYS.iter().any(|(name, _)| key == name);
    let ends = ahead.is_empty() || ahead.peek(Token![,]) || ahead.peek(token::Paren);
    (ahead.peek(Token![=]) && !ahead.peek(Token![==]) && !ahead.peek(Token![=>])) || (known && ends)
}

/// Skips to the start of the next argument after a comma.
fn skip_to_next(input: ParseStream) {
    while !input.is_empty() {
        let comma = input.peek(Token![,]);
        if input.parse::<proc_macro2::TokenTree>().is_err() || (comma && starts_argument(input)) {
            return;
        }
    }
}

struct Reader<'a> {
    scope: &'a Scope,
    args: &'a mut Args,
}

impl Reader<'_> {
    /// Reads one argument, without the comma after it.
    fn argument(&mut self, input: ParseStream) -> syn::Result<()> {
        let key = read_key(input)?;
        let name = key.to_string();
        if input.peek(Token![-]) && input.peek2(Ident::peek_any) || !KEYS.iter().any(|(known, _)| *known == name) {
            let (error, meant) = suggest::unknown_argument(&key, input);
            self.args.meant.extend(meant);
            return Err(error);
        }
        self.args.given.push(key.clone());
        self.limit(&name, key, input)
    }

    /// The arguments about limits and delays; the next groups follow.
    fn limit(&mut self, name: &str, key: Ident, input: ParseStream) -> syn::Result<()> {
        let scope = self.scope;
        let args = &mut *self.args;
        match name {
            "max_attempts" => {
                set(&mut args.max_attempts, key, input, |key, expr| value::whole(key, expr, scope, &u32::MAX))
            }
            "max_retries" => {
                set(&mut args.max_retries, key, input, |key, expr| value::whole(key, expr, scope, &u32::MAX))
            }
            "seed" => set(&mut args.seed, key, input, |key, expr| value::whole(key, expr, scope, &u64::MAX)),
            "multiplier" => set(&mut args.multiplier, key, input, |key, expr| value::ratio(key, expr, scope)),
            "jitter" => set(&mut args.jitter, key, input, |_, expr| value::jitter(expr, scope)),
            "backoff" => set(&mut args.backoff, key, input, |_, expr| words::backoff(expr, scope)),
            "policy" => {
                set(&mut args.policy, key, input, |key, expr| Ok(Value::computed(value::object(key, expr)?, scope)))
            }
            "max_elapsed" | "initial_delay" | "max_delay" | "delay" | "increment" | "attempt_timeout" | "timeout"
            | "reset_after" | "max_push_back" => {
                let slot = match name {
                    "max_elapsed" => &mut args.max_elapsed,
                    "initial_delay" => &mut args.initial_delay,
                    "max_delay" => &mut args.max_delay,
                    "delay" => &mut args.delay,
                    "increment" => &mut args.increment,
                    "attempt_timeout" => &mut args.attempt_timeout,
                    "timeout" => &mut args.timeout,
                    "reset_after" => &mut args.reset_after,
                    _ => &mut args.max_push_back,
                };
                set(slot, key, input, |key, expr| value::duration(key, expr, scope))
            }
            _ => self.code(name, key, input),
        }
    }

    /// The arguments that are code of the user.
    fn code(&mut self, name: &str, key: Ident, input: ParseStream) -> syn::Result<()> {
        let args = &mut *self.args;
        match name {
            "before_retry" => set(&mut args.before_retry, key, input, |_, expr| value::evaluated(expr)),
            "cancel" => set(&mut args.cancel, key, input, value::object),
            "unmet" => set(&mut args.unmet, key, input, words::unmet),
            "when" | "until" | "on_timeout" | "on_retry" | "on_give_up" | "on_recovered" | "or_else" | "sleep" => {
                let slot = match name {
                    "when" => &mut args.when,
                    "until" => &mut args.until,
                    "on_timeout" => &mut args.on_timeout,
                    "on_retry" => &mut args.on_retry,
                    "on_give_up" => &mut args.on_give_up,
                    "on_recovered" => &mut args.on_recovered,
                    "or_else" => &mut args.or_else,
                    _ => &mut args.sleep,
                };
                set(slot, key, input, value::callable)
            }
            _ => self.rest(name, key, input),
        }
    }

    /// Names, words and switches.
    fn rest(&mut self, name: &str, key: Ident, input: ParseStream) -> syn::Result<()> {
        let scope = self.scope;
        let args = &mut *self.args;
        match name {
            "forever" => bare(&mut args.forever, key, input),
            "idempotent" => bare(&mut args.idempotent, key, input),
            "budget" if input.is_empty() || input.peek(Token![,]) => {
                set_once(&mut args.budget, key, TokenStream::new(), None)
            }
            "budget" => set(&mut args.budget, key, input, |key, expr| value::object(key, expr).map(Some)),
            "once" => list(&mut args.once, key, input, once),
            "clone" => list(&mut args.clone, key, input, |input| {
                const MESSAGE: &str =
                    "`clone` takes the names of arguments, with commas between them; use `clone(argument)`";
                named(input, MESSAGE)
            }),
            "attempt" => {
                equals(&key, input)?;
                let ident = named(input, "`attempt` takes a name for the body; use `attempt = ctx`")?;
                set_once(&mut args.attempt, key, ident.to_token_stream(), ident)
            }
            "inner_retries" => set(&mut args.inner_retries, key, input, |_, expr| {
                const WORDS: [(&str, InnerRetries); 3] = [
                    ("allow", InnerRetries::Allow),
                    ("suppress", InnerRetries::Suppress),
                    ("stop", InnerRetries::Stop),
                ];
                words::one_of("inner_retries", &expr, &WORDS)
            }),
            "since" => set(&mut args.since, key, input, |_, expr| {
                words::one_of("since", &expr, &Since::ALL.map(|since| (since.word(), since)))
            }),
            "name" => set(&mut args.name, key, input, |_, expr| words::site_name(expr, scope)),
            "log" => set(&mut args.log, key, input, |_, expr| words::level(&expr)),
            "docs" => set(&mut args.docs, key, input, |_, expr| words::switch(&expr)),
            _ => {
                equals(&key, input)?;
                let path = words::crate_path(input)?;
                set_once(&mut args.krate, key, path.to_token_stream(), path)
            }
        }
    }
}

/// Reads a key; a value without one gets the form to type.
fn read_key(input: ParseStream) -> syn::Result<Ident> {
    if let Ok(key) = input.call(Ident::parse_any) {
        return Ok(key);
    }
    let error = |message: &str| input.error(message);
    let quoted = input.peek2(Token![=]);
    let error = match input.fork().parse::<Lit>() {
        Ok(Lit::Int(number)) if !quoted => {
            error(&format!("expected an argument before its value; use `max_attempts = {}`", number.base10_digits()))
        }
        Ok(Lit::Str(text)) if quoted => {
            error(&format!("an argument is a word without quotes; use `{} = ..`", text.value()))
        }
        Ok(Lit::Str(text)) if KEYS.iter().any(|(key, _)| *key == text.value()) => {
            error(&format!("an argument is a word without quotes; use `{}`", form(&text.value())))
        }
        Ok(Lit::Str(text)) if text.value().parse::<u32>().is_ok() => {
            error(&format!("expected an argument before its value; use `max_attempts = {}`", text.value()))
        }
        Ok(Lit::Str(text)) if duration::parse(&text.value()).is_ok() => error(&format!(
            "expected an argument before its value; use `max_elapsed = {0}`, `delay = {0}` or another",
            text.to_token_stream()
        )),
        _ if input.peek(Token![,]) => {
            error("expected an argument before `,`; remove it, or write one such as `max_attempts = 5`")
        }
        _ => error("expected an argument such as `max_attempts = 5`"),
    };
    // A lonely literal is done with: what follows is read.
    if input.peek(Lit) && !quoted {
        input.parse::<Lit>()?;
    }
    Err(error)
}

/// Reads a name that ends its argument, and no keyword.
fn named(input: ParseStream, message: &str) -> syn::Result<Ident> {
    let name = input.call(Ident::parse_any).map_err(|error| syn::Error::new(error.span(), message))?;
    let is_whole = input.is_empty() || input.peek(Token![,]) || input.peek(Ident::peek_any);
    let is_keyword = name != "self" && name != "_" && syn::parse2::<Ident>(name.to_token_stream()).is_err();
    if is_whole && !is_keyword {
        return Ok(name);
    }
    Err(syn::Error::new(name.span(), message))
}

/// Reads `=`, and makes sure that a value follows.
fn equals(key: &Ident, input: ParseStream) -> syn::Result<()> {
    let usual = form(&key.to_string());
    let ends = |input: ParseStream| input.is_empty() || input.peek(Token![,]);
    if !ends(input) && (!input.peek(Token![=]) || input.peek(Token![==]) || input.peek(Token![=>])) {
        let is_text = usual.contains('"');
        let written = value_written(input).filter(|value| value.starts_with('"') == is_text);
        let usual = written.map_or_else(|| usual.to_owned(), |value| format!("{key} = {value}"));
        return Err(input.error(format_args!("expected `=` after `{key}`; use `{usual}`")));
    }
    input.parse::<Option<Token![=]>>()?;
    if ends(input) {
        return Err(syn::Error::new(key.span(), format!("`{key}` needs a value; use `{usual}`")));
    }
    Ok(())
}

/// Returns the literal of `key: 5`, `key(5)`, `key 5` and the like.
fn value_written(input: ParseStream) -> Option<String> {
    let ahead = input.fork();
    while !ahead.is_empty() && !ahead.peek(Token![,]) {
        match ahead.parse::<proc_macro2::TokenTree>().ok()? {
            proc_macro2::TokenTree::Literal(literal) => return Some(literal.to_string()),
            proc_macro2::TokenTree::Group(group) => {
                return syn::parse2::<Lit>(group.stream()).ok().map(|lit| lit.to_token_stream().to_string());
            }
            _ => {}
        }
    }
    None
}

/// Reads `= expression`.
fn expression(key: &Ident, input: ParseStream) -> syn::Result<Expr> {
    equals(key, input)?;
    input.parse::<Expr>().map_err(|error| {
        if input.is_empty() {
            let usual = form(&key.to_string());
            return syn::Error::new(key.span(), format!("the value of `{key}` is not complete; use `{usual}`"));
        }
        syn::Error::new(error.span(), format!("the value of `{key}` is not an expression; {error}"))
    })
}

/// Reads `= expression` into its slot.
fn set<T>(
    slot: &mut Option<Arg<T>>,
    key: Ident,
    input: ParseStream,
    convert: impl FnOnce(&Ident, Expr) -> syn::Result<T>,
) -> syn::Result<()> {
    let expr = expression(&key, input)?;
    let tokens = expr.to_token_stream();
    let value = convert(&key, expr)?;
    set_once(slot, key, tokens, value)
}

/// Reads a bare word.
fn bare(slot: &mut Option<Arg<()>>, key: Ident, input: ParseStream) -> syn::Result<()> {
    if input.is_empty() || input.peek(Token![,]) {
        return set_once(slot, key, TokenStream::new(), ());
    }
    if input.peek(Token![=]) && expression(&key, input).is_ok_and(|expr| is_false(&expr)) {
        return Err(syn::Error::new(key.span(), format!("`{key}` stands alone; remove it where it is not wanted")));
    }
    Err(syn::Error::new(key.span(), format!("`{key}` stands alone; remove what follows it")))
}

fn is_false(expr: &Expr) -> bool {
    matches!(value::peel(expr), Expr::Lit(lit) if matches!(&lit.lit, Lit::Bool(on) if !on.value))
}

/// Reads `(a, b)` into its slot.
fn list<T>(
    slot: &mut Option<Arg<Vec<T>>>,
    key: Ident,
    input: ParseStream,
    item: fn(ParseStream) -> syn::Result<T>,
) -> syn::Result<()> {
    if !input.peek(token::Paren) {
        let message = format!("`{key}` takes a list in parentheses; use `{}`", form(&key.to_string()));
        return Err(syn::Error::new(key.span(), message));
    }
    let content;
    parenthesized!(content in input);
    let tokens = content.fork().parse()?;
    let mut items = Vec::new();
    let read = (|| {
        while !content.is_empty() {
            items.push(item(&content)?);
            if !content.is_empty() && !content.peek(Token![,]) {
                return Err(content.error(format_args!("expected `,` before {}", next_token(&content))));
            }
            content.parse::<Option<Token![,]>>()?;
        }
        Ok(())
    })();
    // What is left after a mistake would be reported as well.
    content.parse::<TokenStream>()?;
    read?;
    if items.is_empty() {
        let message = format!("`{key}` names nothing; use `{}`, or remove it", form(&key.to_string()));
        return Err(syn::Error::new(key.span(), message));
    }
    set_once(slot, key, tokens, items)
}

fn once(input: ParseStream) -> syn::Result<Once> {
    let name: Ident = input.parse().map_err(|error: syn::Error| {
        syn::Error::new(error.span(), "`once` takes names with values; use `once(key = make_key())`")
    })?;
    if !input.peek(Token![=]) {
        let is_lonely = input.is_empty() || input.peek(Token![,]);
        let message = if is_lonely { "needs a value" } else { "stands before its `=` alone" };
        return Err(syn::Error::new(name.span(), format!("`{name}` {message}; use `once({name} = ..)`")));
    }
    input.parse::<Token![=]>()?;
    let value = input.parse::<Expr>().map_err(|error| {
        if input.is_empty() {
            return syn::Error::new(name.span(), format!("`{name}` needs a value; use `once({name} = ..)`"));
        }
        error
    })?;
    Ok(Once { name, value })
}

/// Fills a slot; the second value for one key is refused at its key.
fn set_once<T>(slot: &mut Option<Arg<T>>, key: Ident, tokens: TokenStream, value: T) -> syn::Result<()> {
    if slot.is_some() {
        let message = format!("`{key}` is given twice in `#[retry(...)]`; keep one of them");
        return Err(syn::Error::new(key.span(), message));
    }
    *slot = Some(Arg { key, tokens, value });
    Ok(())
}
