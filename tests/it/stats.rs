//! The stats server: uWSGI's JSON, key by key.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::tools::{root, skip};
use crate::support::{Address, Connection, Server, Site, oracle, program};

/// The paths of all keys, with `[]` for the elements of a list.
fn keys(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                let below = format!("{path}.{key}");
                found.insert(below.clone());
                keys(member, &below, found);
            }
        }
        Value::Array(elements) => {
            for element in elements {
                keys(element, &format!("{path}[]"), found);
            }
        }
        _ => {}
    }
}

fn dump(program: &std::path::Path, more: &[&str]) -> (Value, String) {
    let site = Site::with("conduct.py");
    let base = [
        "--http-socket",
        "app.sock",
        "--wsgi-file",
        "conduct.py",
        "--master",
        "--processes",
        "2",
        "--stats",
        "stats.sock",
    ];
    let server = Server::start(&site, site.command_of(program, &[&base[..], more].concat()));
    let address = Address::socket(site.join("app.sock"));
    for _ in 0..3 {
        server.get(&address, "/list");
    }
    let mut connection = Connection::open(&Address::socket(site.join("stats.sock")));
    if more.contains(&"--stats-http") {
        connection.send("GET / HTTP/1.0\r\n\r\n");
    }
    let text = String::from_utf8(connection.read_all()).unwrap();
    let json = text.split_once("\r\n\r\n").map_or(text.as_str(), |(_, body)| body);
    let value: Value = serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {text}"));
    let workers = value["workers"].as_array().unwrap();
    assert_eq!(workers.len(), 2);
    let requests: u64 = workers.iter().map(|worker| worker["requests"].as_u64().unwrap()).sum();
    assert_eq!(requests, 3);
    assert_eq!(value["pid"], server.pid());
    (value, text)
}

#[test]
fn it_has_every_key_that_uwsgis_has() {
    let Some(oracle) = oracle() else { return };
    let (mut theirs, mut ours) = (BTreeSet::new(), BTreeSet::new());
    keys(&dump(&oracle, &[]).0, "", &mut theirs);
    keys(&dump(&program(), &[]).0, "", &mut ours);
    // A metric of uWSGI's has its own name as a key; locks are an inner matter of each program.
    // What a core tells of the request of the moment depends on the moment.
    let of_interest = |key: &&String| {
        ![".metrics.", ".locks[]", ".workers[].cores[].req_info."]
            .iter()
            .any(|start| key.starts_with(start))
    };
    let missing: Vec<&String> = theirs.difference(&ours).filter(of_interest).collect();
    assert!(missing.is_empty(), "missing here: {missing:#?}");
}

#[test]
fn a_worker_tells_its_state() {
    let (value, _) = dump(&program(), &[]);
    for worker in value["workers"].as_array().unwrap() {
        assert_eq!(worker["status"], "idle");
        assert!(worker["pid"].as_i64().unwrap() > 1);
        assert_eq!(worker["apps"][0]["mountpoint"], "");
        assert_eq!(worker["cores"].as_array().unwrap().len(), 1);
    }
    assert_eq!(value["sockets"][0]["proto"], "http");
}

#[test]
fn it_leaves_the_threads_out_when_asked_to() {
    let (value, _) = dump(&program(), &["--stats-no-cores"]);
    for worker in value["workers"].as_array().unwrap() {
        assert_eq!(worker.get("cores"), None);
        assert!(worker["requests"].is_u64());
    }
}

#[test]
fn it_speaks_http_when_asked_to() {
    let (_, text) = dump(&program(), &["--stats-http"]);
    assert!(text.starts_with("HTTP/1.0 200 OK\r\n"), "{text}");
    assert!(text.contains("Access-Control-Allow-Origin: *"), "{text}");
}

/// What the exporter decodes (`pkg/collector/stats.go` of `timonwong/uwsgi_exporter`): its decoder takes no
/// other type.
mod exporter {
    #![expect(dead_code, reason = "only decoded")]
    use serde::Deserialize;

    #[derive(Deserialize)]
    pub struct Stats {
        pub version: String,
        pub listen_queue: i64,
        pub listen_queue_errors: i64,
        pub signal_queue: i64,
        pub load: i64,
        pub pid: i64,
        pub uid: i64,
        pub gid: i64,
        pub cwd: String,
        pub sockets: Vec<Socket>,
        pub workers: Vec<Worker>,
    }

