//! The derived `match`, and every message of the derive.

use std::str::FromStr;

use proc_macro2::TokenStream;

fn derive(item: &str) -> String {
    super::derive(TokenStream::from_str(item).unwrap()).to_string()
}

/// Returns the messages, in order.
fn report(item: &str) -> Vec<String> {
    let output = derive(item);
    let parts = output.split("compile_error ! {").skip(1);
    parts.map(|part| part.split('}').next().unwrap_or_default().trim().trim_matches('"').to_owned()).collect()
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect()
}

fn assert_contains(item: &str, expected: &str) {
    let output = derive(item);
    assert!(squeezed(&output).contains(&squeezed(expected)), "{output}\nhas no\n{expected}");
    assert!(report(item).is_empty(), "{output}");
}

#[test]
fn each_mark_becomes_an_arm() {
    let item = "enum E {
        #[transient] A, #[permanent] B(u8), #[ambiguous] C { x: u8 }, #[push_back(after)] D { after: Duration, y: u8 },
        #[push_back(1)] F(u8, Duration), #[classify(source)] G(Inner), #[classify(with = judge)] H(u8),
        #[classify(with = Self::judge)] I(u8, u8), #[ambiguous] #[push_back(0)] J(Duration),
        #[push_back(after)] #[ambiguous] K { after: Option<Duration> },
    }";
    for arm in [
        "Self::A { .. } => ::backoff_core::Fault::Transient,",
        "Self::B { .. } => ::backoff_core::Fault::Permanent,",
        "Self::C { .. } => ::backoff_core::Fault::Ambiguous,",
        "Self::D { after: field, .. } => ::backoff_core::__private::push_back(field),",
        "Self::F { 1: field, .. } =>",
        "Self::J { 0: field, .. } => ::backoff_core::__private::ambiguous_push_back(field),",
        "Self::K { after: field, .. } => ::backoff_core::__private::ambiguous_push_back(field),",
        "Self::G { 0: field, .. } => ::backoff_core::__private::Probe::new(field).__retry_source_fault(),",
        "Self::H { 0: field, .. } => ::core::convert::Into::<::backoff_core::Fault>::into((judge)(field)),",
        "Self::I { .. } => ::core::convert::Into::<::backoff_core::Fault>::into((Self::judge)(self)),",
    ] {
        assert_contains(item, arm);
    }
}

#[test]
fn generics_keep_their_bounds_and_gain_none() {
    assert_contains(
        "enum E<'a, T: Debug = u8, const N: usize> where T: Error { #[classify(source)] A(&'a [T; N]) }",
        "#[automatically_derived]
         impl<'a, T: Debug, const N: usize> ::backoff_core::Classify for E<'a, T, N> where T: Error {",
    );
}

#[test]
fn an_enum_without_variants_needs_no_arm() {
    assert_contains("enum Never {}", "match *self {}");
}

#[test]
fn structs_carry_the_mark_themselves() {
    assert_contains("#[transient] struct Busy;", "match self { Self { .. } => ::backoff_core::Fault::Transient, }");
    assert_contains("#[push_back(after)] struct Busy { after: Duration }", "Self { after: field, .. } =>");
    assert_contains("#[classify(source)] struct Wrapper(Inner);", "Self { 0: field, .. } =>");
}

#[test]
fn the_crate_can_be_renamed() {
    for path in ["other", "\"other\""] {
        let item = format!("#[classify(crate = {path})] enum E {{ #[transient] A }}");
        assert_contains(&item, "impl other::Classify for E { #[inline] fn classify(&self) -> other::Fault {");
    }
}

#[test]
fn an_optional_source_is_asked_where_there_is_one() {
    for ty in ["Option<Inner>", "core::option::Option<E>"] {
        assert_contains(
            &format!("enum E {{ #[classify(source)] A {{ source: {ty}, code: u8 }} }}"),
            "Self::A { source: field, .. } => match field {
                ::core::option::Option::Some(field) => ::backoff_core::__private::Probe::new(field).__retry_source_fault(),
                ::core::option::Option::None => ::backoff_core::Fault::Transient,
            },",
        );
    }
}

#[test]
fn only_an_option_with_a_type_in_it_is_looked_into() {
    for ty in ["Box<dyn Error>", "Result<E, X>", "Option", "opt::Box<Option<E>>"] {
        let output = derive(&format!("enum E {{ #[classify(source)] A({ty}) }}"));
        assert!(!output.contains("None"), "{output}");
    }
}

#[test]
fn the_source_is_the_marked_the_only_or_the_named_field() {
    for (variant, member) in [
        ("#[classify(source)] A(X)", "0"),
        ("#[classify(source)] A(u8, #[from] X)", "1"),
        ("#[classify(source)] A { code: u8, #[source] inner: X }", "inner"),
        ("#[classify(source)] A { code: u8, source: X }", "source"),
        ("#[classify(source)] A { #[classify(source)] code: Y, source: X }", "code"),
        ("A(u8, #[classify(source)] X)", "1"),
    ] {
        assert_contains(&format!("enum E {{ {variant} }}"), &format!("Self::A {{ {member}: field, .. }} =>"));
    }
}

