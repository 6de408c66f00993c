//! Arguments are dropped in the order of the plain function, whether or not attempts capture or clone them.
#![deny(warnings, clippy::all, clippy::pedantic)]

use std::cell::RefCell;
use std::fmt::Debug;

use async_trait::async_trait;
use backoff_core::retry;
use tokio::task::yield_now;

thread_local! {
    static LOG: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
}

/// Logs its own drop; a clone does not.
#[derive(Debug)]
struct Noted(&'static str);

impl Drop for Noted {
    fn drop(&mut self) {
        if !self.0.is_empty() {
            LOG.with_borrow_mut(|log| log.push(self.0));
        }
    }
}

impl Clone for Noted {
    fn clone(&self) -> Self {
        Self("")
    }
}

/// Uses all arguments, and fails.
fn fails(_: &impl Debug) -> Result<(), ()> {
    Err(())
}

/// Makes a module of functions, once with each attribute, that take arguments in many orders.
macro_rules! functions {
    ($module:ident, $shared:meta, $first:meta, $second:meta) => {
        mod $module {
            use super::*;

            #[$shared]
            pub(super) async fn generic<T: Debug>(a: T, b: Noted) -> Result<(), ()> {
                yield_now().await;
                fails(&format!("{a:?} {b:?}"))
            }

            #[$shared]
            pub(super) async fn generic_last<T: Debug>(a: Noted, b: T) -> Result<(), ()> {
                yield_now().await;
                fails(&format!("{a:?} {b:?}"))
            }

            #[$shared]
            pub(super) async fn opaque(_: Noted, a: impl Debug, b: Noted, c: impl Debug) -> Result<(), ()> {
                fails(&format!("{a:?} {b:?} {c:?}"))
            }

            #[$shared]
            pub(super) async fn dynamic(
                a: Box<dyn Debug>,
                _unused: Noted,
                mut b: Vec<Box<dyn Debug>>,
            ) -> Result<(), ()> {
                b.rotate_left(0);
                fails(&format!("{a:?} {b:?}"))
            }

            #[$shared]
            pub(super) async fn tuple<T: Debug>(
                (a, b): (T, Noted),
                c: Noted,
                (d, _): (Option<T>, Noted),
            ) -> Result<(), ()> {
                fails(&format!("{a:?} {b:?} {c:?} {d:?}"))
            }

            #[$first]
            pub(super) fn cloned(a: Noted, b: Noted, _: Noted) -> Result<(), ()> {
                fails(&(&a, &b))
            }

            #[$second]
            pub(super) fn cloned_last(_: Noted, a: Noted, b: Noted, mut c: Noted) -> Result<(), ()> {
                c.0 = "last";
                fails(&(&a, &b, &c))
            }

            #[$first]
            pub(super) async fn cloned_later(a: Noted, b: Noted) -> Result<(), ()> {
                fails(&(&a, &b))
            }

            #[$second]
            pub(super) async fn cloned_generic<T: Clone + Debug>(_: Noted, a: T, b: T) -> Result<(), ()> {
                fails(&(&b, &a))
            }

            pub(super) struct Owner(pub(super) Noted);

            #[async_trait(?Send)]
            pub(super) trait Service {
                async fn mixed<T: Debug>(self, a: T, b: Noted, c: Box<dyn Debug>) -> Result<(), ()>;
                async fn cloned(&self, a: Noted, b: Noted) -> Result<(), ()>;
            }

            #[async_trait(?Send)]
            impl Service for Owner {
                #[$shared]
                async fn mixed<T: Debug>(self, a: T, b: Noted, mut c: Box<dyn Debug>) -> Result<(), ()> {
                    let c = &mut c;
                    fails(&format!("{a:?} {b:?} {c:?} {:?}", self.0))
                }

                #[$first]
                async fn cloned(&self, mut a: Noted, mut b: Noted) -> Result<(), ()> {
                    let (a, b) = (&mut a, &mut b);
                    fails(&format!("{a:?} {b:?} {:?}", self.0))
                }
            }
        }
    };
}

functions!(plain, cfg(all()), cfg(all()), cfg(all()));
functions!(
    retried,
    retry(max_attempts = 2, delay = "0s"),
    retry(max_attempts = 2, delay = "0s", clone(a)),
    retry(max_attempts = 2, delay = "0s", clone(b))
);

/// Makes arguments that are named after their position.
fn new<const N: usize>() -> [Noted; N] {
    let mut names = ["a", "b", "c", "d", "e"].into_iter();
    std::array::from_fn(|_| Noted(names.next().expect("a name for each")))
}

/// Returns the order in which the functions of a module drop their arguments, by function.
macro_rules! drops {
    ($module:ident) => {{
        use $module::{Owner, Service};
        let mut seen = Vec::new();
        let mut note = |name: &'static str, result: Result<(), ()>| {
            assert_eq!(result, Err(()));
            seen.push((name, LOG.take()));
        };
        let [a, b] = new();
        note("generic", $module::generic(a, b).await);
        let [a, b] = new();
        note("generic_last", $module::generic_last(a, b).await);
        let [a, b, c, d] = new();
        note("opaque", $module::opaque(a, b, c, d).await);
        let [a, b, c, d] = new();
        note("dynamic", $module::dynamic(Box::new(a), b, vec![Box::new(c), Box::new(d)]).await);
        let [a, b, c, d, e] = new();
        note("tuple", $module::tuple((a, b), c, (Some(d), e)).await);
        let [a, b, c] = new();
        note("cloned", $module::cloned(a, b, c));
        let [a, b, c, d] = new();
        note("cloned_last", $module::cloned_last(a, b, c, d));
        let [a, b] = new();
        note("cloned_later", $module::cloned_later(a, b).await);
        let [a, b, c] = new();
        note("cloned_generic", $module::cloned_generic(a, b, c).await);
        let [a, b, c, d] = new();
        note("mixed", Owner(d).mixed(a, b, Box::new(c)).await);
        let [a, b, c] = new();
        let owner = Owner(c);
        note("cloned_in_a_box", owner.cloned(a, b).await);
        drop(owner);
        LOG.take();
        seen
    }};
}

#[tokio::test(start_paused = true)]
async fn arguments_that_are_captured_or_cloned_are_dropped_in_the_order_of_the_plain_function() {
    let plain = drops!(plain);
    assert_eq!(plain[0], ("generic", vec!["b", "a"]));
    assert_eq!(drops!(retried), plain);
}
