use backoff_core::retry;

#[retry(reset_when = |received| *received)]
fn download() -> Result<(), u64> {
    Err(0)
}

fn main() {}
