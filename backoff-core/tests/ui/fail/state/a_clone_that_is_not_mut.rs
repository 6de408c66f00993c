use backoff_core::retry;

#[retry(clone(text))]
fn f(text: String) -> Option<String> {
    text.push('!');
    Some(text)
}

fn main() {
    drop(f(String::new()));
}
