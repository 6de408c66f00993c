use backoff_core::retry;

#[retry]
async fn f(text: String) -> Result<(), ()> {
    tokio::spawn(async move { drop(text) }).await.map_err(drop)
}

fn main() {
    let _ = f(String::new());
}
