use backoff_core::Policy;

fn main() {
    let _result = Policy::default().retry(|| Err::<(), _>("down")).call();
}
