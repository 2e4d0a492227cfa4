//! Metrics for Prometheus, health, and the depth of queues, as those see them who ask.

use std::time::Duration;

use nix::sys::signal::Signal;

use crate::support::{
    Address, Connection, Reply, Request, Server, Site, differs_on_purpose, unused_port, wait_until,
};

/// Waits as long as the query says, at import where the variable is set.
const APP: &str = "import os, time

time.sleep(float(os.environ.get('IMPORT', '0')))


def application(environ, start_response):
    time.sleep(float(environ['QUERY_STRING'] or '0'))
    start_response('200 OK', [])
    return [b'done']
";

/// A server with metrics; where they are, and where it is.
fn start<'s>(site: &'s Site, more: &[&str]) -> (Server<'s>, Address, Address) {
    site.file("app.py", APP);
    let metrics = Address::Port(unused_port());
    let told = metrics.to_string();
    let base = ["--socket", "app.sock", "--http-socket", "http.sock", "--master"];
    let names = ["--wsgi-file", "app.py", "--metrics", &told, "--pidfile", "app.pid"];
    let server = site.start(&[&base[..], &names, more].concat());
    server.wait_ready(&metrics);
    (server, metrics, Address::socket(site.join("http.sock")))
}

fn ask(address: &Address, path: &str) -> Reply {
    Request::get(path).send(address)
}

/// The value of a metric by its name with labels.
fn value(page: &str, name: &str) -> f64 {
    let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("{name} in\n{page}")).parse().unwrap()
}

/// What the community's exporter tells (`pkg/collector` of `timonwong/uwsgi_exporter`), without its own
/// `exporter_…` and the caches.
const OF_EXPORTER: &[&str] = &[
    "up",
    "listen_queue_length",
    "listen_queue_errors",
    "signal_queue_length",
    "workers",
    "socket_queue_length{name=\"app.sock\",proto=\"uwsgi\"}",
    "socket_max_queue_length{name=\"app.sock\",proto=\"uwsgi\"}",
    "socket_shared{name=\"app.sock\",proto=\"uwsgi\"}",
    "socket_can_offload{name=\"app.sock\",proto=\"uwsgi\"}",
    "worker_accepting{worker_id=\"1\"}",
    "worker_delta_requests{worker_id=\"1\"}",
    "worker_signal_queue_length{worker_id=\"1\"}",
    "worker_rss_bytes{worker_id=\"1\"}",
    "worker_vsz_bytes{worker_id=\"1\"}",
    "worker_running_time_seconds{worker_id=\"1\"}",
    "worker_last_spawn_time_seconds{worker_id=\"1\"}",
    "worker_average_response_time_seconds{worker_id=\"1\"}",
    "worker_apps{worker_id=\"1\"}",
    "worker_cores{worker_id=\"1\"}",
    "worker_busy{worker_id=\"1\"}",
    "worker_idle{worker_id=\"1\"}",
    "worker_cheap{worker_id=\"1\"}",
    "worker_requests_total{worker_id=\"1\"}",
    "worker_exceptions_total{worker_id=\"1\"}",
    "worker_harakiri_count_total{worker_id=\"1\"}",
    "worker_signals_total{worker_id=\"1\"}",
    "worker_respawn_count_total{worker_id=\"1\"}",
    "worker_transmitted_bytes_total{worker_id=\"1\"}",
    "worker_app_startup_time_seconds{worker_id=\"1\",app_id=\"0\",mountpoint=\"\",chdir=\"\"}",
    "worker_app_requests_total{worker_id=\"1\",app_id=\"0\",mountpoint=\"\",chdir=\"\"}",
    "worker_app_exceptions_total{worker_id=\"1\",app_id=\"0\",mountpoint=\"\",chdir=\"\"}",
    "worker_core_busy{worker_id=\"1\",core_id=\"1\"}",
    "worker_core_requests_total{worker_id=\"1\",core_id=\"1\"}",
    "worker_core_static_requests_total{worker_id=\"1\",core_id=\"1\"}",
    "worker_core_routed_requests_total{worker_id=\"1\",core_id=\"1\"}",
    "worker_core_offloaded_requests_total{worker_id=\"1\",core_id=\"1\"}",
    "worker_core_write_errors_total{worker_id=\"1\",core_id=\"1\"}",
    "worker_core_read_errors_total{worker_id=\"1\",core_id=\"1\"}",
];

