//! The table of the arguments of `#[retry]`: the one place to add an argument.

use backoff_rules::{PushBackMode, Since};
use proc_macro2::TokenStream;
use syn::Ident;
use syn::parse::ParseStream;

use super::argument::{Arg, Argument, Key, Role};
use super::kinds::{
    BackoffValue, BareWord, BudgetValue, CancelSignal, Condition, Content, Count, CratePath, DurationValue, Evaluated,
    Hook, JitterValue, Kind, LogLevel, Names, NewName, NumberValue, OnceList, OneWord, PolicyValue, Promise, Seed,
    SiteName, Sleeper, Switch, UnmetValue,
};
use super::words::InnerRetries;
use crate::function::DeclaredNames;

/// Reads the value of one argument into its field.
pub(super) type Read = fn(&mut Args, Key, ParseStream, &DeclaredNames) -> syn::Result<()>;

/// One argument of an attribute, in a form that all kinds share.
pub(crate) struct Given<'a> {
    pub(crate) argument: &'static Argument,
    pub(crate) key: &'a Ident,
    pub(crate) tokens: &'a TokenStream,
    pub(crate) content: Content<'a>,
}

/// Declares the arguments, the fields of [`Args`] and their readers, from rows of `field: Kind, "form", [roles];`.
macro_rules! arguments {
    (@name $field:ident) => { stringify!($field) };
    (@name $field:ident $name:literal) => { $name };
    ($($field:ident $(as $name:literal)?: $kind:ty, $form:literal, [$($role:ident),*];)*) => {
        /// The arguments of one `#[retry(...)]`.
        #[derive(Default)]
        pub(crate) struct Args {
            $(pub(crate) $field: Option<Arg<<$kind as Kind>::Value>>,)*
            /// The known keys that are written, also those with a wrong value.
            pub(super) keys: Vec<Ident>,
            /// The arguments that unknown keys seem to mean.
            pub(super) meant: Vec<&'static str>,
        }

        /// Every argument.
        pub(crate) static ARGUMENTS: [Argument; [$(stringify!($field)),*].len()] = [$(
            Argument {
                name: arguments!(@name $field $($name)?),
                form: $form,
                literal: <$kind as Kind>::LITERAL,
                roles: &[$(Role::$role),*],
            },
        )*];

        /// The readers of [`ARGUMENTS`], in the same order.
        const READERS: [Read; ARGUMENTS.len()] = [$(
            |args, key, input, scope| fill::<$kind>(&mut args.$field, key, input, scope),
        )*];

        impl Args {
            /// Lists the arguments that are given and could be read.
            pub(crate) fn given(&self) -> impl Iterator<Item = Given<'_>> {
                let given = [$(
                    self.$field.as_ref().map(|arg| (&arg.key, &arg.tokens, <$kind as Kind>::content(&arg.value))),
                )*];
                let entries = ARGUMENTS.iter().zip(given);
                entries.filter_map(|(argument, given)| {
                    given.map(|(key, tokens, content)| Given { argument, key, tokens, content })
                })
            }
        }
    };
}

arguments! {
    max_attempts: Count, "max_attempts = 5", [Limit, PolicySetting];
    max_retries: Count, "max_retries = 4", [Limit, PolicySetting];
    max_elapsed: DurationValue, "max_elapsed = \"60s\"", [Limit, PolicySetting];
    forever: BareWord, "forever", [PolicySetting];
    initial_delay: DurationValue, "initial_delay = \"100ms\"", [PolicySetting];
    max_delay: DurationValue, "max_delay = \"20s\"", [PolicySetting];
    multiplier: NumberValue, "multiplier = 2", [PolicySetting];
    delay: DurationValue, "delay = \"2s\"", [PolicySetting];
    backoff: BackoffValue, "backoff = exponential", [PolicySetting, BorrowsForCall];
    increment: DurationValue, "increment = \"1s\"", [PolicySetting];
    jitter: JitterValue, "jitter = full", [PolicySetting];
    policy: PolicyValue, "policy = POLICY", [BorrowsForCall];
    when: Condition, "when = |error| error.is_timeout()", [];
    idempotent: Promise, "idempotent", [PolicySetting];
    until: Condition, "until = |value| value.done()", [];
    unmet: UnmetValue, "unmet = last", [];
    once: OnceList, "once(key = make_key())", [BorrowsForCall, BindsName];
    clone: Names, "clone(argument)", [];
    attempt: NewName, "attempt = ctx", [BindsName];
    attempt_timeout: DurationValue, "attempt_timeout = \"2s\"", [AsyncOnly];
    timeout: DurationValue, "timeout = \"60s\"", [Limit, AsyncOnly];
    on_timeout: Condition, "on_timeout = |timeout| MyError::from(timeout)", [];
    on_retry: Hook, "on_retry = |event| eprintln!(\"{event}\")", [];
    on_give_up: Hook, "on_give_up = |event| eprintln!(\"{event}\")", [];
    on_recovered: Hook, "on_recovered = |event| eprintln!(\"{event}\")", [];
    before_retry: Evaluated, "before_retry = client.reconnect()?", [];
    or_else: Hook, "or_else = |error| Err(error.last)", [];
    budget: BudgetValue, "budget = BUDGET", [BorrowsForCall];
    inner_retries: OneWord<InnerRetries>, "inner_retries = suppress", [];
    since: OneWord<Since>, "since = first_failure", [PolicySetting];
    reset_when: Condition, "reset_when = |error| error.made_progress()", [];
    reset_after: DurationValue, "reset_after = \"60s\"", [PolicySetting];
    max_push_back: DurationValue, "max_push_back = \"5m\"", [PolicySetting];
    adjust: Condition, "adjust = |event| event.delay() / 2", [];
    push_back: OneWord<PushBackMode>, "push_back = replace", [PolicySetting];
    cancel: CancelSignal, "cancel = &TOKEN", [BorrowsForCall];
    cancel_attempts: BareWord, "cancel_attempts", [AsyncOnly];
    on_cancel: Condition, "on_cancel = |cancelled| MyError::from(cancelled)", [];
    sleep: Sleeper, "sleep = my_sleep", [BorrowsForCall];
    name: SiteName, "name = \"orders\"", [];
    seed: Seed, "seed = 42", [];
    log: LogLevel, "log = \"info\"", [];
    krate as "crate": CratePath, "crate = backoff", [];
    docs: Switch, "docs = false", [];
}

/// Returns the entry of an argument, and its reader.
pub(super) fn find(name: &str) -> Option<(&'static Argument, Read)> {
    ARGUMENTS.iter().zip(READERS).find(|(argument, _)| argument.name == name)
}

/// Lists the names of the arguments that have a role.
pub(crate) fn names_with(role: Role) -> impl Iterator<Item = &'static str> {
    ARGUMENTS.iter().filter(move |argument| argument.has(role)).map(|argument| argument.name)
}

/// Reads a value into a field; the second value for one key is refused at its key.
fn fill<K: Kind>(
    field: &mut Option<Arg<K::Value>>,
    key: Key,
    input: ParseStream,
    scope: &DeclaredNames,
) -> syn::Result<()> {
    let (tokens, value) = K::read(&key, input, scope)?;
    if field.is_some() {
        let message = format!("`{key}` is given twice in `#[retry(...)]`; keep one of them");
        return Err(syn::Error::new(key.span(), message));
    }
    *field = Some(Arg { key: key.ident, tokens, value });
    Ok(())
}
