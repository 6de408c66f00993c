//! `#[retry]` on synchronous functions: results, arguments and bodies of every kind.
#![deny(warnings, clippy::all, clippy::pedantic)]

use std::cell::Cell;
use std::convert::Infallible;
use std::error::Error;
use std::fmt::{self, Display};
use std::io;

use backoff_core::retry;

/// Counts a call, and responds as a service that fails until its third call.
fn third_time(calls: &Cell<u32>) -> Result<u32, io::Error> {
    calls.set(calls.get() + 1);
    if calls.get() < 3 { Err(io::Error::other("not yet")) } else { Ok(calls.get()) }
}

#[retry(max_attempts = 5, delay = "0s")]
fn with_question_mark(calls: &Cell<u32>) -> Result<u32, io::Error> {
    let value = third_time(calls)?;
    Ok(value * 10)
}

#[test]
fn an_error_from_the_question_mark_ends_the_attempt_and_not_the_function() {
    let calls = Cell::new(0);
    assert_eq!((with_question_mark(&calls).unwrap(), calls.get()), (30, 3));
}

#[retry(delay = "0s")]
fn always_fails(calls: &Cell<u32>) -> Result<(), io::Error> {
    calls.set(calls.get() + 1);
    Err(io::Error::other(calls.get().to_string()))
}

#[test]
fn the_last_error_comes_back_untouched() {
    let calls = Cell::new(0);
    assert_eq!(always_fails(&calls).unwrap_err().to_string(), "3");
}

#[retry(max_attempts = 5, delay = "0s")]
fn early_returns(calls: &Cell<u32>) -> Result<&'static str, String> {
    calls.set(calls.get() + 1);
    if calls.get() < 2 {
        return Err("early".to_owned());
    }
    if calls.get() == 2 {
        return Ok("early");
    }
    Ok("late")
}

#[test]
fn an_early_error_is_retried_and_an_early_value_stops() {
    let calls = Cell::new(0);
    assert_eq!((early_returns(&calls), calls.get()), (Ok("early"), 2));
}

#[retry(max_attempts = 2, delay = "0s")]
fn boxed(calls: &Cell<u32>) -> Result<u32, Box<dyn Error + Send + Sync>> {
    calls.set(calls.get() + 1);
    if calls.get() == 2 { "x".parse::<u32>().map_err(Into::into) } else { Err(Box::new(fmt::Error)) }
}

#[test]
fn a_boxed_error_coerces_as_in_the_plain_function() {
    let calls = Cell::new(0);
    assert_eq!(boxed(&calls).unwrap_err().to_string(), "invalid digit found in string");
    assert_eq!(calls.get(), 2);
}

type Answer<T> = Result<T, fmt::Error>;

#[retry(max_attempts = 4, delay = "0s")]
fn aliased(calls: &Cell<u32>) -> Answer<u32> {
    third_time(calls).map_err(|_| fmt::Error)
}

#[retry(max_attempts = 4, delay = "0s")]
fn of_io(calls: &Cell<u32>) -> io::Result<u32> {
    third_time(calls)
}

#[retry(max_attempts = 4, delay = "0s")]
fn of_anyhow(calls: &Cell<u32>) -> anyhow::Result<u32> {
    if calls.get() == 1 {
        calls.set(2);
        anyhow::bail!("a macro that returns");
    }
    anyhow::ensure!(calls.get() < 10, "too often");
    Ok(third_time(calls)?)
}

#[test]
fn aliases_of_result_and_macros_that_return_are_retried() {
    assert_eq!(aliased(&Cell::new(0)), Ok(3));
    assert_eq!(of_io(&Cell::new(0)).unwrap(), 3);
    assert_eq!(of_anyhow(&Cell::new(0)).unwrap(), 3);
    assert_eq!(of_anyhow(&Cell::new(9)).unwrap(), 10);
    assert_eq!(of_anyhow(&Cell::new(10)).unwrap_err().to_string(), "too often");
}

#[retry(max_attempts = 5, delay = "0s")]
fn optional(calls: &Cell<u32>) -> Option<u32> {
    let value = third_time(calls).ok()?;
    Some(value)
}

#[test]
fn none_is_retried() {
    let calls = Cell::new(0);
    assert_eq!((optional(&calls), calls.get()), (Some(3), 3));
}

#[retry(max_attempts = 3, delay = "0s")]
fn collected(texts: &[&str]) -> Result<Vec<u8>, std::num::ParseIntError> {
    texts.iter().map(|text| text.parse()).collect()
}

