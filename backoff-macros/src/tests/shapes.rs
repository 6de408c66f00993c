//! The shapes of functions, and the bindings of each attempt.

use quote::ToTokens;

use super::{squeezed, tokens};
use crate::args::{Args, Value};
use crate::errors::Errors;
use crate::function::{Binding, DeclaredNames, Function, FutureShape, Place, Shape, braces};

/// The output of `#[async_trait]` for `async fn f(&self, s: String, v: &mut V) -> Result<T, E>`.
const ASYNC_TRAIT: &str = "fn f<'life0, 'life1, 'async_trait>(&'life0 self, s: String, v: &'life1 mut V)
    -> ::core::pin::Pin<Box<dyn ::core::future::Future<Output = Result<T, E>> + ::core::marker::Send + 'async_trait>>
where 'life0: 'async_trait, Self: 'async_trait {
    Box::pin(async move {
        if let ::core::option::Option::Some(__ret) = ::core::option::Option::None::<Result<T, E>> {
            #[allow(unreachable_code)] return __ret;
        }
        let __self = self;
        let s = s;
        let __ret: Result<T, E> = { __self.g(&s, v).await };
        #[allow(unreachable_code)] __ret
    })
}";

/// Items of every accepted shape.
pub(super) const ITEMS: &[&str] = &[
    ASYNC_TRAIT,
    "#[must_use] /// doc
     pub(crate) async unsafe fn f<T: X>(mut a: T, #[cfg(x)] b: &mut V) -> R where T: Y { #![allow(unused)] g(a, b).await }",
    "fn f(x: &str) -> impl Future<Output = R> + Send + use<'_> { let y = x.len(); async move { g(y).await } }",
    "pub fn f<'a>(x: &'a str) -> Pin<Box<dyn Future<Output = R> + Send + 'a>> { ::std::boxed::Box::pin(async move { g(x).await }) }",
    "fn f() -> BoxFuture<'static, R> { async { g().await }.instrument(span).boxed() }",
    "default extern \"C\" fn f((a, b): (u8, u8), _: u8) -> Option<u8> { None }",
];

fn function(item: &str) -> Function {
    syn::parse2(tokens(item)).unwrap_or_else(|error| panic!("{item}: {error}"))
}

fn future(function: &Function) -> &FutureShape {
    match &function.shape {
        Shape::Future(future) => future,
        Shape::Sync | Shape::Async => panic!("not a future: {}", function.to_token_stream()),
    }
}

fn names(bindings: &[Binding]) -> Vec<String> {
    bindings.iter().map(|binding| binding.ident.to_string()).collect()
}

#[test]
fn a_function_is_emitted_as_it_was_written() {
    for item in ITEMS {
        let function = function(item);
        assert_eq!(squeezed(&function.to_token_stream()), squeezed(&tokens(item)));
        assert!(function.unseen_future.is_none(), "{item}");
        if let Shape::Future(future) = &function.shape {
            let attempt = match future.place {
                Place::Block => future.body.clone(),
                Place::Initializer => braces(future.brace, future.body.clone()).into_token_stream(),
            };
            assert_eq!(future.rebuild(attempt, &|_| None).to_string(), function.body.to_string());
        }
    }
}

#[test]
fn inner_attributes_are_not_part_of_the_body() {
    let function = function("fn f() -> R { #![allow(unused)] //! doc\n g() }");
    assert_eq!(function.inner_attrs.len(), 2);
    assert_eq!(function.body.to_string(), "g ()");
}

#[test]
fn the_attempt_of_an_async_trait_method_is_the_initializer_of_its_result() {
    let function = function(ASYNC_TRAIT);
    let future = future(&function);
    assert_eq!(future.place, Place::Initializer);
    assert_eq!(future.body.to_string(), "__self . g (& s , v) . await");
    assert_eq!(future.output.to_token_stream().to_string(), "Result < T , E >");
    assert_eq!(names(&function.reborrows), ["v"]);
    let rebuilt = future.rebuild(tokens("loop { 1 }"), &|_| None).to_string();
    assert!(rebuilt.contains("let s = s ; let __ret : Result < T , E > = loop { 1 } ;"), "{rebuilt}");
    assert!(rebuilt.starts_with("Box :: pin (async move {") && rebuilt.ends_with("__ret })"), "{rebuilt}");
}

#[test]
fn the_attempt_is_found_inside_the_block_of_instrument() {
    let item = "fn f() -> Pin<Box<dyn Future<Output = R>>> { Box::pin(async move {
        let __future = async move { let __ret: R = { g().await }; __ret };
        __future.await
    }) }";
    let function = function(item);
    let rebuilt = future(&function).rebuild(tokens("loop {}"), &|_| None).to_string();
    assert!(rebuilt.contains("async move { let __ret : R = loop { } ; __ret }"), "{rebuilt}");
}

