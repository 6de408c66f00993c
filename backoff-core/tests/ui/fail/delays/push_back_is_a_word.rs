use backoff_core::retry;

#[retry(push_back = "5s")]
fn duration() -> Result<(), u8> {
    Ok(())
}

#[retry(push_back = replaced)]
fn unknown() -> Result<(), u8> {
    Ok(())
}

#[retry(push_back)]
fn bare() -> Result<(), u8> {
    Ok(())
}

fn main() {}
