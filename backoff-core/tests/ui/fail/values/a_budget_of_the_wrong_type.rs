use backoff_core::retry;

#[retry(budget = tokens)]
fn f(tokens: u32) -> Option<u8> {
    Some(tokens as u8)
}

fn main() {}
