//! Tiers for method lookup: types that dereference to one another, each with a method of the same name under its own
//! bounds.
//!
//! Lookup skips a method whose bounds do not hold, and goes on with the type that the receiver dereferences to. So
//! expanded code chooses by the traits that a type implements, without a trait in the user's scope.

/// Implements `Deref` from each tier to the next one, which is its only field, so that lookup continues there.
macro_rules! fall_through {
    ($([$($generics:tt)*] $tier:ty => $next:ty;)+) => {
        $(
            impl<$($generics)*> ::core::ops::Deref for $tier {
                type Target = $next;

                #[inline]
                fn deref(&self) -> &Self::Target {
                    &self.0
                }
            }
        )+
    };
}

pub(crate) use fall_through;