#[test]
fn metrics_have_the_names_of_the_exporter_and_more() {
    if differs_on_purpose() {
        return;
    }
    let site = Site::new();
    let (server, metrics, address) = start(&site, &["--threads", "2"]);
    for _ in 0..3 {
        assert_eq!(server.get(&address, "/?0.02").text(), "done");
    }
    let reply = ask(&metrics, "/metrics");
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let page = reply.text();
    for name in OF_EXPORTER {
        value(&page, &format!("uwsgi_{name}"));
    }
    let of = |name: &str| value(&page, &format!("uwsgi_{name}{{worker_id=\"1\"}}"));
    assert!(of("worker_rss_bytes") > 1e6, "without memory-report");
    assert!((of("worker_requests_total") - 3.0).abs() < 0.1);
    assert!((of("request_duration_seconds_count") - 3.0).abs() < 0.1);
    assert!((0.06..10.0).contains(&of("request_duration_seconds_sum")));
    assert!((of("queue_wait_seconds_count") - 3.0).abs() < 0.1);
    let bucket = |bound: &str| {
        let labels = format!("{{worker_id=\"1\",le=\"{bound}\"}}");
        value(&page, &format!("uwsgi_request_duration_seconds_bucket{labels}"))
    };
    assert!(bucket("0.01") < 0.1 && bucket("+Inf") > 2.9);
    // Each family has its head once, before its samples.
    for line in page.lines().filter(|line| !line.starts_with('#')) {
        let name = line.split(['{', ' ']).next().unwrap();
        let base = ["_bucket", "_sum", "_count"].iter().find_map(|end| {
            name.strip_suffix(end).filter(|base| page.contains(&format!("# TYPE {base} histogram")))
        });
        let head = format!("# TYPE {} ", base.unwrap_or(name));
        assert_eq!(page.matches(&head).count(), 1, "{line}");
    }
    assert_eq!(ask(&metrics, "/nowhere").status, 404);
    assert_eq!(Request::post("/metrics", "x").send(&metrics).status, 405);
    let old = server.children();
    server.signal(Signal::SIGHUP);
    wait_until("a new worker", || {
        let new = server.children();
        !new.is_empty() && !new.iter().any(|pid| old.contains(pid))
    });
    let page = ask(&metrics, "/metrics").text();
    assert!((value(&page, "uwsgi_reloads_total") - 1.0).abs() < 0.1);
    server.stop();
}

#[test]
fn waiting_for_a_thread_is_seen_behind_the_gateway_and_a_front_end() {
    if differs_on_purpose() {
        return;
    }
    let site = Site::new();
    let http = Address::Port(unused_port());
    let told = http.to_string();
    let (server, metrics, _) = start(&site, &["--http", &told]);
    server.wait_ready(&http);
    let mut clients: Vec<_> = (0..2).map(|_| Connection::open(&http)).collect();
    for client in &mut clients {
        client.send(Request::get("/?0.4").bytes());
    }
    for client in &mut clients {
        assert_eq!(Reply::parse(&client.read_all()).text(), "done");
    }
    let waited = |page: &str| value(page, "uwsgi_queue_wait_seconds_sum{worker_id=\"1\"}");
    let behind_gateway = waited(&ask(&metrics, "/metrics").text());
    assert!((0.2..5.0).contains(&behind_gateway), "{behind_gateway}");
    let start = std::time::SystemTime::now() - Duration::from_secs(7);
    let start = start.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64();
    let packet = crate::support::packet(
        &[
            ("REQUEST_METHOD", "GET"),
            ("PATH_INFO", "/"),
            ("QUERY_STRING", ""),
            ("SERVER_PROTOCOL", "HTTP/1.1"),
            ("UWSGI_REQUEST_START", &format!("{start:.3}")),
        ],
        b"",
    );
    let mut front_end = Connection::open(&Address::socket(site.join("app.sock")));
    front_end.send(packet);
    assert_eq!(Reply::parse(&front_end.read_all()).text(), "done");
    let behind_front_end = waited(&ask(&metrics, "/metrics").text()) - behind_gateway;
    assert!((6.9..20.0).contains(&behind_front_end), "{behind_front_end}");
    server.stop();
}