#[test]
fn only_a_deprecated_part_allows_to_name_it() {
    for item in [
        "#[deprecated] enum E { #[transient] A }",
        "enum E { #[transient] #[deprecated] A, #[transient] B }",
        "enum E { #[transient] A(#[deprecated] u8) }",
        "enum E { #[transient] A { #[cfg_attr(new, deprecated)] x: u8, y: u8 } }",
        "#[push_back(after)] struct S { #[deprecated] after: Duration }",
    ] {
        assert_contains(item, "#[automatically_derived] #[allow(deprecated)] impl");
    }
    for item in ["enum E { #[transient] A(u8) }", "#[transient] struct S { x: u8 }"] {
        assert!(!derive(item).contains("deprecated"), "{item}");
    }
}

#[test]
fn every_unmarked_variant_is_named_at_once() {
    let forms =
        "write `#[transient]`, `#[permanent]`, `#[ambiguous]`, `#[push_back(field)]` or `#[classify(source)]` above it";
    assert_eq!(
        report("enum MyError { Timeout, #[transient] Busy, Refused(u8) }"),
        [
            format!("variant `Timeout` of `MyError` has no mark; {forms}"),
            format!("variant `Refused` of `MyError` has no mark; {forms}"),
        ]
    );
    assert_eq!(report("struct MyError;"), [format!("`MyError` has no mark; {forms}")]);
}

#[test]
fn the_impl_is_emitted_after_a_mistake() {
    let output = derive("enum E<T> { A(T) }");
    assert!(output.contains("impl < T > :: backoff_core :: Classify for E < T >"), "{output}");
}

#[test]
fn mistakes_get_one_message_with_the_cure() {
    let forms = "use `#[classify(source)]`, `#[classify(with = path)]` or, on the type, `#[classify(crate = path)]`";
    for (item, message) in [
        ("enum E { #[transient(5)] A }", "`transient` stands alone; write `#[transient]`".to_owned()),
        (
            "enum E { #[push_back] A(Duration) }",
            "`#[push_back]` names the field with the delay; write `#[push_back(field)]` or `#[push_back(0)]`"
                .to_owned(),
        ),
        ("enum E { #[push_back(1)] A(Duration) }", "`A` has no field `1`; use `0`".to_owned()),
        (
            "enum E { #[push_back(x)] A { after: D, n: u8 } }",
            "`A` has no field `x`; use one of `after`, `n`".to_owned(),
        ),
        (
            "enum E { #[push_back(x)] A }",
            "`A` has no field `x`; use `#[transient]`, or add a field of type `Duration`".to_owned(),
        ),
        (
            "enum E { #[classify(source)] A }",
            "`A` wraps no error to ask; use `#[transient]`, `#[permanent]` or `#[ambiguous]`".to_owned(),
        ),
        (
            "enum E { #[classify(source)] A(u8, X) }",
            "`A` has several fields (`0`, `1`); write `#[classify(source)]` on the one to ask".to_owned(),
        ),
        ("#[transient] enum E { A, B }", "this mark belongs to a variant; put it on the variants of `E`".to_owned()),
        ("enum E { A(#[transient] u8) }", "this mark belongs to the variant; put it above the variant".to_owned()),
        ("enum E { #[classify(crate = other)] A }", "`crate` belongs to the whole type; put it on the enum".to_owned()),
        ("enum E { #[tranzient] A }", "unknown mark `tranzient`; use `#[transient]`".to_owned()),
        ("enum E { #[pushback] A }", "unknown mark `pushback`; use `#[push_back(field)]`".to_owned()),
        ("enum E { #[classify(permanent)] A }", "`permanent` is a mark of its own; write `#[permanent]`".to_owned()),
        (
            "enum E { #[classify(push_back(after))] A }",
            "`push_back` is a mark of its own; write `#[push_back(field)]`".to_owned(),
        ),
        (
            "enum E { #[classify(source = 0)] A(X) }",
            "`source` takes no value; write `#[classify(source)]`, on the field where there are several".to_owned(),
        ),
        ("enum E { #[classify(with)] A(u8) }", "`with` is the path of a function; write `with = path`".to_owned()),
        ("enum E { #[classify(with(f))] A(u8) }", "`with` is the path of a function; write `with = path`".to_owned()),
        (
            "#[classify(crate = 'x')] enum E { #[transient] A }",
            "`crate` is the path of the renamed crate; use `crate = backoff`".to_owned(),
        ),
        (
            "enum E { #[classify(with = \"f(x)\")] A(u8) }",
            "`with` is the path of a function; write `with = path`".to_owned(),
        ),
        ("enum E { #[classify] A }", format!("`#[classify]` says nothing by itself; {forms}")),
        ("enum E { #[classify()] A }", format!("`#[classify()]` says nothing; {forms}")),
        ("enum E { #[classify(sorce)] A }", format!("unknown `sorce` in `#[classify(..)]`; {forms}")),
        (
            "enum E { #[classify(with = 'judge')] A(u8) }",
            "`with` is the path of a function; write `with = path`".to_owned(),
        ),
        (
            "#[transient] enum E { #[permanent] A }",
            "this mark belongs to a variant; put it on the variants of `E`".to_owned(),
        ),
        (
            "enum E { #[transient] A(#[permanent] u8) }",
            "this mark belongs to the variant; put it above the variant".to_owned(),
        ),
        ("enum E { A(#[classify(sorce)] X) }", format!("unknown `sorce` in `#[classify(..)]`; {forms}")),
        (
            "enum E { A(#[classify(source)] X, #[classify(source)] Y) }",
            "only one field can be the source; keep one `#[classify(source)]`".to_owned(),
        ),
        (
            "union U { a: u8 }",
            "`Classify` cannot be derived for a union, because nothing tells which field is set; implement it"
                .to_owned(),
        ),
    ] {
        let item = item.replace("'judge'", "\"judge\"");
        if item.contains("judge") {
            assert_eq!(report(&item), ["`with` is a path without quotes; write `with = judge`"]);
        } else {
            assert_eq!(report(&item), [message], "{item}");
        }
    }
}

