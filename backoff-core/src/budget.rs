//! A limit on retries that many calls share, so that retries cannot keep a dead dependency dead.

#[cfg(feature = "std")]
mod budgets;
mod history;
#[cfg(all(test, loom))]
mod model;
mod settings;
#[cfg(all(test, not(loom), feature = "std", target_has_atomic = "64"))]
mod tests;

use core::fmt;
#[cfg(not(all(test, loom)))]
use core::sync::atomic::AtomicU32;
use core::sync::atomic::Ordering::Relaxed;
#[cfg(all(test, loom))]
use loom::sync::atomic::AtomicU32;

#[cfg(feature = "std")]
pub use self::budgets::{Budgets, KeyTokens};
use self::history::{History, Moment};
pub use self::settings::InvalidBudget;
use self::settings::{FLOOR, Limits, TOKEN, tokens};

/// Tokens for retries, shared by many calls.
///
/// A retry takes 1 token, a success puts `ratio` back, a permanent failure does neither.
///
/// A call takes a token when everything else allows a retry, before it sleeps. Without a token it stops, and keeps its
/// last error. Keep a budget in a `static` or an `Arc`, one per dependency. There is no lock. Tokens are counted in
/// thousandths, so that ten deposits of 0.1 are exactly one retry. Contention neither loses a deposit nor issues a
/// token twice.
///
/// A token is taken when a retry is decided, before its delay. If the call is dropped, cancelled or timed out in that
/// delay, or a loop is abandoned there, the token is not put back. It is put back only where
/// `on_retry` took so long that the retry is not made.
///
/// Targets without compare-and-swap (`thumbv6m`, `riscv32imc`) do not have this type.
///
/// # Defaults
///
/// Ratio 0.1: lasting retries are at most a tenth of the successes. The capacity fits the client by itself:
///
/// > capacity = *ratio* x *successes of the last 10 s*, in whole tokens, at least 2 and at most 10
///
/// It applies at each retry: tokens above the present capacity are lost then. A client with 10 successes per second or
/// more has a burst of 10 retries. A small client, or a new one without successes, has a burst of 2.
/// [`capacity`](Self::capacity) sets a fixed capacity instead.
///
/// # Why a budget, and not only `max_attempts`
///
/// With 3 attempts per call, a dependency that fails every request receives three times its load, just when it can
/// least serve it. Where stale requests queue up, that load outlives its cause. In the simulation, 100 clients use a
/// server with a queue that stops for 30 s at 80 % load: 3 unguarded attempts *never* recover, whatever the backoff and
/// jitter. The same clients with this budget send 1.03 times the load during the outage. They recover 5.5 s after it,
/// as fast as clients that do not retry at all. `cargo run --release --example storm -- outage --clients 100` shows
/// both.
///
/// With failures below 5 % the budget of a client with 10 requests per second denies practically no retry. At a failure
/// rate near 9 % it denies about one retry in twenty. Above that, the number of retries falls to a tenth of the
/// successes. The budget is not refilled with time.
///
/// A client with few calls can lose its budget for good although the server is healthy: if each call first meets a
/// pooled connection that the server has closed, each call takes a token and returns a tenth of one. The guide has
/// [the cures](crate::guide::fleets#few-calls-and-stale-connections).
///
/// # Why deposits on success, and not on requests
///
/// A budget of 10 % of *requests* continues to pay while everything fails. The load is then 1.1 times the requests for
/// ever, from which a server at 95 % load never recovers (in the simulation, 0 of 20 fleets recovered). When the
/// dependency stops, successes stop, and so do the deposits. For the same reason there is no reserve of retries per
/// second: with 10,000 clients, even one retry in 10 s for each is 1,000 requests per second that no outage switches
/// off.
///
/// # Why the capacity fits the client
///
/// When the dependency fails, every client of the fleet may spend its full budget at once. So the extra load is
/// *clients x capacity* requests, or *clients x capacity / (requests served per second)* seconds of work. The traffic
/// of a fleet is limited by its server, so each of 10,000 clients is small. With a fixed capacity of 10 each, they give
/// a server of 1,000 requests per second 100 s of extra work.
///
#[doc = include_str!("budget/fleets.md")]
///
/// With more than about ten thousand clients of one server, this is not enough, because a client cannot know how many
/// others there are: 30,000 clients need more than a minute. There, let the server send `Retry-After`, or use a
/// capacity of 1.
///
/// The floor of 2 costs a client with few requests little: at 1 request per second and 1 % failures, about 0.5 % of its
/// retries are denied. A capacity of 1 would deny 9 %.
///
/// # What it costs
///
/// A success of a full budget is one relaxed load. Without a fixed capacity, one success in 16 of each thread reads the
/// clock and is counted as 16. With the default ratio the count is written at most 7 times in 10 s, so threads mostly
/// read its cache line. A retry reads the clock when more than 2 tokens are left. The clock is the system's. Under
/// [`testing::virtual_time`](crate::testing::virtual_time) it is the virtual one, and every success is counted. The
/// capacity is 10, unless another one is set, without the feature `std`, without 64-bit atomics, and in a web page
/// without the feature `web`.
///
/// # One budget per dependency
///
/// Two functions that call the same server should share one budget, because they fail together: a budget for each
/// multiplies the capacity. If the dependencies are known only at run time (hosts, tenants), use [`Budgets`], which
/// keeps one budget for each key.
///
/// # Examples
///
/// ```
/// use backoff_core::Budget;
///
/// static SEARCH: Budget = Budget::new().capacity(2);
///
/// assert!(SEARCH.withdraw() && SEARCH.withdraw()); // two retries
/// assert!(!SEARCH.withdraw()); // no third one
/// for _ in 0..10 {
///     SEARCH.deposit(); // ten successes pay for one retry
/// }
/// assert!(SEARCH.withdraw() && !SEARCH.withdraw());
/// ```
///
/// A setting out of its range does not compile:
///
/// ```compile_fail
/// # use backoff_core::Budget;
/// static BROKEN: Budget = Budget::new().ratio(10.0); // 10.0 is not 10 %
/// # let _ = &BROKEN;
/// ```
#[doc(alias = "circuit breaker")]
#[doc(alias = "retry budget")]
#[doc(alias = "token bucket")]
pub struct Budget {
    /// The number of missing thousandths of a token. Zero is full, so a success compares with a constant.
    ///
    /// Relaxed order is enough everywhere: the number guards no other data, and changes of one atomic have one order.
    missing: AtomicU32,
    limits: Limits,
    history: History,
}

