//! Live allocations and the resident set between rounds, and a check that they have not grown.

use std::fmt;

use stats_alloc::INSTRUMENTED_SYSTEM;

/// The memory of the process while no call runs.
#[derive(Clone, Copy, Debug, Default)]
struct Sample {
    allocations: usize,
    bytes: usize,
    /// In KiB; 0 if the system does not report it.
    resident: usize,
}

impl Sample {
    fn now() -> Self {
        let stats = INSTRUMENTED_SYSTEM.stats();
        Self {
            allocations: stats.allocations.saturating_sub(stats.deallocations),
            bytes: stats.bytes_allocated.saturating_sub(stats.bytes_deallocated),
            resident: resident().unwrap_or_default(),
        }
    }

    /// The least of each value, which excludes random allocations.
    fn least(samples: &[Self]) -> Self {
        let least = |of: fn(&Self) -> usize| samples.iter().map(of).min().unwrap_or_default();
        Self {
            allocations: least(|sample| sample.allocations),
            bytes: least(|sample| sample.bytes),
            resident: least(|sample| sample.resident),
        }
    }
}

/// Reads the resident set from `/proc/self/status`, in KiB; `statm` counts pages, and does not contain their size.
fn resident() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// The samples of all rounds.
pub(crate) struct Memory {
    samples: Vec<Sample>,
}

impl Memory {
    /// The least number of rounds that show a trend: a quarter is warm-up, and the rest is compared with itself.
    pub(crate) const LEAST_ROUNDS: usize = 8;

    /// A task of the runtime may free its last allocation a moment later; leaking calls are far above this limit.
    const MORE_ALLOCATIONS: usize = 16;
    const MORE_BYTES: usize = 16 * 1024;
    /// The allocator of the system keeps freed memory in pieces.
    const MORE_RESIDENT: usize = 4 * 1024;

    /// Allocates space for more rounds than fit into `seconds`, so that sampling allocates no memory later.
    pub(crate) fn new(seconds: u64) -> Self {
        let rounds = usize::try_from(seconds).unwrap_or_default().saturating_mul(50).min(10_000_000);
        Self { samples: Vec::with_capacity(rounds) }
    }

    pub(crate) fn rounds(&self) -> usize {
        self.samples.len()
    }

    /// Takes a sample; `expected` allocations are legitimate, and vary.
    pub(crate) fn sample(&mut self, expected: usize) {
        let Sample { allocations, bytes, resident } = Sample::now();
        self.samples.push(Sample { allocations: allocations.saturating_sub(expected), bytes, resident });
    }

    /// Compares the two halves of the samples after the warm-up.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let (_, warm) = self.samples.split_at(self.samples.len() / 4);
        let (first, second) = warm.split_at(warm.len() / 2);
        let (before, after) = (Sample::least(first), Sample::least(second));
        let grown = |what: &str, before: usize, after: usize, more: usize| {
            (after > before + more)
                .then(|| format!("{what} have grown from {before} to {after}; {more} more are allowed"))
        };
        let grown = [
            grown("live allocations", before.allocations, after.allocations, Self::MORE_ALLOCATIONS),
            grown("live bytes", before.bytes, after.bytes, Self::MORE_BYTES),
            grown("resident KiB", before.resident, after.resident, Self::MORE_RESIDENT),
        ];
        grown.into_iter().flatten().collect()
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Sample { allocations, bytes, resident } = self.samples.last().copied().unwrap_or_default();
        write!(f, "{allocations} live allocations of {} KiB, {resident} KiB resident", bytes / 1024)
    }
}
