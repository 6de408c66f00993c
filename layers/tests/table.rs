//! The table in the guide is the one that this run writes.

use std::fs;
use std::path::Path;

#[test]
fn the_table_in_the_guide_is_what_the_layers_do() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(backoff_layers::PAGE);
    let page = fs::read_to_string(path).unwrap();
    let refreshed = backoff_layers::refreshed(&page);
    for (old, new) in page.lines().zip(refreshed.lines()) {
        assert_eq!(old, new, "`cargo run -p backoff-layers -- write` refreshes the table");
    }
    assert_eq!(page, refreshed, "`cargo run -p backoff-layers -- write` refreshes the table");
}

#[test]
fn the_versions_in_the_guide_are_those_that_run() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(backoff_layers::PAGE)).unwrap();
    let lock = fs::read_to_string(root.join("Cargo.lock")).unwrap();
    let head = page.lines().find(|line| line.starts_with("| | ")).unwrap();
    let peers: Vec<_> = head.split('|').map(str::trim).filter(|cell| !cell.is_empty()).collect();
    assert_eq!(peers.len(), 4);
    for peer in peers {
        let (name, version) = peer.split_once(' ').unwrap();
        assert!(lock.contains(&format!("name = \"{name}\"\nversion = \"{version}")), "{peer} is not in Cargo.lock");
    }
}
