use backoff_core::retry;

#[retry]
fn f(text: String) -> Result<(), ()> {
    std::thread::spawn(move || drop(text)).join().map_err(drop)
}

fn main() {
    let _ = f(String::new());
}
