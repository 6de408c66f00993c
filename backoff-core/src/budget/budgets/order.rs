//! The order in which entries were looked up, in two lists: newcomers (looked up once) and regulars (looked up again).
//!
//! The lists are linked by indices, so that the cost of every operation is independent of the number of entries.

use std::mem::replace;

/// The end of a list: an index that no entry has.
pub(super) const NONE: usize = usize::MAX;

/// A list of entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum List {
    Newcomers,
    Regulars,
}

/// The neighbours of one entry in its list.
#[derive(Debug)]
struct Links {
    list: List,
    newer: usize,
    older: usize,
}

#[derive(Debug)]
struct Ends {
    newest: usize,
    oldest: usize,
    len: usize,
}

#[derive(Debug)]
pub(super) struct Order {
    links: Vec<Links>,
    newcomers: Ends,
    regulars: Ends,
}

impl Ends {
    const EMPTY: Self = Self { newest: NONE, oldest: NONE, len: 0 };
}

impl Order {
    pub(super) const fn new() -> Self {
        Self { links: Vec::new(), newcomers: Ends::EMPTY, regulars: Ends::EMPTY }
    }

    /// Adds an entry, which was looked up for the first time; its index is the previous number of entries.
    pub(super) fn add(&mut self) {
        let at = self.links.len();
        self.links.push(Links { list: List::Newcomers, newer: NONE, older: NONE });
        self.append(at, List::Newcomers);
    }

    /// Makes an entry the newest of a list.
    pub(super) fn move_to(&mut self, list: List, at: usize) {
        self.unlink(at);
        self.append(at, list);
    }

    /// Records that an entry was looked up again: it becomes the newest regular.
    ///
    /// Beyond `max_regulars` the oldest regular becomes the newest newcomer.
    pub(super) fn looked_up_again(&mut self, at: usize, max_regulars: usize) {
        self.move_to(List::Regulars, at);
        if self.regulars.len > max_regulars {
            self.move_to(List::Newcomers, self.regulars.oldest);
        }
    }

    /// Returns the newcomer that was looked up longest ago, [`NONE`] without newcomers.
    pub(super) const fn oldest_newcomer(&self) -> usize {
        self.newcomers.oldest
    }

    /// Returns the next newer entry of the same list, [`NONE`] at the end.
    pub(super) fn newer(&self, at: usize) -> usize {
        self.links.get(at).map_or(NONE, |links| links.newer)
    }

    fn ends(&mut self, list: List) -> &mut Ends {
        match list {
            List::Newcomers => &mut self.newcomers,
            List::Regulars => &mut self.regulars,
        }
    }

    fn unlink(&mut self, at: usize) {
        let Some(&Links { list, newer, older }) = self.links.get(at) else { return };
        match self.links.get_mut(newer) {
            Some(links) => links.older = older,
            None => self.ends(list).newest = older,
        }
        match self.links.get_mut(older) {
            Some(links) => links.newer = newer,
            None => self.ends(list).oldest = newer,
        }
        self.ends(list).len -= 1;
    }

    fn append(&mut self, at: usize, list: List) {
        let ends = self.ends(list);
        let older = replace(&mut ends.newest, at);
        ends.len += 1;
        match self.links.get_mut(older) {
            Some(links) => links.newer = at,
            None => self.ends(list).oldest = at,
        }
        if let Some(links) = self.links.get_mut(at) {
            *links = Links { list, newer: NONE, older };
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