    #[derive(Deserialize)]
    pub struct Socket {
        pub name: String,
        pub proto: String,
        pub queue: i64,
        pub max_queue: i64,
        pub shared: i64,
        pub can_offload: i64,
    }

    #[derive(Deserialize)]
    pub struct Worker {
        pub id: i64,
        pub pid: i64,
        pub accepting: i64,
        pub requests: i64,
        pub delta_requests: i64,
        pub exceptions: i64,
        pub harakiri_count: i64,
        pub signals: i64,
        pub signal_queue: i64,
        pub status: String,
        pub rss: i64,
        pub vsz: i64,
        pub running_time: i64,
        pub last_spawn: i64,
        pub respawn_count: i64,
        pub tx: i64,
        pub avg_rt: i64,
        pub apps: Vec<App>,
        pub cores: Vec<Core>,
    }

    #[derive(Deserialize)]
    pub struct App {
        pub id: i64,
        pub modifier1: i64,
        pub mountpoint: String,
        pub startup_time: i64,
        pub requests: i64,
        pub exceptions: i64,
        pub chdir: String,
    }

    #[derive(Deserialize)]
    pub struct Core {
        pub id: i64,
        pub requests: i64,
        pub static_requests: i64,
        pub routed_requests: i64,
        pub offloaded_requests: i64,
        pub write_errors: i64,
        pub read_errors: i64,
        pub in_request: i64,
        pub vars: Vec<String>,
    }
}

#[test]
fn exporters_can_decode_it() {
    for more in [&[][..], &["--stats-minified"], &["--stats-http"], &["--memory-report"]] {
        let (value, text) = dump(&program(), more);
        let stats: exporter::Stats = serde_json::from_value(value).unwrap();
        let (size, lines) = (stats.workers[0].rss + stats.workers[1].rss, text.lines().count());
        assert_eq!(more.contains(&"--memory-report"), size > 0, "{more:?}: {size}");
        assert_eq!(more.contains(&"--stats-minified"), lines == 1, "{more:?}: {lines}");
    }
}

/// Runs a program in a terminal of its own for a while, and shows what it drew.
const IN_TERMINAL: &str = "
import os, pty, select, sys, time
pid, terminal = pty.fork()
if pid == 0:
    os.environ.update(TERM='xterm', COLUMNS='160', LINES='50')
    os.execv(sys.argv[1], sys.argv[1:])
drawn, end = b'', time.time() + 3
while time.time() < end:
    if select.select([terminal], [], [], 0.1)[0]:
        try:
            drawn += os.read(terminal, 65536)
        except OSError:
            break
try:
    os.write(terminal, b'q')
except OSError:
    pass
sys.stdout.buffer.write(drawn)
";

#[test]
fn uwsgitop_reads_it_unchanged() {
    let top = root().join(".tools/uwsgitop/bin");
    if !top.join("uwsgitop").exists() {
        return skip("uwsgitop is not here (make need)");
    }
    let site = Site::with("conduct.py");
    let more = ["--master", "--processes", "2", "--threads", "2", "--stats", "stats.sock"];
    let base = ["--http-socket", "app.sock", "--wsgi-file", "conduct.py", "--memory-report"];
    let server = site.start(&[&base[..], &more].concat());
    let address = Address::socket(site.join("app.sock"));
    for _ in 0..3 {
        server.get(&address, "/list");
    }
    let drawn = std::process::Command::new(top.join("python"))
        .args(["-c", IN_TERMINAL])
        .arg(top.join("uwsgitop"))
        .arg(site.join("stats.sock"))
        .output()
        .unwrap();
    let drawn = String::from_utf8_lossy(&drawn.stdout).into_owned();
    assert!(!drawn.contains("Traceback"), "{drawn}");
    for word in ["uwsgi-2.0.31", "WID", "RSS", "idle"] {
        assert!(drawn.contains(word), "{word} in {drawn}");
    }
    for pid in server.children() {
        assert!(drawn.contains(&pid.to_string()), "{pid} in {drawn}");
    }
}
