#![deny(warnings, missing_docs, unused_qualifications)]
//! Every mark of `#[derive(Classify)]`, asked once.

use std::fmt::Debug;
use std::time::Duration;

use backoff_core::{Classify, Fault};

/// One variant for each mark.
#[derive(Classify, Debug)]
pub enum ApiError<'a, T: Debug, const N: usize>
where
    T: Clone,
{
    /// Another attempt may cure it.
    #[transient]
    Busy,
    /// No attempt can.
    #[permanent]
    Refused(&'a str, [T; N]),
    /// It may have acted.
    #[ambiguous]
    Lost,
    /// A push-back in a named field.
    #[push_back(after)]
    Limited {
        /// The delay asked for.
        after: Duration,
        /// Bound to a name that the expansion uses too.
        field: u8,
    },
    /// A push-back that the server may leave out.
    #[push_back(1)]
    Throttled(u16, Option<Duration>),
    /// It may have acted, and named a delay.
    #[ambiguous]
    #[push_back(0)]
    LostAndThrottled(Duration),
    /// The same in the other order, with a delay that may be left out.
    #[push_back(after)]
    #[ambiguous]
    LostAndPerhapsThrottled {
        /// The delay asked for.
        after: Option<Duration>,
    },
    /// The wrapped error is asked.
    #[classify(source)]
    Inner(Inner),
    /// The wrapped error is asked, found by its mark.
    Outer(u8, #[classify(source)] Inner),
    /// A function of the only field.
    #[classify(with = by_code)]
    Code(u16),
    /// A function of the whole error.
    #[classify(with = by_error)]
    Pair(u16, u16),
    /// Deprecated, and no reason for a warning in the derived code.
    #[deprecated]
    #[permanent]
    Old,
}

/// A struct carries its mark itself.
#[derive(Classify, Debug)]
#[push_back(0)]
pub struct Inner(Duration);

/// No value, no mark.
#[derive(Classify, Debug)]
pub enum Never {}

fn by_code(code: &u16) -> bool {
    *code >= 500
}

fn by_error<T: Debug + Clone, const N: usize>(error: &ApiError<'_, T, N>) -> Fault {
    if matches!(error, ApiError::Pair(1, _)) { Fault::Ambiguous } else { Fault::Permanent }
}

fn main() {
    type E<'a> = ApiError<'a, u8, 1>;
    let second = Duration::from_secs(1);
    let cases: Vec<(E<'_>, Fault)> = vec![
        (ApiError::Busy, Fault::Transient),
        (ApiError::Refused("no", [1]), Fault::Permanent),
        (ApiError::Lost, Fault::Ambiguous),
        (ApiError::Limited { after: second, field: 1 }, Fault::PushBack(second)),
        (ApiError::Throttled(429, Some(second)), Fault::PushBack(second)),
        (ApiError::Throttled(429, None), Fault::Transient),
        (ApiError::LostAndThrottled(second), Fault::AmbiguousPushBack(second)),
        (ApiError::LostAndPerhapsThrottled { after: Some(second) }, Fault::AmbiguousPushBack(second)),
        (ApiError::LostAndPerhapsThrottled { after: None }, Fault::Ambiguous),
        (ApiError::Inner(Inner(second)), Fault::PushBack(second)),
        (ApiError::Outer(1, Inner(second)), Fault::PushBack(second)),
        (ApiError::Code(503), Fault::Transient),
        (ApiError::Code(404), Fault::Permanent),
        (ApiError::Pair(1, 0), Fault::Ambiguous),
        (ApiError::Pair(2, 0), Fault::Permanent),
    ];
    for (error, fault) in cases {
        assert_eq!(error.classify(), fault, "{error:?}");
    }
}
