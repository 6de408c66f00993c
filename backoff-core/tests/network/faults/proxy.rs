//! The proxy. It takes one request per connection, so that one connection is one attempt.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::AbortHandle;

use super::Fate;

/// A proxy to a server, with faults. Dropping it closes the proxy.
pub(crate) struct Network {
    routes: Arc<Routes>,
    accepting: AbortHandle,
    /// Bound, and not listening: a port that is certain to refuse.
    _closed: TcpSocket,
}

struct Routes {
    seed: u64,
    server: SocketAddr,
    proxy: SocketAddr,
    closed: SocketAddr,
    /// The fault of each attempt that met one.
    faults: Mutex<Vec<Fate>>,
}

impl Network {
    /// Listens on a free port of the loopback interface, for a server that is already running.
    pub(crate) async fn before(server: SocketAddr, seed: u64) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let closed = TcpSocket::new_v4()?;
        closed.bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
        let (proxy, refusing) = (listener.local_addr()?, closed.local_addr()?);
        let routes = Arc::new(Routes { seed, server, proxy, closed: refusing, faults: Mutex::default() });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&routes))).abort_handle();
        Ok(Self { routes, accepting, _closed: closed })
    }

    /// Returns the name of the server for one attempt. Every attempt has a separate connection, and the name shows
    /// which attempt made it.
    pub(crate) fn host(call: u32, attempt: u32) -> String {
        format!("call-{call}-{attempt}.test")
    }

    /// Returns the address of the server for one attempt, as looking up its [`host`](Self::host) does.
    pub(crate) fn address(&self, call: u32, attempt: u32) -> SocketAddr {
        self.routes.address(call, attempt)
    }

    /// Returns the look-up of names, for a client.
    pub(crate) fn resolver(&self) -> Arc<impl Resolve + use<>> {
        Arc::clone(&self.routes)
    }

    pub(crate) fn fate(&self, call: u32, attempt: u32) -> Fate {
        Fate::of(self.routes.seed, call, attempt)
    }

    /// Returns the number of attempts with this fault.
    pub(crate) fn count(&self, fault: Fate) -> usize {
        self.routes.faults().iter().filter(|fate| **fate == fault).count()
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Routes {
    fn address(&self, call: u32, attempt: u32) -> SocketAddr {
        if Fate::of(self.seed, call, attempt) == Fate::Refused {
            self.note(Fate::Refused);
            return self.closed;
        }
        self.proxy
    }

    fn note(&self, fate: Fate) {
        if fate.is_fault() {
            self.faults().push(fate);
        }
    }

    fn faults(&self) -> MutexGuard<'_, Vec<Fate>> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Serves one connection according to its fate. Faults are counted before the client can notice them.
    async fn serve(&self, mut client: TcpStream) -> io::Result<()> {
        let request = read_request(&mut client).await?;
        let (call, attempt) = sender_of(&request).ok_or(io::ErrorKind::InvalidData)?;
        let fate = Fate::of(self.seed, call, attempt);
        if fate == Fate::ResetBefore {
            self.note(fate);
            return client.set_zero_linger(); // closed without lingering, a connection is reset
        }
        let answer = self.forward(&request).await?;
        self.note(fate);
        match fate {
            Fate::ResetAfter => client.set_zero_linger(),
            Fate::CutOff => {
                let (kept, _) = answer.split_at(answer.len() - length_of_body(&answer).div_ceil(2));
                client.write_all(kept).await?;
                client.shutdown().await
            }
            Fate::Stalled => {
                let _ = client.read(&mut [0]).await; // until the client hangs up
                Ok(())
            }
            _ => {
                if fate == Fate::Late {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                client.write_all(&answer).await?;
                client.shutdown().await
            }
        }
    }

    /// Sends the request on, and returns the whole answer.
    async fn forward(&self, request: &[u8]) -> io::Result<Vec<u8>> {
        let mut server = TcpStream::connect(self.server).await?;
        let end_of_line = request.windows(2).position(|two| two == b"\r\n").ok_or(io::ErrorKind::InvalidData)? + 2;
        let (line, rest) = request.split_at(end_of_line);
        server.write_all(&[line, b"connection: close\r\n", rest].concat()).await?;
        let mut answer = Vec::new();
        server.read_to_end(&mut answer).await?;
        Ok(answer)
    }
}

impl Resolve for Routes {
    fn resolve(&self, name: Name) -> Resolving {
        let found = numbers_in(name.as_str()).map(|(call, attempt)| self.address(call, attempt));
        Box::pin(async move {
            let address = found.ok_or("no such host")?;
            Ok(Box::new([address].into_iter()) as Addrs)
        })
    }
}

async fn accept(listener: TcpListener, routes: Arc<Routes>) {
    while let Ok((client, _)) = listener.accept().await {
        let routes = Arc::clone(&routes);
        tokio::spawn(async move { routes.serve(client).await });
    }
}

/// Reads the head of a request, and the body of the length in its head.
async fn read_request(client: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut request = Vec::new();
    while length_of_head(&request).is_none_or(|head| request.len() < head + content_length(&request)) {
        if client.read_buf(&mut request).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(request)
}

fn length_of_head(message: &[u8]) -> Option<usize> {
    message.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4)
}

fn length_of_body(message: &[u8]) -> usize {
    length_of_head(message).map_or(0, |head| message.len() - head)
}

fn content_length(message: &[u8]) -> usize {
    header(message, "content-length").and_then(|value| value.parse().ok()).unwrap_or(0)
}

fn header(message: &[u8], name: &str) -> Option<String> {
    let text = String::from_utf8_lossy(message);
    let head = text.split("\r\n\r\n").next()?;
    let value = head.lines().filter_map(|line| line.split_once(':')).find(|(key, _)| key.eq_ignore_ascii_case(name))?;
    Some(value.1.trim().to_owned())
}

/// Reads from a request which call and attempt sent it.
fn sender_of(request: &[u8]) -> Option<(u32, u32)> {
    numbers_in(&header(request, "host")?)
}

/// Reads the numbers in a name made by [`Network::host`].
fn numbers_in(host: &str) -> Option<(u32, u32)> {
    let (call, attempt) = host.strip_prefix("call-")?.strip_suffix(".test")?.split_once('-')?;
    Some((call.parse().ok()?, attempt.parse().ok()?))
}
