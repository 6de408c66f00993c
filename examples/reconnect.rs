//! A client that owns its connection: `before_retry` connects again, and the server is restarted during the calls.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;

use backoff_core::{classify, retry};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A client that sends requests over one connection, one per line.
struct Client {
    server: SocketAddr,
    connection: BufReader<TcpStream>,
    connected: u32,
}

impl Client {
    async fn connect(server: SocketAddr) -> io::Result<Self> {
        let connection = BufReader::new(TcpStream::connect(server).await?);
        Ok(Self { server, connection, connected: 1 })
    }

    /// Sends a request, and returns the response. Replaces a broken connection before the next attempt.
    ///
    /// A lost response is requested again, because a repeated request is harmless: `idempotent`.
    #[retry(
        max_elapsed = "10s",
        initial_delay = "20ms",
        max_delay = "100ms",
        idempotent,
        when = classify::io,
        before_retry = self.reconnect().await?,
        on_retry = |event| println!("  {event}"),
        on_recovered = |event| println!("  {event}"),
    )]
    async fn ask(&mut self, question: &str) -> io::Result<String> {
        self.connection.get_mut().write_all(format!("{question}\n").as_bytes()).await?;
        let mut answer = String::new();
        if self.connection.read_line(&mut answer).await? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        Ok(answer.trim_end().to_owned())
    }

    async fn reconnect(&mut self) -> io::Result<()> {
        self.connection = BufReader::new(TcpStream::connect(self.server).await?);
        self.connected += 1;
        Ok(())
    }
}

/// Responds to some requests of one client, then stops.
async fn serve(listener: TcpListener, name: &str, answers: u32) -> io::Result<()> {
    let (client, _) = listener.accept().await?;
    let mut client = BufReader::new(client);
    for _ in 0..answers {
        let mut question = String::new();
        client.read_line(&mut question).await?;
        let answer = format!("{name}: {}\n", question.trim_end().to_uppercase());
        client.get_mut().write_all(answer.as_bytes()).await?;
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let server = tokio::spawn(async move {
        serve(listener, "first server", 2).await?;
        tokio::time::sleep(Duration::from_millis(150)).await; // it restarts
        serve(TcpListener::bind(address).await?, "second server", 2).await
    });

    let mut client = Client::connect(address).await?;
    let mut answers = Vec::new();
    for question in ["one", "two", "three", "four"] {
        println!("{question}?");
        let answer = client.ask(question).await?;
        println!("  {answer}");
        answers.push(answer);
    }
    server.await??;

    assert_eq!(answers, ["first server: ONE", "first server: TWO", "second server: THREE", "second server: FOUR"]);
    assert_eq!(client.connected, 2);
    Ok(())
}
