//! The order in which entries were looked up, in two lists: newcomers (looked up once) and regulars (looked up again).
//!
//! The lists are linked by indices, so that every operation costs the same however many entries there are.

use std::mem::replace;

/// The index that no entry has: the end of a list.
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

    /// Adds an entry, which was looked up for the first time; its index is the number of entries before.
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

    /// Notes that an entry was looked up again: it becomes the newest regular. Beyond `max_regulars` the oldest one becomes the newest newcomer.
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
mod tests {
    use super::*;

    /// Returns the entries of a list, the oldest first, after checking the links in both directions.
    fn entries(order: &Order, list: List) -> Vec<usize> {
        let ends = match list {
            List::Newcomers => &order.newcomers,
            List::Regulars => &order.regulars,
        };
        let walk = |from: usize, step: fn(&Links) -> usize| {
            std::iter::successors(order.links.get(from).map(|_| from), move |at| {
                let next = step(order.links.get(*at)?);
                (next != NONE).then_some(next)
            })
        };
        let upwards: Vec<_> = walk(ends.oldest, |links| links.newer).collect();
        let mut downwards: Vec<_> = walk(ends.newest, |links| links.older).collect();
        downwards.reverse();
        assert_eq!((&upwards, upwards.len()), (&downwards, ends.len));
        assert!(upwards.iter().all(|at| order.links.get(*at).is_some_and(|links| links.list == list)));
        upwards
    }

    fn of(entries: usize) -> Order {
        let mut order = Order::new();
        (0..entries).for_each(|_| order.add());
        order
    }

    #[test]
    fn entries_are_in_the_order_in_which_they_were_looked_up() {
        let mut order = of(4);
        assert_eq!((entries(&order, List::Newcomers), entries(&order, List::Regulars)), (vec![0, 1, 2, 3], vec![]));
        order.looked_up_again(1, 3);
        order.looked_up_again(0, 3);
        order.looked_up_again(1, 3);
        assert_eq!((entries(&order, List::Newcomers), entries(&order, List::Regulars)), (vec![2, 3], vec![0, 1]));
        order.move_to(List::Newcomers, 2);
        assert_eq!(entries(&order, List::Newcomers), [3, 2]);
        assert_eq!((order.oldest_newcomer(), order.newer(3), order.newer(2)), (3, 2, NONE));
    }

    #[test]
    fn a_regular_too_many_becomes_the_newest_newcomer() {
        let mut order = of(3);
        (0..3).for_each(|at| order.looked_up_again(at, 2));
        assert_eq!((entries(&order, List::Newcomers), entries(&order, List::Regulars)), (vec![0], vec![1, 2]));
        let mut alone = of(1);
        alone.looked_up_again(0, 0);
        assert_eq!((entries(&alone, List::Newcomers), entries(&alone, List::Regulars)), (vec![0], vec![]));
    }

    #[test]
    fn any_sequence_of_moves_leaves_each_entry_in_one_list() {
        let mut order = of(7);
        for step in 0..1_000_usize {
            match step % 3 {
                0 => order.move_to(List::Newcomers, step * 5 % 7),
                _ => order.looked_up_again(step * 3 % 7, step % 5),
            }
            let mut all = entries(&order, List::Newcomers);
            all.extend(entries(&order, List::Regulars));
            all.sort_unstable();
            assert_eq!(all, [0, 1, 2, 3, 4, 5, 6], "step {step}");
        }
    }
}
