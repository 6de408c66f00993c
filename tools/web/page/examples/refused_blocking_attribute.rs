use backoff_core::retry;

#[retry(max_attempts = 3)]
fn fetch() -> Result<(), String> {
    Err("down".to_owned())
}

fn main() {
    let _result = fetch();
}
