//! Applies settings to the builder.

use alloc::string::{String, ToString};

use super::Settings;
use crate::Policy;
use crate::policy::PolicyBuilder;
use backoff_rules::Kind;

impl Settings {
    /// Returns the policy with these settings and the defaults of the builder.
    pub(crate) fn policy(&self) -> Result<Policy, String> {
        let start = match (self.backoff, self.delay) {
            (None | Some(Kind::Constant), Some(delay)) => Policy::constant(delay),
            (Some(Kind::Constant), None) => {
                return Err(
                    "`backoff` is constant, and `delay` is missing; add one such as `delay` = \"2s\"".to_string()
                );
            }
            (Some(Kind::Linear), _) => Policy::linear(),
            (Some(Kind::Fibonacci), _) => Policy::fibonacci(),
            (Some(Kind::Exponential | Kind::List | Kind::Custom) | None, _) => Policy::exponential(),
        };
        let start = match self.delay {
            Some(delay) => start.delay(delay), // refused by the builder where the backoff is not constant
            None => start,
        };
        self.on_rules(self.on_schedule(start)).try_build().map_err(|refused| refused.to_string())
    }

    pub(super) fn on_schedule(&self, mut builder: PolicyBuilder) -> PolicyBuilder {
        if let Some(delay) = self.initial_delay {
            builder = builder.initial_delay(delay);
        }
        if let Some(multiplier) = self.multiplier {
            builder = builder.multiplier(multiplier);
        }
        if let Some(increment) = self.increment {
            builder = builder.increment(increment);
        }
        builder
    }

    pub(super) fn on_rules<B>(&self, mut builder: PolicyBuilder<B>) -> PolicyBuilder<B> {
        if self.forever == Some(true) {
            builder = builder.forever();
        }
        if let Some(attempts) = self.max_attempts {
            builder = builder.max_attempts(attempts);
        }
        if let Some(retries) = self.max_retries {
            builder = builder.max_retries(retries);
        }
        if let Some(limit) = self.max_elapsed {
            builder = builder.max_elapsed(limit);
        }
        if let Some(cap) = self.max_delay {
            builder = builder.max_delay(cap);
        }
        if let Some(jitter) = self.jitter {
            builder = builder.jitter(jitter);
        }
        if let Some(since) = self.since {
            builder = builder.since(since);
        }
        if let Some(ran) = self.reset_after {
            builder = builder.reset_after(ran);
        }
        if let Some(longest) = self.max_push_back {
            builder = builder.max_push_back(longest);
        }
        if let Some(mode) = self.push_back {
            builder = builder.push_back(mode);
        }
        match self.idempotent {
            Some(idempotent) => builder.idempotent_if(idempotent),
            None => builder,
        }
    }
}
