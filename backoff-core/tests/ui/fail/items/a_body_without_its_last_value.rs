use backoff_core::retry;

#[retry]
fn f() -> Result<(), String> {
    println!("done");
}

fn main() {
    let _ = f();
}
