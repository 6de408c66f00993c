//! `#[derive(Classify)]`: the mark on each variant of an error becomes one arm of a `match`.
//!
//! Every variant needs a mark, because a default could retry a new variant, or not retry it, by oversight.

mod mark;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Fields, Ident, Member, Path, Type};

use self::mark::{Mark, Marks};
use crate::errors::Errors;

/// Returns the `impl Classify`. After a mistake it returns the errors and an `impl`, so that code that needs one
/// compiles.
pub(crate) fn derive(item: TokenStream) -> TokenStream {
    let input = match syn::parse2::<DeriveInput>(item) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let mut errors = Errors::default();
    let on_type = Marks::read(&input.attrs, &mut errors);
    let core = on_type.krate.as_ref().map_or_else(|| quote!(::backoff_core), Path::to_token_stream);
    let body = body(&input, &on_type, &core, &mut errors);
    let (body, error) = match errors.finish() {
        Ok(()) => (body, None),
        Err(error) => (quote!(::core::unreachable!()), Some(error.to_compile_error())),
    };
    let name = &input.ident;
    let (impl_generics, ty_generics, where_clause) = input.generics.split_for_impl();
    // An `allow` is written only if needed, because a crate may forbid it.
    let allowed = names_deprecated(&input).then(|| quote!(#[allow(deprecated)]));
    quote! {
        #[automatically_derived]
        #allowed
        impl #impl_generics #core::Classify for #name #ty_generics #where_clause {
            #[inline]
            fn classify(&self) -> #core::Fault {
                #body
            }
        }
        #error
    }
}

/// Returns whether the type or a part of it has the attribute `deprecated`.
fn names_deprecated(input: &DeriveInput) -> bool {
    let is_deprecated = |attrs: &[syn::Attribute]| {
        attrs.iter().any(|attr| attr.path().is_ident("deprecated") || attr.path().is_ident("cfg_attr"))
    };
    let of_fields = |fields: &Fields| fields.iter().any(|field| is_deprecated(&field.attrs));
    is_deprecated(&input.attrs)
        || match &input.data {
            Data::Struct(data) => of_fields(&data.fields),
            Data::Enum(data) => {
                data.variants.iter().any(|variant| is_deprecated(&variant.attrs) || of_fields(&variant.fields))
            }
            Data::Union(_) => false,
        }
}

