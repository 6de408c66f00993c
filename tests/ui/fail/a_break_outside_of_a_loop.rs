use backoff_core::retry;

#[retry]
fn sync() -> Result<(), ()> {
    break;
}

#[retry]
async fn later() -> Result<(), ()> {
    continue;
}

fn main() {}
