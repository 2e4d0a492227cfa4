//! The statistics for Prometheus, and the health of the server, over HTTP.
//!
//! Names and labels are those of the community's exporter, so that dashboards stay as they are; what it
//! does not have stands at the end. The numbers are those of [`stats`](super::stats).

use std::fmt::{Display, Write as _};
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::stats::{AppStats, CoreStats, SocketStats, Stats, Subject, WorkerStats, gather};
use crate::process::histogram::{BOUNDS, Histogram, Seen};
use crate::process::inspect;
use crate::process::scoreboard::{Core, Gateway};

use Kind::{Counter, Gauge, Time};

const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Answers a request of HTTP by its head.
pub(super) fn answer(
    asked: &[u8],
    subject: &Subject<'_>,
    reloads: u32,
    is_ready: impl Fn() -> bool,
) -> Vec<u8> {
    let line = asked.split(|byte| *byte == b'\r' || *byte == b'\n').next().unwrap_or_default();
    let mut words = line.split(|byte| *byte == b' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let path = target.split(|byte| *byte == b'?').next().unwrap_or_default();
    let (status, body) = match (method, path) {
        (b"GET" | b"HEAD", b"/metrics" | b"/") => ("200 OK", text(subject, reloads)),
        (b"GET" | b"HEAD", b"/-/live") => ("200 OK", "live\n".to_owned()),
        (b"GET" | b"HEAD", b"/-/ready") => match is_ready() {
            true => ("200 OK", "ready\n".to_owned()),
            false => ("503 Service Unavailable", "not ready\n".to_owned()),
        },
        (b"GET" | b"HEAD", _) => {
            ("404 Not Found", "there are /metrics, /-/live and /-/ready\n".to_owned())
        }
        _ => ("405 Method Not Allowed", "GET or HEAD\n".to_owned()),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {TEXT}\r\nContent-Length: {}\r\n\
         Cache-Control: no-store\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let body = if method == b"HEAD" { "" } else { body.as_str() };
    (head + body).into_bytes()
}

/// A metric of each `T`.
struct Metric<T> {
    name: &'static str,
    kind: Kind,
    help: &'static str,
    of: fn(&T) -> u64,
}

/// What a number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// It goes up and down.
    Gauge,
    /// The same in microseconds, told in seconds.
    Time,
    /// It only grows, until the server starts anew.
    Counter,
}

const fn metric<T>(
    name: &'static str,
    kind: Kind,
    help: &'static str,
    of: fn(&T) -> u64,
) -> Metric<T> {
    Metric { name, kind, help, of }
}

fn of_server<'a>() -> [Metric<Stats<'a>>; 5] {
    [
        metric("up", Gauge, "Whether the server is up.", |_| 1),
        metric("listen_queue_length", Gauge, "Connections that wait.", |it| it.listen_queue),
        metric("listen_queue_errors", Gauge, "Always 0.", |it| it.listen_queue_errors),
        metric("signal_queue_length", Gauge, "Always 0.", |it| it.signal_queue),
        metric("workers", Gauge, "Number of workers.", |it| it.workers.len() as u64),
    ]
}

const OF_SOCKET: &[Metric<SocketStats>] = &[
    metric("socket_queue_length", Gauge, "Connections that wait.", |it| it.queue),
    metric("socket_max_queue_length", Gauge, "Connections that may wait.", |it| it.max_queue),
    metric("socket_shared", Gauge, "Always 0.", |it| it.shared),
    metric("socket_can_offload", Gauge, "Always 0.", |it| it.can_offload),
];

