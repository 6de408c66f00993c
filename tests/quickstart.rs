//! The recording in README.md is what `cargo run --example quickstart` prints, and colours change no text.

#[path = "../examples/quickstart/main.rs"]
#[expect(dead_code, reason = "`main` and the blocking calls are not part of the recording")]
mod quickstart;

use std::cell::RefCell;
use std::error::Error;
use std::ffi::OsString;
use std::rc::Rc;

use quickstart::output::{Output, wants_colors};
use quickstart::server::Server;

/// Returns the lines of each call, with `T` in place of each time.
fn calls(text: &str) -> Vec<Vec<String>> {
    let lines: Vec<&str> = text.lines().collect();
    lines.split(|line| line.is_empty()).map(|call| call.iter().map(|line| without_times(line)).collect()).collect()
}

/// Replaces each time, such as `1.098 s`, and each run of spaces.
fn without_times(line: &str) -> String {
    let mut words: Vec<&str> = Vec::new();
    for word in line.split_whitespace() {
        match words.last_mut() {
            Some(number) if word == "s" && number.parse::<f64>().is_ok() => *number = "T",
            _ => words.push(word),
        }
    }
    words.join(" ")
}

/// Removes the escape sequences of colours.
fn without_colors(text: &str) -> String {
    let mut parts = text.split("\x1b[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.filter_map(|part| part.split_once('m')).fold(first, |text, (_, rest)| text + rest)
}

// The text of a broken connection is that of the operating system.
#[cfg(unix)]
#[test]
fn the_recording_in_the_readme_is_what_the_quickstart_prints() -> Result<(), Box<dyn Error>> {
    let printed = Rc::new(RefCell::new(Vec::new()));
    let lines = Rc::clone(&printed);
    let output = Output::new(true, move |line| lines.borrow_mut().push(line.to_owned()));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let server = Server::start().await?;
        quickstart::asynchronous(&server, &output).await?;
        Ok::<(), Box<dyn Error>>(())
    })?;
    let printed = printed.take().join("\n");
    assert!(printed.contains("\x1b[32mrecovered\x1b[0m"), "{printed}");
    let printed = without_colors(&printed);
    assert!(!printed.contains('\x1b'), "{printed}");

    let readme = include_str!("../README.md");
    let recording = readme.split("```text\n").find(|block| block.starts_with("async GET")).ok_or("no recording")?;
    let recording = recording.split("```").next().unwrap_or_default();
    let (recorded, printed) = (calls(recording), calls(&printed));
    assert!(recorded.len() >= 2, "{recorded:#?}");
    for call in recorded {
        assert!(printed.contains(&call), "README.md records\n{call:#?}\nand the quickstart prints\n{printed:#?}");
    }
    Ok(())
}

#[test]
fn colours_are_for_terminals_unless_a_variable_decides() {
    let with = |is_terminal, set: &[(&str, &str)]| {
        let value = |name: &str| set.iter().find(|(of, _)| *of == name).map(|(_, value)| OsString::from(value));
        wants_colors(is_terminal, value)
    };
    assert!(with(true, &[]) && !with(false, &[]));
    assert!(!with(true, &[("NO_COLOR", "1")]));
    assert!(with(true, &[("NO_COLOR", "")]));
    assert!(with(false, &[("CLICOLOR_FORCE", "1")]) && with(false, &[("FORCE_COLOR", "1")]));
    assert!(!with(false, &[("CLICOLOR_FORCE", "0")]));
    assert!(!with(false, &[("NO_COLOR", "1"), ("FORCE_COLOR", "1")]));
}
