//! The keys of a sorted map that are prefixes of a name.
//!
//! The search does not visit other keys: it takes the last key up to the name. If that one is no prefix, then every
//! prefix of the name before it is a prefix of what both have in common, and the search continues there. So a search
//! takes a few look-ups, at most one for each character of the name, whatever the number of keys.

use std::collections::BTreeMap;
use std::ops::Bound::{Included, Unbounded};

/// Returns the keys that are prefixes of `name`, the longest first.
pub(super) fn of<'m, V>(map: &'m BTreeMap<String, V>, name: &str) -> impl Iterator<Item = (&'m str, &'m V)> {
    let mut rest = Some(name);
    std::iter::from_fn(move || {
        loop {
            let bound = rest?;
            #[cfg(all(test, not(loom)))]
            tests::LOOK_UPS.set(tests::LOOK_UPS.get() + 1);
            let (key, value) = map.range::<str, _>((Unbounded, Included(bound))).next_back()?;
            let common = key.bytes().zip(bound.bytes()).take_while(|(left, right)| left == right).count();
            if common == key.len() {
                rest = common.checked_sub(1).map(|end| up_to(bound, end));
                return Some((key.as_str(), value));
            }
            rest = Some(up_to(bound, common));
        }
    })
}

/// Returns the longest part of the text from its start that ends at a character, at most this long.
fn up_to(text: &str, end: usize) -> &str {
    (0..=end).rev().find_map(|end| text.get(..end)).unwrap_or_default()
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::cell::Cell;

    use super::super::super::{Override, Overrides};

    std::thread_local! {
        pub(super) static LOOK_UPS: Cell<u32> = const { Cell::new(0) };
    }

    fn look_ups(overrides: &Overrides, name: &str) -> u32 {
        LOOK_UPS.set(0);
        let _found = overrides.find(name);
        LOOK_UPS.get()
    }

    #[test]
    fn a_name_is_found_by_as_many_look_ups_beside_ten_thousand_keys_as_beside_ten() {
        for form in ["billing::service_{}::charge", "billing::service_{}", "billing::service_{}::*"] {
            let overrides = |count: u32| {
                let mut all = Overrides::new();
                for number in 0..count {
                    let key = form.replace("{}", &format!("{number:05}"));
                    all.insert(&key, Override::new().max_attempts(2)).unwrap();
                }
                all
            };
            let (few, many) = (overrides(10), overrides(10_000));
            let known = look_ups(&few, "billing::service_00007::charge");
            assert!((1..=4).contains(&known), "{form}: {known}");
            assert_eq!(look_ups(&many, "billing::service_00007::charge"), known, "{form}");
            // A name without an override: one look-up more for each digit that it shares with a key.
            let unknown = look_ups(&many, "billing::service_99999x::charge");
            assert!(unknown <= 16, "{form}: {unknown}");
        }
    }
}
