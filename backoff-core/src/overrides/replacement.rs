//! The policy that replaces the one of a failing call.

use super::{Override, Overrides, reports, scope};
use crate::{Backoff, CallSite, Policy, Schedule};
use backoff_rules::Rules;

/// The rules and the backoff that replace those of a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Replacement {
    pub(crate) rules: Rules,
    /// The backoff; `None` keeps a custom backoff.
    pub(crate) schedule: Option<Schedule>,
}

impl From<Policy> for Replacement {
    fn from(policy: Policy) -> Self {
        Self { rules: *policy.rules(), schedule: Some(*policy.backoff()) }
    }
}

/// Returns the replacement for the policy of a failing call, from these overrides and the open scopes; `None` keeps its
/// policy.
///
/// Values that had to be adjusted are reported at the first failure of the call.
pub(crate) fn replacement<B: Backoff>(
    table: Option<&Overrides>,
    site: &'static CallSite,
    policy: &Policy<B>,
    reports_adjusted: bool,
) -> Option<Replacement> {
    let given = scope::policy().map(|given| given.called_as(policy.rules()));
    let built_in = given.or_else(|| Some(Policy::from_parts(policy.backoff().as_schedule()?, *policy.rules())));
    let name = site.name();
    let found = table.and_then(|table| table.find(name)).filter(|(_, found)| !found.settings.is_empty());
    let Some((key, Override { settings, .. })) = found else {
        return given.map(Replacement::from);
    };
    let (replacement, notes) = if let Some(built_in) = built_in {
        let (policy, notes) = settings.over(&built_in);
        (Replacement::from(policy), notes)
    } else {
        let (rules, notes) = settings.over_rules(policy.rules());
        (Replacement { rules, schedule: None }, notes)
    };
    for problem in notes.into_iter().filter(|_| reports_adjusted) {
        if reports::note(key, name, problem) {
            site.tell_adjusted(problem);
        }
    }
    Some(replacement)
}
