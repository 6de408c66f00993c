//! Redis is shut down, killed and paused while tasks write over connections that each carries many requests at once.

mod journal;
mod redis_ledger;

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use backoff_core::{AttemptTimeout, StopReason, retry};
use backoff_systems::ServerError;
use backoff_systems::recipes::of_redis;
use backoff_systems::redis::Redis;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, RedisError, RedisResult, cmd};

use journal::{HASTY, Journal, PATIENT};

const STEADY: u32 = 16;
const HURRIED: u32 = 4;
const OUTAGES: u32 = 3;

/// A client whose timeouts are those of its calls.
struct Teller {
    client: Client,
    connection: MultiplexedConnection,
    is_broken: bool,
    name: u32,
    calls: u32,
    journal: Arc<Journal>,
}

async fn connect(client: &Client) -> RedisResult<MultiplexedConnection> {
    // Its own timeout of half a second would hide those of the attempts.
    let config = AsyncConnectionConfig::new().set_response_timeout(None);
    client.get_multiplexed_async_connection_with_config(&config).await
}

fn late(timeout: AttemptTimeout) -> RedisError {
    io::Error::from(timeout).into()
}

impl Teller {
    #[retry(max_elapsed = "60s", idempotent, when = of_redis, clone(client, journal))]
    async fn new(client: Client, name: u32, journal: Arc<Journal>) -> RedisResult<Self> {
        let connection = connect(&client).await?;
        Ok(Self { client, connection, is_broken: false, name, calls: 0, journal })
    }

    /// Counts until the load is over.
    async fn work(mut self, is_patient: bool) {
        while !self.journal.is_over() {
            let result = if is_patient { self.increment().await } else { self.increment_in_haste().await };
            match result {
                Ok(key) => self.journal.confirmed(self.name, key),
                // The journal knows it.
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }

    #[retry(
        policy = PATIENT,
        attempt_timeout = "250ms",
        on_timeout = late,
        when = of_redis,
        idempotent,
        once(key = self.new_key()),
        before_retry = self.reconnect().await?,
        on_retry = |event| self.journal.retry(key, &PATIENT, event, of_redis),
        on_give_up = |event| self.journal.gave_up(key, true, event, of_redis),
    )]
    async fn increment(&mut self) -> RedisResult<String> {
        self.attempt(key).await?;
        Ok(key.clone())
    }

    /// Gives up after the second attempt, or after one of which it cannot know.
    #[retry(
        policy = HASTY,
        attempt_timeout = "250ms",
        on_timeout = late,
        when = of_redis,
        once(key = self.new_key()),
        before_retry = self.reconnect().await?,
        on_retry = |event| self.journal.retry(key, &HASTY, event, of_redis),
        on_give_up = |event| self.journal.gave_up(key, false, event, of_redis),
    )]
    async fn increment_in_haste(&mut self) -> RedisResult<String> {
        self.attempt(key).await?;
        Ok(key.clone())
    }

    async fn attempt(&mut self, key: &str) -> RedisResult<()> {
        let result = redis_ledger::increment(key).exec_async(&mut self.connection).await;
        self.is_broken = result.as_ref().is_err_and(RedisError::is_connection_dropped);
        result
    }

    fn new_key(&mut self) -> String {
        self.calls += 1;
        format!("{}/{}", self.name, self.calls)
    }

    /// A connection that is only slow is kept.
    async fn reconnect(&mut self) -> RedisResult<()> {
        if self.is_broken {
            self.connection = connect(&self.client).await?;
            self.is_broken = false;
            self.journal.reconnected(self.name);
        }
        Ok(())
    }
}

type Step = fn(&mut Redis) -> Result<(), ServerError>;

/// Runs the load through outages; returns the journal, which holds what the server holds.
async fn survive(fail: Step, recover: Step) -> Result<Arc<Journal>, Box<dyn Error>> {
    let mut server = Redis::start()?;
    let journal = Arc::new(Journal::default());
    let mut tasks = Vec::new();
    for name in 0..STEADY + HURRIED {
        let teller = Teller::new(server.client()?, name, journal.clone()).await?;
        tasks.push(tokio::spawn(teller.work(name < STEADY)));
    }
    tokio::task::block_in_place(|| journal.lead_through(OUTAGES, STEADY, &mut server, fail, recover));
    for task in tasks {
        task.await?;
    }
    let (total, keys) = redis_ledger::read(&server)?;
    journal.compare(total, &keys);
    Ok(journal)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn increments_of_tasks_survive_shutdowns() -> Result<(), Box<dyn Error>> {
    survive(Redis::stop, Redis::start_again).await?.assert_reconnected(0..STEADY, OUTAGES);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn increments_of_tasks_survive_sigkill() -> Result<(), Box<dyn Error>> {
    survive(Redis::kill, Redis::start_again).await?.assert_reconnected(0..STEADY, OUTAGES);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn increments_of_tasks_survive_pauses() -> Result<(), Box<dyn Error>> {
    survive(Redis::pause, Redis::unpause).await?;
    Ok(())
}

/// An attempt that was dropped is still on its way: without a key the server carries out each of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_timed_out_is_carried_out_all_the_same() -> Result<(), Box<dyn Error>> {
    #[retry(max_elapsed = "60s", attempt_timeout = "50ms", on_timeout = late, delay = "5ms", when = of_redis, idempotent, attempt = ctx)]
    async fn increment(connection: &mut MultiplexedConnection) -> RedisResult<(i64, u32)> {
        Ok((cmd("INCR").arg("number").query_async(connection).await?, ctx.number()))
    }

    #[retry(attempt_timeout = "50ms", on_timeout = late, when = of_redis, on_give_up = |event| reasons.push((event.reason(), event.attempts())))]
    async fn increment_if_known(
        connection: &mut MultiplexedConnection,
        reasons: &mut Vec<(StopReason, u32)>,
    ) -> RedisResult<i64> {
        cmd("INCR").arg("number").query_async(connection).await
    }

    let mut server = Redis::start()?;
    let mut connection = connect(&server.client()?).await?;
    server.pause()?;
    let mut reasons = Vec::new();
    let error = increment_if_known(&mut connection, &mut reasons).await.unwrap_err();
    assert!(error.is_timeout(), "{error:?}");
    assert_eq!(reasons, [(StopReason::Ambiguous, 1)]);

    let call = tokio::spawn(async move { increment(&mut connection).await });
    tokio::time::sleep(Duration::from_millis(200)).await;
    server.unpause()?;
    let (number, attempts) = call.await??;
    // One of the first call, which has reported a failure, and one of each attempt of the second.
    assert!(attempts >= 2 && number == i64::from(attempts) + 1, "{attempts} attempts left the number at {number}");
    Ok(())
}
