//! The table of arguments: the reference in the documentation has the same rows.

use std::collections::BTreeSet;
use std::fs;

use super::{ASYNC, squeezed, tokens};
use crate::args::{ARGUMENTS, Role};

/// Returns the reference: its text, and the code of its examples.
fn reference() -> (String, String) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../backoff-core/src/retry.md");
    let page = fs::read_to_string(path).unwrap();
    let part = |first: usize| page.split("```").skip(first).step_by(2).collect();
    (part(0), part(1))
}

/// Returns the names in the first column of the tables in the section "Arguments".
fn documented() -> Vec<String> {
    let (text, _) = reference();
    let section = text.split("# Arguments").nth(1).unwrap().split("\n# ").next().unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.map(|row| row.split(['`', '(']).next().unwrap().to_owned()).collect()
}

/// Returns the names of the arguments of all attributes `retry(..)` in `code`.
fn given(code: &str) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    for attribute in code.split("retry(").skip(1) {
        let (mut depth, mut starts) = (0_u32, true);
        for (at, character) in attribute.char_indices() {
            match character {
                '(' | '[' | '{' => depth += 1,
                ')' if depth == 0 => break,
                ')' | ']' | '}' => depth -= 1,
                ',' if depth == 0 => starts = true,
                _ if starts && character.is_alphabetic() => {
                    let rest = &attribute[at..];
                    names.insert(rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap());
                    starts = false;
                }
                _ => {}
            }
        }
    }
    names
}

#[test]
fn the_reference_documents_each_argument_once() {
    let documented = documented();
    let names: BTreeSet<&str> = documented.iter().map(String::as_str).collect();
    assert_eq!(names.len(), documented.len(), "{documented:?}");
    assert_eq!(names, ARGUMENTS.iter().map(|argument| argument.name).collect());
}

#[test]
fn the_reference_has_an_example_of_each_argument() {
    assert_eq!(given("#[retry(once(a, b), when = |e| f(e, 1))] let log = (x, name);"), ["once", "when"].into());
    let (_, code) = reference();
    let given = given(&code);
    let missing = ARGUMENTS.iter().map(|argument| argument.name).filter(|name| !given.contains(name));
    assert_eq!(missing.collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn each_form_begins_with_the_name_of_its_argument() {
    for argument in &ARGUMENTS {
        let rest = argument.form.strip_prefix(argument.name);
        assert!(rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '('])), "{}", argument.form);
    }
}

#[test]
fn each_setting_of_a_policy_reaches_its_builder() {
    for argument in ARGUMENTS.iter().filter(|argument| argument.has(Role::PolicySetting) && argument.name != "backoff")
    {
        let args = match argument.name {
            "increment" => format!("{}, backoff = linear", argument.form),
            _ => argument.form.to_owned(),
        };
        let output = squeezed(&crate::retry_tokens(tokens(&args), tokens(ASYNC)));
        let setter = match argument.name {
            "delay" => "constant(",
            "idempotent" => "idempotent_if",
            name => name,
        };
        assert!(output.contains(&format!(".{setter}(")) || output.contains(&format!("::{setter}")), "{args}: {output}");
    }
}
