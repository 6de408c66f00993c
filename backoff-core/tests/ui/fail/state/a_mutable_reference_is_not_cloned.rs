use backoff_core::retry;

#[retry(clone(log))]
fn f(log: &mut String) -> Option<u8> {
    log.pop().map(|_| 1)
}

fn main() {}
