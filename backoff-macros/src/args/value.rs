//! Values: which of them the macro can check, which the compiler checks, and which are known at run time only.

use std::time::Duration;

use backoff_rules::Jitter;
use quote::ToTokens;
use syn::{Expr, ExprBlock, ExprLit, Ident, Lit, LitInt, LitStr, Stmt, UnOp};

use super::{duration, form};
use crate::function::Scope;
use crate::suggest;

/// A value of a policy.
pub(crate) enum Value<T> {
    /// Written in the attribute, and checked by the macro.
    Literal(T),
    /// A constant path or a `const` block: it goes into a `const` item, where the compiler checks it.
    Constant(Expr),
    /// Anything else: evaluated once per call, and moved to the nearest allowed value.
    Runtime(Expr),
}

impl<T> Value<T> {
    /// Sorts an expression that is no literal.
    pub(super) fn computed(expr: Expr, scope: &Scope) -> Self {
        if is_constant(&expr, scope) { Self::Constant(expr) } else { Self::Runtime(unbraced(expr)) }
    }
}

/// Returns an expression without invisible groups (from `macro_rules`) and parentheses.
pub(crate) fn peel(expr: &Expr) -> &Expr {
    match expr {
        Expr::Group(group) => peel(&group.expr),
        Expr::Paren(paren) => peel(&paren.expr),
        _ => expr,
    }
}

/// Takes the braces off `{ N }`, which say that a name is no constant: as an argument they would be called unnecessary.
fn unbraced(expr: Expr) -> Expr {
    match expr {
        Expr::Block(ExprBlock { attrs, label: None, block }) if attrs.is_empty() => match block.stmts.as_slice() {
            [Stmt::Expr(inner, None)] => inner.clone(),
            _ => Expr::Block(ExprBlock { attrs, label: None, block }),
        },
        other => other,
    }
}

/// Returns whether an expression is an `async` closure.
pub(crate) fn is_async_closure(expr: &Expr) -> bool {
    matches!(peel(expr), Expr::Closure(closure) if closure.asyncness.is_some())
}

fn is_constant(expr: &Expr, scope: &Scope) -> bool {
    match peel(expr) {
        // An item cannot use the generic parameters of the function around it.
        Expr::Const(block) => !scope.has_generic(block.block.to_token_stream()),
        Expr::Path(path) if path.qself.is_none() => {
            let segments = &path.path.segments;
            let plain = segments.iter().all(|segment| segment.arguments.is_none());
            // A lonely `N` is taken for a constant: it has the same form as one.
            let generic = segments.first().is_some_and(|first| match segments.len() {
                1 => scope.is_generic(&first.ident),
                _ => scope.may_be_generic(&first.ident),
            });
            plain && !generic && segments.last().is_some_and(|last| is_screaming(&last.ident))
        }
        _ => false,
    }
}

fn is_screaming(ident: &Ident) -> bool {
    let name = ident.to_string();
    name.contains(char::is_uppercase) && !name.contains(char::is_lowercase)
}

/// A literal with its sign.
struct Signed<'a> {
    minus: bool,
    lit: &'a Lit,
}

fn signed(expr: &Expr) -> Option<Signed<'_>> {
    match peel(expr) {
        Expr::Lit(ExprLit { lit, .. }) => Some(Signed { minus: false, lit }),
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => match peel(&unary.expr) {
            Expr::Lit(ExprLit { lit, .. }) => Some(Signed { minus: true, lit }),
            _ => None,
        },
        _ => None,
    }
}

/// Returns the word that an expression is, if it is one.
pub(super) fn word(expr: &Expr) -> Option<&Ident> {
    match peel(expr) {
        Expr::Path(path) if path.qself.is_none() => path.path.get_ident(),
        _ => None,
    }
}

/// Returns the string literal that an expression is.
pub(super) fn string(expr: &Expr) -> Option<&LitStr> {
    match signed(expr) {
        Some(Signed { minus: false, lit: Lit::Str(text) }) => Some(text),
        _ => None,
    }
}

/// Returns the literal that an expression is, whatever its sign.
pub(super) fn literal(expr: &Expr) -> Option<&Lit> {
    signed(expr).map(|signed| signed.lit)
}

