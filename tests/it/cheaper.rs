//! As many workers as a load needs: cheaper, cheap, idle.

use std::time::Duration;

use serde_json::Value;

use crate::support::client::Connection;
use crate::support::{Address, Reply, Request, Server, Site, differs_on_purpose, wait_until};

fn start<'s>(site: &'s Site, more: &[&str]) -> (Server<'s>, Address) {
    let base = ["--http-socket", "app.sock", "--master", "--wsgi-file", "conduct.py"];
    let server = site.start(&[&base[..], more].concat());
    let address = Address::socket(site.join("app.sock"));
    (server, address)
}

fn slow(address: &Address, seconds: &str) -> Connection {
    let mut connection = Connection::open(address);
    connection.send(Request::get(&format!("/slow?s={seconds}")).bytes());
    connection
}

fn statuses(site: &Site) -> Vec<String> {
    let mut connection = Connection::open(&Address::socket(site.join("stats.sock")));
    let stats: Value = serde_json::from_slice(&connection.read_all()).unwrap();
    let workers = stats["workers"].as_array().unwrap();
    workers.iter().map(|worker| worker["status"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn workers_come_under_load_and_go_afterwards_with_their_requests_answered() {
    let site = Site::with("conduct.py");
    let (server, address) = start(
        &site,
        &["--processes", "3", "--cheaper", "1", "--cheaper-overload", "1", "--stats", "stats.sock"],
    );
    server.wait_ready(&address);
    wait_until("one worker", || server.children().len() == 1);
    assert_eq!(statuses(&site), ["idle", "cheap", "cheap"]);
    let clients: Vec<_> = (0..6).map(|_| slow(&address, "2.5")).collect();
    wait_until("three workers", || server.children().len() == 3);
    for mut client in clients {
        assert_eq!(Reply::parse(&client.read_all()).text(), "slow");
    }
    wait_until("one worker again", || server.children().len() == 1);
    server.wait_log(r"^uWSGI worker \d cheaped\.$");
    wait_until("it is told", || statuses(&site).iter().filter(|it| *it == "cheap").count() == 2);
    server.stop();
}

#[test]
fn cheaper_must_be_lower_than_processes() {
    let site = Site::with("conduct.py");
    for processes in ["1", "2"] {
        let base = ["--http-socket", "app.sock", "--master", "--wsgi-file", "conduct.py"];
        let run = site.run(&[&base[..], &["--cheaper", "2", "--processes", processes]].concat());
        assert_eq!(run.code, Some(1), "{}", run.text);
        assert!(run.text.contains("invalid cheaper value: must be lower than processes"));
    }
}

#[test]
fn the_first_number_of_workers_is_kept_within_bounds() {
    for (initial, expected) in [("3", 3), ("1", 2), ("9", 4)] {
        let site = Site::with("conduct.py");
        let more = ["--processes", "4", "--cheaper", "2", "--cheaper-overload", "60"];
        let (server, address) =
            start(&site, &[&more[..], &["--cheaper-initial", initial]].concat());
        server.wait_ready(&address);
        wait_until(initial, || server.children().len() == expected);
        if expected.to_string() != initial {
            server.wait_log(r"invalid cheaper-initial value");
        }
    }
}

#[test]
fn an_algorithm_that_is_not_there_is_spare() {
    let site = Site::with("conduct.py");
    let more = ["--processes", "2", "--cheaper", "1", "--cheaper-algo", "clever"];
    let (server, address) = start(&site, &more);
    assert_eq!(server.get(&address, "/").text(), "hello");
    server.wait_log("unable to find requested cheaper algorithm.*falling back to spare");
}

#[test]
fn busyness_starts_workers_for_busy_ones() {
    let site = Site::with("conduct.py");
    let more = ["--processes", "2", "--cheaper", "1", "--cheaper-algo", "busyness"];
    let (server, address) = start(&site, &[&more[..], &["--cheaper-overload", "1"]].concat());
    server.wait_ready(&address);
    let clients: Vec<_> = (0..8).map(|_| slow(&address, "0.6")).collect();
    wait_until("two workers", || server.children().len() == 2);
    drop(clients);
}

#[test]
fn a_cheap_server_starts_workers_for_its_first_client() {
    for more in [&[][..], &["--threads", "2"]] {
        let site = Site::with("conduct.py");
        let (server, address) = start(&site, &[&["--cheap", "--processes", "2"], more].concat());
        server.wait_log("cheap mode enabled: waiting for socket connection");
        assert_eq!(server.children(), [0; 0]);
        assert_eq!(Request::get("/").send(&address).text(), "hello");
        wait_until("all workers", || server.children().len() == 2);
    }
}

#[test]
fn a_cheap_server_behind_a_gateway_wakes_up_too() {
    let site = Site::with("conduct.py");
    let server = site.start(&["--http", ":0", "--master", "--cheap", "--wsgi-file", "conduct.py"]);
    if differs_on_purpose() {
        // uWSGI does not tell the port of `http`.
        return;
    }
    let port = server.wait_log(r"bound to TCP address 0\.0\.0\.0:(\d+)");
    server.wait_log("cheap mode enabled");
    wait_until("the gateway alone", || server.children().len() == 1);
    let address = Address::Port(port.parse().unwrap());
    assert_eq!(Request::get("/").send(&address).text(), "hello");
    assert_eq!(server.children().len(), 2);
    server.stop();
}

#[test]
fn idle_workers_end_until_a_client_comes() {
    let site = Site::with("conduct.py");
    let (server, address) = start(&site, &["--idle", "1"]);
    assert_eq!(server.get(&address, "/").text(), "hello");
    server.wait_log("workers have been inactive for more than 1 seconds");
    wait_until("no workers", || server.children().is_empty());
    assert_eq!(Request::get("/").send(&address).text(), "hello");
}

#[test]
fn an_idle_server_ends_where_that_is_wanted() {
    let site = Site::with("conduct.py");
    let (mut server, address) = start(&site, &["--idle", "2", "--die-on-idle"]);
    server.wait_ready(&address);
    let mut busy = slow(&address, "3.5");
    let began = std::time::Instant::now();
    assert_eq!(Reply::parse(&busy.read_all()).text(), "slow", "a request is no idleness");
    assert!(began.elapsed() > Duration::from_secs(3));
    assert_eq!(server.wait_exit().code(), Some(0));
}