const OF_WORKER: &[Metric<WorkerStats>] = &[
    metric("worker_accepting", Gauge, "Whether it takes requests.", |it| it.accepting),
    metric("worker_delta_requests", Gauge, "Requests of its process.", |it| it.delta_requests),
    metric("worker_signal_queue_length", Gauge, "Always 0.", |it| it.signal_queue),
    metric("worker_rss_bytes", Gauge, "Resident memory.", |it| it.rss),
    metric("worker_vsz_bytes", Gauge, "Address space.", |it| it.vsz),
    metric("worker_running_time_seconds", Time, "Time in requests.", |it| it.running_time),
    metric("worker_last_spawn_time_seconds", Gauge, "When it was started.", |it| it.last_spawn),
    metric("worker_average_response_time_seconds", Time, "Mean of the last ones.", |it| it.avg_rt),
    metric("worker_apps", Gauge, "Number of applications.", |it| it.apps.len() as u64),
    metric("worker_cores", Gauge, "Number of threads.", |it| it.cores.len() as u64),
    metric("worker_busy", Gauge, "Whether it is in a request.", |it| is(it, "busy")),
    metric("worker_idle", Gauge, "Whether it waits for requests.", |it| is(it, "idle")),
    metric("worker_cheap", Gauge, "Whether it does not run.", |it| is(it, "cheap")),
    metric("worker_requests_total", Counter, "Requests.", |it| it.requests),
    metric("worker_exceptions_total", Counter, "Exceptions.", |it| it.exceptions),
    metric("worker_harakiri_count_total", Counter, "Ends by harakiri.", |it| it.harakiri_count),
    metric("worker_signals_total", Counter, "Always 0.", |it| it.signals),
    metric("worker_respawn_count_total", Counter, "Starts.", |it| it.respawn_count),
    metric("worker_transmitted_bytes_total", Counter, "Bytes sent.", |it| it.tx),
];

const OF_GATEWAY: &[Metric<Gateway>] = &[
    metric("gateway_requests_waiting", Gauge, "Requests of http that wait for a thread.", |it| {
        it.queued.load(Ordering::Relaxed)
    }),
    metric("gateway_requests_refused_total", Counter, "Those that were too many.", |it| {
        it.refused.load(Ordering::Relaxed)
    }),
    metric("gateway_connections", Gauge, "Connections of clients of http.", |it| {
        it.connections.load(Ordering::Relaxed)
    }),
];

const OF_APP: &[Metric<AppStats>] = &[
    metric("worker_app_startup_time_seconds", Gauge, "Always 0.", |it| it.startup_time),
    metric("worker_app_requests_total", Counter, "Requests.", |it| it.requests),
    metric("worker_app_exceptions_total", Counter, "Exceptions.", |it| it.exceptions),
];

const OF_CORE: &[Metric<CoreStats>] = &[
    metric("worker_core_busy", Gauge, "Whether it is in a request.", |it| it.in_request),
    metric("worker_core_requests_total", Counter, "Requests.", |it| it.requests),
    metric("worker_core_static_requests_total", Counter, "Files.", |it| it.static_requests),
    metric("worker_core_routed_requests_total", Counter, "Always 0.", |it| it.routed_requests),
    metric("worker_core_offloaded_requests_total", Counter, "Always 0.", |it| {
        it.offloaded_requests
    }),
    metric("worker_core_write_errors_total", Counter, "Failed replies.", |it| it.write_errors),
    metric("worker_core_read_errors_total", Counter, "Failed requests.", |it| it.read_errors),
];

/// Name, help, and which part of a thread's numbers.
type Span = (&'static str, &'static str, fn(&Core) -> &Histogram);

const SPANS: &[Span] = &[
    ("request_duration_seconds", "How long requests took.", |core| &core.durations),
    (
        "queue_wait_seconds",
        "How long requests waited for a thread, since the gateway or the front end had them.",
        |core| &core.waits,
    ),
];

fn is(worker: &WorkerStats, status: &str) -> u64 {
    (worker.status == status).into()
}

/// All metrics in Prometheus' text format.
fn text(subject: &Subject<'_>, reloads: u32) -> String {
    let mut stats = gather(subject);
    for worker in stats.workers.iter_mut().filter(|worker| worker.pid > 0) {
        // Measured now, so that it needs no memory-report.
        (worker.vsz, worker.rss) = inspect::memory_of(&worker.pid.to_string());
    }
    let mut page = Page::default();
    page.tell(&of_server(), &[(String::new(), &stats)]);
    let mut sockets: Vec<(String, &SocketStats)> = Vec::new();
    for socket in &stats.sockets {
        let labels = format!("name=\"{}\",proto=\"{}\"", escape(&socket.name), socket.proto);
        // What comes twice is no metric.
        if !sockets.iter().any(|(known, _)| *known == labels) {
            sockets.push((labels, socket));
        }
    }
    page.tell(OF_SOCKET, &sockets);
    let (mut workers, mut apps, mut cores) = (Vec::new(), Vec::new(), Vec::new());
    for worker in &stats.workers {
        let label = format!("worker_id=\"{}\"", worker.id);
        apps.extend(worker.apps.iter().map(|app| {
            let (mountpoint, chdir) = (escape(app.mountpoint), escape(app.chdir));
            let more = format!("mountpoint=\"{mountpoint}\",chdir=\"{chdir}\"");
            (format!("{label},app_id=\"{}\",{more}", app.id), app)
        }));
        let core_label = |core: &CoreStats| format!("{label},core_id=\"{}\"", core.id);
        cores.extend(worker.cores.iter().map(|core| (core_label(core), core)));
        workers.push((label, worker));
    }
    page.tell(OF_WORKER, &workers);
    page.tell(OF_APP, &apps);
    page.tell(OF_CORE, &cores);
    let gateways = subject.board.gateways();
    let label = |number: usize| match gateways.len() {
        1 => String::new(),
        _ => format!("gateway=\"{number}\""),
    };
    let gateways = gateways.iter().enumerate();
    let gateways: Vec<_> = gateways.map(|(index, it)| (label(index + 1), it)).collect();
    page.tell(OF_GATEWAY, &gateways);
    page.family("reloads_total", "counter", "How often the server started anew.");
    page.sample("reloads_total", "", reloads);
    for (name, help, part) in SPANS {
        page.family(name, "histogram", help);
        for (label, worker) in &workers {
            let mut seen = Seen::default();
            subject.board.cores(worker.id - 1).iter().for_each(|core| seen.add(part(core)));
            page.histogram(name, label, &seen);
        }
    }
    page.0
}

