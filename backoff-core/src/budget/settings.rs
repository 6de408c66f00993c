//! The two settings of a budget, checked, in thousandths of a token.

use core::error::Error;
use core::fmt;

use super::history::History;

/// One token, in the unit that budgets count.
pub(super) const TOKEN: u32 = 1_000;

/// The smallest capacity that fits a client: enough for nearly all retries of a client with few requests.
pub(super) const FLOOR: u32 = 2 * TOKEN;

const MAX_CAPACITY: u32 = 1_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limits {
    /// Thousandths that a success puts back.
    pub(super) deposit: u32,
    /// The fixed capacity, or the largest one that fits a client.
    pub(super) capacity: u32,
    /// `true` if no fixed capacity is set, so the capacity depends on the traffic of the client.
    pub(super) is_fitted: bool,
}

impl Limits {
    pub(super) const DEFAULT: Self = Self { deposit: TOKEN / 10, capacity: 10 * TOKEN, is_fitted: History::IS_KEPT };

    /// Returns the capacity that fits a client with this many recent successes, in whole tokens.
    pub(super) const fn fitting(self, successes: u32) -> u32 {
        let earned = successes.saturating_mul(self.deposit);
        match earned - earned % TOKEN {
            ..FLOOR => FLOOR,
            earned if earned > self.capacity => self.capacity,
            earned => earned,
        }
    }

    /// Returns the number of recent successes that the largest capacity needs; more of them make no difference.
    pub(super) const fn enough(self) -> u32 {
        self.capacity.div_ceil(self.deposit)
    }

    #[track_caller]
    pub(super) const fn ratio(self, ratio: f64) -> Self {
        match self.try_ratio(ratio) {
            Ok(limits) => limits,
            Err(error) => panic!("{}", error.rule()),
        }
    }

    #[track_caller]
    pub(super) const fn capacity(self, tokens: u32) -> Self {
        match self.try_capacity(tokens) {
            Ok(limits) => limits,
            Err(error) => panic!("{}", error.rule()),
        }
    }

    pub(super) const fn try_ratio(mut self, ratio: f64) -> Result<Self, InvalidBudget> {
        if ratio >= 0.001 && ratio <= 1.0 {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and 1,000")]
            let thousandths = (ratio * 1_000.0 + 0.5) as u32;
            self.deposit = thousandths;
            return Ok(self);
        }
        Err(InvalidBudget { refusal: Refusal::Ratio(ratio) })
    }

    pub(super) const fn try_capacity(mut self, tokens: u32) -> Result<Self, InvalidBudget> {
        if tokens == 0 || tokens > MAX_CAPACITY {
            return Err(InvalidBudget { refusal: Refusal::Capacity(tokens) });
        }
        self.capacity = tokens * TOKEN;
        self.is_fitted = false;
        Ok(self)
    }
}

/// Returns a count of thousandths as a number of tokens.
pub(super) fn tokens(thousandths: u32) -> f64 {
    f64::from(thousandths) / f64::from(TOKEN)
}

/// A budget whose ratio or capacity is out of its range.
///
/// The message contains the value and the range.
///
/// # Examples
///
/// ```
/// use backoff_core::Budget;
///
/// let error = Budget::new().try_ratio(10.0).unwrap_err();
/// let text = "`ratio` is 10; use a ratio in 0.001..=1.0, \
///     such as 0.1 for one retry per ten successes";
/// assert_eq!(error.to_string(), text);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InvalidBudget {
    refusal: Refusal,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Refusal {
    Ratio(f64),
    Capacity(u32),
}

impl InvalidBudget {
    /// Returns the rule and the correction without the value, for a constant, where a panic cannot format.
    const fn rule(self) -> &'static str {
        match self.refusal {
            Refusal::Ratio(_) => {
                "`ratio` is outside 0.001..=1.0; use a ratio such as 0.1 for one retry per ten successes"
            }
            Refusal::Capacity(0) => "`capacity` is 0; use at least 1, or `max_attempts(1)` for no retries",
            Refusal::Capacity(_) => "`capacity` is above 1000000; use a smaller number, such as 10",
        }
    }
}

impl fmt::Display for InvalidBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.refusal {
            Refusal::Ratio(ratio) => {
                write!(f, "`ratio` is {ratio}; use a ratio in 0.001..=1.0, such as 0.1 for one retry per ten successes")
            }
            Refusal::Capacity(0) => f.write_str(self.rule()),
            Refusal::Capacity(capacity) => {
                write!(f, "`capacity` is {capacity}; use a number in 1..={MAX_CAPACITY}, such as 10")
            }
        }
    }
}

impl Error for InvalidBudget {}

#[cfg(test)]
mod tests {
    use alloc::string::ToString as _;

    use super::*;

    #[test]
    fn the_ends_of_each_range_are_allowed_and_rounded_to_thousandths() {
        for (ratio, deposit) in [(0.001, 1), (0.1, 100), (0.2, 200), (0.333_4, 333), (0.333_6, 334), (1.0, 1_000)] {
            assert_eq!(Limits::DEFAULT.try_ratio(ratio).map(|limits| limits.deposit), Ok(deposit), "{ratio}");
        }
        for capacity in [1, MAX_CAPACITY] {
            assert_eq!(Limits::DEFAULT.try_capacity(capacity).map(|l| l.capacity), Ok(capacity * TOKEN));
        }
    }

    #[test]
    fn what_is_out_of_range_is_refused_with_the_value_and_the_way_out() {
        for ratio in [0.0, -0.1, 0.000_9, 1.000_1, f64::INFINITY, f64::NAN] {
            let error = Limits::DEFAULT.try_ratio(ratio).unwrap_err().to_string();
            assert!(error.starts_with(&alloc::format!("`ratio` is {ratio}; use a ratio in")), "{error}");
        }
        let text = |capacity| Limits::DEFAULT.try_capacity(capacity).unwrap_err().to_string();
        assert_eq!(text(0), "`capacity` is 0; use at least 1, or `max_attempts(1)` for no retries");
        assert_eq!(text(1_000_001), "`capacity` is 1000001; use a number in 1..=1000000, such as 10");
    }
}
