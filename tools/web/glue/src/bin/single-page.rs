//! `single-page FILE.wasm DIRECTORY PAGE.html` writes one page that contains all: the program, the script and the style
//! of the directory, whose `index.html` has a line `<!-- NAME -->` where the file NAME belongs.
//!
//! A page in one file can be opened from a disk, where browsers refuse to load a module or a program beside it.

use std::fs;
use std::path::Path;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [program, directory, page] = arguments.as_slice() else {
        panic!("usage: single-page FILE.wasm DIRECTORY PAGE.html");
    };
    let (directory, page) = (Path::new(directory), Path::new(page));
    let scratch = page.with_extension("glue");
    let mut bindgen = wasm_bindgen_cli_support::Bindgen::new();
    let bindgen =
        bindgen.input_path(program).typescript(false).no_modules(true).expect("the target `no-modules` exists");
    bindgen.generate(&scratch).expect("the file was written by the same version of wasm-bindgen");

    let name = Path::new(program).file_stem().expect("the program has a name").to_string_lossy().into_owned();
    let glue = read(&scratch.join(format!("{name}.js")));
    let bytes = fs::read(scratch.join(format!("{name}_bg.wasm"))).expect("the program is written");
    let parts = [
        ("style.css", format!("<style>\n{}</style>", read(&directory.join("style.css")))),
        ("program", format!("<script>\n{glue}\nconst PROGRAM = '{}';\n</script>", base64(&bytes))),
        ("charts.js", format!("<script>\n{}</script>", read(&directory.join("charts.js")))),
        ("explorer.js", format!("<script>\n{}</script>", read(&directory.join("explorer.js")))),
    ];
    let mut text = read(&directory.join("index.html"));
    for (name, part) in parts {
        let place = format!("<!-- {name} -->");
        assert!(text.contains(&place), "index.html has no line {place}");
        text = text.replace(&place, &part);
    }
    fs::write(page, text).expect("the page can be written");
    fs::remove_dir_all(scratch).expect("the directory is this program's own");
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Encodes bytes in base64 (RFC 4648, section 4).
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits = (0..3).fold(0_usize, |bits, place| bits << 8 | usize::from(group.get(place).copied().unwrap_or(0)));
        for place in 0..4 {
            let letter = if place <= group.len() { char::from(LETTERS[bits >> (18 - 6 * place) & 63]) } else { '=' };
            text.push(letter);
        }
    }
    text
}
