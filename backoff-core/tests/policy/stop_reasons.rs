//! The documents list every stop reason, so a new one cannot be released undocumented.

use std::fs;
use std::path::Path;

use backoff_core::StopReason;

/// Returns the text of all Markdown files in a directory and below it.
fn markdown(directory: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(directory).expect("the directory of the workspace") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            text += &markdown(&path);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            text += &fs::read_to_string(&path).expect("a text");
        }
    }
    text
}

#[test]
fn the_documents_of_users_name_every_reason() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let readme = fs::read_to_string(root.join("README.md")).expect("a text");
    let text = readme + &markdown(&root.join("backoff-core/src"));
    for reason in StopReason::ALL {
        assert!(text.contains(&format!("`{reason:?}`")), "no document names `{reason:?}`");
    }
}

#[test]
fn words_are_made_for_labels_and_sentences_for_people() {
    for reason in StopReason::ALL {
        let word = reason.as_str();
        assert!(word.chars().all(|c| c.is_ascii_lowercase() || c == '_') && !word.is_empty(), "{word}");
        let sentence = reason.to_string();
        assert!(sentence.contains(' ') && !sentence.ends_with('.'), "{sentence}");
    }
}
