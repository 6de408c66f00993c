//! Rules on the function, and on arguments that name its parts.

use quote::ToTokens as _;
use syn::{Expr, FnArg, Ident, Type};

use crate::args::{self, Args, Content, Given, Role, is_async_closure, names_with};
use crate::errors::Errors;
use crate::function::{DeclaredNames, Function, peel, plain_argument};
use crate::suggest;

/// Applies the rules that need the function.
pub(crate) fn check(args: &Args, function: &Function, errors: &mut Errors) {
    check_signature(function, errors);
    if let Some(error) = &function.unseen_future {
        errors.push(error.clone());
    } else if !function.shape.is_async() {
        refuse_async_arguments(args, errors);
        refuse_future_as_token(args, errors);
    }
    if function.shape.is_async() {
        refuse_unawaited(args, errors);
    }
    check_clones(args, function, errors);
    check_names(args, function, errors);
}

fn check_signature(function: &Function, errors: &mut Errors) {
    if let Some(constness) = &function.sig.constness {
        let message = "`#[retry]` cannot wrap a `const fn`, because a retry waits at run time; remove `const`";
        errors.at(constness.span, message);
    }
    if let Some(variadic) = &function.sig.variadic {
        let message = "`#[retry]` cannot wrap a C-variadic function, because its arguments can be read only once; put it \
                       on a function that takes them by name";
        errors.push(syn::Error::new_spanned(variadic.dots, message));
    }
    for attr in &function.repeated {
        let message = "`#[retry]` is applied twice, so that attempts would multiply; keep one of them";
        errors.push(syn::Error::new_spanned(attr, message));
    }
}

/// Refuses arguments that need an async function.
fn refuse_async_arguments(args: &Args, errors: &mut Errors) {
    for name in names_with(Role::AsyncOnly) {
        if let Some(key) = args.key(name) {
            let cure = match name {
                "attempt_timeout" | "timeout" => "use `max_elapsed`, which is checked between attempts",
                "cancel_attempts" => "remove it, and let the body check the token",
                _ => "remove it, or make the function `async`",
            };
            let message =
                format!("`{name}` needs an `async fn`, because a blocking attempt cannot be interrupted; {cure}");
            errors.at(key.span(), message);
        }
    }
    let has_timeout = args.key("attempt_timeout").or(args.key("timeout")).is_some();
    // Without a timeout, `on_timeout` was refused already; `on_cancel` without `cancel_attempts`, too.
    if let (Some(key), true) = (args.key("on_timeout"), has_timeout) {
        errors.at(key.span(), "`on_timeout` needs an `async fn`; remove it together with the timeout");
    }
    if let (Some(key), true) = (args.key("on_cancel"), args.key("cancel_attempts").is_some()) {
        errors.at(key.span(), "`on_cancel` needs an `async fn`; remove it together with `cancel_attempts`");
    }
    for Given { key, content, .. } in args.given() {
        let Content::Awaited(hook) = content else { continue };
        if is_async_closure(hook) {
            let message = format!("`{key}` cannot be an `async` closure in a synchronous function; remove `async`");
            errors.push(syn::Error::new_spanned(hook, message));
        }
    }
}

/// Refuses closures that return an async block, which the expansion would not await.
fn refuse_unawaited(args: &Args, errors: &mut Errors) {
    for Given { key, content, .. } in args.given() {
        let (expr, cure) = match content {
            Content::Plain | Content::Runtime => continue,
            Content::Immediate(expr) => (expr, "its answer is needed at once; remove `async`"),
            Content::Awaited(expr) => (expr, "use an `async` closure such as `async |event| ..`"),
        };
        let Expr::Closure(closure) = args::peel(expr) else { continue };
        if let Expr::Async(block) = args::peel(&closure.body) {
            let message = format!("`{key}` does not await the block that this closure returns; {cure}");
            errors.push(syn::Error::new_spanned(block.async_token, message));
        }
    }
}

/// Refuses a future as the value of `cancel` in a synchronous function, if the expression shows that it is a future.
fn refuse_future_as_token(args: &Args, errors: &mut Errors) {
    let Some(cancel) = &args.cancel else { return };
    let token = match args::peel(&cancel.value) {
        Expr::MethodCall(call) if call.method == "cancelled" && call.args.is_empty() => {
            call.receiver.to_token_stream().to_string().replace(' ', "")
        }
        Expr::Async(_) => "TOKEN".to_owned(),
        _ => return,
    };
    let message = format!(
        "a future cannot cancel a synchronous function, because nothing polls it during a delay; use a `CancelToken` of \
         `backoff_core`: `cancel = &{token}`"
    );
    errors.push(cancel.error(message));
}

fn check_clones(args: &Args, function: &Function, errors: &mut Errors) {
    let Some(clone) = &args.clone else { return };
    let scope = DeclaredNames::of(function);
    for (at, name) in clone.value.iter().enumerate() {
        if clone.value.iter().take(at).any(|earlier| earlier == name) {
            errors.at(name.span(), format!("`{name}` is named twice in `clone(..)`; keep one of them"));
            continue;
        }
        if let Some(message) = describe_clone_mistake(name, function, &scope) {
            errors.at(name.span(), message);
        }
    }
}

fn describe_clone_mistake(name: &Ident, function: &Function, scope: &DeclaredNames) -> Option<String> {
    if name == "self" {
        return Some("cannot clone `self`, because it cannot be bound anew; clone what the body consumes".to_owned());
    }
    let inputs = &function.sig.inputs;
    let plain = inputs.iter().filter_map(plain_argument).find(|(pat, _)| pat.ident == *name);
    match plain {
        Some((_, typed)) => match peel(&typed.ty) {
            Type::Reference(reference) if reference.mutability.is_some() => {
                Some(format!("cannot clone `{name}`, a `&mut` argument; remove it, because every attempt reborrows it"))
            }
            _ => None,
        },
        None if scope.is_argument(name) => Some(format!(
            "cannot clone `{name}`, a part of a pattern; give the argument a name, and take it apart in the body"
        )),
        None => {
            let names: Vec<String> =
                inputs.iter().filter_map(plain_argument).map(|(pat, _)| pat.ident.to_string()).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            Some(match (suggest::nearest(&name.to_string(), names.iter().copied()), names.as_slice()) {
                (Some(near), _) => format!("no argument named `{name}`; use `{near}`"),
                (None, []) => format!("no argument named `{name}`; remove `clone(..)`"),
                (None, [only]) => format!("no argument named `{name}`; use `{only}`"),
                (None, names) => format!("no argument named `{name}`; use one of {}", suggest::listed(names)),
            })
        }
    }
}

/// Refuses names for the body that are bound already.
fn check_names(args: &Args, function: &Function, errors: &mut Errors) {
    let scope = DeclaredNames::of(function);
    let once = args.once.iter().flat_map(|arg| &arg.value).map(|once| &once.name);
    let mut taken: Vec<&Ident> = Vec::new();
    for name in once.chain(args.attempt.as_ref().map(|arg| &arg.value)) {
        if taken.contains(&name) {
            errors.at(name.span(), format!("`{name}` is bound twice by `#[retry(...)]`; use another name"));
        } else if name == "self" || name == "_" {
            errors.at(name.span(), format!("`{name}` cannot be a name of its own here; use another name"));
        } else if scope.is_argument(name) && function.sig.inputs.iter().any(|input| matches!(input, FnArg::Typed(_))) {
            errors.at(name.span(), format!("`{name}` is an argument of the function already; use another name"));
        }
        taken.push(name);
    }
}
