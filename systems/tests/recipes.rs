//! The recipes with the errors of real clients of real servers. `recipes/` tests what needs no server.

use std::error::Error;
use std::time::Duration;

use backoff_core::Fault;
use backoff_systems::postgres::{Postgres, connect};
use backoff_systems::recipes::{of_postgres, of_redis};
use backoff_systems::redis::Redis;
use redis::{Value, cmd};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn errors_of_postgres() -> Result<(), Box<dyn Error>> {
    let mut server = Postgres::start()?;
    let config = server.config();
    let client = connect(&config).await?;
    client.batch_execute("CREATE TABLE rows (id int PRIMARY KEY); INSERT INTO rows VALUES (1)").await?;

    let violation = client.execute("INSERT INTO rows VALUES (1)", &[]).await.unwrap_err();
    assert_eq!((code(&violation), of_postgres(&violation)), ("23505", Fault::Permanent));
    let mistake = client.query_one("SELECT 1 +", &[]).await.unwrap_err();
    assert_eq!((code(&mistake), of_postgres(&mistake)), ("42601", Fault::Permanent));
    let unwritable = client.execute("INSERT INTO rows VALUES ($1)", &[&"text"]).await.unwrap_err();
    assert_eq!((code(&unwritable), of_postgres(&unwritable)), ("", Fault::Permanent));
    let unreadable = client.query_one("SELECT 1::int", &[]).await?.try_get::<_, String>(0).unwrap_err();
    assert_eq!((code(&unreadable), of_postgres(&unreadable)), ("", Fault::Permanent));
    let none = client.query_one("SELECT 1 WHERE false", &[]).await.unwrap_err();
    assert_eq!((code(&none), of_postgres(&none)), ("", Fault::Permanent));

    let mut holder = connect(&config).await?;
    let holding = holder.transaction().await?;
    holding.execute("UPDATE rows SET id = 1", &[]).await?;
    client.batch_execute("SET lock_timeout = '10ms'").await?;
    let locked = client.execute("UPDATE rows SET id = 1", &[]).await.unwrap_err();
    assert_eq!((code(&locked), of_postgres(&locked)), ("55P03", Fault::Transient));
    drop(holding);

    let mut many = Vec::new();
    let full = loop {
        match connect(config.clone().user("guest")).await {
            Ok(client) => many.push(client),
            Err(error) if code(&error) == "28000" => {
                client.batch_execute("CREATE ROLE guest LOGIN CONNECTION LIMIT 1").await?;
            }
            Err(error) => break error,
        }
    };
    assert_eq!((code(&full), of_postgres(&full)), ("53300", Fault::Transient));

    let id: i32 = holder.query_one("SELECT pg_backend_pid()", &[]).await?.try_get(0)?;
    let (ended, _) = tokio::join!(holder.batch_execute("SELECT pg_sleep(60)"), async {
        let asleep = "SELECT 1 FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep'";
        while client.query(asleep, &[&id]).await?.is_empty() {}
        client.execute("SELECT pg_terminate_backend($1)", &[&id]).await
    });
    let ended = ended.unwrap_err();
    assert_eq!((code(&ended), of_postgres(&ended)), ("57P01", Fault::Ambiguous));

    tokio::task::block_in_place(|| server.kill())?;
    let lost = client.batch_execute("SELECT 1").await.unwrap_err();
    assert_eq!((code(&lost), of_postgres(&lost)), ("", Fault::Ambiguous));
    let refused = connect(&config).await.unwrap_err();
    assert_eq!((code(&refused), of_postgres(&refused)), ("", Fault::Transient));
    Ok(())
}

fn code(error: &tokio_postgres::Error) -> &str {
    error.code().map_or("", |state| state.code())
}

#[test]
fn errors_of_redis() -> Result<(), Box<dyn Error>> {
    let mut server = Redis::start()?;
    let client = server.client()?;
    let mut connection = client.get_connection()?;
    let mut told = |command: &str| {
        let mut words = command.split(' ');
        let mut command = cmd(words.next().unwrap());
        for word in words {
            command.arg(word);
        }
        let error = command.query::<Value>(&mut connection).unwrap_err();
        (error.code().map(str::to_owned).unwrap_or_default(), of_redis(&error))
    };
    assert_eq!(told("INCR"), ("ERR".to_owned(), Fault::Permanent));
    assert_eq!(told("EVAL return(redis.call('LPUSH','list',1)+redis.call('INCR','list')) 0").1, Fault::Permanent);
    assert_eq!(told("INCR list"), ("WRONGTYPE".to_owned(), Fault::Permanent));

    let mut other = client.get_connection()?;
    // A replica of a master that does not exist.
    cmd("REPLICAOF").arg("127.0.0.1").arg(1).exec(&mut other)?;
    assert_eq!(told("INCR number"), ("READONLY".to_owned(), Fault::Transient));
    cmd("CONFIG").arg("SET").arg("replica-serve-stale-data").arg("no").exec(&mut other)?;
    assert_eq!(told("GET number"), ("MASTERDOWN".to_owned(), Fault::Transient));
    cmd("REPLICAOF").arg("NO").arg("ONE").exec(&mut other)?;
    let Value::ServerError(loading) = redis::parse_redis_value(b"-LOADING Redis is loading the dataset in memory\r\n")?
    else {
        panic!("not an error")
    };
    assert_eq!(of_redis(&loading.into()), Fault::Transient);

    connection.set_read_timeout(Some(Duration::from_millis(50)))?;
    cmd("CLIENT").arg("PAUSE").arg(200).exec(&mut other)?;
    let late = cmd("PING").exec(&mut connection).unwrap_err();
    assert_eq!(of_redis(&late), Fault::Ambiguous, "{late:?}");
    server.kill()?;
    let dropped = cmd("PING").exec(&mut other).unwrap_err();
    assert_eq!(of_redis(&dropped), Fault::Ambiguous, "{dropped:?}");
    let refused = client.get_connection().map(drop).unwrap_err();
    assert_eq!(of_redis(&refused), Fault::Transient, "{refused:?}");
    Ok(())
}
