//! Serves a connection of HTTP/1.1.

use std::io::IoSlice;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use tokio::sync::Notify;

use super::exchange::{is_https, is_trusted};
use super::line::{Asked, Framing, Lent};
use super::reactor::Reactor;
use super::{Phase, Wire};
use crate::app::vars::TooLong;
use crate::app::{Body, Request};
use crate::net::http::{Requests, Rules, plain};
use crate::net::stream::Stream;
use crate::protocol::http::{Facts, client_address, vars};
use crate::protocol::http1::Head;

/// Serves one connection to its end; `arrived` is told when a request is complete.
pub(super) async fn serve(reactor: &Rc<Reactor>, stream: Stream, wire: Wire, arrived: &Notify) {
    let settings = &reactor.shared.settings;
    let is_unix = stream.client().is_none();
    let facts = facts(reactor, &stream);
    let rules = Rules {
        head: settings.limits.buffer_size,
        wait: Duration::from_secs(settings.sockets.socket_timeout),
        speaks: Duration::from_secs(settings.sockets.socket_timeout),
        silence: Duration::from_secs(settings.sockets.socket_timeout),
        keep_alive: wire == Wire::Http11,
        in_memory: settings.limits.post_buffering,
        body: settings.limits.limit_post,
    };
    let mut requests = Requests::new(&rules, &reactor.ending);
    let lent = Arc::new(Lent::default());
    let mut line = reactor.line(stream, wire);
    while let Some(arrival) = requests.next(&mut line.stream).await {
        let is_going = *reactor.shared.phase.borrow() == Phase::Draining;
        let request = arrival.and_then(|(head, body)| {
            let asked = Asked {
                framing: Framing::None,
                is_http11: head.version() == b"HTTP/1.1",
                head_only: head.method() == b"HEAD",
                may_go_on: requests.may_go_on(&head) && !is_going,
            };
            line.prepare(asked, head.target());
            let request = request(reactor, &facts, wire, is_unix, &head, body);
            request.map_err(|_| StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE)
        });
        let request = match request {
            Ok(request) => request,
            Err(status) => {
                let reply = plain(status, "", true);
                // Who is gone needs no word.
                let _ = line.stream.send(&mut [IoSlice::new(&reply)], rules.silence).await;
                break;
            }
        };
        arrived.notify_one();
        let Some(back) = reactor.answer(request, line, &lent, None).await else { return };
        line = back;
        if !line.may_go_on() {
            break;
        }
    }
    if !(line.is_over() && requests.is_over()) {
        Box::pin(requests.end(line.stream)).await;
    }
}

/// What is known of a connection.
fn facts(reactor: &Reactor, stream: &Stream) -> Facts {
    let settings = &reactor.shared.settings;
    Facts {
        client: client_address(stream.client()),
        client_port: stream.client().filter(|_| stream.is_proxied()).map(|client| client.port()),
        server_port: stream.port(),
        server_name: Arc::clone(&reactor.shared.server_name),
        underscores: settings.http.http_allow_underscores,
        gateway: false,
        tls: stream.is_tls(),
        certificate: stream.certificate().map(Box::new),
        export_certificate: settings.http.https_export_cert,
    }
}

/// Makes a request for the application.
fn request(
    reactor: &Reactor,
    facts: &Facts,
    wire: Wire,
    is_unix: bool,
    head: &Head,
    body: Body,
) -> Result<Request, TooLong> {
    let mut vars = vars(head, facts)?;
    let input_terminated = head.length().is_none();
    if input_terminated {
        // A body that came in chunks has a length now.
        vars.push(b"CONTENT_LENGTH", body.len().to_string().as_bytes())?;
    }
    let https = is_https(&vars, || is_trusted(reactor, &vars, wire, is_unix));
    Ok(Request { vars, body, https, input_terminated, core: reactor.core, app: 0 })
}
