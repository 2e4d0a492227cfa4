//! The stats server: uWSGI's JSON, key by key.

use std::collections::BTreeSet;

use serde_json::Value;

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
