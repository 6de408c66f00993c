//! A server on loopback that acts, and then loses its reply; and an address that refuses connections.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use bytes::Bytes;
use http::Response;
use http_body_util::{BodyExt as _, Full};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// The number of requests that a server has received to the end.
pub(crate) type Received = Arc<AtomicUsize>;

/// Starts a server that loses its reply to the first request: it receives the request, and closes the connection.
pub(crate) async fn losing_the_first_reply() -> io::Result<(SocketAddr, Received)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let received = Received::default();
    let counter = Arc::clone(&received);
    // The task ends with the runtime of the case.
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let counter = Arc::clone(&counter);
            let service = service_fn(move |request| answer(request, Arc::clone(&counter)));
            tokio::spawn(http1::Builder::new().keep_alive(false).serve_connection(TokioIo::new(stream), service));
        }
    });
    Ok((address, received))
}

/// An error of the service, for which hyper closes the connection without a response.
#[derive(Debug)]
struct Lost;

impl std::fmt::Display for Lost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the reply is lost")
    }
}

impl std::error::Error for Lost {}

async fn answer(
    request: http::Request<hyper::body::Incoming>,
    received: Received,
) -> Result<Response<Full<Bytes>>, Lost> {
    let body = request.into_body().collect().await;
    if body.is_ok() && received.fetch_add(1, SeqCst) == 0 {
        return Err(Lost);
    }
    Ok(Response::new(Full::default()))
}

/// Returns an address at which nothing listens.
pub(crate) async fn refusing() -> io::Result<SocketAddr> {
    TcpListener::bind("127.0.0.1:0").await?.local_addr()
}
