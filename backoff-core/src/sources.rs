//! The sources of an error.

use core::error::Error;
use core::iter;

/// The largest number of sources that are read. Without this limit, a `source()` that returns the error itself would
/// never end.
const LIMIT: usize = 128;

/// Iterates over the sources of an error, the nearest first. All code that walks a chain of sources uses this function.
pub(crate) fn sources<E: Error + ?Sized>(error: &E) -> impl Iterator<Item = &(dyn Error + 'static)> {
    iter::successors(error.source(), |error| (**error).source()).take(LIMIT)
}

#[cfg(test)]
mod tests {
    use core::fmt;

    use super::*;

    #[derive(Debug)]
    struct Circle;

    impl fmt::Display for Circle {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a circle")
        }
    }

    impl Error for Circle {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&Circle)
        }
    }

    #[test]
    fn a_chain_without_an_end_is_cut() {
        assert_eq!(sources(&Circle).count(), LIMIT);
        assert_eq!(sources(&fmt::Error).count(), 0);
    }
}