#[test]
fn a_written_future_keeps_what_surrounds_its_async_block() {
    for (item, output, rebuilt) in [
        (ITEMS[2], "R", "let y = x . len () ; async move { LOOP }"),
        (ITEMS[3], "R", ":: std :: boxed :: Box :: pin (async move { LOOP })"),
        (ITEMS[4], "R", "async { LOOP } . instrument (span) . boxed ()"),
        ("fn f() -> impl Future { async { 1 } }", "", "async { LOOP }"),
        (
            "fn f() -> Pin<Box<dyn Future<Output = R>>> { Box::pin(async { 1 },) as _ }",
            "R",
            "Box :: pin (async { LOOP } ,) as _",
        ),
        ("fn f() -> impl Future<Output = R> { if x { y() } async { 1 } }", "R", "if x { y () } async { LOOP }"),
    ] {
        let function = function(item);
        let future = future(&function);
        assert_eq!(future.place, Place::Block);
        assert_eq!(future.output.to_token_stream().to_string(), output, "{item}");
        assert_eq!(future.rebuild(tokens("LOOP"), &|_| None).to_string(), rebuilt);
    }
}

#[test]
fn an_async_block_that_is_not_the_future_returned_is_not_taken_for_it() {
    for body in ["spawn(async { 1 })", "async { 1 }.map(f)", "x.then(|| async { 1 })", "let a = async { 1 }; a"] {
        let function = function(&format!("fn f() -> impl Future<Output = R> {{ {body} }}"));
        assert!(function.unseen_future.is_some(), "{body}");
    }
}

#[test]
fn mutable_references_are_reborrowed_where_the_attempt_uses_them() {
    let item = "fn f(&mut self, a: &mut A, mut b: &mut B, #[cfg(x)] c: (&mut C), d: &D, unused: &mut U, e: E) -> R {
        g(a, b, c, d, e)
    }";
    let function = function(item);
    assert_eq!(names(&function.reborrows), ["a", "b", "c"]);
    let [a, b, c] = function.reborrows.as_slice() else { panic!("three reborrows") };
    assert!(a.mutability.is_none() && b.mutability.is_some());
    assert_eq!((a.cfgs.len(), c.cfgs.len()), (0, 1));
}

#[test]
fn an_argument_that_may_be_moved_before_the_async_block_is_left_alone() {
    let used_before = function(
        "fn f<T>(v: &mut V, t: T) -> impl Future<Output = R> { let v = v.x(); h(&t); async move { g(v, t) } }",
    );
    assert!(used_before.reborrows.is_empty() && used_before.unique.is_empty());
    let moved_in = function("fn f<T>(v: &mut V, t: T) -> impl Future<Output = R> { async move { g(v, t) } }");
    assert_eq!((names(&moved_in.reborrows), names(&moved_in.unique)), (vec!["v".to_owned()], vec!["t".to_owned()]));
}

#[test]
fn owned_arguments_of_open_types_are_captured_uniquely_in_async_functions() {
    let item = "async fn f<T, const N: usize>(a: T, b: Vec<T>, mut c: impl Fn(), d: Box<dyn X>, e: [u8; N], g: &T, h: String, i: T) {
        x(a, b, c, d, e, g, h, \"{i}\")
    }";
    let function = function(item);
    assert_eq!(names(&function.unique), ["a", "b", "c", "d", "i"]);
    assert!(function.unique.iter().any(|binding| binding.mutability.is_some()));
    let blocking = self::function(&item.replacen("async ", "", 1));
    assert!(blocking.unique.is_empty());
}

