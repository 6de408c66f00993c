//! Values that are code of the user: closures, functions, and objects of the runtime crate.

use quote::ToTokens;
use syn::{Expr, Ident, Lit, LitStr};

use super::argument::Key;
use super::value::{Signed, is_async_closure, peel, signed};

/// Reads a closure or a path to a function that is called for its result, without an await.
pub(super) fn condition(key: &Key, expr: Expr) -> syn::Result<Expr> {
    if is_async_closure(&expr) {
        let message =
            format!("`{key}` cannot be an `async` closure, because its answer is needed at once; remove `async`");
        return Err(syn::Error::new_spanned(expr, message));
    }
    callable(key, expr)
}

/// Reads a closure or a path to a function.
pub(super) fn callable(key: &Key, expr: Expr) -> syn::Result<Expr> {
    let usual = key.form();
    let is_code = |text: &LitStr| matches!(text.parse(), Ok(Expr::Path(_) | Expr::Closure(_)));
    match signed(&expr) {
        Some(Signed { minus: false, lit: Lit::Str(text) }) if is_code(text) => {
            let message = format!("`{key}` is code without quotes; use `{key} = {}`", text.value());
            Err(syn::Error::new_spanned(expr, message))
        }
        Some(_) => {
            let message = format!("`{key}` is a closure or the path of a function; use `{usual}`");
            Err(syn::Error::new_spanned(expr, message))
        }
        None => one_argument(key, expr),
    }
}

/// Refuses a closure of none or several arguments: every closure of the attribute gets one.
fn one_argument(key: &Key, expr: Expr) -> syn::Result<Expr> {
    let Expr::Closure(closure) = peel(&expr) else { return Ok(expr) };
    let count = closure.inputs.len();
    if count == 1 {
        return Ok(expr);
    }
    let form = key.form();
    let usual = if form.contains('|') { form.to_owned() } else { format!("{key} = |argument| ..") };
    let message = format!("the closure of `{key}` gets one argument, and this one takes {count}; use `{usual}`");
    if count == 0 {
        return Err(syn::Error::new_spanned(&expr, message));
    }
    Err(syn::Error::new_spanned(&closure.inputs, message))
}

/// Returns whether an expression makes a budget: `Budget::new()` with or without its settings.
fn is_new_budget(expr: &Expr) -> bool {
    match peel(expr) {
        Expr::Reference(reference) => is_new_budget(&reference.expr),
        Expr::MethodCall(call) => is_new_budget(&call.receiver),
        Expr::Call(call) => match peel(&call.func) {
            Expr::Path(path) => {
                let names: Vec<&Ident> = path.path.segments.iter().map(|segment| &segment.ident).collect();
                matches!(names.as_slice(), [.., owner, maker] if *owner == "Budget" && (*maker == "new" || *maker == "default"))
            }
            _ => false,
        },
        _ => false,
    }
}

/// Writes an expression without the spaces of its tokens, for a message.
fn written(expr: &Expr) -> String {
    expr.to_token_stream()
        .to_string()
        .replace(" :: ", "::")
        .replace(" . ", ".")
        .replace(" (", "(")
        .replace("( ", "(")
        .replace("& ", "&")
}

/// Reads a budget.
pub(super) fn budget(key: &Key, expr: Expr) -> syn::Result<Expr> {
    if is_new_budget(&expr) {
        let text = written(&expr);
        let message = format!(
            "`budget = {text}` would be a new budget for each call; use the bare `budget` for one of this function's own, or a static: \
             `budget = BUDGET`"
        );
        return Err(syn::Error::new_spanned(expr, message));
    }
    object(key, expr, "a `Budget`, alone or shared")
}

/// Reads an expression of a type that has no literals; `what` names the type.
pub(super) fn object(key: &Key, expr: Expr, what: &str) -> syn::Result<Expr> {
    if signed(&expr).is_none() {
        return Ok(expr);
    }
    let message = format!("`{key}` is {what}; use `{}`", key.form());
    Err(syn::Error::new_spanned(expr, message))
}

/// Reads the expression of `before_retry`. It is evaluated and not called, so a function or a closure is refused.
pub(super) fn evaluated(key: &Key, expr: Expr) -> syn::Result<Expr> {
    let message = match peel(&expr) {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Str(text) if text.parse::<Expr>().is_ok() => {
                format!("`before_retry` is code without quotes; use `before_retry = {}`", text.value())
            }
            _ => format!("`before_retry` is code to run; use `{}`", key.form()),
        },
        Expr::Closure(_) => {
            "`before_retry` is evaluated and not called; use the body of the closure, such as `before_retry = reconnect()`".to_owned()
        }
        Expr::Path(path) => {
            let text = path.to_token_stream().to_string().replace(' ', "");
            format!("`before_retry` is evaluated and not called; use `before_retry = {text}()`")
        }
        _ => return Ok(expr),
    };
    Err(syn::Error::new_spanned(expr, message))
}
