//! A question to the compiler.

/// Evaluates to `true` if a type implements a trait.
macro_rules! implements {
    ($type:ty: $($bound:tt)+) => {{
        struct Probe<T: ?Sized>(std::marker::PhantomData<T>);
        #[allow(dead_code, reason = "used only if the bound below is not met")]
        trait Otherwise {
            const ANSWER: bool = false;
        }
        impl<T: ?Sized> Otherwise for Probe<T> {}
        #[allow(dead_code, reason = "an inherent constant is chosen before that of a trait, if its bound is met")]
        impl<T: ?Sized + $($bound)+> Probe<T> {
            const ANSWER: bool = true;
        }
        <Probe<$type>>::ANSWER
    }};
}

pub(crate) use implements;

#[cfg(test)]
mod tests {
    #[test]
    fn the_compiler_answers() {
        assert!(implements!(u8: Clone));
        assert!(!implements!(reqwest::Request: Clone));
    }
}
