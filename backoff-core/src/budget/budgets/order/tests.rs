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
