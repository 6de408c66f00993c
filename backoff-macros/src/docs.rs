//! The section "Retries" in the documentation of a function, written from the literals of its attribute.
//!
//! A function without documentation gets no section, because the section would count as documentation for the lint
//! `missing_docs`.

mod schedule;
mod text;

use std::time::Duration;

use backoff_rules::Since;
use proc_macro2::Span;
use quote::ToTokens;
use syn::{Attribute, Expr, ExprLit, Lit, LitStr, Meta, MetaNameValue};

use self::schedule::{Attempts, COUNTED, Delays};
use self::text::{duration, listed, number, range};
use crate::args::{Arg, Args, Value, peel};
use crate::function::Function;

/// Adds the section to a function that has documentation.
pub(crate) fn append(args: &Args, function: &mut Function) {
    let is_wanted = args.docs.as_ref().is_none_or(|docs| docs.value);
    if is_wanted && function.attrs.iter().any(is_text) {
        function.attrs.extend(section(args).iter().map(|line| attribute(line)));
    }
}

/// Returns whether an attribute is a line of documentation.
fn is_text(attr: &Attribute) -> bool {
    attr.path().is_ident("doc") && matches!(attr.meta, Meta::NameValue(_))
}

fn attribute(line: &str) -> Attribute {
    let site = Span::mixed_site();
    let lit = Lit::Str(LitStr::new(line, site));
    Attribute {
        pound_token: syn::Token![#](site),
        style: syn::AttrStyle::Outer,
        bracket_token: syn::token::Bracket::default(),
        meta: Meta::NameValue(MetaNameValue {
            path: syn::Ident::new("doc", site).into(),
            eq_token: syn::Token![=](site),
            value: Expr::Lit(ExprLit { attrs: Vec::new(), lit }),
        }),
    }
}

/// Returns the lines of the section.
pub(crate) fn section(args: &Args) -> Vec<String> {
    let schedule = Delays::of(args);
    // `timeout` ends a call during a delay, so the delay of a retry that it prevents still counts as a wait.
    // An attempt that is limited to the time left needs some.
    let needs_time = args.attempt_timeout.is_some();
    let scheduled = Attempts::of(args).within(literal(args.max_elapsed.as_ref()), needs_time, schedule.as_ref(), args);
    let attempts = scheduled.within(literal(args.timeout.as_ref()), true, schedule.as_ref(), args);
    let mut lines = vec![String::new(), "# Retries".to_owned(), String::new()];
    let mut item = |text: String| lines.push(format!("- {text}"));
    if let Some(policy) = &args.policy {
        item(format!("policy: {}", code(&policy.tokens).unwrap_or_else(|| "computed for each call".to_owned())));
    }
    match attempts {
        Attempts::UpTo(1) => item("attempts: 1, no retry".to_owned()),
        Attempts::UpTo(most) => item(format!("attempts: at most {}, the first included", number(u64::from(most)))),
        Attempts::Unlimited => item("attempts: as many as the time allows".to_owned()),
        Attempts::Forever => item("attempts: without limit".to_owned()),
        Attempts::Unknown => {}
    }
    match &schedule {
        _ if attempts == Attempts::UpTo(1) => {}
        Some(schedule) if schedule.is_zero() => item("delays: none".to_owned()),
        Some(schedule) => {
            item(format!("delays: {}", delays(schedule, attempts)));
            if let Some(wait) = longest_wait(schedule, scheduled, args) {
                item(format!("longest wait in all: {wait}"));
            }
        }
        None => {}
    }
    for limit in limits(args) {
        item(limit);
    }
    if attempts != Attempts::UpTo(1) {
        item(format!("retried: {}", retried(args)));
        if let Some(load) = load(args, schedule.as_ref(), attempts) {
            item(format!("load on a dependency that is down: {load}"));
        }
    }
    lines
}

/// Returns a path as code; other expressions are left out.
fn code(tokens: &proc_macro2::TokenStream) -> Option<String> {
    let expr: Expr = syn::parse2(tokens.clone()).ok()?;
    let Expr::Path(path) = peel(&expr) else {
        return None;
    };
    let text: String = path.to_token_stream().to_string().split_whitespace().collect();
    Some(format!("`{text}`"))
}

/// Writes the ranges of the first delays, and the last or longest one.
fn delays(schedule: &Delays, attempts: Attempts) -> String {
    const SHOWN: usize = 5;
    let retries = attempts.retries();
    let ranges: Vec<String> =
        schedule.ranges().take(retries.map_or(SHOWN, |retries| retries.min(SHOWN))).map(range).collect();
    if ranges.windows(2).all(|pair| pair.first() == pair.last()) && schedule.is_constant() {
        return ranges.first().cloned().unwrap_or_default();
    }
    match retries {
        Some(retries) if retries <= SHOWN => listed(&ranges),
        Some(retries) if retries <= COUNTED => match schedule.ranges().nth(retries - 1) {
            Some(last) => format!("{}, .., {}", ranges.join(", "), range(last)),
            None => ranges.join(", "),
        },
        _ => format!("{}, .., at most {}", ranges.join(", "), duration(schedule.cap())),
    }
}

/// Writes the sum of the longest delays, or the time limit if it is shorter. Push-backs (`Retry-After`) can exceed the
/// sum, but not the limit.
fn longest_wait(schedule: &Delays, attempts: Attempts, args: &Args) -> Option<String> {
    let sum = schedule.longest(attempts.retries()?);
    if args.max_elapsed.as_ref().is_some_and(|limit| limit.literal().is_none()) {
        return None;
    }
    let limit = literal(args.max_elapsed.as_ref()).into_iter().chain(literal(args.timeout.as_ref())).min();
    match limit {
        Some(limit) if limit <= sum => Some(duration(limit)),
        _ => Some(format!("{}, unless the server asks for more", duration(sum))),
    }
}

fn literal(arg: Option<&Arg<Value<Duration>>>) -> Option<Duration> {
    arg.and_then(Arg::literal).copied()
}

/// Lists the limits of the call other than the number of attempts.
fn limits(args: &Args) -> Vec<String> {
    let mut limits = Vec::new();
    if let Some(limit) = literal(args.max_elapsed.as_ref()) {
        let is_later = args.since.as_ref().is_some_and(|since| since.value == Since::FirstFailure);
        let since = if is_later { "after the first failure" } else { "after the call began" };
        limits.push(format!("no retry is scheduled later than {} {since}", duration(limit)));
    }
    if let Some(limit) = literal(args.reset_after.as_ref()) {
        limits.push(format!("an attempt that fails after {} or more counts as the first", duration(limit)));
    }
    if args.reset_when.is_some() {
        limits.push("an attempt that fails after progress counts as the first".to_owned());
    }
    if let Some(limit) = literal(args.max_push_back.as_ref()) {
        limits.push(format!("a server that asks to wait longer than {} ends the call", duration(limit)));
    }
    if args.adjust.is_some() {
        limits.push("a closure may change each delay, or end the call".to_owned());
    }
    if let Some(mode) = args.push_back.as_ref().map(|mode| mode.value) {
        limits.extend(mode.description().map(str::to_owned));
    }
    if let Some(limit) = literal(args.attempt_timeout.as_ref()) {
        limits.push(format!("an attempt is dropped after {}", duration(limit)));
    }
    if let Some(limit) = literal(args.timeout.as_ref()) {
        limits.push(format!("the call ends after {}", duration(limit)));
    }
    if args.cancel.is_some() {
        let when = if args.cancel_attempts.is_some() { "at any time" } else { "between attempts" };
        limits.push(format!("the call can be cancelled {when}"));
    }
    if args.budget.is_some() {
        limits.push("a retry takes a token from a budget, and an empty budget ends the call".to_owned());
    }
    limits
}

fn retried(args: &Args) -> String {
    let promise = args.idempotent.as_ref().map(|promise| &promise.value);
    let may_repeat = !matches!(promise, None | Some(Value::Literal(false)));
    let mut text = match &args.when {
        Some(when) => code(&when.tokens).map_or_else(
            || "errors that meet a condition of its own".to_owned(),
            |path| format!("what {path} accepts"),
        ),
        None if may_repeat => "every error that is not marked as permanent".to_owned(),
        None => "every error that is not marked as permanent or ambiguous".to_owned(),
    };
    match promise {
        Some(Value::Literal(true)) => text.push_str(", also where the first attempt may have acted"),
        Some(Value::Constant(_) | Value::Runtime(_)) => {
            text.push_str(" (where the first attempt may have acted, only if the call is idempotent)");
        }
        None | Some(Value::Literal(false)) => {}
    }
    if args.until.is_some() {
        text.push_str(", and a value that is not good enough yet");
    }
    text
}

/// Writes the load on a dependency that always fails at once, as a multiple of the load without retries.
fn load(args: &Args, schedule: Option<&Delays>, attempts: Attempts) -> Option<String> {
    let bounded = if args.budget.is_some() { ", less what the budget denies" } else { "" };
    match attempts {
        Attempts::UpTo(most) => Some(format!("up to {} x{bounded}", number(u64::from(most)))),
        Attempts::Forever => Some(format!("without bound{bounded}")),
        Attempts::Unlimited => {
            let limit = literal(args.max_elapsed.as_ref()).into_iter().chain(literal(args.timeout.as_ref())).min()?;
            let expected = schedule?
                .expected_attempts(limit)
                .map_or_else(|| "more than 10,000 x".to_owned(), |attempts| format!("about {} x", number(attempts)));
            Some(format!("{expected}{bounded}"))
        }
        Attempts::Unknown => None,
    }
}

#[cfg(test)]
mod tests;
