use backoff_core::retry;

#[retry(max_elapse = "1s", max_attempts = 0, jitter = ful)]
const fn f() -> Option<u8> {
    None
}

fn main() {}