#[test]
fn names_that_look_like_parameters_of_the_surrounding_impl_make_a_type_open() {
    let item =
        "async fn f(a: T, b: Vec<K2>, c: IO::Error, d: Self, e: (Map<Self::Key, u8>), (g, (h, _)): (T, (u8, T)), \
                ref i: T, j: Tokens, k: std::T, l: Url, m: &T, n: *const T) {
        x(a, b, c, d, e, g, h, i, j, k, l, m, n)
    }";
    assert_eq!(names(&function(item).unique), ["a", "b", "c", "d", "e", "g"]);
}

#[test]
fn arguments_that_the_attribute_borrows_are_captured_as_the_body_uses_them() {
    let item = "async fn f(a: impl X, v: &mut V) -> R { g(&a, v) }";
    let captured = |args: &str| squeezed(&crate::retry_tokens(tokens(args), tokens(item)));
    let output = captured("");
    assert!(output.contains("let_=&muta;") && output.contains("let_=&mut*v;"), "{output}");
    for key in ["policy = {}", "backoff = {}", "budget = {}", "cancel = {}", "sleep = {}", "once(key = {})"] {
        let output = captured(&key.replace("{}", "both(&a.part, &v.part)"));
        assert!(!output.contains("let_=&mut"), "{key}: {output}");
    }
}

#[test]
fn a_raw_name_is_found_in_a_format_string_without_its_prefix() {
    let function = function("async fn f<T>(r#type: T, r#fn: T) { g(\"{type:?}\") }");
    assert_eq!(names(&function.unique), ["r#type"]);
}

#[test]
fn a_uniquely_captured_argument_gets_its_mut_where_it_is_bound_and_is_not_rebound() {
    for (item, bound) in [
        ("async fn f<T>(a: T, b: u8) -> R { g(a, b) }", "async fn f<T>(mut a: T, b: u8) -> R {"),
        ("async fn f((a, b): (T, u8)) -> R { g(a, b) }", "async fn f((mut a, b): (T, u8)) -> R {"),
        (
            "fn f(mut a: T) -> impl Future<Output = R> { async move { g(a) } }",
            "fn f(mut a: T) -> impl Future<Output = R> {",
        ),
        (&ASYNC_TRAIT.replace("s: String", "s: T"), "let __self = self; let mut s = s; let __ret"),
    ] {
        let output = squeezed(&crate::retry_tokens(tokens(""), tokens(item)));
        let without_spaces = |text: &str| text.split_whitespace().collect::<String>();
        assert!(output.contains(&without_spaces(bound)), "{output}");
        assert!(!output.contains("a=a;"), "{output}");
    }
}

#[test]
fn the_mut_of_a_moved_in_argument_is_on_the_binding_of_the_attempt() {
    let item = ASYNC_TRAIT.replace("let s = s;", "let mut s = s;");
    let output = squeezed(&crate::retry_tokens(tokens("clone(s)"), tokens(&item)));
    assert!(output.contains("lets=s;") && output.contains("letmuts=::core::clone::Clone::clone(&s)"), "{output}");
}

#[test]
fn values_are_sorted_into_literals_constants_and_run_time_values() {
    let scope = DeclaredNames::of(&function("fn f<T, const N: u32>(limit: u32) -> R { }"));
    let read = |value: &str| {
        let mut errors = Errors::default();
        let args = Args::parse(tokens(&format!("max_attempts = {value}")), &scope, &mut errors);
        assert!(errors.finish().is_ok(), "{value}");
        match args.max_attempts.map(|arg| arg.value) {
            Some(Value::Literal(_)) => "literal",
            Some(Value::Constant(_)) => "constant",
            Some(Value::Runtime(_)) => "run time",
            None => "none",
        }
    };
    for value in ["5", "0x10", "1_000", "(5)"] {
        assert_eq!(read(value), "literal", "{value}");
    }
    for value in
        ["ATTEMPTS", "limits::MAX_2", "u32::MAX", "const { 1 + 2 }", "(A)", "crate::A", "MAX_A::B", "const { M * A }"]
    {
        assert_eq!(read(value), "constant", "{value}");
    }
    for value in [
        "limit",
        "self.n",
        "N",
        "T::MAX",
        "Self::MAX",
        "A + 1",
        "f()",
        "Vec::<T>::MAX",
        "const { N + 1 }",
        "K::MAX",
        "IO2::MAX",
        "const { K::MAX }",
        "const { size_of::<K>() as u32 }",
        "<T as X>::MAX",
        "a::b",
    ] {
        assert_eq!(read(value), "run time", "{value}");
    }
}
