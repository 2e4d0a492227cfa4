//! What every request has in common, whatever protocol it came by: the call, the counters, the log
//! line. How its reply is sent is for [`line`](super::line).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::SemaphorePermit;

use super::batch::Place;
use super::obey::change_headers;
use super::reactor::Reactor;
use super::{Wire, await_end, check_limits};
use crate::app::{Noted, Outlet, Output, Reply, Request, Vars};
use crate::log::request::{Outcome, Subject};
use crate::log::say;
use crate::options::table::Logging;
use crate::process::scoreboard::{now, now_roughly};
use crate::process::watchdog::Client;
use crate::process::{inspect, signals};
use crate::protocol::REQUEST_START;
use crate::route::mounts;

/// Variables with which a client could make uWSGI load code of its choice.
const CODE_LOADING: &[&[u8]] = &[
    b"UWSGI_FILE",
    b"UWSGI_MODULE",
    b"UWSGI_CALLABLE",
    b"UWSGI_SCRIPT",
    b"UWSGI_PYHOME",
    b"UWSGI_CHDIR",
    b"UWSGI_APPID",
    b"UWSGI_TOUCH_RELOAD",
    b"UWSGI_SETENV",
    b"UWSGI_POSTFILE",
];

/// A wait that is longer is none.
const LONGEST_WAIT: Duration = Duration::from_secs(3600);

/// A request that is being answered.
pub(super) struct Exchange {
    reactor: Rc<Reactor>,
    request: Request,
    outcome: Outcome,
    began: Instant,
    /// How long it had been waiting when it was read.
    waited: Duration,
    /// What the application said for the log.
    noted: Noted,
    /// The place among calls whose replies wait for each other, where this one is to.
    company: Option<Place>,
    /// Whether it has the thread's place in the application.
    has_slot: bool,
    /// Whether the acceptors were told so.
    is_told: bool,
}

impl Exchange {
    /// A request that was read completely.
    pub(super) fn new(reactor: &Rc<Reactor>, mut request: Request) -> Self {
        let waited = match reactor.shared.settings.statistics.metrics {
            Some(_) => take_wait(&mut request.vars),
            None => Duration::ZERO,
        };
        drop_code_loading(&mut request.vars);
        Self {
            reactor: Rc::clone(reactor),
            request,
            outcome: Outcome { core: reactor.core, ..Outcome::default() },
            began: Instant::now(),
            waited,
            noted: Noted::default(),
            company: None,
            has_slot: false,
            is_told: false,
        }
    }

    /// Waits for the thread's place in the application and answers the request.
    ///
    /// `client` is the connection, for a request that takes too long; the application may use the
    /// `outlet` until this returns. The reply may wait for others where its connection is kept.
    pub(super) async fn answer(
        &mut self,
        outlet: &Arc<dyn Outlet>,
        client: Option<Client>,
        is_kept: bool,
    ) -> Reply {
        let reactor = Rc::clone(&self.reactor);
        let settings = &reactor.shared.settings;
        // As uWSGI: below a mount, files are looked for by what is left of the path.
        let mount = mounts::choose(settings, &mut self.request.vars);
        if let Some(reply) = reactor.shared.files.answer(settings, &self.request) {
            reactor.counters.static_requests.fetch_add(1, Ordering::Relaxed);
            return self.with(reply);
        }
        let Some(number) = reactor.shared.app.number(mount) else {
            say!("--- no python application found, check your startup logs for errors ---");
            reactor.counters.requests.fetch_add(1, Ordering::Relaxed);
            return self.with(Reply::failure());
        };
        self.request.app = number;
        if let Ok(slot) = reactor.slot.try_acquire() {
            slot.forget();
        } else {
            // The semaphore is never closed.
            let _ = reactor.slot.acquire().await.map(SemaphorePermit::forget);
            let called = Instant::now();
            self.waited = self.waited.saturating_add(called - self.began);
            self.began = called;
        }
        self.has_slot = true;
        let place = reactor.batch.enter().await;
        let waited = u64::try_from(self.waited.as_micros()).unwrap_or(u64::MAX);
        reactor.counters.waits.count(waited);
        self.enter(client);
        let app = &reactor.shared.app;
        let reply = catch_unwind(AssertUnwindSafe(|| app.call(&mut self.request, outlet)));
        let reply = reply.unwrap_or_else(|_| {
            let uri = self.request.vars.text(b"REQUEST_URI");
            say!("[error] the server failed within {uri:?}; the worker goes on");
            Reply::failure()
        });
        if matches!(reply.body, Output::Full(_)) {
            self.leave();
        }
        reactor.counters.requests.fetch_add(1, Ordering::Relaxed);
        self.outcome.worker_requests = Some(reactor.shared.count(number));
        self.outcome.app = number;
        if reply.failed {
            reactor.counters.exceptions.fetch_add(1, Ordering::Relaxed);
            if settings.reload.reload_on_exception {
                reactor.shared.wear("the application raised an exception");
            }
        }
        let reply = self.with(reply);
        let is_whole = matches!(reply.body, Output::Full(_));
        self.company = place.leave(is_whole.then(|| self.began.elapsed()), is_kept).await;
        reply
    }

