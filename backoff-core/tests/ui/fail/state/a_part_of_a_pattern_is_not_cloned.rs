use backoff_core::retry;

#[retry(clone(a))]
fn f((a, b): (u8, u8)) -> Option<u8> {
    a.checked_sub(b)
}

fn main() {}
