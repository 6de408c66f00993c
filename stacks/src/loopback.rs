//! A server on a free port of loopback, for the programs of this package.

use std::future::Future;
use std::io;
use std::net::SocketAddr;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A running server. It accepts connections until it is dropped.
#[derive(Debug)]
pub struct Loopback {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Loopback {
    /// Starts the server that `serve` makes of a listener.
    ///
    /// # Errors
    ///
    /// Returns the error of the operating system if there is no free port.
    pub async fn start<F>(serve: impl FnOnce(TcpListener) -> F) -> io::Result<Self>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let serving = serve(listener);
        let task = tokio::spawn(async move {
            serving.await;
        });
        Ok(Self { address, task })
    }

    /// Returns the URL of a path, such as `/tea`.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

impl Drop for Loopback {
    fn drop(&mut self) {
        self.task.abort();
    }
}
