//! Redis is shut down, killed and paused while threads write: nothing that was acknowledged is lost, nothing is made
//! twice.

mod journal;
mod redis_ledger;

use std::error::Error;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use backoff_core::retry;
use backoff_systems::ServerError;
use backoff_systems::recipes::of_redis;
use backoff_systems::redis::Redis;
use redis::{Client, Connection, RedisResult};

use journal::{HASTY, Journal, PATIENT};

const STEADY: u32 = 8;
const HURRIED: u32 = 3;
const OUTAGES: u32 = 3;
const PATIENCE: Duration = Duration::from_millis(250);

/// A client whose socket has timeouts.
struct Teller {
    client: Client,
    connection: Connection,
    name: u32,
    calls: u32,
    journal: Arc<Journal>,
}

fn connect(client: &Client) -> RedisResult<Connection> {
    let connection = client.get_connection_with_timeout(PATIENCE)?;
    connection.set_read_timeout(Some(PATIENCE))?;
    connection.set_write_timeout(Some(PATIENCE))?;
    Ok(connection)
}

impl Teller {
    #[retry(max_elapsed = "60s", idempotent, when = of_redis, clone(client, journal))]
    fn new(client: Client, name: u32, journal: Arc<Journal>) -> RedisResult<Self> {
        let connection = connect(&client)?;
        Ok(Self { client, connection, name, calls: 0, journal })
    }

    /// Counts until the load is over.
    fn work(mut self, is_patient: bool) {
        while !self.journal.is_over() {
            let result = if is_patient { self.increment() } else { self.increment_in_haste() };
            match result {
                Ok(key) => self.journal.confirmed(self.name, key),
                // The journal knows it.
                Err(_) => thread::sleep(Duration::from_millis(20)),
            }
        }
    }

    #[retry(
        policy = PATIENT,
        when = of_redis,
        idempotent,
        once(key = self.new_key()),
        before_retry = self.reconnect()?,
        on_retry = |event| self.journal.retry(key, &PATIENT, event, of_redis),
        on_give_up = |event| self.journal.gave_up(key, true, event, of_redis),
    )]
    fn increment(&mut self) -> RedisResult<String> {
        redis_ledger::increment(key).exec(&mut self.connection)?;
        Ok(key.clone())
    }

    /// Gives up after the second attempt, or after one of which it cannot know.
    #[retry(
        policy = HASTY,
        when = of_redis,
        once(key = self.new_key()),
        before_retry = self.reconnect()?,
        on_retry = |event| self.journal.retry(key, &HASTY, event, of_redis),
        on_give_up = |event| self.journal.gave_up(key, false, event, of_redis),
    )]
    fn increment_in_haste(&mut self) -> RedisResult<String> {
        redis_ledger::increment(key).exec(&mut self.connection)?;
        Ok(key.clone())
    }

    fn new_key(&mut self) -> String {
        self.calls += 1;
        format!("{}/{}", self.name, self.calls)
    }

    /// Also after a timeout: the late answer would be taken for that of the next command.
    fn reconnect(&mut self) -> RedisResult<()> {
        self.connection = connect(&self.client)?;
        self.journal.reconnected(self.name);
        Ok(())
    }
}

type Step = fn(&mut Redis) -> Result<(), ServerError>;

fn survive(fail: Step, recover: Step) -> Result<(), Box<dyn Error>> {
    let mut server = Redis::start()?;
    let journal = Arc::new(Journal::default());
    let mut threads = Vec::new();
    for name in 0..STEADY + HURRIED {
        let teller = Teller::new(server.client()?, name, journal.clone())?;
        threads.push(thread::spawn(move || teller.work(name < STEADY)));
    }
    journal.lead_through(OUTAGES, STEADY, &mut server, fail, recover);
    for thread in threads {
        thread.join().expect("no client has panicked");
    }

    let (total, keys) = redis_ledger::read(&server)?;
    journal.compare(total, &keys);
    journal.assert_reconnected(0..STEADY, OUTAGES);
    Ok(())
}

#[test]
fn increments_of_threads_survive_shutdowns() -> Result<(), Box<dyn Error>> {
    survive(Redis::stop, Redis::start_again)
}

#[test]
fn increments_of_threads_survive_sigkill() -> Result<(), Box<dyn Error>> {
    survive(Redis::kill, Redis::start_again)
}

#[test]
fn increments_of_threads_survive_pauses() -> Result<(), Box<dyn Error>> {
    survive(Redis::pause, Redis::unpause)
}
