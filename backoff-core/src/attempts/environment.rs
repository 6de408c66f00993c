//! Environment of a manual loop or a ticker: that of a call without timeouts.

use crate::drive::call::Environment;
use crate::drive::shared_limits::{BudgetSource, CallName as _, Nesting, SharedLimits};
use crate::drive::timeouts::NoTimeouts;
use crate::{Budget, ClockSource};

/// The environment of a manual loop or a ticker.
pub trait LoopEnvironment {
    /// The source of the time.
    type Clock: ClockSource;
    /// The setting for retries of calls inside.
    type Nesting: Nesting;

    #[doc(hidden)]
    fn clock(&self) -> &Self::Clock;
    #[doc(hidden)]
    fn name(&self) -> &'static str;
    #[doc(hidden)]
    fn budget(&self) -> Option<&Budget>;
    #[doc(hidden)]
    fn nesting(&self) -> &Self::Nesting;
}

impl<S, K, G, X, D, N> LoopEnvironment for Environment<S, K, G, X, NoTimeouts, SharedLimits<D, N>>
where
    K: ClockSource,
    D: BudgetSource,
    N: Nesting,
{
    type Clock = K;
    type Nesting = N;

    #[inline]
    fn clock(&self) -> &K {
        &self.clock
    }

    #[inline]
    fn name(&self) -> &'static str {
        self.shared.name.text()
    }

    #[inline]
    fn budget(&self) -> Option<&Budget> {
        self.shared.budget.budget()
    }

    #[inline]
    fn nesting(&self) -> &N {
        &self.shared.nesting
    }
}
