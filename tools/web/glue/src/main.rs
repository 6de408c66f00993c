//! `glue FILE.wasm DIRECTORY` writes an ES module for a web page, a worker or Node into the directory.

fn main() {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(input), Some(output)) = (arguments.next(), arguments.next()) else {
        panic!("usage: glue FILE.wasm DIRECTORY");
    };
    let mut bindgen = wasm_bindgen_cli_support::Bindgen::new();
    let glue = bindgen.input_path(input).typescript(false).web(true).expect("the target `web` exists");
    glue.generate(output).expect("the file was written by the same version of wasm-bindgen");
}
