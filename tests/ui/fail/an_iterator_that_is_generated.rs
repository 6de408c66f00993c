use backoff_core::retry;

#[retry]
gen fn f() -> u32 {
    yield 7;
}

fn main() {}
