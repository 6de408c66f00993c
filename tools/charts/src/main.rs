//! Draws the pictures in `docs/`: `cargo run --release -p backoff-charts -- write`, or `-- check`, which fails if a
//! committed picture is not what is drawn.
//!
//! The bytes depend on the mathematical functions of the platform, so `check` is for 64-bit Linux, on which CI runs it.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use charts::committed;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let writes = match std::env::args().nth(1).as_deref() {
        Some("write") => true,
        Some("check") => false,
        _ => return Err("expected `write` or `check`".into()),
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let contention = fs::read_to_string(root.join("docs/contention.md"))?;
    let mut outdated = 0;
    for picture in committed::ALL {
        let drawn = (picture.draw)(&contention)?;
        for file in picture.files {
            if writes {
                fs::write(root.join(file), &drawn)?;
            } else if fs::read_to_string(root.join(file)).ok().as_ref() != Some(&drawn) {
                outdated += 1;
                eprintln!("error: {file} is not what is drawn; run `cargo run --release -p backoff-charts -- write`");
            }
            println!("{file}: {} bytes", drawn.len());
        }
    }
    Ok(if outdated == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