    /// A reply, counted and with the headers that the configuration wants.
    fn with(&mut self, mut reply: Reply) -> Reply {
        if !matches!(reply.body, Output::Full(_)) {
            self.reactor.shared.settle(self.reactor.core);
            // Other tasks of the thread get a turn while this reply goes out.
            self.is_told = self.has_slot;
            if self.is_told {
                self.reactor.busy.send_replace(true);
            }
        }
        change_headers(&self.reactor.shared.settings.headers, &mut reply);
        self.outcome.status = reply.code();
        self.outcome.headers = reply.headers.len();
        self.outcome.head_size = head_size(&reply);
        self.outcome.pieces = reply.pieces;
        self.outcome.from_file = matches!(reply.body, Output::File(_))
            || (reply.pieces == 0 && matches!(reply.body, Output::Stream(..)));
        self.noted = std::mem::take(&mut reply.noted);
        reply
    }

    /// Tells the master that this thread is in the application.
    fn enter(&self, client: Option<Client>) {
        let core = self.reactor.counters;
        let vars = &self.request.vars;
        core.subject.set(&[
            vars.get(b"REMOTE_ADDR").unwrap_or_default(),
            b" - ",
            vars.get(b"REQUEST_METHOD").unwrap_or_default(),
            b" ",
            vars.get(b"REQUEST_URI").unwrap_or_default(),
        ]);
        let since = u64::try_from(now_roughly().as_micros()).unwrap_or(u64::MAX);
        if !self.reactor.shared.watchdog.begin(self.reactor.core, since, client) {
            await_end();
        }
    }

    /// Lets the next request of this thread into the application.
    fn leave(&mut self) {
        if std::mem::take(&mut self.has_slot) {
            if std::mem::take(&mut self.is_told) {
                self.reactor.busy.send_replace(false);
            }
            self.reactor.shared.settle(self.reactor.core);
            self.reactor.slot.add_permits(1);
            self.reactor.counters.since.store(0, Ordering::Release);
        }
    }

    /// The place of a reply that is to be sent, and to wait for others then.
    pub(super) fn take_company(&mut self) -> Option<Place> {
        self.company.take()
    }

    /// Counts bytes of the body that were sent.
    pub(super) fn sent(&mut self, length: u64) {
        self.outcome.body_size += length;
    }

    /// Counts a further piece that the application gave.
    pub(super) fn pulled(&mut self) {
        self.outcome.pieces += usize::from(!self.outcome.from_file);
    }

    /// Counts a client that did not take the reply.
    pub(super) fn not_taken(&mut self) {
        self.outcome.not_taken = true;
        self.reactor.counters.write_errors.fetch_add(1, Ordering::Relaxed);
    }
}

/// Counts, logs, and looks whether the worker has reached a limit.
impl Drop for Exchange {
    fn drop(&mut self) {
        self.leave();
        let reactor = Rc::clone(&self.reactor);
        let (shared, worker) = (&reactor.shared, reactor.shared.worker);
        self.outcome.took = self.began.elapsed();
        let micros = u64::try_from(self.outcome.took.as_micros()).unwrap_or(u64::MAX);
        worker.running_time.fetch_add(micros, Ordering::Relaxed);
        reactor.counters.durations.count(micros);
        let sent = self.outcome.body_size + self.outcome.head_size as u64;
        worker.sent.fetch_add(sent, Ordering::Relaxed);
        let average = worker.average.load(Ordering::Relaxed);
        worker.average.store(u64::midpoint(average, micros), Ordering::Relaxed);
        let requests = worker.delta_requests.fetch_add(1, Ordering::Relaxed) + 1;
        self.log();
        std::mem::take(&mut self.request.vars).recycle();
        if shared.settings.processes.reaper {
            signals::bury_children();
        }
        check_limits(shared, requests);
    }
}

