use backoff_core::retry;

struct S(u32);

impl S {
    #[retry]
    fn f(&mut self) -> Result<u32, ()> {
        let this = self;
        Ok(this.0)
    }
}

fn main() {
    let _ = S(1).f();
}
