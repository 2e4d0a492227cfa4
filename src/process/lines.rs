//! Lines of a log that wait to be written together: in shared memory, so that none is lost with its
//! process.
//!
//! When they are written, and where, is for the caller.

use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Bytes of lines that may wait.
const MOST: usize = 16 << 10;

/// Lines of one thread. All zero, there are none.
#[repr(C)]
pub struct Lines {
    is_taken: AtomicBool,
    length: AtomicUsize,
    bytes: UnsafeCell<[u8; MOST]>,
}

impl Default for Lines {
    fn default() -> Self {
        Self {
            is_taken: AtomicBool::new(false),
            length: AtomicUsize::new(0),
            bytes: UnsafeCell::new([0; MOST]),
        }
    }
}

#[expect(unsafe_code, reason = "several threads and processes share them")]
// SAFETY: the bytes are touched only by who holds the place, and by a process that buries the holder.
unsafe impl Sync for Lines {}

impl Lines {
    /// Keeps a line, with its end, behind those that are there; `false` where there is no room.
    #[must_use]
    pub fn keep(&self, line: &[u8]) -> bool {
        self.hold(|bytes, length| {
            let room = bytes.get_mut(length..).and_then(|room| room.get_mut(..line.len()));
            match room {
                Some(room) => {
                    room.copy_from_slice(line);
                    (true, length + line.len())
                }
                None => (false, length),
            }
        })
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.length.load(Ordering::Relaxed) == 0
    }

    /// Takes all lines out, to the end of a text.
    pub fn take(&self, text: &mut Vec<u8>) {
        if !self.is_empty() {
            self.hold(|bytes, length| {
                text.extend_from_slice(bytes.get(..length).unwrap_or_default());
                ((), 0)
            });
        }
    }

    /// Takes all lines out, and has something done with them first; not where somebody else holds the place, who may
    /// be a process that has stopped, or what a signal has interrupted.
    pub fn try_drain(&self, work: impl FnOnce(&[u8])) {
        if !self.is_taken.swap(true, Ordering::Acquire) {
            self.with_place(|bytes, length| {
                work(bytes.get(..length).unwrap_or_default());
                ((), 0)
            });
        }
    }

    /// Lets go of the place, for a process that has ended, wherever it was.
    pub fn release(&self) {
        self.is_taken.store(false, Ordering::Release);
    }

    /// Does something with the bytes and how many are used; gives how many are then.
    fn hold<T>(&self, work: impl FnOnce(&mut [u8; MOST], usize) -> (T, usize)) -> T {
        // Nobody holds the place for longer than a copy takes.
        while self.is_taken.swap(true, Ordering::Acquire) {
            std::hint::spin_loop();
        }
        self.with_place(work)
    }

    /// The same with the place in hand, which is let go of.
    fn with_place<T>(&self, work: impl FnOnce(&mut [u8; MOST], usize) -> (T, usize)) -> T {
        #[expect(unsafe_code, reason = "the place is held")]
        // SAFETY: who swapped `false` for `true` is alone with the bytes until it stores `false`.
        let bytes = unsafe { &mut *self.bytes.get() };
        let (done, length) = work(bytes, self.length.load(Ordering::Relaxed));
        // A process that dies before this leaves what was there before.
        self.length.store(length, Ordering::Release);
        self.is_taken.store(false, Ordering::Release);
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(lines: &Lines) -> Vec<u8> {
        let mut text = Vec::new();
        lines.take(&mut text);
        text
    }

    #[test]
    fn lines_are_kept_in_order_as_long_as_there_is_room() {
        let lines = Lines::default();
        assert!(taken(&lines).is_empty());
        assert!(lines.keep(b"one\n") && lines.keep(b"two\n"));
        assert!(!lines.keep(&[b'x'; MOST]));
        assert_eq!(taken(&lines), b"one\ntwo\n");
        assert!(taken(&lines).is_empty());
        assert!(lines.keep(&[b'x'; MOST]) && !lines.keep(b"y"));
    }

    #[test]
    fn what_a_dead_process_left_is_found() {
        let lines = Lines::default();
        assert!(lines.keep(b"one\n"));
        lines.is_taken.store(true, Ordering::SeqCst);
        lines.release();
        assert_eq!(taken(&lines), b"one\n");
        assert!(lines.keep(b"two\n"));
    }

    #[test]
    fn who_does_not_wait_takes_what_nobody_holds() {
        let lines = Lines::default();
        assert!(lines.keep(b"one\n"));
        lines.is_taken.store(true, Ordering::SeqCst);
        lines.try_drain(|_| unreachable!("somebody holds the place"));
        lines.release();
        let mut taken = Vec::new();
        lines.try_drain(|text| taken.extend_from_slice(text));
        assert_eq!(taken, b"one\n");
        assert!(lines.is_empty() && lines.keep(b"two\n"));
    }

    #[test]
    fn two_threads_lose_nothing() {
        let lines = Lines::default();
        let taken = std::thread::scope(|scope| {
            let taker = scope.spawn(|| {
                let mut taken = Vec::new();
                while taken.len() < 5000 * 5 {
                    lines.take(&mut taken);
                }
                taken
            });
            for number in 0..5000 {
                let line = format!("{number:04}\n");
                while !lines.keep(line.as_bytes()) {
                    std::thread::yield_now();
                }
            }
            taker.join().expect("taken")
        });
        let expected: Vec<_> = (0..5000).map(|number| format!("{number:04}")).collect();
        assert_eq!(String::from_utf8_lossy(&taken).lines().collect::<Vec<_>>(), expected);
    }
}