impl Budget {
    /// Returns a full budget with a ratio of 0.1 and a capacity that fits its client.
    #[cfg(not(all(test, loom)))]
    #[must_use]
    pub const fn new() -> Self {
        Self::from_parts(AtomicU32::new(0), Limits::DEFAULT, History::new())
    }

    /// Returns a full budget. It is not a `const fn`, because loom's atomics cannot be created in a constant.
    #[cfg(all(test, loom))]
    #[must_use]
    pub fn new() -> Self {
        Self::from_parts(AtomicU32::new(0), Limits::DEFAULT, History::new())
    }

    const fn from_parts(missing: AtomicU32, limits: Limits, history: History) -> Self {
        Self { missing, limits, history }
    }

    #[cfg(feature = "std")]
    fn full(limits: Limits) -> Self {
        Self::from_parts(AtomicU32::new(0), limits, History::new())
    }

    /// Sets the part of a token that a success puts back, in 0.001..=1.0, rounded to thousandths; default 0.1.
    ///
    /// It is the largest share of retries among successes that lasts: 0.1 allows one retry per ten successes.
    ///
    /// # Panics
    ///
    /// If the ratio is outside its range; in a constant that is a compile error. For run-time values use
    /// [`try_ratio`](Self::try_ratio).
    #[must_use]
    #[track_caller]
    pub const fn ratio(mut self, ratio: f64) -> Self {
        self.limits = self.limits.ratio(ratio);
        self
    }

