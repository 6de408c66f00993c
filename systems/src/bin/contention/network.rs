//! The distance between client and server: loopback alone, or as long as between two buildings.

use std::fmt;
use std::time::Duration;

use simulator::engine::Dice;

/// The one-way time of the network in addition to loopback.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Network {
    /// The mean; zero adds nothing.
    added: Duration,
}

impl Network {
    pub(crate) const fn new(added: Duration) -> Self {
        Self { added }
    }

    /// Waits for the time of `ways` messages: each as the simulator draws it, |N(10, 2)| milliseconds.
    pub(crate) async fn pass(self, dice: &mut Dice, ways: u32) {
        if self.added.is_zero() {
            return;
        }
        let ways: Duration = (0..ways).map(|_| Duration::from_nanos(dice.hop())).sum();
        tokio::time::sleep(ways).await;
    }

    pub(crate) const fn is_loopback(self) -> bool {
        self.added.is_zero()
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_loopback() {
            return f.write_str("loopback as it is");
        }
        f.write_str("a network of 10 ± 2 ms each way")
    }
}
