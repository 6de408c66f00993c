//! The sleepers in the guide are those that the tests of the runtimes use.

use std::fs;
use std::path::Path;

const PAGE: &str = include_str!("../../backoff-core/src/guide/runtimes_and_targets.md");
/// The guide's form of a sleeper that is not an argument of `#[retry]`.
const METHOD: &str = ".sleep(";

/// Returns the rows of the first table below the line `head`, without the line under it.
fn rows(head: &str) -> Vec<Vec<String>> {
    let (_, table) = PAGE.split_once(&format!("\n{head}\n")).unwrap_or_else(|| panic!("no table {head}"));
    let rows = table.lines().skip(1).take_while(|line| line.starts_with('|'));
    rows.map(|row| {
        let row = row.replace("\\|", "\0"); // a bar inside of a cell
        row.trim_matches('|').split('|').map(|cell| cell.trim().replace('\0', "|")).collect()
    })
    .collect()
}

fn test_file(runtime: &str) -> String {
    let name = runtime.replace('-', "_");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(format!("{name}.rs"));
    fs::read_to_string(&file).unwrap_or_else(|error| panic!("{runtime} has no test {}: {error}", file.display()))
}

fn without_spaces(text: &str) -> String {
    text.split_whitespace().collect()
}

#[test]
fn each_sleeper_of_the_guide_is_the_one_that_its_runtime_is_tested_with() {
    let rows = rows("| runtime | sleeper |");
    let names: Vec<&str> = rows.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(names, ["futures-timer", "monoio", "compio", "glommio", "embassy"]);
    for row in &rows {
        let code = row[1].split('`').nth(1).unwrap();
        let expression = match code.strip_prefix(METHOD) {
            Some(argument) => argument.strip_suffix(')').unwrap(),
            None => code.strip_prefix("sleep = ").unwrap(),
        };
        let test = test_file(&row[0]);
        assert!(
            without_spaces(&test).contains(&without_spaces(&format!("sleep = {expression}"))),
            "tests/{}.rs does not use the sleeper of the guide: {code}",
            row[0]
        );
    }
}

#[test]
fn each_runtime_that_backoff_core_finds_by_itself_has_a_test_without_a_sleeper() {
    let rows = rows("| runtime | features | sleeper |");
    let tests = [
        ("tokio", "tokio"),
        ("smol", "smol"),
        ("async-std", "smol"),
        ("block_on_of_futures", "smol"),
        ("two_in_one_program", "both"),
    ];
    for (test, first_words_of_row) in tests {
        let row = rows.iter().find(|row| row[0].starts_with(first_words_of_row)).unwrap();
        assert!(row[2].starts_with("none to give") || row[2].starts_with("found"), "{row:?}");
        assert!(test_file(test).contains("backoff_runtimes::behaviour!(run = "), "{test}");
    }
    // The page of a browser is tested by `tools/web`; the last row is the other table.
    let others: Vec<&str> = rows
        .iter()
        .map(|row| row[0].as_str())
        .filter(|name| !tests.iter().any(|(_, first)| name.starts_with(first)))
        .collect();
    assert_eq!(others, ["a web page, a worker, Node", "any other"]);
}
