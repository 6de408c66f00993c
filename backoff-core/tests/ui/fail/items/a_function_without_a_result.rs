use backoff_core::retry;

#[retry]
fn f() {
    println!("done");
}

fn main() {
    f();
}