/// Reads a duration.
pub(super) fn duration(key: &Ident, expr: Expr, scope: &Scope) -> syn::Result<Value<Duration>> {
    let message = match signed(&expr) {
        None => return Ok(Value::computed(expr, scope)),
        Some(Signed { minus: false, lit: Lit::Str(text) }) => match duration::parse(&text.value()) {
            Ok(duration) => return Ok(Value::Literal(duration)),
            Err(message) => message,
        },
        Some(Signed { lit: Lit::Int(_) | Lit::Float(_), .. }) => {
            let text = expr.to_token_stream().to_string().replace(' ', "");
            let positive = text.trim_start_matches('-');
            let plain = positive.replace('_', "");
            let has_unit = !plain.ends_with(|last: char| last.is_ascii_digit());
            let unit = if has_unit { "" } else { "s" };
            if text != positive {
                format!("`{key} = {text}` is negative; use `{key} = \"{plain}{unit}\"`")
            } else if has_unit {
                format!("`{key} = {text}` needs quotes; use `{key} = \"{plain}\"`")
            } else {
                format!("`{key} = {text}` has no unit; use `{key} = \"{plain}s\"`")
            }
        }
        Some(_) => "expected a duration such as \"60s\" or an expression of type `Duration`".to_owned(),
    };
    Err(syn::Error::new_spanned(expr, message))
}

/// Reads a whole number, of type `u32` or `u64`.
pub(super) fn whole<T>(key: &Ident, expr: Expr, scope: &Scope, largest: &T) -> syn::Result<Value<T>>
where
    T: TryFrom<u128> + core::fmt::Display,
{
    let (usual, text) = (form(&key.to_string()), expr.to_token_stream().to_string().replace("- ", "-"));
    let message = match signed(&expr) {
        None => return Ok(Value::computed(expr, scope)),
        Some(Signed { minus: false, lit: Lit::Int(number) }) => match number.base10_parse::<u128>().map(T::try_from) {
            Ok(Ok(value)) if suffix_is(number, &["u32", "u64"]) => {
                return Ok(Value::Literal(value));
            }
            Ok(Ok(_)) => format!("`{key} = {number}` is not a plain number; use `{key} = {}`", number.base10_digits()),
            _ if key == "max_attempts" || key == "max_retries" => {
                format!("`{key} = {number}` is too large; the largest is {largest}, and `forever` stands for no limit")
            }
            _ => format!("`{key} = {number}` is too large; the largest is {largest}"),
        },
        Some(Signed { minus: true, .. }) if key == "max_attempts" || key == "max_retries" => {
            format!("`{key}` cannot be negative; use `forever` for no limit")
        }
        Some(Signed { minus: false, lit: Lit::Str(text) }) if text.value().parse::<u32>().is_ok() => {
            format!("`{key}` is a number; use `{key} = {}`", text.value())
        }
        Some(_) => format!("`{key} = {text}` is not a whole number; use `{usual}`"),
    };
    Err(syn::Error::new_spanned(expr, message))
}

fn suffix_is(number: &LitInt, allowed: &[&str]) -> bool {
    number.suffix().is_empty() || allowed.contains(&number.suffix())
}

/// Returns the value of an expression that is a number with or without a point.
fn number(expr: &Expr) -> Option<f64> {
    let Signed { minus, lit } = signed(expr)?;
    let value = match lit {
        Lit::Int(number) if suffix_is(number, &["f32", "f64"]) => number.base10_parse::<f64>().ok()?,
        Lit::Float(number) if matches!(number.suffix(), "" | "f32" | "f64") => number.base10_parse::<f64>().ok()?,
        _ => return None,
    };
    Some(if minus { -value } else { value })
}

/// Reads a number with or without a point.
pub(super) fn ratio(key: &Ident, expr: Expr, scope: &Scope) -> syn::Result<Value<f64>> {
    if let Some(value) = number(&expr) {
        return Ok(Value::Literal(value));
    }
    let message = match signed(&expr) {
        None => return Ok(Value::computed(expr, scope)),
        Some(Signed { lit: Lit::Str(text), .. }) if text.value().parse::<f64>().is_ok() => {
            format!("`{key}` is a number; use `{key} = {}`", text.value())
        }
        Some(Signed { minus: false, lit: Lit::Int(number) }) => {
            format!("`{key} = {number}` is not a plain number; use `{key} = {}`", number.base10_digits())
        }
        Some(Signed { minus: false, lit: Lit::Float(number) }) => {
            format!("`{key} = {number}` is not a plain number; use `{key} = {}`", number.base10_digits())
        }
        Some(_) => format!("`{key} = {}` is not a number; use `{}`", expr.to_token_stream(), form(&key.to_string())),
    };
    Err(syn::Error::new_spanned(expr, message))
}

/// Returns the factor that a text holds, also one in per cent.
fn quoted_factor(text: &str) -> Option<f64> {
    let factor = match text.trim().strip_suffix('%') {
        Some(percent) => percent.trim().parse::<f64>().ok()? / 100.0,
        None => text.trim().parse().ok()?,
    };
    (0.0..=1.0).contains(&factor).then_some(factor)
}

