//! A real socket in virtual time: only a timeout ends an attempt that awaits it.

use std::io;
use std::time::Duration;

use backoff_core::{retry, testing};
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpStream};

/// Reads a byte that a server sends in its own time.
async fn read(listener: &TcpListener) -> io::Result<u8> {
    let mut client = TcpStream::connect(listener.local_addr()?).await?;
    let (server, _) = listener.accept().await?;
    let sending = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(30));
        server.try_write(b"a")
    });
    let byte = client.read_u8().await;
    let _ = sending.join();
    byte
}

#[retry(max_attempts = 2, delay = "1h")]
async fn patient(listener: &TcpListener) -> io::Result<u8> {
    read(listener).await
}

#[retry(max_attempts = 2, delay = "1h", attempt_timeout = "1h")]
async fn limited_attempts(listener: &TcpListener) -> io::Result<u8> {
    read(listener).await
}

#[retry(max_attempts = 2, delay = "1h", timeout = "1h")]
async fn limited(listener: &TcpListener) -> io::Result<u8> {
    read(listener).await
}

#[tokio::test]
async fn an_attempt_without_a_timeout_awaits_its_socket_in_virtual_time() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let test = testing::virtual_time();
    assert_eq!(patient(&listener).await.ok(), Some(b'a'));
    assert_eq!(test.attempts(), 1);
}

#[tokio::test]
async fn beside_a_timeout_an_attempt_that_awaits_a_socket_counts_as_timed_out_in_virtual_time() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let test = testing::virtual_time();
    assert_eq!(limited_attempts(&listener).await.map_err(|error| error.kind()), Err(io::ErrorKind::TimedOut));
    assert_eq!(limited(&listener).await.map_err(|error| error.kind()), Err(io::ErrorKind::TimedOut));
    assert_eq!(test.attempts(), 3);
}
