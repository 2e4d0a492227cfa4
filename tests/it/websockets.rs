//! Websockets: an application that keeps a thread for each, on each socket of HTTP.

use std::net::TcpStream;
use std::time::Duration;

use tungstenite::{Bytes, Error, Message, WebSocket};

use crate::support::{Address, Request, Server, Site, differs_on_purpose, is_uwsgi, unused_port};

/// Echoes, and does what some words say.
const APP: &str = r"
import uwsgi

def application(environ, start_response):
    if environ['PATH_INFO'] == '/plain':
        start_response('200 OK', [('Content-Type', 'text/plain')])
        try:
            uwsgi.websocket_recv()
        except OSError as error:
            return [b'no handshake']
    uwsgi.websocket_handshake(environ['HTTP_SEC_WEBSOCKET_KEY'], environ.get('HTTP_ORIGIN', ''))
    while True:
        message = uwsgi.websocket_recv()
        if message == b'end':
            return []
        elif message == b'none':
            uwsgi.websocket_send('none' if uwsgi.websocket_recv_nb() == b'' else 'some')
        elif message.startswith(b'\x00'):
            uwsgi.websocket_send_binary(message)
        else:
            uwsgi.websocket_send(message)
";

fn start<'s>(site: &'s Site, door: &[&str]) -> (Server<'s>, u16) {
    site.file("app.py", APP);
    let port = unused_port();
    let at = format!("127.0.0.1:{port}");
    let (name, more) = door.split_first().expect("a name");
    let words = [&[*name, &at, "--master", "--wsgi-file", "app.py"][..], more].concat();
    let server = site.start(&words);
    server.wait_ready(&Address::Port(port));
    (server, port)
}

fn connect(port: u16) -> Result<WebSocket<TcpStream>, String> {
    let stream = TcpStream::connect(("127.0.0.1", port)).expect("heard");
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("an option");
    let made = tungstenite::client(format!("ws://127.0.0.1:{port}/"), stream);
    made.map(|(socket, _)| socket).map_err(|error| error.to_string())
}

/// What comes next that is no ping: uWSGI sends one at its own times.
fn next(socket: &mut WebSocket<TcpStream>) -> Message {
    loop {
        match socket.read().expect("a message") {
            Message::Ping(_) => {}
            message => return message,
        }
    }
}

const DOORS: [&[&str]; 4] = [
    &["--http-socket"],
    &["--http11-socket"],
    &["--http", "--http-websockets"],
    &["--http", "--http-raw-body"],
];

#[test]
fn messages_go_both_ways_on_each_door() {
    for door in DOORS {
        let site = Site::new();
        let (server, port) = start(&site, door);
        let mut socket = connect(port).expect("a handshake");
        let long = "x".repeat(100_000);
        for text in ["hello", "h\u{e4}", &long, "none"] {
            socket.send(Message::text(text)).expect("room");
            assert_eq!(next(&mut socket), Message::text(text), "{door:?}");
        }
        let bytes = Bytes::from_static(b"\0\xff\xfe");
        socket.send(Message::Binary(bytes.clone())).expect("room");
        assert_eq!(next(&mut socket), Message::Binary(bytes));
        if !is_uwsgi() {
            // It answers without the bytes.
            socket.send(Message::Ping("there?".into())).expect("room");
            assert_eq!(next(&mut socket), Message::Pong("there?".into()));
        }
        socket.send(Message::text("end")).expect("room");
        let end = loop {
            match socket.read() {
                Ok(_) => {}
                Err(error) => break error,
            }
        };
        // The real uWSGI closes the connection without a word.
        let is_told = matches!(end, Error::ConnectionClosed);
        assert!(is_told || is_uwsgi(), "{door:?}: {end:?}");
        if is_uwsgi() {
            return;
        }
        let reply = Request::get("/plain").send(&Address::Port(port));
        assert_eq!(reply.text(), "no handshake");
        server.stop();
    }
}

#[test]
fn who_goes_or_says_too_much_or_nothing_ends_the_call() {
    if differs_on_purpose() {
        return;
    }
    let more = ["--http-websockets", "--websockets-max-size", "1", "--websockets-ping-freq", "1"];
    for door in ["--http-socket", "--http"] {
        let site = Site::new();
        let words = [&[door][..], &more, &["--websockets-pong-tolerance", "1"]].concat();
        let (server, port) = start(&site, &words);
        let mut gone = connect(port).expect("a handshake");
        gone.send(Message::text("hello")).expect("room");
        gone.close(None).expect("room");
        while gone.read().is_ok() {}
        server.wait_log("OSError: the websocket was closed");
        let mut loud = connect(port).expect("a handshake");
        loud.send(Message::text("x".repeat(2000))).expect("room");
        server.wait_log("OSError: the websocket is broken: .*2000");
        // It is there as long as its client answers pings, which reading does.
        let mut quiet = connect(port).expect("a handshake");
        for _ in 0..2 {
            assert!(matches!(quiet.read(), Ok(Message::Ping(_))));
            quiet.flush().expect("room");
        }
        quiet.send(Message::text("hello")).expect("room");
        assert_eq!(quiet.read().expect("an echo"), Message::text("hello"));
        server.wait_log("OSError: the websocket is broken: .*no PONG received in time");
        server.stop();
    }
}

#[test]
fn the_gateway_lets_websockets_through_where_that_is_wanted() {
    if differs_on_purpose() {
        return;
    }
    let site = Site::new();
    let (server, port) = start(&site, &["--http"]);
    let refused = connect(port).expect_err("no handshake");
    assert!(refused.contains("502"), "{refused}");
    server.wait_log("with http-websockets only");
    server.stop();
}
