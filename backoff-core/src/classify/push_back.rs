//! Reads the field of `#[push_back(field)]` in the derive.

use core::time::Duration;

use crate::Fault;

/// A delay from a server: a `Duration`, an `Option<Duration>`, or a type that converts to the latter.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a delay",
    label = "expected a field of type `Duration` or `Option<Duration>`",
    note = "give the field that type, or classify the variant by a function: `#[classify(with = path)]`"
)]
pub trait Delay {
    /// Returns the delay, if the server sent one.
    fn delay(&self) -> Option<Duration>;
}

#[diagnostic::do_not_recommend]
impl<D: Clone> Delay for D
where
    Option<Duration>: From<D>,
{
    #[inline]
    fn delay(&self) -> Option<Duration> {
        Option::from(self.clone())
    }
}

/// Returns a transient fault with this delay, if there is one: `#[push_back(field)]`.
#[inline]
pub fn push_back<D: Delay>(delay: &D) -> Fault {
    delay.delay().into()
}

/// Returns an ambiguous fault with this delay, if there is one: `#[ambiguous]` beside `#[push_back(field)]`.
#[inline]
pub fn ambiguous_push_back<D: Delay>(delay: &D) -> Fault {
    Fault::Ambiguous.with_not_before(delay.delay().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_holds_a_delay_or_perhaps_one() {
        let second = Duration::from_secs(1);
        assert_eq!(push_back(&second), Fault::PushBack(second));
        assert_eq!(push_back(&Some(second)), Fault::PushBack(second));
        assert_eq!(push_back(&None::<Duration>), Fault::Transient);
        assert_eq!(ambiguous_push_back(&second), Fault::AmbiguousPushBack(second));
        assert_eq!(ambiguous_push_back(&Some(second)), Fault::AmbiguousPushBack(second));
        assert_eq!(ambiguous_push_back(&None::<Duration>), Fault::Ambiguous);
    }
}