/// The value of a label.
fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// A page of metrics.
#[derive(Default)]
struct Page(String);

impl Page {
    /// Tells metrics of things with their labels.
    fn tell<T>(&mut self, metrics: &[Metric<T>], things: &[(String, &T)]) {
        for Metric { name, kind, help, of } in metrics {
            if !things.is_empty() {
                self.family(name, if *kind == Counter { "counter" } else { "gauge" }, help);
            }
            for (labels, thing) in things {
                match (kind, of(thing)) {
                    (Time, micros) => self.sample(name, labels, seconds(micros)),
                    (Gauge | Counter, value) => self.sample(name, labels, value),
                }
            }
        }
    }

    fn family(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a text cannot fail.
        let _ = writeln!(self.0, "# HELP uwsgi_{name} {help}\n# TYPE uwsgi_{name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &str, value: impl Display) {
        let braces = if labels.is_empty() { String::new() } else { format!("{{{labels}}}") };
        let _ = writeln!(self.0, "uwsgi_{name}{braces} {value}");
    }

    fn histogram(&mut self, name: &str, label: &str, seen: &Seen) {
        let bounds = BOUNDS.iter().map(|micros| seconds(*micros).to_string());
        for (bound, count) in bounds.chain(["+Inf".to_owned()]).zip(seen.up_to) {
            self.sample(&format!("{name}_bucket"), &format!("{label},le=\"{bound}\""), count);
        }
        self.sample(&format!("{name}_sum"), label, seen.sum.as_secs_f64());
        self.sample(&format!("{name}_count"), label, seen.all());
    }
}

fn seconds(micros: u64) -> f64 {
    Duration::from_micros(micros).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_quoted_and_numbers_are_plain() {
        let mut page = Page::default();
        let metrics = [
            metric("a", Gauge, "An A.", |it: &u64| *it),
            metric("b_seconds", Time, "A B.", |it: &u64| *it),
        ];
        page.tell(&metrics, &[(format!("name=\"{}\"", escape("x\"\\\n")), &1_795_175_988)]);
        page.tell(&metrics, &[]);
        let mut seen = Seen::default();
        let histogram = Histogram::default();
        histogram.count(2_000);
        seen.add(&histogram);
        page.histogram("h", "worker_id=\"3\"", &seen);
        let text = page.0;
        let start = "# HELP uwsgi_a An A.\n# TYPE uwsgi_a gauge\n\
            uwsgi_a{name=\"x\\\"\\\\\\n\"} 1795175988\n\
            # HELP uwsgi_b_seconds A B.\n# TYPE uwsgi_b_seconds gauge\n\
            uwsgi_b_seconds{name=\"x\\\"\\\\\\n\"} 1795.175988\n\
            uwsgi_h_bucket{worker_id=\"3\",le=\"0.001\"} 0\n\
            uwsgi_h_bucket{worker_id=\"3\",le=\"0.0025\"} 1\n";
        assert!(text.starts_with(start), "{text}");
        let end = "uwsgi_h_bucket{worker_id=\"3\",le=\"+Inf\"} 1\n\
            uwsgi_h_sum{worker_id=\"3\"} 0.002\nuwsgi_h_count{worker_id=\"3\"} 1\n";
        assert!(text.ends_with(end), "{text}");
    }
}
