//! The marks: `#[transient]`, `#[permanent]`, `#[ambiguous]`, `#[push_back(field)]` and `#[classify(..)]`.

use proc_macro2::Span;
use syn::parse::ParseStream;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, LitStr, Member, Meta, Path, Token};

use crate::errors::Errors;
use crate::suggest;

/// The names of the marks, except `classify`.
const MARKS: [&str; 4] = ["transient", "permanent", "ambiguous", "push_back"];

/// One mark, with its place.
pub(super) enum Mark {
    Transient(Span),
    Permanent(Span),
    Ambiguous(Span),
    /// The field that holds the delay.
    PushBack(Member),
    /// The field that holds the delay, of a variant that is also `#[ambiguous]`.
    AmbiguousPushBack(Member),
    /// Classify the wrapped error.
    Source(Span),
    /// Call a function with the only field, or with the whole error if there are several fields or none.
    With(Expr),
}

impl Mark {
    /// Returns the place of the mark.
    pub(super) fn span(&self) -> Span {
        match self {
            Self::Transient(span) | Self::Permanent(span) | Self::Ambiguous(span) | Self::Source(span) => *span,
            Self::PushBack(member) | Self::AmbiguousPushBack(member) => member.span(),
            Self::With(judge) => judge.span(),
        }
    }

    /// Returns the mark as it is written, for a message.
    pub(super) fn form(&self) -> &'static str {
        match self {
            Self::Transient(_) => "`#[transient]`",
            Self::Permanent(_) => "`#[permanent]`",
            Self::Ambiguous(_) => "`#[ambiguous]`",
            Self::PushBack(_) | Self::AmbiguousPushBack(_) => "`#[push_back(field)]`",
            Self::Source(_) => "`#[classify(source)]`",
            Self::With(_) => "`#[classify(with = path)]`",
        }
    }
}

/// The marks in the attributes of one type, variant or field.
#[derive(Default)]
pub(super) struct Marks {
    pub(super) list: Vec<Mark>,
    /// `#[classify(crate = path)]`
    pub(super) krate: Option<Path>,
    /// Set if a mark could not be read. It was reported, so it must not be reported as missing.
    pub(super) failed: bool,
}

impl Marks {
    /// Reads the attributes of this derive.
    pub(super) fn read(attrs: &[Attribute], errors: &mut Errors) -> Self {
        let mut marks = Self::default();
        for attr in attrs {
            if let Err(error) = marks.add(attr) {
                marks.failed = true;
                errors.push(error);
            }
        }
        marks
    }

    fn add(&mut self, attr: &Attribute) -> syn::Result<()> {
        let Some(name) = attr.path().get_ident() else {
            return Ok(());
        };
        let mark = match name.to_string().as_str() {
            "transient" => Mark::Transient(bare(attr)?),
            "permanent" => Mark::Permanent(bare(attr)?),
            "ambiguous" => Mark::Ambiguous(bare(attr)?),
            "push_back" => Mark::PushBack(push_back(attr)?),
            "classify" => return self.classify(attr),
            other => {
                return match suggest::nearest(other, MARKS.into_iter()) {
                    Some(near) => {
                        let form = if near == "push_back" { "push_back(field)" } else { near };
                        Err(syn::Error::new_spanned(attr.path(), format!("unknown mark `{other}`; use `#[{form}]`")))
                    }
                    None => Ok(()),
                };
            }
        };
        self.list.push(mark);
        Ok(())
    }

    fn classify(&mut self, attr: &Attribute) -> syn::Result<()> {
        const FORMS: &str =
            "use `#[classify(source)]`, `#[classify(with = path)]` or, on the type, `#[classify(crate = path)]`";
        let mut found = false;
        let Meta::List(list) = &attr.meta else {
            return Err(syn::Error::new_spanned(attr.path(), format!("`#[classify]` says nothing by itself; {FORMS}")));
        };
        list.parse_nested_meta(|meta| {
            found = true;
            let ends = meta.input.is_empty() || meta.input.peek(Token![,]);
            if meta.path.is_ident("source") {
                if !ends {
                    meta.input.parse::<proc_macro2::TokenStream>()?;
                    let message =
                        "`source` takes no value; write `#[classify(source)]`, on the field where there are several";
                    return Err(syn::Error::new_spanned(&meta.path, message));
                }
                self.list.push(Mark::Source(meta.path.span()));
            } else if meta.path.is_ident("with") {
                let judge = meta.value().and_then(syn::parse::ParseBuffer::parse::<Expr>).map_err(|_| {
                    syn::Error::new_spanned(&meta.path, "`with` is the path of a function; write `with = path`")
                })?;
                self.list.push(Mark::With(unquoted(judge)?));
            } else if meta.path.is_ident("crate") {
                self.krate = Some(meta.value().and_then(crate_path).map_err(|error| {
                    syn::Error::new(error.span(), "`crate` is the path of the renamed crate; use `crate = backoff`")
                })?);
            } else if let Some(mark) = MARKS.into_iter().find(|mark| meta.path.is_ident(mark)) {
                meta.input.parse::<proc_macro2::TokenStream>()?;
                let form = if mark == "push_back" { "push_back(field)" } else { mark };
                let message = format!("`{mark}` is a mark of its own; write `#[{form}]`");
                return Err(syn::Error::new_spanned(&meta.path, message));
            } else {
                let path = &meta.path;
                let text = path.get_ident().map_or_else(|| "this path".to_owned(), |name| format!("`{name}`"));
                return Err(syn::Error::new_spanned(path, format!("unknown {text} in `#[classify(..)]`; {FORMS}")));
            }
            Ok(())
        })?;
        if found {
            return Ok(());
        }
        Err(syn::Error::new_spanned(attr.path(), format!("`#[classify()]` says nothing; {FORMS}")))
    }
}

fn bare(attr: &Attribute) -> syn::Result<Span> {
    match &attr.meta {
        Meta::Path(path) => Ok(path.span()),
        Meta::List(_) | Meta::NameValue(_) => {
            let name = attr.path().get_ident().map(ToString::to_string).unwrap_or_default();
            Err(syn::Error::new_spanned(&attr.meta, format!("`{name}` stands alone; write `#[{name}]`")))
        }
    }
}

fn push_back(attr: &Attribute) -> syn::Result<Member> {
    const FORM: &str =
        "`#[push_back]` names the field with the delay; write `#[push_back(field)]` or `#[push_back(0)]`";
    let Meta::List(list) = &attr.meta else {
        return Err(syn::Error::new_spanned(&attr.meta, FORM));
    };
    list.parse_args_with(|input: ParseStream| {
        let member: Member = input.parse().map_err(|_| syn::Error::new_spanned(attr.path(), FORM))?;
        input.parse::<Option<Token![,]>>()?;
        if input.is_empty() { Ok(member) } else { Err(input.error(FORM)) }
    })
}

/// Refuses a function in quotes.
fn unquoted(judge: Expr) -> syn::Result<Expr> {
    let Expr::Lit(literal) = &judge else {
        return Ok(judge);
    };
    let message = match &literal.lit {
        syn::Lit::Str(text) if text.parse::<Path>().is_ok() => {
            format!("`with` is a path without quotes; write `with = {}`", text.value())
        }
        _ => "`with` is the path of a function; write `with = path`".to_owned(),
    };
    Err(syn::Error::new_spanned(judge, message))
}

/// Reads the path of the runtime crate, bare or as a string.
fn crate_path(input: ParseStream) -> syn::Result<Path> {
    if input.peek(LitStr) {
        return input.parse::<LitStr>()?.parse_with(Path::parse_mod_style);
    }
    input.call(Path::parse_mod_style)
}
