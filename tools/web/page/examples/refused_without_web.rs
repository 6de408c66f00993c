use backoff_core::retry;

#[retry(max_attempts = 3)]
async fn fetch() -> Result<(), String> {
    Err("down".to_owned())
}

fn main() {
    drop(fetch());
}
