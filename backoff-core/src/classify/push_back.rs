//! What `#[push_back(field)]` of the derive asks of its field.

use core::time::Duration;

use crate::Fault;

/// A delay that a server named: a `Duration`, an `Option<Duration>`, or what converts to the latter.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a delay",
    label = "expected a field of type `Duration` or `Option<Duration>`",
    note = "give the field that type, or classify the variant by a function: `#[classify(with = path)]`"
)]
pub trait Delay {
    /// Returns the delay, if the server named one.
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

/// Returns a push-back of this delay, transient where there is none.
#[inline]
pub fn push_back<D: Delay>(delay: &D) -> Fault {
    delay.delay().into()
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
    }
}
