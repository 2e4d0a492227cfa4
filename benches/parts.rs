//! The parts of a request by themselves: `cargo bench --bench parts`.
//!
//! They show a regression without the noise of sockets and other processes. Whole servers are compared by `bench.py`.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use criterion::{BatchSize, Criterion};
use ruwsgi::app::Vars;
use ruwsgi::log::request::{Outcome, RequestLog, Subject};
use ruwsgi::process::lines::Lines;
use ruwsgi::process::records;
use ruwsgi::protocol::http::{Facts, vars};
use ruwsgi::protocol::http1::{Event, Head, Reader};
use ruwsgi::protocol::uwsgi;

/// What a browser says.
const HEAD: &[u8] = b"GET /shop/books/?page=3&order=title HTTP/1.1\r\n\
    Host: www.example.org\r\n\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n\
    Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n\
    Accept-Language: en-US,en;q=0.5\r\n\
    Accept-Encoding: gzip, deflate, br\r\n\
    Connection: keep-alive\r\n\
    Cookie: sessionid=w0v8vlmr0m2z6bmhufwvnc2qk3ptwrlq; csrftoken=1qMbHbVYyXvH6A\r\n\
    Upgrade-Insecure-Requests: 1\r\n\r\n";
/// Largest head or packet.
const LIMIT: usize = 4096;

fn head() -> Head {
    match Reader::new(LIMIT).take(&mut BytesMut::from(HEAD)) {
        Ok(Some(Event::Head(head))) => head,
        other => unreachable!("a whole head: {other:?}"),
    }
}

fn facts() -> Facts {
    Facts {
        client: "192.0.2.17".to_owned(),
        server_port: 8000,
        server_name: "web1".into(),
        ..Facts::default()
    }
}

fn request_vars() -> Vars {
    vars(&head(), &facts()).expect("a short head")
}

fn head_parse(criterion: &mut Criterion) {
    criterion.bench_function("head parse", |bencher| {
        bencher.iter_batched_ref(
            || (Reader::new(LIMIT), BytesMut::from(HEAD)),
            |(reader, buffer)| black_box(reader.take(buffer)).is_ok(),
            BatchSize::SmallInput,
        );
    });
    let (head, facts) = (head(), facts());
    criterion.bench_function("variables of a head", |bencher| {
        bencher.iter(|| vars(black_box(&head), &facts));
    });
}

fn packet_parse(criterion: &mut Criterion) {
    let packet = uwsgi::encode(request_vars()).expect("a small packet");
    criterion.bench_function("packet parse", |bencher| {
        bencher.iter_batched_ref(
            || BytesMut::from(packet.as_slice()),
            |buffer| black_box(uwsgi::take(buffer, LIMIT)).is_ok(),
            BatchSize::SmallInput,
        );
    });
}

/// With the write of the line, which nobody takes.
fn log_line(criterion: &mut Criterion) {
    let (end, _) = records::pair().expect("a way");
    let log = RequestLog { records: Some(Arc::new(end)), ..RequestLog::default() };
    let (vars, waiting) = (request_vars(), Lines::default());
    let outcome = Outcome {
        pid: 4242,
        worker: 1,
        worker_requests: Some(1200),
        total_requests: 4800,
        body_size: 14,
        took: Duration::from_millis(3),
        status: 200,
        headers: 2,
        head_size: 78,
        pieces: 1,
        ..Outcome::default()
    };
    criterion.bench_function("log line", |bencher| {
        bencher.iter(|| {
            log.write(black_box(Subject { vars: &vars, own: &[] }), &outcome, &waiting);
        });
    });
}

#[cfg(feature = "python")]
mod python {
    //! The environ and the call of an application that does nothing, as one: what Python adds.

    use std::io;
    use std::sync::Arc;

    use criterion::{BatchSize, Criterion};
    use ruwsgi::app::{App, Body, Headers, Outlet, Request};
    use ruwsgi::python::{Conduct, Facts, Keeping, Setup, Target, Wsgi, start};

    /// Nothing goes out while this application runs.
    struct Closed;

    impl Outlet for Closed {
        fn send(&self, _: &[u8], _: &Headers, _: &[u8]) -> io::Result<()> {
            Err(io::ErrorKind::NotConnected.into())
        }
    }

    const APPLICATION: &str = "
def application(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain'), ('Content-Length', '14')])
    return [b'Hello, world!\\n']
";

    fn application() -> Wsgi {
        start(&Setup { arguments: vec!["parts".to_owned()], ..Setup::default() })
            .expect("a Python");
        let facts = Facts {
            websockets: Keeping::default(),
            processes: 1,
            threads: 1,
            buffer_size: 4096,
            is_a_reload: false,
            started_on: 0,
            options: Vec::new(),
            master: std::process::id(),
            total_requests: || 0,
            reload: || (),
            stop: || (),
        };
        let mut wsgi = Wsgi::prepare(facts, Conduct::default()).expect("a Python that is ready");
        wsgi.load(&Target::Code(APPLICATION.to_owned()), None).expect("an application");
        wsgi
    }

    fn request() -> Request {
        Request {
            vars: super::request_vars(),
            body: Body::default(),
            https: false,
            input_terminated: false,
            core: 0,
            app: 0,
        }
    }

    pub(super) fn call(criterion: &mut Criterion) {
        let wsgi = application();
        let outlet: Arc<dyn Outlet> = Arc::new(Closed);
        criterion.bench_function("environ, call and reply", |bencher| {
            bencher.iter_batched_ref(
                request,
                |request| wsgi.call(request, &outlet).code(),
                BatchSize::SmallInput,
            );
        });
    }
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    head_parse(&mut criterion);
    packet_parse(&mut criterion);
    log_line(&mut criterion);
    #[cfg(feature = "python")]
    python::call(&mut criterion);
    criterion.final_summary();
}
