//! Values of arguments: literals, which the macro checks; constants, which the compiler checks; and other expressions,
//! which are known only at run time.

use std::time::Duration;

use quote::ToTokens;
use syn::{Expr, ExprBlock, ExprLit, Ident, Lit, LitInt, LitStr, Stmt, UnOp};

use super::argument::{Arg, Key, Role};
use super::duration;
use crate::function::DeclaredNames;

/// A value of a policy.
pub(crate) enum Value<T> {
    /// Written in the attribute, and checked by the macro.
    Literal(T),
    /// A constant path or a `const` block. The expansion puts it into a `const` item, so that the compiler checks it.
    Constant(Expr),
    /// Another expression. It is evaluated once per call, and its value is moved to the nearest allowed one.
    Runtime(Expr),
}

impl<T> Value<T> {
    /// Sorts an expression other than a literal.
    pub(super) fn computed(expr: Expr, scope: &DeclaredNames) -> Self {
        if is_constant(&expr, scope) { Self::Constant(expr) } else { Self::Runtime(unbraced(expr)) }
    }
}

impl<T> Arg<Value<T>> {
    /// Returns the value if it is a literal, which the macro can check.
    pub(crate) fn literal(&self) -> Option<&T> {
        match &self.value {
            Value::Literal(value) => Some(value),
            Value::Constant(_) | Value::Runtime(_) => None,
        }
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

/// Removes the braces of `{ N }`, with which users mark a name as a run-time value. A lint reports them in a call.
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

fn is_constant(expr: &Expr, scope: &DeclaredNames) -> bool {
    match peel(expr) {
        // A constant item cannot use the generic parameters of its function.
        Expr::Const(block) => !scope.has_generic(block.block.to_token_stream()),
        Expr::Path(path) if path.qself.is_none() => {
            let segments = &path.path.segments;
            let plain = segments.iter().all(|segment| segment.arguments.is_none());
            // A single `N` counts as a constant, because it has the form of one.
            let generic = segments.first().is_some_and(|first| match segments.len() {
                1 => scope.is_generic(&first.ident),
                _ => scope.may_be_generic(&first.ident),
            });
            plain && !generic && segments.last().is_some_and(|last| is_screaming(&last.ident))
        }
        _ => false,
    }
}

pub(super) fn is_screaming(ident: &Ident) -> bool {
    let name = ident.to_string();
    name.contains(char::is_uppercase) && !name.contains(char::is_lowercase)
}

/// A literal with its sign.
pub(super) struct Signed<'a> {
    pub(super) minus: bool,
    pub(super) lit: &'a Lit,
}

pub(super) fn signed(expr: &Expr) -> Option<Signed<'_>> {
    match peel(expr) {
        Expr::Lit(ExprLit { lit, .. }) => Some(Signed { minus: false, lit }),
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => match peel(&unary.expr) {
            Expr::Lit(ExprLit { lit, .. }) => Some(Signed { minus: true, lit }),
            _ => None,
        },
        _ => None,
    }
}

/// Returns the identifier, if an expression is a single identifier.
pub(super) fn word(expr: &Expr) -> Option<&Ident> {
    match peel(expr) {
        Expr::Path(path) if path.qself.is_none() => path.path.get_ident(),
        _ => None,
    }
}

/// Returns the string literal, if an expression is one.
pub(super) fn string(expr: &Expr) -> Option<&LitStr> {
    match signed(expr) {
        Some(Signed { minus: false, lit: Lit::Str(text) }) => Some(text),
        _ => None,
    }
}

/// Returns the literal without its sign, if an expression is one.
pub(super) fn literal(expr: &Expr) -> Option<&Lit> {
    signed(expr).map(|signed| signed.lit)
}

/// Reads a duration.
pub(super) fn duration(key: &Key, expr: Expr, scope: &DeclaredNames) -> syn::Result<Value<Duration>> {
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
pub(super) fn whole<T>(key: &Key, expr: Expr, scope: &DeclaredNames, largest: &T) -> syn::Result<Value<T>>
where
    T: TryFrom<u128> + core::fmt::Display,
{
    let (usual, text) = (key.form(), expr.to_token_stream().to_string().replace("- ", "-"));
    let message = match signed(&expr) {
        None => return Ok(Value::computed(expr, scope)),
        Some(Signed { minus: false, lit: Lit::Int(number) }) => match number.base10_parse::<u128>().map(T::try_from) {
            Ok(Ok(value)) if suffix_is(number, &["u32", "u64"]) => {
                return Ok(Value::Literal(value));
            }
            Ok(Ok(_)) => format!("`{key} = {number}` is not a plain number; use `{key} = {}`", number.base10_digits()),
            _ if key.argument.has(Role::Limit) => {
                format!("`{key} = {number}` is too large; the largest is {largest}, and `forever` stands for no limit")
            }
            _ => format!("`{key} = {number}` is too large; the largest is {largest}"),
        },
        Some(Signed { minus: true, .. }) if key.argument.has(Role::Limit) => {
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

/// Returns the value of a literal number, with or without a point.
pub(super) fn number(expr: &Expr) -> Option<f64> {
    let Signed { minus, lit } = signed(expr)?;
    let value = match lit {
        Lit::Int(number) if suffix_is(number, &["f32", "f64"]) => number.base10_parse::<f64>().ok()?,
        Lit::Float(number) if matches!(number.suffix(), "" | "f32" | "f64") => number.base10_parse::<f64>().ok()?,
        _ => return None,
    };
    Some(if minus { -value } else { value })
}

/// Reads a `bool`.
pub(super) fn truth(key: &Key, expr: Expr, scope: &DeclaredNames) -> syn::Result<Value<bool>> {
    match signed(&expr) {
        None => Ok(Value::computed(expr, scope)),
        Some(Signed { minus: false, lit: Lit::Bool(truth) }) => Ok(Value::Literal(truth.value)),
        Some(_) => {
            let text = expr.to_token_stream().to_string().replace("- ", "-");
            let message = format!(
                "`{key} = {text}` is not a `bool`; use the bare word `{key}`, or a condition such as `{key} = method.is_safe()`"
            );
            Err(syn::Error::new_spanned(expr, message))
        }
    }
}

/// Reads a number with or without a point.
pub(super) fn ratio(key: &Key, expr: Expr, scope: &DeclaredNames) -> syn::Result<Value<f64>> {
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
        Some(_) => format!("`{key} = {}` is not a number; use `{}`", expr.to_token_stream(), key.form()),
    };
    Err(syn::Error::new_spanned(expr, message))
}
