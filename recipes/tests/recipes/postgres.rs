//! A server that speaks as much of PostgreSQL's protocol as an error takes, and its two clients.

use std::net::SocketAddr;

use backoff_core::{Fault, classify};
use backoff_recipes::{sqlx as sqlx_recipe, tokio_postgres as tokio_postgres_recipe};
use sqlx::connection::ConnectOptions as _;
use sqlx::error::DatabaseError;
use sqlx::executor::Executor as _;
use sqlx_postgres::{PgConnectOptions, PgSslMode};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_postgres::NoTls;

use crate::loopback;

/// Returns the address of a server that accepts one client and fails its first query with this code.
///
/// Without a code it closes the connection instead.
async fn failing(code: Option<&'static str>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        request(&mut stream).await;
        let (authenticated, ready) = (b"R\0\0\0\x08\0\0\0\0", b"Z\0\0\0\x05I");
        stream.write_all(&[&authenticated[..], ready].concat()).await.unwrap();
        request(&mut stream).await;
        if let Some(code) = code {
            let fields = format!("SERROR\0VERROR\0C{code}\0Mfailed\0\0");
            let length = u32::try_from(fields.len() + 4).unwrap().to_be_bytes();
            stream.write_all(&[b"E", &length[..], fields.as_bytes(), ready].concat()).await.unwrap();
        }
    });
    address
}

/// Reads one request; each fits in one packet here.
async fn request(stream: &mut TcpStream) {
    assert_ne!(stream.read(&mut [0; 4096]).await.unwrap(), 0, "no request arrived");
}

async fn of_tokio_postgres(address: SocketAddr) -> Result<(), tokio_postgres::Error> {
    let config = format!("host={} port={} user=guest sslmode=disable", address.ip(), address.port());
    let (client, connection) = tokio_postgres::connect(&config, NoTls).await?;
    tokio::spawn(connection);
    client.batch_execute("SELECT 1").await
}

async fn of_sqlx(address: SocketAddr) -> Result<(), sqlx::Error> {
    let options = PgConnectOptions::new_without_pgpass().host("127.0.0.1").port(address.port()).username("guest");
    let mut connection = options.ssl_mode(PgSslMode::Disable).connect().await?;
    connection.execute("SELECT 1").await.map(drop)
}

#[tokio::test]
async fn the_code_of_postgres_decides_in_both_clients() {
    for (code, fault) in [
        ("40001", Fault::Transient),
        ("40P01", Fault::Transient),
        ("55P03", Fault::Transient),
        ("53300", Fault::Transient),
        ("57P03", Fault::Transient),
        ("40003", Fault::Ambiguous),
        ("57P01", Fault::Ambiguous),
        ("08006", Fault::Ambiguous),
        ("23505", Fault::Permanent),
        ("42601", Fault::Permanent),
    ] {
        let error = of_tokio_postgres(failing(Some(code)).await).await.unwrap_err();
        assert_eq!(error.code().map(tokio_postgres::error::SqlState::code), Some(code));
        assert_eq!(tokio_postgres_recipe::classify(&error), fault, "{error:?}");
        // No mark and no known error: `chain` would retry all of them.
        assert_eq!((classify::marks(&error), classify::chain(&error)), (None, Fault::Transient));

        let error = of_sqlx(failing(Some(code)).await).await.unwrap_err();
        assert_eq!(error.as_database_error().and_then(DatabaseError::code).as_deref(), Some(code));
        assert_eq!(sqlx_recipe::classify(&error), fault, "{error:?}");
        assert_eq!((classify::marks(&error), classify::chain(&error)), (None, Fault::Transient));
    }
}

#[tokio::test]
async fn a_lost_connection_to_postgres_is_ambiguous() {
    let error = of_tokio_postgres(failing(None).await).await.unwrap_err();
    assert_eq!(tokio_postgres_recipe::classify(&error), Fault::Ambiguous, "{error:?}");
    let error = of_sqlx(failing(None).await).await.unwrap_err();
    assert_eq!(sqlx_recipe::classify(&error), Fault::Ambiguous, "{error:?}");
    assert_eq!(classify::chain(&error), Fault::Ambiguous, "the I/O error is in the chain");
}

#[tokio::test]
async fn a_refused_connection_to_postgres_is_transient() {
    let error = of_tokio_postgres(loopback::refusing().await).await.unwrap_err();
    assert_eq!(tokio_postgres_recipe::classify(&error), Fault::Transient, "{error:?}");
    assert_eq!(classify::chain(&error), Fault::Transient);
    let error = of_sqlx(loopback::refusing().await).await.unwrap_err();
    assert_eq!(sqlx_recipe::classify(&error), Fault::Transient, "{error:?}");
}
