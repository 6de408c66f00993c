//! The program with which a person starts and stops a server.

use std::error::Error;
use std::process::{Command, Output};

use backoff_systems::ServerError;
use backoff_systems::postgres::{Postgres, connect};
use redis::cmd;
use tokio_postgres::Config;

fn server(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_server"));
    command.args(words);
    command
}

fn printed(output: Output) -> Result<String, Box<dyn Error>> {
    if !output.status.success() {
        return Err(String::from_utf8(output.stderr)?.into());
    }
    Ok(String::from_utf8(output.stdout)?.trim_end().to_owned())
}

/// Counts in a table, which is there again after a stop.
async fn count_the_starts(config: &Config) -> Result<i64, tokio_postgres::Error> {
    let client = connect(config).await?;
    client
        .batch_execute("CREATE TABLE IF NOT EXISTS starts (at timestamptz); INSERT INTO starts VALUES (now())")
        .await?;
    client.query_one("SELECT count(*) FROM starts", &[]).await?.try_get(0)
}

#[tokio::test]
async fn postgres_runs_from_start_to_stop() -> Result<(), Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let path = directory.path().to_str().ok_or("a path without text")?;
    for expected in [1, 2] {
        let config = printed(server(&["postgres", "start", path]).output()?)?.parse()?;
        let count = count_the_starts(&config).await;
        printed(server(&["postgres", "stop", path]).output()?)?;
        assert_eq!(count?, expected);
        assert!(connect(&config).await.is_err());
    }
    let again = printed(server(&["postgres", "stop", path]).output()?).unwrap_err();
    assert_eq!(again.to_string(), format!("error: no server runs in {path}\n"));
    Ok(())
}

#[test]
fn redis_runs_from_start_to_stop() -> Result<(), Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let path = directory.path().to_str().ok_or("a path without text")?;
    let client = redis::Client::open(printed(server(&["redis", "start", path]).output()?)?)?;
    let connected =
        client.get_connection().and_then(|mut connection| cmd("INCR").arg("n").query::<i64>(&mut connection));
    printed(server(&["redis", "stop", path]).output()?)?;
    assert_eq!(connected?, 1);
    assert!(client.get_connection().is_err());
    Ok(())
}

#[test]
fn a_server_that_is_not_installed_is_named_with_its_package() -> Result<(), Box<dyn Error>> {
    let output = server(&["redis", "start", "/nonexistent/never-made"]).env("PATH", "/nonexistent").output()?;
    assert!(!output.status.success());
    let expected = "error: no `redis-server` in PATH; install it: `apt-get install redis-server`\n";
    assert_eq!(String::from_utf8(output.stderr)?, expected);
    Ok(())
}

#[test]
fn a_server_that_does_not_start_is_reported_with_its_last_words() -> Result<(), Box<dyn Error>> {
    let mut server = Postgres::start()?;
    server.stop()?;
    server.configure("no_such_setting = 1")?;
    let error = server.start_again().unwrap_err();
    assert!(matches!(error, ServerError::Failed { program: "postgres", .. }), "{error}");
    assert!(error.to_string().contains("no_such_setting"), "{error}");
    Ok(())
}