/// Reads a jitter: a word, a factor, or an expression.
pub(super) fn jitter(expr: Expr, scope: &Scope) -> syn::Result<Value<Jitter>> {
    if let Some(factor) = number(&expr) {
        return Ok(Value::Literal(Jitter::Factor(factor)));
    }
    let message = match signed(&expr).map(|signed| signed.lit) {
        None => {
            let words = Jitter::WITH_WORD.map(|jitter| (jitter.word().unwrap_or_default(), jitter));
            return self::words("jitter", expr, &words, scope, Some("a factor such as `0.5`"));
        }
        Some(Lit::Str(text)) if Jitter::from_word(&text.value()).is_some() => {
            format!("`jitter` is a word without quotes; use `jitter = {}`", text.value())
        }
        Some(Lit::Str(text)) if quoted_factor(&text.value()).is_some() => {
            let factor = quoted_factor(&text.value()).unwrap_or(0.5);
            format!("`jitter` is a word or a factor without quotes; use `jitter = {factor}`")
        }
        Some(Lit::Bool(on)) if on.value => "`jitter` is a word or a factor; use `jitter = full`".to_owned(),
        Some(Lit::Bool(_)) => "`jitter` is a word or a factor; use `jitter = none`".to_owned(),
        Some(_) => "expected `full`, `equal`, `decorrelated`, `none`, or a factor such as `0.5`".to_owned(),
    };
    Err(syn::Error::new_spanned(expr, message))
}

/// Reads one of a few words, or an expression; a single lower-case name that is no argument of the function is a
/// misspelt word.
pub(super) fn words<T: Copy>(
    key: &str,
    expr: Expr,
    table: &[(&str, T)],
    scope: &Scope,
    or: Option<&str>,
) -> syn::Result<Value<T>> {
    if let Some(word) = word(&expr) {
        if let Some((_, value)) = table.iter().find(|(name, _)| word == name) {
            return Ok(Value::Literal(*value));
        }
        if !is_screaming(word) && !scope.is_argument(word) && !scope.is_generic(word) {
            let names: Vec<&str> = table.iter().map(|(name, _)| *name).collect();
            let message = suggest::unknown_word(key, word, &names, or);
            return Err(syn::Error::new(word.span(), message));
        }
    }
    Ok(Value::computed(expr, scope))
}

/// Reads a closure or a path to a function.
pub(super) fn callable(key: &Ident, expr: Expr) -> syn::Result<Expr> {
    let usual = form(&key.to_string());
    let is_code = |text: &LitStr| matches!(text.parse(), Ok(Expr::Path(_) | Expr::Closure(_)));
    let at_once = ["when", "until", "unmet", "on_timeout"].iter().any(|name| key == name);
    if at_once && is_async_closure(&expr) {
        let message =
            format!("`{key}` cannot be an `async` closure, because its answer is needed at once; remove `async`");
        return Err(syn::Error::new_spanned(expr, message));
    }
    match signed(&expr) {
        Some(Signed { minus: false, lit: Lit::Str(text) }) if is_code(text) => {
            let message = format!("`{key}` is code without quotes; use `{key} = {}`", text.value());
            Err(syn::Error::new_spanned(expr, message))
        }
        Some(_) => {
            let message = format!("`{key}` is a closure or the path of a function; use `{usual}`");
            Err(syn::Error::new_spanned(expr, message))
        }
        None => Ok(expr),
    }
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

/// Returns an expression as a person would write it, near enough for a message.
fn written(expr: &Expr) -> String {
    expr.to_token_stream()
        .to_string()
        .replace(" :: ", "::")
        .replace(" . ", ".")
        .replace(" (", "(")
        .replace("( ", "(")
        .replace("& ", "&")
}

/// Reads an expression of a type that no literal has.
pub(super) fn object(key: &Ident, expr: Expr) -> syn::Result<Expr> {
    if key == "budget" && is_new_budget(&expr) {
        let text = written(&expr);
        let message = format!(
            "`budget = {text}` would be a new budget for each call; use the bare `budget` for one of this function's own, or a static: \
             `budget = BUDGET`"
        );
        return Err(syn::Error::new_spanned(expr, message));
    }
    if signed(&expr).is_none() {
        return Ok(expr);
    }
    let what = match key.to_string().as_str() {
        "policy" => "a `Policy`",
        "budget" => "a `Budget`, alone or shared",
        _ => "a `CancelToken`, or a future in an async function",
    };
    let message = format!("`{key}` is {what}; use `{}`", form(&key.to_string()));
    Err(syn::Error::new_spanned(expr, message))
}

/// Reads the expression of `before_retry`, which is evaluated and not called: a function or a closure would do nothing.
pub(super) fn evaluated(expr: Expr) -> syn::Result<Expr> {
    let message = match peel(&expr) {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Str(text) if text.parse::<Expr>().is_ok() => {
                format!("`before_retry` is code without quotes; use `before_retry = {}`", text.value())
            }
            _ => format!("`before_retry` is code to run; use `{}`", form("before_retry")),
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