impl Exchange {
    fn log(&mut self) {
        let shared = &self.reactor.shared;
        let settings = &shared.settings;
        if settings.logging.memory_report {
            let (space, resident) = inspect::memory();
            shared.worker.vsz.store(space, Ordering::Relaxed);
            shared.worker.rss.store(resident, Ordering::Relaxed);
            self.outcome.memory = Some((space, resident));
        }
        let slow = settings.logging.log_slow > 0
            && self.outcome.took.as_millis() >= u128::from(settings.logging.log_slow);
        let Logging { log_big, log_zero, log_sendfile, log_ioerror, .. } = settings.logging;
        let size = self.outcome.body_size + self.outcome.head_size as u64;
        let noticed = self.noted.wanted
            || slow
            || (log_big > 0 && size > log_big)
            || (log_zero && self.outcome.body_size == 0)
            || (log_sendfile && self.outcome.from_file)
            || (log_ioerror && self.outcome.not_taken);
        let wanted = match self.outcome.status {
            400..=499 if settings.logging.log_4xx => true,
            500..=599 if settings.logging.log_5xx => true,
            _ => noticed || !settings.logging.disable_logging,
        };
        if wanted {
            self.outcome.pid = shared.pid;
            self.outcome.total_requests = shared.board.total_requests();
            self.outcome.worker = shared.number;
            self.outcome.micros = settings.logging.log_micros;
            let subject = Subject { vars: &self.request.vars, own: &self.noted.values };
            shared.requests.write(subject, &self.outcome, &self.reactor.counters.lines);
        }
    }
}

/// How long a request has been waiting since its front end got it, where that says so.
fn take_wait(vars: &mut Vars) -> Duration {
    let start = vars.named(REQUEST_START).and_then(|text| std::str::from_utf8(text).ok());
    let start = start.and_then(|text| text.parse().ok());
    let start = start.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let waited = start.map_or(Duration::ZERO, |start| now().saturating_sub(start));
    if start.is_some() {
        vars.retain(|name| name != REQUEST_START);
    }
    // What waited longer has been given up long ago: the clocks differ.
    if waited > LONGEST_WAIT { Duration::ZERO } else { waited }
}

fn drop_code_loading(vars: &mut Vars) {
    static TOLD: AtomicBool = AtomicBool::new(false);
    let before = vars.len();
    vars.retain(|name| !(name.starts_with(b"UWSGI_") && CODE_LOADING.contains(&name)));
    if vars.len() < before && !TOLD.swap(true, Ordering::Relaxed) {
        say!(
            "[warning] a request named code to be loaded (UWSGI_FILE, UWSGI_MODULE and the like); \
             such variables are ignored"
        );
    }
}

/// The size of the head as the application gave it, with status line and empty line.
fn head_size(reply: &Reply) -> usize {
    "HTTP/1.1 ".len() + reply.status.len() + 4 + reply.headers.lines().len()
}

/// Whether the client speaks TLS, as far as it may be believed.
pub(super) fn is_https(vars: &Vars, is_trusted: impl FnOnce() -> bool) -> bool {
    let is_on = |value: &[u8]| value.eq_ignore_ascii_case(b"on") || value == b"1";
    // These two are never a header: a front end says them, or this server's own TLS.
    let spoken = vars.get(b"HTTPS").is_some_and(is_on);
    let is_said = |scheme: &&[u8]| !scheme.is_empty();
    if let Some(scheme) = vars.get(b"UWSGI_SCHEME").filter(is_said) {
        return scheme.eq_ignore_ascii_case(b"https");
    }
    let forwarded = vars.get(b"HTTP_X_FORWARDED_PROTO").filter(is_said);
    let is_forwarded = vars.get(b"HTTP_X_FORWARDED_SSL").is_some_and(is_on);
    match forwarded {
        None if !is_forwarded => spoken,
        _ if !is_trusted() => spoken,
        Some(scheme) => scheme.eq_ignore_ascii_case(b"https"),
        None => true,
    }
}

/// Whether what a client of this wire says about the original client is believed.
pub(super) fn is_trusted(reactor: &Reactor, vars: &Vars, wire: Wire, unix: bool) -> bool {
    match wire {
        Wire::Uwsgi | Wire::Cgi { .. } => true,
        Wire::Http | Wire::Http11 if unix => true,
        Wire::Http | Wire::Http11 | Wire::Gateway => {
            let client = vars.text(b"REMOTE_ADDR");
            let allowed = &reactor.shared.settings.http.forwarded_allow_ips;
            client.is_empty()
                || client.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
                || allowed.iter().any(|allowed| allowed.value == *client || allowed.value == "*")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_is_only_believed_from_the_trusted() {
        fn check(name: &str, value: &str, trusted: bool, expected: bool) {
            let mut vars = Vars::default();
            vars.push(name.as_bytes(), value.as_bytes()).expect("short");
            assert_eq!(is_https(&vars, || trusted), expected, "{name} {value}");
        }
        check("HTTPS", "on", true, true);
        check("HTTPS", "on", false, true);
        check("HTTP_X_FORWARDED_SSL", "on", false, false);
        check("HTTPS", "ON", true, true);
        check("HTTPS", "true", true, false);
        check("UWSGI_SCHEME", "https", true, true);
        check("HTTP_X_FORWARDED_PROTO", "https", true, true);
        check("HTTP_X_FORWARDED_PROTO", "https", false, false);
        check("HTTP_X_FORWARDED_SSL", "on", true, true);
    }
}
