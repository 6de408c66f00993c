//! Messages about items and about names in them, and the item in the output beside a message.

use super::messages::each;
use super::{SYNC, errors_in, report, squeezed, tokens};

#[test]
fn items_that_cannot_be_retried_are_refused() {
    for (item, message) in [
        (
            "const fn f() -> Option<u8> { None }",
            "`#[retry]` cannot wrap a `const fn`, because a retry waits at run time; remove `const`",
        ),
        (
            "unsafe extern \"C\" fn f(n: u8, ...) -> Option<u8> { None }",
            "`#[retry]` cannot wrap a C-variadic function, because its arguments can be read only once; put it on a function \
             that takes them by name",
        ),
        ("fn f();", "`#[retry]` needs a function body; put it on the implementations"),
        ("pub struct S;", "`#[retry]` applies to functions and methods; put it on a `fn`"),
        ("const X: u8 = 3;", "`#[retry]` applies to functions and methods; put it on a `fn`"),
        ("macro_rules! m { () => {} }", "`#[retry]` applies to functions and methods; put it on a `fn`"),
        ("mod m {}", "`#[retry]` applies to functions and methods; put it on a `fn`"),
        ("g(a);", "`#[retry]` applies to functions and methods; put it on a `fn`"),
        ("|x| x", "`#[retry]` applies to functions and methods; put it on a `fn`"),
        (
            "unsafe impl S { fn f() {} }",
            "`#[retry]` applies to functions and methods, not to a whole `impl`; put it on the methods",
        ),
        (
            "pub(crate) trait T { fn f() {} }",
            "`#[retry]` applies to functions and methods, not to a whole `trait`; put it on the methods",
        ),
        (
            "async gen fn f() {}",
            "`#[retry]` cannot wrap a `gen fn`, because a half-used iterator cannot start again; put it on a function that the \
             body calls",
        ),
        (
            "fn f() -> impl Future<Output = R> { g() }",
            "`#[retry]` cannot see the async block that makes this future; make this an `async fn`, or end the body with \
             `async move { .. }` or `Box::pin(async move { .. })`",
        ),
        (
            "fn f() -> BoxFuture<'static, R> { if x { return g(); } async { 1 }.boxed() }",
            "a future returned here is never retried; move this `return` into the async block",
        ),
    ] {
        assert_eq!(report("", item), [message], "{item}");
    }
}

#[test]
fn a_second_retry_is_reported_and_does_not_expand_again() {
    let item = "#[backoff_core::retry(max_attempts = 2)] #[must_use] fn f() -> Option<u8> { None }";
    let output = crate::retry_tokens(tokens(""), tokens(item)).to_string();
    assert!(output.contains("# [must_use] fn f ()") && !output.contains("retry ("), "{output}");
    assert_eq!(report("", item), ["`#[retry]` is applied twice, so that attempts would multiply; keep one of them"]);
}

#[test]
fn every_name_of_retry_is_found_and_no_attribute_of_another_crate() {
    for (args, attribute, reports) in [
        ("", "::backoff_core::retry", 1),
        ("", "tracing_retry::retry", 0),
        ("", "backoff::retry(max_attempts = 2)", 0),
        ("crate = backoff", "backoff::retry(max_attempts = 2)", 1),
        ("crate = \"a::b\"", "::a::b::retry", 1),
        ("crate = a::b", "b::retry", 0),
    ] {
        let item = format!("#[{attribute}] fn f() -> Option<u8> {{ None }}");
        assert_eq!(report(args, &item).len(), reports, "{attribute}");
        let kept = squeezed(&crate::retry_tokens(tokens(args), tokens(&item))).contains(&attribute.replace(' ', ""));
        assert_eq!(kept, reports == 0, "{attribute}");
    }
}

#[test]
fn an_expression_is_not_emitted_beside_its_message() {
    for item in ["g();", "g(a)", "self.g().await?;", "return;", "|x| x", "move || {}", "async { 1 }", "{ 1 }", "x = 3;"]
    {
        let output = crate::retry_tokens(tokens(""), tokens(item));
        assert!(output.to_string().starts_with(":: core :: compile_error"), "{item}: {output}");
    }
    for item in ["let x = g();", "struct S;", "thread_local! { }", "default", "const X: u8 = 3;"] {
        let output = squeezed(&crate::retry_tokens(tokens(""), tokens(item)));
        assert!(output.starts_with(&squeezed(&tokens(item))), "{item}: {output}");
    }
}

#[test]
fn an_argument_to_clone_must_be_one() {
    let item = "fn f(&self, a: String, user: &mut V, (x, y): (u8, u8)) -> R { .. }";
    each(
        item,
        &[
            ("clone(self)", "cannot clone `self`, because it cannot be bound anew; clone what the body consumes"),
            ("clone(user)", "cannot clone `user`, a `&mut` argument; remove it, because every attempt reborrows it"),
            (
                "clone(y)",
                "cannot clone `y`, a part of a pattern; give the argument a name, and take it apart in the body",
            ),
            ("clone(usr)", "no argument named `usr`; use `user`"),
            ("clone(something)", "no argument named `something`; use one of `a`, `user`"),
            ("clone(a, a)", "`a` is named twice in `clone(..)`; keep one of them"),
        ],
    );
    each("fn f() -> R { .. }", &[("clone(a)", "no argument named `a`; remove `clone(..)`")]);
}

#[test]
fn after_a_mistake_a_body_that_uses_bound_names_still_has_its_type() {
    let item = "fn f() -> impl Future<Output = R> { async move { g(*key, ctx.number()).await } }";
    let output = crate::retry_tokens(tokens("max_attempts = 0, once(key = 1), attempt = ctx"), tokens(item));
    let output = squeezed(&output);
    assert!(
        output.contains("{letkey=&1;letctx:::backoff_core::Attempt=::core::unreachable!();asyncmove{g"),
        "{output}"
    );
    let output = crate::retry_tokens(tokens("max_attempts = 0, once(key = 1)"), tokens("fn f() -> R { g(*key) }"));
    assert!(squeezed(&output).contains("fnf()->R{::core::unreachable!()}"));
}

#[test]
fn a_closure_or_a_block_gives_one_error_and_nothing_that_does_not_parse() {
    for item in ["|| None::<u8>", "move |x| x", "{ g() }", "async move { g() }"] {
        let output = crate::retry_tokens(tokens(""), tokens(item));
        assert_eq!(
            errors_in(output.clone()),
            ["`#[retry]` applies to functions and methods; put it on a `fn`"],
            "{item}"
        );
        assert!(output.to_string().starts_with(":: core :: compile_error"), "{output}");
    }
}

#[test]
fn names_for_the_body_must_be_new() {
    each(
        SYNC,
        &[
            ("attempt = url", "`url` is an argument of the function already; use another name"),
            ("once(url = 1)", "`url` is an argument of the function already; use another name"),
            ("once(a = 1, a = 2)", "`a` is bound twice by `#[retry(...)]`; use another name"),
            ("once(a = 1), attempt = a", "`a` is bound twice by `#[retry(...)]`; use another name"),
            ("attempt = self", "`self` cannot be a name of its own here; use another name"),
        ],
    );
}

#[test]
fn a_body_that_uses_names_of_the_expansion_does_not_fail_for_them() {
    let item = "fn f() -> Option<u8> { post(key) }";
    let output = crate::retry_tokens(tokens("once(key = 1), max_attempts = 0"), tokens(item)).to_string();
    assert!(!output.contains("post") && output.contains("fn f () -> Option < u8 >"), "{output}");
}
