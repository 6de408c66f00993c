use backoff_core::retry;

struct S(u32);

impl S {
    #[retry]
    fn f(&mut self) -> Result<&mut u32, ()> {
        Ok(&mut self.0)
    }
}

fn main() {
    let _ = S(1).f();
}
