//! `cargo run -p backoff-layers` prints the table; with the argument `write` it refreshes the page of the guide.

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs, io};

fn main() -> io::Result<ExitCode> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join(backoff_layers::PAGE);
    let refreshed = backoff_layers::refreshed(&fs::read_to_string(&page)?);
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => println!("{refreshed}"),
        ["write"] => fs::write(&page, refreshed)?,
        _ => {
            eprintln!("usage: cargo run -p backoff-layers [-- write]");
            return Ok(ExitCode::from(2));
        }
    }
    Ok(ExitCode::SUCCESS)
}