#[test]
fn only_ambiguous_and_push_back_go_together_and_one_error_names_all_other_marks() {
    let only_ambiguous = "keep one of them (`#[push_back(field)]` goes together with `#[ambiguous]` only)";
    for (item, message) in [
        (
            "enum E { #[transient] #[permanent] A }",
            "`A` has two marks, `#[transient]` and `#[permanent]`; keep one of them".to_owned(),
        ),
        (
            "enum E { #[ambiguous] #[ambiguous] A }",
            "`A` has two marks, `#[ambiguous]` and `#[ambiguous]`; keep one of them".to_owned(),
        ),
        (
            "enum E { #[ambiguous] #[transient] #[permanent] A }",
            "`A` has three marks, `#[ambiguous]`, `#[transient]` and `#[permanent]`; keep one of them".to_owned(),
        ),
        (
            "enum E { #[permanent] #[push_back(0)] A(D) }",
            format!("`A` has two marks, `#[permanent]` and `#[push_back(field)]`; {only_ambiguous}"),
        ),
        (
            "enum E { #[push_back(0)] #[transient] A(D) }",
            format!("`A` has two marks, `#[push_back(field)]` and `#[transient]`; {only_ambiguous}"),
        ),
        (
            "enum E { #[push_back(0)] #[push_back(0)] A(D) }",
            format!("`A` has two marks, `#[push_back(field)]` and `#[push_back(field)]`; {only_ambiguous}"),
        ),
        (
            "enum E { #[push_back(0)] #[classify(with = f)] A(D) }",
            format!("`A` has two marks, `#[push_back(field)]` and `#[classify(with = path)]`; {only_ambiguous}"),
        ),
        (
            "enum E { #[ambiguous] #[push_back(0)] A(D, #[classify(source)] X) }",
            format!(
                "`A` has three marks, `#[ambiguous]`, `#[push_back(field)]` and `#[classify(source)]`; {only_ambiguous}"
            ),
        ),
        (
            "enum E { #[ambiguous] #[push_back(x)] A }",
            "`A` has no field `x`; use `#[ambiguous]` alone, or add a field of type `Duration`".to_owned(),
        ),
        (
            "enum E { #[transient] A(#[classify(source)] X) }",
            "`A` has two marks, `#[transient]` and `#[classify(source)]`; keep one of them".to_owned(),
        ),
    ] {
        assert_eq!(report(item), [message], "{item}");
    }
}

#[test]
fn no_prefix_of_an_item_panics() {
    let item = "#[classify(crate = a)] pub enum E<T> where T: X { #[transient] A(T), #[push_back(after)] B { after: D }, \
                #[classify(with = f)] C(#[source] T, u8) }";
    let trees: Vec<_> = TokenStream::from_str(item).unwrap().into_iter().collect();
    for end in 0..trees.len() {
        let output = super::derive(trees.iter().take(end).cloned().collect()).to_string();
        assert!(output.contains("compile_error"), "{output}");
    }
}

#[test]
fn a_source_of_another_crate_is_refused_with_its_function() {
    for (ty, function) in [
        ("io::Error", "io"),
        ("std::io::Error", "io"),
        ("::std::io::Error", "io"),
        ("Option<io::Error>", "io"),
        ("reqwest::Error", "reqwest"),
    ] {
        let messages = report(&format!("enum E {{ #[classify(source)] A(#[from] {ty}) }}"));
        let cure = format!("use `#[classify(with = backoff_core::classify::{function})]`");
        assert!(matches!(messages.as_slice(), [message] if message.ends_with(&cure)), "{ty}: {messages:?}");
    }
    assert!(report("enum E { #[classify(source)] A(my::Error), #[classify(source)] B(anyhow::Error) }").is_empty());
}