    /// Sets the largest number of tokens, in `1..=1_000_000`: the retries that a full budget allows at once, whatever
    /// the traffic of the client. Default: between 2 and 10, fitted to the client.
    ///
    /// The extra load of a failing dependency is *clients x capacity* requests.
    ///
    /// # Panics
    ///
    /// If the capacity is outside its range; in a constant that is a compile error. For run-time values use
    /// [`try_capacity`](Self::try_capacity).
    #[must_use]
    #[track_caller]
    pub const fn capacity(mut self, tokens: u32) -> Self {
        self.limits = self.limits.capacity(tokens);
        self
    }

    /// Sets the part of a token that a success puts back, as [`ratio`](Self::ratio) does, for a value known only at run
    /// time.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidBudget`] when the ratio is outside 0.001..=1.0.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::Budget;
    ///
    /// let budget = Budget::new().try_ratio(0.2)?.try_capacity(100)?;
    /// assert_eq!(budget.available(), 100.0);
    /// # Ok::<(), backoff_core::InvalidBudget>(())
    /// ```
    pub const fn try_ratio(mut self, ratio: f64) -> Result<Self, InvalidBudget> {
        match self.limits.try_ratio(ratio) {
            Ok(limits) => self.limits = limits,
            Err(error) => return Err(error),
        }
        Ok(self)
    }

    /// Sets the largest number of tokens, as [`capacity`](Self::capacity) does, for a value known only at run time.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidBudget`] when the capacity is outside `1..=1_000_000`.
    pub const fn try_capacity(mut self, tokens: u32) -> Result<Self, InvalidBudget> {
        match self.limits.try_capacity(tokens) {
            Ok(limits) => self.limits = limits,
            Err(error) => return Err(error),
        }
        Ok(self)
    }

    /// Takes one token for a retry; returns `false`, and takes nothing, when less than one is left.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::Budget;
    ///
    /// let budget = Budget::new().capacity(1);
    /// assert!(budget.withdraw()); // a retry takes a whole token
    /// assert!(!budget.withdraw()); // no token, no retry
    /// assert_eq!(budget.available(), 0.0);
    /// ```
    #[must_use = "without a token there is no retry"]
    #[inline]
    pub fn withdraw(&self) -> bool {
        self.withdraw_at(Moment::now)
    }

    fn withdraw_at(&self, now: impl FnOnce() -> Moment) -> bool {
        let most = self.limits.capacity.saturating_sub(TOKEN);
        let surplus = self.surplus(now);
        let taken = self.missing.fetch_update(Relaxed, Relaxed, |missing| {
            let missing = missing.max(surplus);
            (missing <= most).then(|| missing + TOKEN)
        });
        taken.is_ok()
    }

    /// Returns the part of the fixed or largest capacity that the client may not use now.
    ///
    /// The clock is not read if the budget contains no more tokens than the smallest capacity.
    #[inline]
    fn surplus(&self, now: impl FnOnce() -> Moment) -> u32 {
        if !self.limits.is_fitted || self.held() <= FLOOR { 0 } else { self.limits.capacity - self.fitted(now) }
    }

    /// Returns the present capacity.
    fn fitted(&self, now: impl FnOnce() -> Moment) -> u32 {
        if self.limits.is_fitted { self.limits.fitting(self.history.successes(now())) } else { self.limits.capacity }
    }

    /// Returns the tokens that are left of the fixed or largest capacity.
    fn held(&self) -> u32 {
        self.limits.capacity.saturating_sub(self.missing.load(Relaxed))
    }

    /// Puts back the token of a retry that was decided but will not be made.
    #[inline]
    pub(crate) fn refund(&self) {
        let missing = |missing: u32| Some(missing.saturating_sub(TOKEN));
        let _always = self.missing.fetch_update(Relaxed, Relaxed, missing);
    }

