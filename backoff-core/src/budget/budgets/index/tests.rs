use super::*;

fn found(index: &Index, hash: u64) -> Vec<usize> {
    let mut found: Vec<_> = index.with_hash(hash).collect();
    found.sort_unstable();
    found
}

#[test]
fn an_empty_index_finds_nothing() {
    assert_eq!(found(&Index::new(), 0), []);
}

#[test]
fn entries_are_found_by_all_bits_of_their_hash() {
    let mut index = Index::new();
    let hashes = [0, 1 << 63, 1 << 40, 0, u64::MAX];
    for hash in hashes {
        index.add(hash);
    }
    assert_eq!([0, 1 << 63, u64::MAX, 7].map(|hash| found(&index, hash)), [vec![0, 3], vec![1], vec![4], vec![]]);
}

#[test]
fn an_entry_with_another_hash_is_found_by_that_alone() {
    let mut index = Index::new();
    (0..1_000).for_each(|_| index.add(5));
    (0..1_000).for_each(|at| index.change(at, 10_000 + at as u64));
    assert_eq!(found(&index, 5), []);
    assert!((0..1_000).all(|at| found(&index, 10_000 + at as u64) == [at]));
}

#[test]
fn chains_stay_short_while_entries_change_their_hash() {
    let mut index = Index::new();
    (0..1_024).for_each(|hash| index.add(hash));
    let round = || (0..1_024_usize).cycle();
    (1_024..100_000_u64).zip(round()).for_each(|(hash, at)| index.change(at, hash));
    assert_eq!(index.first.len(), 2_048, "a change needs no room");
    assert!((98_976..100_000).zip(round().skip(672)).all(|(hash, at)| found(&index, hash) == [at]));
}
