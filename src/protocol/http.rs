//! An HTTP head, already parsed, to the variables of a request.
//!
//! As uWSGI's HTTP sockets name them (behaviour seen in 2.0.31); parsing the bytes is hyper's.

use std::net::SocketAddr;

use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderName};
use http::request::Parts;

use super::certificate::ClientCertificate;
use crate::app::vars::{TooLong, Vars};

/// What is known of a connection beside the head of a request.
#[expect(clippy::struct_excessive_bools, reason = "facts that have nothing to do with each other")]
#[derive(Clone, Debug)]
pub struct Connection {
    /// The client.
    pub client: Option<SocketAddr>,
    /// The value of `SERVER_PORT`.
    pub server_port: String,
    /// The value of `SERVER_NAME`.
    pub server_name: String,
    /// Whether header names with an underscore are kept.
    pub underscores: bool,
    /// Whether the request came through the gateway, as `UWSGI_ROUTER` and `REMOTE_PORT` tell.
    pub gateway: bool,
    /// Whether a proxy told who the client is, as `REMOTE_PORT` tells.
    pub proxied: bool,
    /// Whether the client speaks TLS, as `HTTPS` tells.
    pub tls: bool,
    /// The client's certificate, where it showed one that may be believed.
    pub certificate: Option<ClientCertificate>,
    /// Whether the application gets all of the certificate.
    pub export_certificate: bool,
}

/// The variables of a request, in uWSGI's order.
pub fn vars(head: &Parts, connection: &Connection) -> Result<Vars, TooLong> {
    let mut vars = Vars::default();
    let uri = head.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    // `http://host?query` has an empty path, which is the root (RFC 9112 §3.2.1).
    let uri = if uri.starts_with('?') { &format!("/{uri}") } else { uri };
    let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
    vars.push(b"REQUEST_METHOD", head.method.as_str().as_bytes())?;
    vars.push(b"REQUEST_URI", uri.as_bytes())?;
    vars.push(b"PATH_INFO", &decode_path(path))?;
    vars.push(b"QUERY_STRING", query.as_bytes())?;
    vars.push(b"SERVER_PROTOCOL", protocol(head.version))?;
    vars.push(b"SCRIPT_NAME", b"")?;
    vars.push(b"SERVER_NAME", connection.server_name.as_bytes())?;
    vars.push(b"SERVER_PORT", connection.server_port.as_bytes())?;
    if connection.gateway {
        vars.push(b"UWSGI_ROUTER", b"http")?;
    }
    if connection.tls {
        vars.push(b"HTTPS", b"on")?;
    }
    if let Some(certificate) = &connection.certificate {
        if connection.export_certificate {
            vars.push(b"HTTPS_CLIENT_CERTIFICATE", &certificate.der)?;
        }
        vars.push(b"HTTPS_DN", certificate.name.as_bytes())?;
        if connection.export_certificate {
            vars.push(b"HTTPS_CC", certificate.pem.as_bytes())?;
        }
    }
    match connection.client {
        Some(client) => {
            vars.push(b"REMOTE_ADDR", client.ip().to_canonical().to_string().as_bytes())?;
            if connection.gateway || connection.proxied {
                vars.push(b"REMOTE_PORT", client.port().to_string().as_bytes())?;
            }
        }
        // A unix socket has no address; this is what uWSGI says.
        None => vars.push(b"REMOTE_ADDR", b"0.0.0.0")?,
    }
    push_headers(&mut vars, head, connection)?;
    Ok(vars)
}

fn push_headers(vars: &mut Vars, head: &Parts, connection: &Connection) -> Result<(), TooLong> {
    // RFC 9112 §3.2.2: an absolute target overrides the Host header.
    let target_host = head.uri.authority().map(|authority| authority.as_str().as_bytes());
    if let Some(host) = target_host {
        vars.push(b"HTTP_HOST", host)?;
    }
    for name in head.headers.keys() {
        if name.as_str().contains('_') && !connection.underscores {
            continue;
        }
        let mut joined: Vec<u8> = Vec::new();
        for (index, value) in head.headers.get_all(name).iter().enumerate() {
            if index > 0 {
                joined.extend_from_slice(b", ");
            }
            joined.extend_from_slice(value.as_bytes());
        }
        match name {
            name if name == CONTENT_LENGTH => vars.push(b"CONTENT_LENGTH", &joined)?,
            name if name == CONTENT_TYPE => vars.push(b"CONTENT_TYPE", &joined)?,
            name if name == HOST && target_host.is_some() => {}
            name => vars.push(&variable(name), &joined)?,
        }
    }
    Ok(())
}

