use backoff_core::retry;

#[retry]
fn sync() -> Result<(), String> {
    println!("done");
}

#[retry]
async fn later() -> Result<(), String> {
    println!("done");
}

fn main() {}
