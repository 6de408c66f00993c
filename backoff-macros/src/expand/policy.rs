//! The policy of one function: a constant if its values are known at compile time.

use backoff_rules::Jitter;
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, Ident};

use super::plan::{Plan, PolicyForm};
use super::tokens::{Paths, duration, located};
use crate::args::{Args, Backoff, Value, peel};

/// The output for the policy.
pub(super) struct PolicyTokens {
    /// The items or statements before the loop.
    pub(super) declaration: TokenStream,
    /// An expression of type `&Policy<B>`.
    pub(super) reference: TokenStream,
    /// The place where a value of the wrong type is reported.
    pub(super) place: Span,
}

/// Writes the policy.
pub(super) fn write(plan: &Plan<'_>, paths: &Paths) -> PolicyTokens {
    let (args, site) = (plan.args, Span::mixed_site());
    let Paths { core, private } = paths;
    let own_type = own_type(args);
    let at = own_type.map_or(site, |expr| site.located_at(expr.span()));
    let private = located(private, at);
    let mut chain = Chain::default();
    chain.set_all(args, core);
    let start = chain.write_start(plan, core, &private);
    let Chain { setters, first_constant } = chain;
    // The macro has checked literals by the same rules. To check them again is work for the compiler in each function.
    // A constant that the compiler refuses is reported where it is written.
    let is_checked = plan.policy == PolicyForm::Constant && first_constant.is_none();
    let end = if is_checked { quote_spanned!(site=> checked()) } else { quote_spanned!(site=> build()) };
    let built = quote_spanned!(site=> #start #setters.#end);
    let built = first_constant.map_or_else(|| built.clone(), |constant| located(&built, constant));
    let (declaration, reference) = match plan.policy {
        PolicyForm::Constant => {
            let declaration = quote_spanned!(site=> const __RETRY_POLICY: #core::Policy = #built;);
            (declaration, quote_spanned!(site=> &__RETRY_POLICY))
        }
        PolicyForm::InlineConstant => {
            // The type cannot be named in an item, so one item checks the value and the loop computes it in place.
            let checked = quote_spanned!(site=> #start #setters.checked());
            let declaration = quote_spanned!(at=> const _: () = ::core::mem::forget(#built););
            (declaration, quote_spanned!(at=> &const { #checked }))
        }
        PolicyForm::Unchanged => match args.policy.as_ref().map(|policy| &policy.value) {
            Some(Value::Runtime(expr)) => {
                let declaration = quote_spanned!(site=> let __policy = #expr;);
                (declaration, quote_spanned!(at=> #private::policy(&__policy)))
            }
            _ => (TokenStream::new(), quote_spanned!(at=> #private::policy(&#own_type))),
        },
        PolicyForm::LimitedByTimeout => {
            // The policy is borrowed and not edited, because an edit requires a backoff that is `Clone`.
            let limited = quote_spanned!(at=> #private::limited_by_timeout(&__policy));
            let declaration = quote_spanned!(site=> let __policy = #own_type; let __policy = #limited;);
            (declaration, quote_spanned!(at=> &__policy))
        }
        PolicyForm::PerCall => {
            let policy = quote_spanned!(at=> #private::adjusted(&__RETRY_SITE, #start.adjusting() #setters));
            let declaration = quote_spanned!(site=> let __policy = #policy;);
            (declaration, quote_spanned!(at=> &__policy))
        }
    };
    PolicyTokens { declaration, reference, place: at }
}

/// Returns the expression whose type decides the type of the policy.
fn own_type(args: &Args) -> Option<&Expr> {
    match (&args.policy, args.backoff.as_ref().map(|backoff| &backoff.value)) {
        (Some(policy), _) => Some(policy.value.computed_expression()),
        (None, Some(Backoff::Custom(expr))) => Some(expr.computed_expression()),
        (None, _) => None,
    }
}

/// The calls of the setters of the builder.
#[derive(Default)]
struct Chain {
    setters: TokenStream,
    /// The first value that only the compiler can check.
    first_constant: Option<Span>,
}

impl Chain {
    fn add_setter(&mut self, name: &str, argument: &TokenStream) {
        let name = Ident::new(name, Span::mixed_site());
        self.setters.extend(quote_spanned!(Span::mixed_site()=> .#name(#argument)));
    }

    fn set<T>(&mut self, name: &str, value: Option<&Value<T>>, write: impl FnOnce(&Value<T>) -> TokenStream) {
        let Some(value) = value else { return };
        self.note_constant(value);
        let argument = write(value);
        self.add_setter(name, &argument);
    }

    fn note_constant<T>(&mut self, value: &Value<T>) {
        if let Value::Constant(expr) = value {
            self.first_constant.get_or_insert_with(|| expr.span());
        }
    }

    fn set_all(&mut self, args: &Args, core: &TokenStream) {
        if args.forever.is_some() {
            self.add_setter("forever", &TokenStream::new());
        }
        for (name, arg) in [
            ("initial_delay", &args.initial_delay),
            ("increment", &args.increment),
            ("max_delay", &args.max_delay),
            ("max_elapsed", &args.max_elapsed),
            ("reset_after", &args.reset_after),
            ("max_push_back", &args.max_push_back),
        ] {
            self.set(name, arg.as_ref().map(|arg| &arg.value), duration);
        }
        if args.policy.is_some() {
            self.set("delay", args.delay.as_ref().map(|arg| &arg.value), duration);
        }
        self.set("multiplier", args.multiplier.as_ref().map(|arg| &arg.value), Value::expression);
        self.set("max_attempts", args.max_attempts.as_ref().map(|arg| &arg.value), Value::expression);
        self.set("max_retries", args.max_retries.as_ref().map(|arg| &arg.value), Value::expression);
        self.set("jitter", args.jitter.as_ref().map(|arg| &arg.value), |value| write_jitter(value, core));
        if let Some(since) = &args.since {
            let since = Ident::new(since.value.variant(), Span::mixed_site());
            self.add_setter("since", &quote_spanned!(Span::mixed_site()=> #core::Since::#since));
        }
        if let Some(mode) = &args.push_back {
            let mode = Ident::new(mode.value.variant(), Span::mixed_site());
            self.add_setter("push_back", &quote_spanned!(Span::mixed_site()=> #core::PushBackMode::#mode));
        }
        self.set("idempotent_if", args.idempotent.as_ref().map(|arg| &arg.value), Value::expression);
        if args.timeout.is_some() {
            self.add_setter("limited_by_timeout", &TokenStream::new());
        }
    }

    /// Writes the expression on which the setters are called.
    fn write_start(&mut self, plan: &Plan<'_>, core: &TokenStream, private: &TokenStream) -> TokenStream {
        let (args, site) = (plan.args, Span::mixed_site());
        if let Some(policy) = &args.policy {
            self.note_constant(&policy.value);
            let expr = policy.value.computed_expression();
            let at = site.located_at(expr.span());
            if plan.policy == PolicyForm::PerCall {
                return quote_spanned!(at=> #private::edit(&#expr));
            }
            return quote_spanned!(at=> #expr.edit());
        }
        let backoff = match (args.backoff.as_ref().map(|backoff| &backoff.value), &args.delay) {
            (Some(Backoff::Custom(expr)), _) => {
                self.note_constant(expr);
                let expr = expr.computed_expression();
                let at = site.located_at(expr.span());
                let custom = if matches!(peel(expr), Expr::Closure(_)) {
                    quote_spanned!(at=> #private::backoff_of(#expr))
                } else {
                    quote_spanned!(at=> #private::CustomBackoff::new(#expr).backoff())
                };
                let custom =
                    if args.names_limit() { custom } else { quote_spanned!(at=> #private::ends_by_itself(#custom)) };
                let core = located(core, at);
                return quote_spanned!(at=> #core::Policy::with_backoff(#custom));
            }
            (_, Some(delay)) => {
                self.note_constant(&delay.value);
                let delay = duration(&delay.value);
                quote_spanned!(site=> constant(#delay))
            }
            (Some(Backoff::Linear), None) => quote_spanned!(site=> linear()),
            (Some(Backoff::Fibonacci), None) => quote_spanned!(site=> fibonacci()),
            (Some(Backoff::Exponential) | None, None) => quote_spanned!(site=> exponential()),
        };
        quote_spanned!(site=> #core::Policy::#backoff)
    }
}

impl Value<core::convert::Infallible> {
    /// Returns the expression; such a value is never a literal.
    fn computed_expression(&self) -> &Expr {
        match self {
            Self::Literal(never) => match *never {},
            Self::Constant(expr) | Self::Runtime(expr) => expr,
        }
    }
}

fn write_jitter(value: &Value<Jitter>, core: &TokenStream) -> TokenStream {
    let site = Span::mixed_site();
    match value {
        Value::Literal(jitter) => match jitter.variant() {
            Ok(name) => {
                let name = Ident::new(name, site);
                quote_spanned!(site=> #core::Jitter::#name)
            }
            Err(factor) => quote_spanned!(site=> #core::Jitter::Factor(#factor)),
        },
        Value::Constant(expr) | Value::Runtime(expr) => expr.to_token_stream(),
    }
}
