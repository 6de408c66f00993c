use backoff_core::retry;

#[retry]
async fn f() -> Result<(), String> {
    println!("done");
}

fn main() {
    drop(f());
}
