//! Addresses of this machine that refuse connections, or close them.

use std::net::SocketAddr;

use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;

/// Returns an address at which nothing listens.
pub(crate) async fn refusing() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap()
}

/// Returns the address of a server that reads the start of a request and then closes the connection.
pub(crate) async fn closing() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            assert_ne!(stream.read(&mut [0; 4096]).await.unwrap(), 0, "no request arrived");
        }
    });
    address
}
