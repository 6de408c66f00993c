//! The default values of settings.

use core::time::Duration;

/// The first delay of a growing backoff.
pub const INITIAL_DELAY: Duration = Duration::from_millis(100);
/// The growth of exponential backoff.
pub const MULTIPLIER: f64 = 2.0;
/// The cap on growing delays. It is raised where [`ROOM_TO_GROW`] requires it.
pub const MAX_DELAY: Duration = Duration::from_secs(20);
/// The least ratio of the default cap to the first delay and to the increment.
pub const ROOM_TO_GROW: u32 = 10;
/// The number of attempts when no limit is set.
pub const MAX_ATTEMPTS: u32 = 3;
/// The longest push-back that a call waits for when no time limit is set.
pub const MAX_PUSH_BACK: Duration = Duration::from_secs(60);
/// The same with `forever`. It exists because a hostile server must not make a worker wait for ever.
pub const MAX_PUSH_BACK_FOREVER: Duration = Duration::from_secs(60 * 60);
/// The jitter factor of a constant delay.
pub const CONSTANT_FACTOR: f64 = 0.1;