/// `X-Forwarded-For` is `HTTP_X_FORWARDED_FOR`.
fn variable(name: &HeaderName) -> Vec<u8> {
    let letters = name.as_str().bytes().map(|byte| match byte {
        b'-' => b'_',
        byte => byte.to_ascii_uppercase(),
    });
    b"HTTP_".iter().copied().chain(letters).collect()
}

fn protocol(version: http::Version) -> &'static [u8] {
    if version == http::Version::HTTP_10 { b"HTTP/1.0" } else { b"HTTP/1.1" }
}

/// Percent-decodes a path and resolves `.` and `..`, as uWSGI does; `//` stays.
fn decode_path(path: &str) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(path.len());
    let bytes = path.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let digits = bytes.get(at + 1..at + 3).and_then(|d| std::str::from_utf8(d).ok());
        let digits = digits.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(value) if byte == b'%' => {
                decoded.push(value);
                at += 3;
            }
            _ => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    resolve_dots(&decoded)
}

fn resolve_dots(path: &[u8]) -> Vec<u8> {
    let is_dots = |segment: &[u8]| segment == b"." || segment == b"..";
    if !path.split(|&byte| byte == b'/').any(is_dots) {
        return path.to_vec();
    }
    let mut kept: Vec<&[u8]> = Vec::new();
    let mut segments = path.split(|&byte| byte == b'/').peekable();
    while let Some(segment) = segments.next() {
        match segment {
            b"." | b".." => {
                if segment == b".." && kept.len() > 1 {
                    kept.pop();
                }
                if segments.peek().is_none() {
                    kept.push(b"");
                }
            }
            segment => kept.push(segment),
        }
    }
    kept.join(&b'/')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(uri: &str, headers: &[(&str, &str)]) -> Vec<(String, String)> {
        let mut request = http::Request::builder().uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (head, ()) = request.body(()).expect("a request").into_parts();
        let connection = Connection {
            client: "10.0.0.1:5".parse().ok(),
            server_port: "80".to_owned(),
            server_name: "here".to_owned(),
            underscores: false,
            gateway: false,
            proxied: false,
            tls: false,
            certificate: None,
            export_certificate: false,
        };
        let vars = vars(&head, &connection).expect("short");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        vars.iter().map(|(name, value)| (text(name), text(value))).collect()
    }

    #[test]
    fn headers_become_variables() {
        let read = read(
            "/a?b=1",
            &[
                ("Host", "x"),
                ("X-Dup", "1"),
                ("X-Dup", "2"),
                ("X_Under", "u"),
                ("Cookie", "a=b"),
                ("Cookie", "c=d"),
                ("Content-Length", "2"),
            ],
        );
        let names: Vec<_> = read.iter().skip(9).map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(
            names,
            [
                ("HTTP_HOST", "x"),
                ("HTTP_X_DUP", "1, 2"),
                ("HTTP_COOKIE", "a=b, c=d"),
                ("CONTENT_LENGTH", "2"),
            ]
        );
    }

    #[test]
    fn an_absolute_target_names_the_host() {
        let read = read("http://real/x", &[("Host", "other")]);
        assert!(read.contains(&("HTTP_HOST".to_owned(), "real".to_owned())));
        assert!(read.contains(&("PATH_INFO".to_owned(), "/x".to_owned())));
    }

    #[test]
    fn paths_are_decoded_and_resolved() {
        fn check(path: &str, expected: &str) {
            assert_eq!(String::from_utf8_lossy(&decode_path(path)), expected, "{path}");
        }
        check("/a%20b%2Fc", "/a b/c");
        check("/a/../b", "/b");
        check("/a/./b/.", "/a/b/");
        check("/../../x", "/x");
        check("/%2e%2e/x", "/x");
        check("/a//b", "/a//b");
        check("/100%", "/100%");
        check("/%+1", "/%+1");
    }

    #[test]
    fn a_target_without_a_path_is_the_root() {
        let read = read("http://a?b", &[]);
        for (name, value) in
            [("REQUEST_URI", "/?b"), ("PATH_INFO", "/"), ("QUERY_STRING", "b"), ("HTTP_HOST", "a")]
        {
            assert!(read.contains(&(name.to_owned(), value.to_owned())), "{name}");
        }
    }
}
