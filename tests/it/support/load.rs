//! A constant load through nginx, every answer of which is looked at.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::{Address, Connection, Reply, Request};

/// Requests a second, of all clients together.
const RATE: u32 = 250;
const CLIENTS: u32 = 8;
/// One request in so many takes its time, so that some are always in flight.
const SLOW: usize = 10;

/// What a load came to.
#[derive(Default)]
pub struct Load {
    stop: AtomicBool,
    answered: AtomicUsize,
    failures: Mutex<Vec<String>>,
    slowest: Mutex<Duration>,
}

impl Load {
    /// Puts a load on an address while `meanwhile` runs; tells what came of it.
    pub fn on<T>(address: &Address, meanwhile: impl FnOnce(&Self) -> T) -> (Outcome, T) {
        let load = Self::default();
        let began = Instant::now();
        let done = std::thread::scope(|scope| {
            for client in 0..CLIENTS {
                let load = &load;
                scope.spawn(move || load.ask(address, client));
            }
            let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| meanwhile(&load)));
            load.stop.store(true, Ordering::Relaxed);
            done
        });
        let outcome = Outcome {
            answered: load.answered.into_inner(),
            failures: load.failures.into_inner().unwrap(),
            slowest: load.slowest.into_inner().unwrap(),
            took: began.elapsed(),
        };
        match done {
            Ok(done) => (outcome, done),
            Err(panic) => {
                eprintln!("the load: {}", outcome.told());
                std::panic::resume_unwind(panic)
            }
        }
    }

    /// Requests that were answered so far.
    pub fn answered(&self) -> usize {
        self.answered.load(Ordering::Relaxed)
    }

    /// A client that asks at fixed times, whatever became of the request before.
    fn ask(&self, address: &Address, client: u32) {
        let pause = Duration::from_secs(1) * CLIENTS / RATE;
        let mut next = Instant::now() + pause * client / CLIENTS;
        for number in 0.. {
            std::thread::sleep(next.saturating_duration_since(Instant::now()));
            if self.stop.load(Ordering::Relaxed) {
                return;
            }
            // One that is late asks at once, and does not catch up beyond a second.
            next = (next + pause).max(Instant::now().checked_sub(Duration::from_secs(1)).unwrap());
            let (path, text) = match number % SLOW {
                0 => ("/slow?s=0.05", "slow"),
                _ => ("/", "hello"),
            };
            let began = Instant::now();
            match ask(address, path) {
                Ok(reply) if reply.status == 200 && reply.text() == text => {
                    self.answered.fetch_add(1, Ordering::Relaxed);
                    let mut slowest = self.slowest.lock().unwrap();
                    *slowest = began.elapsed().max(*slowest);
                }
                Ok(reply) => self.fail(format!("{path}: {} {:?}", reply.status, reply.text())),
                Err(error) => self.fail(format!("{path}: {error}")),
            }
        }
    }

    fn fail(&self, why: String) {
        self.failures.lock().unwrap().push(why);
    }
}

fn ask(address: &Address, path: &str) -> std::io::Result<Reply> {
    let mut connection =
        Connection::try_open(address).ok_or(std::io::ErrorKind::ConnectionRefused)?;
    connection.write_all(&Request::get(path).bytes())?;
    let mut all = Vec::new();
    connection.read_to_end(&mut all)?;
    match all.windows(4).any(|end| end == b"\r\n\r\n") {
        true => Ok(Reply::parse(&all)),
        false => Err(std::io::Error::other(format!("{} bytes and no head", all.len()))),
    }
}

/// What came of a load.
pub struct Outcome {
    pub answered: usize,
    pub failures: Vec<String>,
    pub slowest: Duration,
    pub took: Duration,
}

impl Outcome {
    /// In one line, for people.
    pub fn told(&self) -> String {
        let all = self.answered + self.failures.len();
        let mut text = format!(
            "{all} requests in {:.1} s ({:.0}/s), {} failed, slowest {:.0} ms",
            self.took.as_secs_f64(),
            f64::from(u32::try_from(all).unwrap()) / self.took.as_secs_f64(),
            self.failures.len(),
            self.slowest.as_secs_f64() * 1000.0,
        );
        let mut kinds = std::collections::BTreeMap::<&str, usize>::new();
        for failure in &self.failures {
            *kinds.entry(failure).or_default() += 1;
        }
        for (kind, times) in kinds.iter().take(5) {
            let _ = write!(text, "; {times} times {kind}");
        }
        text
    }
}