#[retry]
fn converted(text: &str) -> Result<String, Infallible> {
    Ok(text.into())
}

#[retry]
fn parsed(text: &str) -> Result<i16, std::num::ParseIntError> {
    text.parse()
}

#[test]
fn the_tail_of_the_body_is_inferred_from_the_return_type() {
    assert_eq!(collected(&["1", "2"]), Ok(vec![1, 2]));
    assert!(collected(&["1", "x"]).is_err());
    assert_eq!(converted("a"), Ok("a".to_owned()));
    assert_eq!(parsed("-7"), Ok(-7));
}

#[expect(clippy::needless_pass_by_value, reason = "the plain function would need it too")]
#[retry(max_attempts = 5, delay = "0s")]
fn owned(text: String, calls: &Cell<u32>) -> Result<usize, io::Error> {
    third_time(calls)?;
    Ok(text.len())
}

#[retry(max_attempts = 5, delay = "0s")]
fn passed_down(log: &mut Vec<u32>) -> Result<usize, io::Error> {
    push(log);
    let moved = log;
    push(moved);
    if moved.len() < 6 { Err(io::Error::other("short")) } else { Ok(moved.len()) }
}

fn push(log: &mut Vec<u32>) {
    log.push(7);
}

#[retry(max_attempts = 5, delay = "0s")]
fn rebound<'a>(mut log: &'a mut [u32], other: &'a mut [u32], calls: &Cell<u32>) -> Result<u32, io::Error> {
    log.fill(1);
    if calls.get() == 1 {
        log = other;
        log.fill(2);
    }
    third_time(calls)
}

#[retry(max_attempts = 3, delay = "0s")]
fn counts(mut count: u32) -> Result<(), u32> {
    count += 1;
    Err(count)
}

#[test]
fn arguments_are_shared_between_attempts() {
    let calls = Cell::new(0);
    assert_eq!((owned("four".to_owned(), &calls).unwrap(), calls.get()), (4, 3));
    let mut log = Vec::new();
    assert_eq!((passed_down(&mut log).unwrap(), log.len()), (6, 6));
    let (mut first, mut second, calls) = ([0], [0], Cell::new(0));
    assert_eq!(rebound(&mut first, &mut second, &calls).unwrap(), 3);
    assert_eq!((first, second), ([1], [2]));
    assert_eq!(counts(0), Err(3));
}

/// Counts its clones.
struct Counted<'a>(&'a Cell<u32>);

impl Clone for Counted<'_> {
    fn clone(&self) -> Self {
        self.0.set(self.0.get() + 1);
        Self(self.0)
    }
}