    /// Puts back the part of a token that a success earns; the part above the capacity is lost.
    ///
    /// # Examples
    ///
    /// ```
    /// use backoff_core::Budget;
    ///
    /// let budget = Budget::new().ratio(0.5).capacity(3);
    /// assert!(budget.withdraw());
    /// budget.deposit(); // a success
    /// assert_eq!(budget.available(), 2.5);
    /// (0..9).for_each(|_| budget.deposit());
    /// assert_eq!(budget.available(), 3.0); // never more than the capacity
    /// ```
    #[inline]
    pub fn deposit(&self) {
        if self.limits.is_fitted {
            self.history.success(self.limits.enough());
        }
        let deposit = self.limits.deposit;
        let lacks = |missing: u32| (missing != 0).then(|| missing.saturating_sub(deposit));
        let _full = self.missing.fetch_update(Relaxed, Relaxed, lacks);
    }

    /// Returns the number of tokens left, from 0 to the present capacity; another thread may have changed it already.
    #[must_use]
    pub fn available(&self) -> f64 {
        let (available, _) = self.present();
        available
    }

    /// Returns the tokens left, and the present capacity in whole tokens.
    fn present(&self) -> (f64, u32) {
        let capacity = self.fitted(Moment::now);
        (tokens(self.held().min(capacity)), capacity / TOKEN)
    }

    #[cfg(feature = "std")]
    fn is_full(&self) -> bool {
        self.missing.load(Relaxed) == 0
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self::new()
    }
}

#[expect(clippy::missing_fields_in_debug, reason = "`available` says what is left, where `missing` says what lacks")]
impl fmt::Debug for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (available, capacity) = self.present();
        f.debug_struct("Budget")
            .field("available", &available)
            .field("ratio", &tokens(self.limits.deposit))
            .field("capacity", &capacity)
            .finish()
    }
}

#[cfg(all(test, not(loom)))]
mod bucket_tests {
    use super::*;

    fn drain(budget: &Budget) -> u32 {
        let mut taken = 0;
        while budget.withdraw() {
            taken += 1;
        }
        taken
    }

    #[test]
    fn a_full_budget_gives_exactly_its_capacity() {
        for capacity in [1, 2, 10, 1_000_000] {
            let budget = Budget::new().capacity(capacity);
            assert_eq!((drain(&budget), budget.available().to_bits()), (capacity, 0), "{capacity}");
        }
    }

    #[test]
    fn deposits_of_a_tenth_add_up_without_a_rounding_error() {
        let budget = Budget::new().capacity(1_000);
        drain(&budget);
        for deposits in 1..=10_000_u32 {
            budget.deposit();
            let expected = f64::from(deposits) / 10.0;
            assert_eq!(budget.available().to_bits(), expected.to_bits(), "{deposits}");
        }
        assert_eq!(drain(&budget), 1_000);
    }

    #[test]
    fn nine_tenths_of_a_token_are_no_retry() {
        let budget = Budget::new().capacity(1);
        drain(&budget);
        for _ in 0..9 {
            budget.deposit();
            assert!(!budget.withdraw(), "{budget:?}");
        }
        budget.deposit();
        assert!(budget.withdraw());
    }

    #[test]
    fn a_deposit_never_passes_the_capacity() {
        let budget = Budget::new().ratio(1.0).capacity(3);
        assert!(budget.withdraw());
        for _ in 0..5 {
            budget.deposit();
        }
        assert_eq!(drain(&budget), 3);
        let odd = Budget::new().ratio(0.3).capacity(1);
        drain(&odd);
        (0..4).for_each(|_| odd.deposit());
        assert_eq!(odd.available().to_bits(), 1.0_f64.to_bits());
    }

    #[test]
    fn a_smaller_capacity_for_a_budget_in_use_leaves_no_tokens_below_zero() {
        let used = Budget::new().capacity(10);
        drain(&used);
        let smaller = used.capacity(2);
        assert_eq!((drain(&smaller), smaller.available().to_bits()), (0, 0));
    }

    #[test]
    fn debug_shows_what_is_left_and_the_settings() {
        let budget = Budget::new().ratio(0.25).capacity(10);
        assert!(budget.withdraw());
        assert_eq!(alloc::format!("{budget:?}"), "Budget { available: 9.0, ratio: 0.25, capacity: 10 }");
    }
}