/// Returns the `match` over all variants.
fn body(input: &DeriveInput, on_type: &Marks, core: &TokenStream, errors: &mut Errors) -> TokenStream {
    let field = Ident::new("field", Span::mixed_site());
    let expansion = Expansion { core, owner: &input.ident, field };
    match &input.data {
        Data::Struct(data) => {
            let subject = Subject { name: &input.ident, path: quote!(Self), marks: on_type, fields: &data.fields };
            let arm = expansion.arm(&subject, errors);
            quote!(match self { #arm })
        }
        Data::Enum(data) => {
            for mark in &on_type.list {
                let message = format!("this mark belongs to a variant; put it on the variants of `{}`", input.ident);
                errors.at(mark.span(), message);
            }
            let mut arms = TokenStream::new();
            for variant in &data.variants {
                let mut marks = Marks::read(&variant.attrs, errors);
                if let Some(path) = &marks.krate {
                    errors.push(syn::Error::new_spanned(path, "`crate` belongs to the whole type; put it on the enum"));
                }
                // A mark on the enum, or an unknown mark, was reported already.
                marks.failed |= marks.krate.is_some() || !on_type.list.is_empty();
                let name = &variant.ident;
                let subject = Subject { name, path: quote!(Self::#name), marks: &marks, fields: &variant.fields };
                arms.extend(expansion.arm(&subject, errors));
            }
            // The value is matched and not the reference, because a `match` on an enum without variants needs no arm.
            if data.variants.is_empty() { quote!(match *self {}) } else { quote!(match self { #arms }) }
        }
        Data::Union(data) => {
            let message =
                "`Classify` cannot be derived for a union, because nothing tells which field is set; implement it";
            errors.at(data.union_token.span, message);
            TokenStream::new()
        }
    }
}

/// A variant or a struct, which has a mark.
struct Subject<'a> {
    name: &'a Ident,
    path: TokenStream,
    marks: &'a Marks,
    fields: &'a Fields,
}

impl Subject<'_> {
    /// Returns the field of a tuple index or a name.
    fn has(&self, member: &Member) -> bool {
        self.fields.members().any(|own| own == *member)
    }

    /// Returns the type of a field.
    fn type_of(&self, member: &Member) -> Option<&Type> {
        let field = self.fields.iter().zip(self.fields.members()).find(|(_, own)| own == member);
        field.map(|(field, _)| &field.ty)
    }

    /// Returns whether the type of a field is written as an `Option`.
    fn is_optional(&self, member: &Member) -> bool {
        let Some(Type::Path(path)) = self.type_of(member) else { return false };
        path.path.segments.last().is_some_and(|last| last.ident == "Option" && !last.arguments.is_none())
    }

    /// Returns the only field.
    fn only_field(&self) -> Option<Member> {
        let mut members = self.fields.members();
        members.next().filter(|_| members.next().is_none())
    }

    /// Lists the fields for a message.
    fn field_list(&self) -> String {
        let names: Vec<String> =
            self.fields.members().map(|member| format!("`{}`", member.to_token_stream())).collect();
        names.join(", ")
    }
}

struct Expansion<'a> {
    core: &'a TokenStream,
    owner: &'a Ident,
    /// The name of the field in an arm.
    field: Ident,
}

impl Expansion<'_> {
    /// Returns one arm, or nothing if the mark is wrong.
    fn arm(&self, subject: &Subject<'_>, errors: &mut Errors) -> TokenStream {
        let (marked_fields, has_misplaced) = marked_fields(subject.fields, errors);
        let made;
        let mark = match (subject.marks.list.as_slice(), marked_fields.first()) {
            ([source @ Mark::Source(_)], _) => source,
            ([mark], None) => mark,
            ([Mark::Ambiguous(_), Mark::PushBack(member)] | [Mark::PushBack(member), Mark::Ambiguous(_)], None) => {
                made = Mark::AmbiguousPushBack(member.clone());
                &made
            }
            ([], Some((_, span))) => {
                made = Mark::Source(*span);
                &made
            }
            ([], None) if subject.marks.failed || has_misplaced => return TokenStream::new(),
            ([], None) => {
                errors.at(subject.name.span(), self.unmarked(subject));
                return TokenStream::new();
            }
            (marks, source) => {
                errors.push(too_many_marks(subject.name, marks, source.map(|(_, span)| *span)));
                return TokenStream::new();
            }
        };
        let fault = match self.fault(mark, subject, &marked_fields) {
            Ok(fault) => fault,
            Err(error) => {
                errors.push(error);
                return TokenStream::new();
            }
        };
        let path = &subject.path;
        let Fault { member, value } = fault;
        let field = member.map(|member| {
            let field = &self.field;
            quote!(#member: #field,)
        });
        quote!(#path { #field .. } => #value,)
    }

    fn unmarked(&self, subject: &Subject<'_>) -> String {
        let forms = "`#[transient]`, `#[permanent]`, `#[ambiguous]`, `#[push_back(field)]` or `#[classify(source)]`";
        if subject.name == self.owner {
            return format!("`{}` has no mark; write {forms} above it", self.owner);
        }
        format!("variant `{}` of `{}` has no mark; write {forms} above it", subject.name, self.owner)
    }

    /// Returns the fault for one mark.
    fn fault(&self, mark: &Mark, subject: &Subject<'_>, marked_fields: &[(Member, Span)]) -> syn::Result<Fault> {
        let (core, field) = (self.core, &self.field);
        let here = |span: Span| Span::mixed_site().located_at(span);
        match mark {
            Mark::Transient(_) => Ok(Fault { member: None, value: quote!(#core::Fault::Transient) }),
            Mark::Permanent(_) => Ok(Fault { member: None, value: quote!(#core::Fault::Permanent) }),
            Mark::Ambiguous(_) => Ok(Fault { member: None, value: quote!(#core::Fault::Ambiguous) }),
            Mark::PushBack(member) | Mark::AmbiguousPushBack(member) => {
                let is_ambiguous = matches!(mark, Mark::AmbiguousPushBack(_));
                if !subject.has(member) {
                    return Err(no_field(member, subject, is_ambiguous));
                }
                let at = here(member.span());
                // A field of another type is reported at the mark.
                let field = Ident::new("field", at);
                let made_by = Ident::new(if is_ambiguous { "ambiguous_push_back" } else { "push_back" }, at);
                let value = quote_spanned!(at=> #core::__private::#made_by(#field));
                Ok(Fault { member: Some(member.clone()), value })
            }
            Mark::Source(span) => {
                let member = source_field(*span, subject, marked_fields)?;
                refuse_foreign_source(*span, subject, &member)?;
                let asked = quote_spanned!(here(*span)=> #core::__private::Probe::new(#field).__retry_source_fault());
                // An error field that is `None` is transient.
                let value = if subject.is_optional(&member) {
                    quote_spanned! {here(*span)=>
                        match #field {
                            ::core::option::Option::Some(#field) => #asked,
                            ::core::option::Option::None => #core::Fault::Transient,
                        }
                    }
                } else {
                    asked
                };
                Ok(Fault { member: Some(member), value })
            }
            Mark::With(judge) => {
                let member = subject.only_field();
                // A function of another type is reported at its path.
                let argument = match &member {
                    Some(_) => Ident::new("field", here(judge.span())),
                    None => Ident::new("self", Span::call_site().located_at(judge.span())),
                };
                let value = quote_spanned! {here(judge.span())=>
                    ::core::convert::Into::<#core::Fault>::into((#judge)(#argument))
                };
                Ok(Fault { member, value })
            }
        }
    }
}

/// The fault of one arm, and the field that it binds as `field`.
struct Fault {
    member: Option<Member>,
    value: TokenStream,
}

/// Returns one error for all marks of a subject, at the last of them.
fn too_many_marks(name: &Ident, marks: &[Mark], source: Option<Span>) -> syn::Error {
    let forms: Vec<&str> = marks.iter().map(Mark::form).chain(source.map(|_| "`#[classify(source)]`")).collect();
    let (last, others) = forms.split_last().unwrap_or((&"", &[]));
    let count = match forms.len() {
        2 => "two",
        3 => "three",
        _ => "several",
    };
    let mut message = format!("`{name}` has {count} marks, {} and {last}; keep one of them", others.join(", "));
    if marks.iter().any(|mark| matches!(mark, Mark::PushBack(_))) {
        message.push_str(" (`#[push_back(field)]` goes together with `#[ambiguous]` only)");
    }
    let span = source.or_else(|| marks.last().map(Mark::span));
    syn::Error::new(span.unwrap_or_else(|| name.span()), message)
}

fn no_field(member: &Member, subject: &Subject<'_>, is_ambiguous: bool) -> syn::Error {
    let member_text = member.to_token_stream();
    let message = if subject.fields.is_empty() {
        let cure = if is_ambiguous { "`#[ambiguous]` alone" } else { "`#[transient]`" };
        format!("`{}` has no field `{member_text}`; use {cure}, or add a field of type `Duration`", subject.name)
    } else {
        let one_of = if subject.fields.len() == 1 { "" } else { "one of " };
        let fields = subject.field_list();
        format!("`{}` has no field `{member_text}`; use {one_of}{fields}", subject.name)
    };
    syn::Error::new(member.span(), message)
}

/// Lists the fields with `#[classify(source)]`, and returns whether a misplaced mark on a field was reported.
fn marked_fields(fields: &Fields, errors: &mut Errors) -> (Vec<(Member, Span)>, bool) {
    let mut marked = Vec::new();
    let mut has_misplaced = false;
    for (field, member) in fields.iter().zip(fields.members()) {
        let marks = Marks::read(&field.attrs, errors);
        has_misplaced |= marks.failed;
        for mark in marks.list {
            match mark {
                Mark::Source(span) => marked.push((member.clone(), span)),
                other => {
                    has_misplaced = true;
                    errors.at(other.span(), "this mark belongs to the variant; put it above the variant");
                }
            }
        }
    }
    for (_, span) in marked.iter().skip(1) {
        errors.at(*span, "only one field can be the source; keep one `#[classify(source)]`");
    }
    (marked, has_misplaced)
}

/// Chooses the field that is classified: the marked one, the only one, the one marked as `source`, or the one of that
/// name.
fn source_field(span: Span, subject: &Subject<'_>, marked: &[(Member, Span)]) -> syn::Result<Member> {
    if let Some((member, _)) = marked.first() {
        return Ok(member.clone());
    }
    if let Some(member) = subject.only_field() {
        return Ok(member);
    }
    let fields = || subject.fields.iter().zip(subject.fields.members());
    let by_attribute = fields().find(|(field, _)| {
        field.attrs.iter().any(|attr| attr.path().is_ident("source") || attr.path().is_ident("from"))
    });
    let by_name = || fields().find(|(field, _)| field.ident.as_ref().is_some_and(|name| name == "source"));
    by_attribute.or_else(by_name).map(|(_, member)| member).ok_or_else(|| {
        let message = if subject.fields.is_empty() {
            format!("`{}` wraps no error to ask; use `#[transient]`, `#[permanent]` or `#[ambiguous]`", subject.name)
        } else {
            format!(
                "`{}` has several fields ({}); write `#[classify(source)]` on the one to ask",
                subject.name,
                subject.field_list()
            )
        };
        syn::Error::new(span, message)
    })
}

/// Refuses a source that cannot classify itself, but for which the core has a function: it would always be transient.
fn refuse_foreign_source(span: Span, subject: &Subject<'_>, member: &Member) -> syn::Result<()> {
    let text = subject.type_of(member).map_or_else(String::new, |ty| ty.to_token_stream().to_string().replace(' ', ""));
    let name = text.strip_prefix("Option<").and_then(|inner| inner.strip_suffix('>')).unwrap_or(&text);
    let function = match name.trim_start_matches("::") {
        "io::Error" | "std::io::Error" => "io",
        "reqwest::Error" => "reqwest",
        _ => return Ok(()),
    };
    let message = format!(
        "`{name}` does not classify itself, so each of them would be retried; use `#[classify(with = \
         backoff_core::classify::{function})]`"
    );
    Err(syn::Error::new(span, message))
}

#[cfg(test)]
mod tests;