fn consume(_: Counted<'_>) {}

#[retry(max_attempts = 3, delay = "0s", clone(counted, text))]
fn consuming(counted: Counted<'_>, mut text: String) -> Result<(), String> {
    consume(counted);
    text.push('!');
    Err(text)
}

#[test]
fn a_cloned_argument_is_cloned_once_per_attempt() {
    let clones = Cell::new(0);
    assert_eq!(consuming(Counted(&clones), "a".to_owned()), Err("a!".to_owned()));
    assert_eq!(clones.get(), 3);
}

struct Point {
    x: u32,
    y: u32,
}

#[retry(max_attempts = 3, delay = "0s")]
fn patterns(
    (a, b): (u32, u32),
    [c, ..]: [u32; 3],
    Point { x, y: renamed }: &Point,
    _: String,
    &d: &[u32; 9],
    calls: &Cell<u32>,
) -> Result<u32, io::Error> {
    Ok(third_time(calls)? + a + b + c + x + renamed + d.iter().sum::<u32>())
}

#[test]
fn patterns_stand_where_the_plain_function_has_them() {
    let calls = Cell::new(0);
    let sum = patterns((1, 2), [3, 0, 0], &Point { x: 4, y: 5 }, String::new(), &[1, 1, 1, 1, 1, 1, 0, 0, 0], &calls);
    assert_eq!((sum.unwrap(), calls.get()), (24, 3));
}

#[retry(max_attempts = 4, delay = "0s")]
fn opaque(mut make: impl FnMut() -> Result<u32, io::Error>, text: impl Display) -> Result<String, io::Error> {
    let value = make()?;
    Ok(format!("{text}{value}"))
}

#[retry(max_attempts = 4, delay = "0s")]
fn generic<T, const N: usize>(values: [T; N], calls: &Cell<u32>) -> Result<usize, io::Error>
where
    T: Display + Copy,
{
    third_time(calls)?;
    Ok(values.iter().map(|value: &T| value.to_string().len()).sum::<usize>() + N)
}

#[retry(max_attempts = 4, delay = "0s")]
fn named<'a, 'b: 'a>(text: &'a str, other: &'b str, calls: &Cell<u32>) -> Result<&'a str, io::Error> {
    Ok(if third_time(calls)? == 3 { other } else { text })
}

#[retry(max_attempts = 4, delay = "0s")]
fn returns_opaque(calls: &Cell<u32>) -> Result<impl Iterator<Item = u32> + use<>, io::Error> {
    let end = third_time(calls)?;
    Ok(0..end)
}

#[test]
fn generic_and_opaque_types_are_accepted() {
    let calls = Cell::new(0);
    assert_eq!(opaque(|| third_time(&calls), "n").unwrap(), "n3");
    calls.set(0);
    assert_eq!(generic([10, 20], &calls).unwrap(), 6);
    calls.set(0);
    assert_eq!(named("a", "b", &calls).unwrap(), "b");
    calls.set(0);
    assert_eq!(returns_opaque(&calls).unwrap().count(), 3);
}

#[retry(max_attempts = 2, delay = "0s")]
fn recursive(depth: u32, calls: &Cell<u32>) -> Result<u32, io::Error> {
    calls.set(calls.get() + 1);
    if depth == 0 { Err(io::Error::other("bottom")) } else { recursive(depth - 1, calls) }
}

#[test]
fn recursion_multiplies_the_attempts() {
    let calls = Cell::new(0);
    assert!(recursive(2, &calls).is_err());
    assert_eq!(calls.get(), 2 + 4 + 8);
}

#[retry(max_attempts = 4, delay = "0s")]
extern "C" fn foreign(calls: &Cell<u32>) -> Option<&u32> {
    third_time(calls).ok().map(|_| &3)
}

#[test]
fn a_function_of_another_abi_is_accepted() {
    assert_eq!(foreign(&Cell::new(0)), Some(&3));
}

#[retry(max_attempts = 4, delay = "0s")]
fn loops(calls: &Cell<u32>) -> Result<u32, io::Error> {
    let mut sum = 0;
    'outer: loop {
        for step in 0..10 {
            if step == 1 {
                continue;
            }
            if step == 4 {
                break 'outer;
            }
            sum += step;
        }
    }
    let found = 'block: {
        if sum == 5 {
            break 'block third_time(calls)?;
        }
        0
    };
    Ok(found + sum)
}

#[test]
fn breaks_and_labels_stay_inside_the_body() {
    assert_eq!(loops(&Cell::new(0)).unwrap(), 8);
}

#[retry]
fn unfinished() -> Result<u32, io::Error> {
    todo!()
}

#[retry]
fn panics() -> Result<Infallible, io::Error> {
    panic!("at once")
}

#[retry]
fn spins() -> Result<Infallible, io::Error> {
    loop {
        std::thread::park();
    }
}

#[test]
fn a_body_that_never_returns_is_accepted() {
    assert!(std::panic::catch_unwind(unfinished).is_err());
    assert!(std::panic::catch_unwind(panics).is_err());
    let _: fn() -> Result<Infallible, io::Error> = spins;
}

#[retry(max_attempts = 4, delay = "0s")]
fn nested(calls: &Cell<u32>) -> Result<u32, io::Error> {
    fn inner(ok: bool) -> Result<u32, io::Error> {
        if ok {
            return Ok(1);
        }
        Err(io::Error::other("inner"))
    }
    let closure = |ok: bool| -> Result<u32, io::Error> {
        let one = inner(ok)?;
        if one == 0 {
            return Ok(7);
        }
        Ok(one + 1)
    };
    assert!(closure(false).is_err());
    Ok(third_time(calls)? + closure(true)?)
}

#[test]
fn inner_functions_and_closures_keep_their_own_returns() {
    assert_eq!(nested(&Cell::new(0)).unwrap(), 5);
}

#[retry()]
fn with_empty_parentheses() -> Option<u32> {
    Some(1)
}

#[retry(max_attempts = 2)]
fn with_a_trailing_comma() -> Option<u32> {
    Some(1)
}

#[test]
fn the_attribute_may_be_bare_empty_or_end_with_a_comma() {
    assert_eq!(with_empty_parentheses(), with_a_trailing_comma());
}
