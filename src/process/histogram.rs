//! Durations counted in classes, in shared memory.
//!
//! One writer, any number of readers, no lock; what [`scoreboard`](super::scoreboard) keeps for each
//! thread.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The upper bounds of the classes in microseconds; what is longer has a class of its own.
pub const BOUNDS: [u64; 14] = [
    1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
    5_000_000, 10_000_000, 30_000_000,
];

/// How often durations of each class were seen.
#[derive(Default)]
#[repr(C)]
pub struct Histogram {
    counts: [AtomicU64; BOUNDS.len() + 1],
    /// All durations together, microseconds.
    sum: AtomicU64,
}

/// A histogram, or several together, at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// How many were at most as long as each bound, then how many there were.
    pub up_to: [u64; BOUNDS.len() + 1],
    /// All durations together.
    pub sum: Duration,
}

impl Histogram {
    /// Counts a duration. Only its one writer may.
    pub fn count(&self, micros: u64) {
        let class = BOUNDS.partition_point(|bound| *bound < micros);
        if let Some(counter) = self.counts.get(class) {
            add(counter, 1);
        }
        add(&self.sum, micros);
    }
}

/// Adds without the price of an atomic addition, which a single writer does not need.
fn add(counter: &AtomicU64, more: u64) {
    counter.store(counter.load(Ordering::Relaxed).wrapping_add(more), Ordering::Relaxed);
}

impl Seen {
    /// Adds what a histogram shows.
    pub fn add(&mut self, histogram: &Histogram) {
        let mut below = 0;
        for (all, count) in self.up_to.iter_mut().zip(&histogram.counts) {
            below += count.load(Ordering::Relaxed);
            *all += below;
        }
        self.sum += Duration::from_micros(histogram.sum.load(Ordering::Relaxed));
    }

    /// How many there were.
    #[must_use]
    pub fn all(&self) -> u64 {
        self.up_to.last().copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_counted_up_to_each_bound() {
        let histogram = Histogram::default();
        for micros in [0, 1_000, 1_001, 40_000_000] {
            histogram.count(micros);
        }
        let mut seen = Seen::default();
        seen.add(&histogram);
        assert_eq!(seen.up_to, [2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 4]);
        assert_eq!((seen.all(), seen.sum), (4, Duration::from_micros(40_002_001)));
        seen.add(&histogram);
        assert_eq!(seen.all(), 8);
    }
}
