//! An index from hashes to entries. It keeps the hashes, so it never runs the code of a key.
//!
//! Entries with hashes that agree in their last bits form a chain. An entry that gets another hash moves to another
//! chain. Only growing costs more than that.

use super::order::NONE;

#[derive(Debug)]
pub(super) struct Index {
    /// The first entry of each chain; the length is a power of two, or zero.
    first: Vec<usize>,
    /// The hash of each entry, and the next entry of its chain.
    entries: Vec<(u64, usize)>,
}

impl Index {
    pub(super) const fn new() -> Self {
        Self { first: Vec::new(), entries: Vec::new() }
    }

    /// Iterates over the entries with this hash.
    pub(super) fn with_hash(&self, hash: u64) -> impl Iterator<Item = usize> + '_ {
        let mut at = self.first.get(self.chain(hash)).copied().unwrap_or(NONE);
        std::iter::from_fn(move || {
            let (its_hash, next) = *self.entries.get(at)?;
            Some((its_hash, std::mem::replace(&mut at, next)))
        })
        .filter_map(move |(its_hash, at)| (its_hash == hash).then_some(at))
    }

    /// Adds an entry; its index is the previous number of entries.
    pub(super) fn add(&mut self, hash: u64) {
        self.entries.push((hash, NONE));
        if self.entries.len() <= self.first.len() {
            self.link(self.entries.len() - 1);
            return;
        }
        let chains = (2 * self.entries.len()).next_power_of_two();
        self.first.clear();
        self.first.resize(chains, NONE);
        (0..self.entries.len()).for_each(|at| self.link(at));
    }

    /// Changes the hash of an entry.
    pub(super) fn change(&mut self, at: usize, hash: u64) {
        self.unlink(at);
        if let Some(entry) = self.entries.get_mut(at) {
            entry.0 = hash;
        }
        self.link(at);
    }

    #[expect(clippy::cast_possible_truncation, reason = "only the last bits count")]
    fn chain(&self, hash: u64) -> usize {
        hash as usize & self.first.len().wrapping_sub(1)
    }

    fn link(&mut self, at: usize) {
        let Some(&(hash, _)) = self.entries.get(at) else { return };
        let chain = self.chain(hash);
        if let (Some(first), Some(entry)) = (self.first.get_mut(chain), self.entries.get_mut(at)) {
            entry.1 = std::mem::replace(first, at);
        }
    }

    fn unlink(&mut self, at: usize) {
        let Some(&(hash, next)) = self.entries.get(at) else { return };
        let chain = self.chain(hash);
        let Some(first) = self.first.get_mut(chain) else { return };
        if *first == at {
            *first = next;
            return;
        }
        let mut before = *first;
        while let Some((_, link)) = self.entries.get_mut(before) {
            if *link == at {
                *link = next;
                return;
            }
            before = *link;
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
