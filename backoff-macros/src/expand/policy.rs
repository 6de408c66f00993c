//! The policy of one function: a constant where its values are known at compile time.

use backoff_rules::Jitter;
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, Ident};

use super::plan::{duration, located};
use crate::args::{Arg, Args, Backoff, Value, peel};

/// How the expansion writes and names its policy.
pub(super) struct PolicyTokens {
    /// The items or statements before the loop.
    pub(super) declaration: TokenStream,
    /// An expression of type `&Policy<B>`.
    pub(super) reference: TokenStream,
    /// It is a constant of a built-in backoff: a `&'static Policy`.
    pub(super) is_plain: bool,
    /// Where a value is reported that is no policy or backoff.
    pub(super) place: Span,
}

/// When a value is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Known {
    /// At compile time.
    Constant,
    /// When the function is called.
    Call,
}

/// Writes the policy.
pub(super) fn tokens(args: &Args, core: &TokenStream, private: &TokenStream) -> PolicyTokens {
    let site = Span::mixed_site();
    let mut chain = Chain { tokens: TokenStream::new(), known: Known::Constant, settings: 0, site: None };
    chain.settings(args, core);
    if let (Some(policy), 0) = (&args.policy, chain.settings) {
        let expr = policy.value.computed_expression();
        let at = site.located_at(expr.span());
        let private = located(private, at);
        if matches!(policy.value, Value::Constant(_)) {
            let reference = quote_spanned!(at=> #private::policy(&#expr));
            return PolicyTokens { declaration: TokenStream::new(), reference, is_plain: false, place: at };
        }
        let declaration = quote_spanned!(site=> let __policy = #expr;);
        let reference = quote_spanned!(at=> #private::policy(&__policy));
        return PolicyTokens { declaration, reference, is_plain: false, place: at };
    }
    if let (Some(Arg { value: Value::Runtime(expr), .. }), Some(_), 1) = (&args.policy, &args.timeout, chain.settings) {
        // Borrowed and not edited, which would ask for a backoff that can be copied.
        let at = site.located_at(expr.span());
        let private = located(private, at);
        let limited = quote_spanned!(at=> #private::limited_by_timeout(&__policy));
        let declaration = quote_spanned!(site=> let __policy = #expr; let __policy = #limited;);
        return PolicyTokens { declaration, reference: quote_spanned!(at=> &__policy), is_plain: false, place: at };
    }
    let (start, has_own_type) = chain.start(args, core, private);
    let Chain { tokens: settings, known, site: culprit, .. } = chain;
    if known == Known::Call {
        // All at one place, where a value of the wrong type is reported.
        let at = own_type(args).map_or(site, |expr| site.located_at(expr.span()));
        let private = located(private, at);
        let policy = quote_spanned!(at=> #private::adjusted(&__RETRY_SITE, #start.adjusting() #settings));
        let declaration = quote_spanned!(site=> let __policy = #policy;);
        return PolicyTokens { declaration, reference: quote_spanned!(at=> &__policy), is_plain: false, place: at };
    }
    let value = quote_spanned!(site=> #start #settings.build());
    // A refused constant is reported where it was written.
    let value = culprit.map_or_else(|| value.clone(), |culprit| located(&value, culprit));
    if has_own_type {
        let checked = quote_spanned!(site=> #start #settings.checked());
        // The type cannot be named in an item, so one item checks the value and the loop computes it in place.
        let at = own_type(args).map_or(site, |expr| site.located_at(expr.span()));
        let declaration = quote_spanned!(at=> const _: () = ::core::mem::forget(#value););
        return PolicyTokens {
            declaration,
            reference: quote_spanned!(at=> &const { #checked }),
            is_plain: false,
            place: at,
        };
    }
    let declaration = quote_spanned!(site=> const __RETRY_POLICY: #core::Policy = #value;);
    PolicyTokens { declaration, reference: quote_spanned!(site=> &__RETRY_POLICY), is_plain: true, place: site }
}

/// Returns the expression whose type decides what the policy is.
fn own_type(args: &Args) -> Option<&Expr> {
    match (&args.policy, args.backoff.as_ref().map(|backoff| &backoff.value)) {
        (Some(policy), _) => Some(policy.value.computed_expression()),
        (None, Some(Backoff::Custom(expr))) => Some(expr.computed_expression()),
        (None, _) => None,
    }
}

/// The calls of the builder's setters.
struct Chain {
    tokens: TokenStream,
    known: Known,
    settings: usize,
    /// The first value that only the compiler can check.
    site: Option<Span>,
}

impl Chain {
    fn setter(&mut self, name: &str, argument: &TokenStream) {
        let name = Ident::new(name, Span::mixed_site());
        self.settings += 1;
        self.tokens.extend(quote_spanned!(Span::mixed_site()=> .#name(#argument)));
    }

    fn value<T>(&mut self, name: &str, value: Option<&Value<T>>, write: impl FnOnce(&Value<T>) -> TokenStream) {
        let Some(value) = value else { return };
        self.note(value);
        let argument = write(value);
        self.setter(name, &argument);
    }

    fn note<T>(&mut self, value: &Value<T>) {
        match value {
            Value::Literal(_) => {}
            Value::Constant(expr) => {
                self.site.get_or_insert_with(|| expr.span());
            }
            Value::Runtime(_) => self.known = Known::Call,
        }
    }

    fn settings(&mut self, args: &Args, core: &TokenStream) {
        if args.forever.is_some() {
            self.setter("forever", &TokenStream::new());
        }
        for (name, arg) in [
            ("initial_delay", &args.initial_delay),
            ("increment", &args.increment),
            ("max_delay", &args.max_delay),
            ("max_elapsed", &args.max_elapsed),
            ("reset_after", &args.reset_after),
            ("max_push_back", &args.max_push_back),
        ] {
            self.value(name, arg.as_ref().map(|arg| &arg.value), duration);
        }
        let is_start = args.policy.is_none();
        if !is_start {
            self.value("delay", args.delay.as_ref().map(|arg| &arg.value), duration);
        }
        self.value("multiplier", args.multiplier.as_ref().map(|arg| &arg.value), Value::expression);
        self.value("max_attempts", args.max_attempts.as_ref().map(|arg| &arg.value), Value::expression);
        self.value("max_retries", args.max_retries.as_ref().map(|arg| &arg.value), Value::expression);
        self.value("jitter", args.jitter.as_ref().map(|arg| &arg.value), |value| jitter(value, core));
        if let Some(since) = &args.since {
            let since = Ident::new(since.value.variant(), Span::mixed_site());
            self.setter("since", &quote_spanned!(Span::mixed_site()=> #core::Since::#since));
        }
        if args.idempotent.is_some() {
            self.setter("idempotent", &TokenStream::new());
        }
        if args.timeout.is_some() {
            self.setter("limited_by_timeout", &TokenStream::new());
        }
    }

    /// The expression that the setters are called on, and whether its type is one that only the user knows.
    fn start(&mut self, args: &Args, core: &TokenStream, private: &TokenStream) -> (TokenStream, bool) {
        let site = Span::mixed_site();
        if let Some(policy) = &args.policy {
            self.note(&policy.value);
            let expr = policy.value.computed_expression();
            let at = site.located_at(expr.span());
            if self.known == Known::Constant {
                return (quote_spanned!(at=> #expr.edit()), true);
            }
            let private = located(private, at);
            return (quote_spanned!(at=> #private::edit(&#expr)), true);
        }
        let backoff = match (args.backoff.as_ref().map(|backoff| &backoff.value), &args.delay) {
            (Some(Backoff::Custom(expr)), _) => {
                self.note(expr);
                let expr = expr.computed_expression();
                let at = site.located_at(expr.span());
                let private = located(private, at);
                let own = if matches!(peel(expr), Expr::Closure(_)) {
                    quote_spanned!(at=> #private::backoff_of(#expr))
                } else {
                    quote_spanned!(at=> #private::Taken::new(#expr).backoff())
                };
                let own = if args.names_limit() { own } else { quote_spanned!(at=> #private::ends_by_itself(#own)) };
                let core = located(core, at);
                return (quote_spanned!(at=> #core::Policy::with_backoff(#own)), true);
            }
            (_, Some(delay)) => {
                self.note(&delay.value);
                let delay = duration(&delay.value);
                quote_spanned!(Span::mixed_site()=> constant(#delay))
            }
            (Some(Backoff::Linear), None) => quote_spanned!(Span::mixed_site()=> linear()),
            (Some(Backoff::Fibonacci), None) => quote_spanned!(Span::mixed_site()=> fibonacci()),
            (Some(Backoff::Exponential) | None, None) => quote_spanned!(Span::mixed_site()=> exponential()),
        };
        (quote_spanned!(Span::mixed_site()=> #core::Policy::#backoff), false)
    }
}

impl Value<core::convert::Infallible> {
    /// The expression; such a value is never a literal.
    fn computed_expression(&self) -> &Expr {
        match self {
            Self::Literal(never) => match *never {},
            Self::Constant(expr) | Self::Runtime(expr) => expr,
        }
    }
}

fn jitter(value: &Value<Jitter>, core: &TokenStream) -> TokenStream {
    match value {
        Value::Literal(jitter) => match jitter.variant() {
            Ok(variant) => {
                let variant = Ident::new(variant, Span::mixed_site());
                quote_spanned!(Span::mixed_site()=> #core::Jitter::#variant)
            }
            Err(factor) => quote_spanned!(Span::mixed_site()=> #core::Jitter::Factor(#factor)),
        },
        Value::Constant(expr) | Value::Runtime(expr) => expr.to_token_stream(),
    }
}
