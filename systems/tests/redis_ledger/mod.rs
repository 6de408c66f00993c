//! The data that clients write to Redis: a number, and a key for each increment.

use std::collections::BTreeSet;

use backoff_systems::redis::Redis;
use redis::{Cmd, RedisResult, cmd};

/// Increments the number unless the key is there already, in one step: a crash leaves both or neither.
pub(crate) fn increment(key: &str) -> Cmd {
    let mut command = cmd("EVAL");
    command.arg("if redis.call('SADD', 'keys', ARGV[1]) == 1 then redis.call('INCR', 'total') end").arg(0).arg(key);
    command
}

/// Returns the number, and the keys of all increments.
pub(crate) fn read(server: &Redis) -> RedisResult<(i64, BTreeSet<String>)> {
    let mut connection = server.client()?.get_connection()?;
    let total: Option<i64> = cmd("GET").arg("total").query(&mut connection)?;
    Ok((total.unwrap_or_default(), cmd("SMEMBERS").arg("keys").query(&mut connection)?))
}
