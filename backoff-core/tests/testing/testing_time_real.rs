//! Virtual time together with code that takes real time: a socket, a thread.

use std::time::Duration;

use backoff_core::{Policy, StopReason, retry, testing};
use tokio::sync::oneshot;

/// Returns the value that another thread sends after some real time.
async fn something_real() -> u32 {
    let (send, receive) = oneshot::channel();
    let thread = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(20));
        let _nobody_waits = send.send(7);
    });
    let received = receive.await;
    thread.join().expect("it only sends");
    received.expect("it sends")
}

#[tokio::test]
async fn an_attempt_that_awaits_something_real_is_awaited_where_no_timeout_is_named() {
    #[retry(max_attempts = 2, delay = "1h")]
    async fn ask() -> Result<u32, &'static str> {
        Ok(something_real().await)
    }
    let _time = testing::virtual_time();
    assert_eq!(ask().await, Ok(7));
}

#[tokio::test]
async fn beside_a_timeout_it_counts_as_timed_out() {
    let _time = testing::virtual_time();
    let policy = Policy::constant(Duration::from_secs(1)).max_attempts(2).build();
    let call = || async { Ok::<_, std::io::Error>(something_real().await) };
    let hour = Duration::from_secs(3600);
    let attempts = policy.retry(call).attempt_timeout(hour).report().await.expect_err("both time out");
    assert_eq!((attempts.attempts, attempts.reason), (2, StopReason::MaxAttempts));
    let whole = policy.retry(call).timeout(hour).report().await.expect_err("it times out");
    assert_eq!((whole.attempts, whole.reason), (1, StopReason::Timeout));
}
