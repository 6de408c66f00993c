//! The recipes of the package `backoff-recipes` for the servers of this package.
//!
//! Its files, not the package, because that compiles the clients of many other servers.

#[path = "../../recipes/src/redis.rs"]
mod redis;
#[path = "../../recipes/src/sqlstate.rs"]
mod sqlstate;
#[path = "../../recipes/src/tokio_postgres.rs"]
mod tokio_postgres;

pub use self::redis::classify as of_redis;
pub use self::sqlstate::classify as sqlstate;
pub use self::tokio_postgres::classify as of_postgres;