#[test]
fn the_server_lives_at_once_and_is_ready_with_its_first_worker() {
    if differs_on_purpose() {
        return;
    }
    let site = Site::new();
    let (server, metrics, address) = start(&site, &["--lazy-apps", "--env", "IMPORT=1.5"]);
    assert_eq!(ask(&metrics, "/-/live").status, 200);
    assert_eq!(ask(&metrics, "/-/ready").status, 503);
    let told = metrics.to_string();
    assert_eq!(site.run(&["healthcheck", &told]).code, Some(1));
    assert_eq!(site.run(&["healthcheck", &told, "--path", "/-/live"]).code, Some(0));
    wait_until("it is ready", || ask(&metrics, "/-/ready").status == 200);
    assert_eq!(site.run(&["healthcheck", &told]).code, Some(0));
    assert_eq!(server.get(&address, "/").text(), "done");
    server.stop();
    let gone = site.run(&["healthcheck", &told]);
    assert_eq!(gone.code, Some(1));
    assert!(gone.text.contains(&told), "{}", gone.text);
}

#[test]
fn a_server_whose_every_thread_is_stuck_lives_and_is_not_ready() {
    if differs_on_purpose() {
        return;
    }
    let site = Site::new();
    // The queue never gets that long, so that nobody is killed.
    let more = ["--harakiri", "1", "--harakiri-queue-threshold", "100"];
    let (server, metrics, address) = start(&site, &more);
    wait_until("it is ready", || ask(&metrics, "/-/ready").status == 200);
    let mut stuck = Connection::open(&address);
    stuck.send(Request::get("/?3").bytes());
    wait_until("it is not ready", || ask(&metrics, "/-/ready").status == 503);
    assert_eq!(ask(&metrics, "/-/live").status, 200);
    assert_eq!(Reply::parse(&stuck.read_all()).text(), "done");
    wait_until("it is ready again", || ask(&metrics, "/-/ready").status == 200);
    server.stop();
}

#[test]
fn a_reload_that_failed_leaves_a_server_that_lives_and_is_ready() {
    if differs_on_purpose() {
        return;
    }
    let site = Site::new();
    let (server, metrics, address) = start(&site, &[]);
    wait_until("it is ready", || ask(&metrics, "/-/ready").status == 200);
    site.file("app.py", "def application(environ start_response):\n");
    assert_eq!(site.run(&["--reload", "app.pid"]).code, Some(1));
    for path in ["/-/live", "/-/ready", "/metrics"] {
        assert_eq!(ask(&metrics, path).status, 200, "{path}");
    }
    site.file("app.py", APP);
    assert_eq!(site.run(&["--reload", "app.pid"]).code, Some(0));
    assert_eq!(ask(&metrics, "/-/ready").status, 200);
    assert_eq!(server.get(&address, "/").text(), "done");
    server.stop();
}

#[test]
fn queues_are_as_long_as_they_are_on_both_kinds_of_sockets() {
    let site = Site::new();
    let tcp = Address::Port(unused_port());
    let (told, stats) = (tcp.to_string(), Address::socket(site.join("stats.sock")));
    site.file("app.py", APP);
    let server = site.start(&[
        "--socket",
        "app.sock",
        "--http-socket",
        &told,
        "--master",
        "--wsgi-file",
        "app.py",
        "--stats",
        "stats.sock",
        "--listen",
        "50",
    ]);
    server.wait_ready(&tcp);
    server.wait_ready(&stats);
    assert_eq!(server.get(&tcp, "/").text(), "done");
    let mut busy = Connection::open(&tcp);
    busy.send(Request::get("/?4").bytes());
    let read = || -> serde_json::Value {
        serde_json::from_slice(&Connection::open(&stats).read_all()).unwrap()
    };
    wait_until("it is busy", || read()["workers"][0]["status"] == "busy");
    let unix = Address::socket(site.join("app.sock"));
    let speaking = |_| {
        let mut client = Connection::open(&tcp);
        // Who has not spoken is not in the queue yet.
        client.send(b"GET");
        client
    };
    let _waiting: Vec<_> =
        (0..3).map(speaking).chain((0..5).map(|_| Connection::open(&unix))).collect();
    wait_until("the queues", || {
        let told = read();
        let queue = |proto: &str| {
            let sockets = told["sockets"].as_array().unwrap();
            let socket = sockets.iter().find(|socket| socket["proto"] == proto).unwrap();
            (socket["queue"].as_u64().unwrap(), socket["max_queue"].as_u64().unwrap())
        };
        // The real uWSGI does not know of unix sockets.
        let of_unix = if differs_on_purpose() { 0 } else { 5 };
        queue("http") == (3, 50)
            && queue("uwsgi") == (of_unix, 50)
            && told["listen_queue"] == 3 + of_unix
            && told["load"] == told["listen_queue"]
    });
}
