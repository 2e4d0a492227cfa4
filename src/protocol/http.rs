//! The head of an HTTP request to the variables of a request.
//!
//! As uWSGI's HTTP sockets name them (behaviour seen in 2.0.31); reading the bytes is for
//! [`http1`](super::http1).

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use super::certificate::ClientCertificate;
use super::http1::Head;
use crate::app::vars::{TooLong, Vars};

/// What is known of a connection beside the heads of its requests.
#[expect(clippy::struct_excessive_bools, reason = "facts that have nothing to do with each other")]
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The address of the client, as `REMOTE_ADDR` tells.
    pub client: String,
    /// The port of the client, where `REMOTE_PORT` is to tell it.
    pub client_port: Option<u16>,
    /// The value of `SERVER_PORT`.
    pub server_port: u16,
    /// The value of `SERVER_NAME`.
    pub server_name: Arc<str>,
    /// Whether header names with an underscore are kept.
    pub underscores: bool,
    /// Whether the request came through the gateway, as `UWSGI_ROUTER` tells.
    pub gateway: bool,
    /// Whether the client speaks TLS, as `HTTPS` tells.
    pub tls: bool,
    /// The client's certificate, where it showed one that may be believed.
    pub certificate: Option<Box<ClientCertificate>>,
    /// Whether the application gets all of the certificate.
    pub export_certificate: bool,
}

/// `REMOTE_ADDR` of a client. A unix socket has no address; this is what uWSGI says there.
#[must_use]
pub fn client_address(client: Option<SocketAddr>) -> String {
    match client.map(|client| client.ip().to_canonical()) {
        None => "0.0.0.0".to_owned(),
        Some(IpAddr::V6(address)) => address.to_string(),
        Some(IpAddr::V4(address)) => {
            let mut text = String::with_capacity("255.255.255.255".len());
            for (place, octet) in address.octets().into_iter().enumerate() {
                text.push_str(if place > 0 { "." } else { "" });
                text.push_str(itoa::Buffer::new().format(octet));
            }
            text
        }
    }
}

/// The variables of a request, in uWSGI's order.
pub fn vars(head: &Head, facts: &Facts) -> Result<Vars, TooLong> {
    let mut vars = Vars::with_room();
    let (host, uri) = split_target(head.target());
    let (path, query) = split_at_byte(&uri, b'?');
    vars.push(b"REQUEST_METHOD", head.method())?;
    vars.push(b"REQUEST_URI", &uri)?;
    vars.push(b"PATH_INFO", &decode_path(path))?;
    vars.push(b"QUERY_STRING", query)?;
    vars.push(b"SERVER_PROTOCOL", head.version())?;
    vars.push(b"SCRIPT_NAME", b"")?;
    vars.push(b"SERVER_NAME", facts.server_name.as_bytes())?;
    vars.push(b"SERVER_PORT", itoa::Buffer::new().format(facts.server_port).as_bytes())?;
    if facts.gateway {
        vars.push(b"UWSGI_ROUTER", b"http")?;
    }
    if facts.tls {
        vars.push(b"HTTPS", b"on")?;
    }
    if let Some(certificate) = &facts.certificate {
        if facts.export_certificate {
            vars.push(b"HTTPS_CLIENT_CERTIFICATE", &certificate.der)?;
        }
        vars.push(b"HTTPS_DN", certificate.name.as_bytes())?;
        if facts.export_certificate {
            vars.push(b"HTTPS_CC", certificate.pem.as_bytes())?;
        }
    }
    vars.push(b"REMOTE_ADDR", facts.client.as_bytes())?;
    if let Some(port) = facts.client_port {
        vars.push(b"REMOTE_PORT", itoa::Buffer::new().format(port).as_bytes())?;
    }
    push_headers(&mut vars, head, host, facts.underscores)?;
    Ok(vars)
}

/// The host that a request means, and its target there.
#[must_use]
pub fn host_and_target(head: &Head) -> (Option<&[u8]>, Cow<'_, [u8]>) {
    let (host, target) = split_target(head.target());
    (host.or_else(|| head.header(b"host")), target)
}

/// Host and rest of a target; an absolute one names the host itself. What is behind a `#` is no part
/// of a target, though clients send it.
fn split_target(target: &[u8]) -> (Option<&[u8]>, Cow<'_, [u8]>) {
    let (target, _) = split_at_byte(target, b'#');
    if matches!(target, [b'/', ..] | b"*") {
        return (None, Cow::Borrowed(target));
    }
    let scheme = target.windows(3).position(|three| three == b"://").map_or(0, |at| at + 3);
    let rest = target.get(scheme..).unwrap_or_default();
    let end = rest.iter().position(|byte| b"/?".contains(byte)).unwrap_or(rest.len());
    let (host, rest) = rest.split_at_checked(end).unwrap_or((rest, b""));
    match rest.first() {
        Some(b'/') => (Some(host), Cow::Borrowed(rest)),
        // `http://host?query` has an empty path, which is the root (RFC 9112 §3.2.1).
        _ => (Some(host), Cow::Owned([b"/", rest].concat())),
    }
}

/// What stands before and behind a byte.
fn split_at_byte(bytes: &[u8], byte: u8) -> (&[u8], &[u8]) {
    match bytes.iter().position(|&known| known == byte) {
        Some(at) => (bytes.get(..at).unwrap_or_default(), bytes.get(at + 1..).unwrap_or_default()),
        None => (bytes, b""),
    }
}

fn push_headers(
    vars: &mut Vars,
    head: &Head,
    target_host: Option<&[u8]>,
    underscores: bool,
) -> Result<(), TooLong> {
    // RFC 9112 §3.2.2: an absolute target overrides the Host header.
    if let Some(host) = target_host {
        vars.push(b"HTTP_HOST", host)?;
    }
    let mut headers = head.headers().enumerate();
    while let Some((place, (name, value))) = headers.next() {
        let is = |known: &[u8]| name.len() == known.len() && name.eq_ignore_ascii_case(known);
        let same = |(known, _): &(&[u8], &[u8])| is(known);
        // What stands more than once is told where it stands first.
        if (name.contains(&b'_') && !underscores)
            || head.headers().take(place).any(|it| same(&it))
            || (target_host.is_some() && is(b"host"))
        {
            continue;
        }
        let mut more = headers.clone().map(|(_, header)| header).filter(same).peekable();
        let joined;
        let value = if more.peek().is_none() {
            value
        } else {
            let values = std::iter::once(value).chain(more.map(|(_, value)| value));
            joined = values.collect::<Vec<_>>().join(&b", "[..]);
            &joined
        };
        match () {
            () if is(b"content-length") => vars.push(b"CONTENT_LENGTH", value)?,
            () if is(b"content-type") => vars.push(b"CONTENT_TYPE", value)?,
            () => vars.push_header(name, value)?,
        }
    }
    Ok(())
}

/// Percent-decodes a path and resolves `.` and `..`, as uWSGI does; `//` stays.
fn decode_path(path: &[u8]) -> Cow<'_, [u8]> {
    if !path.contains(&b'%') {
        return resolve_dots(Cow::Borrowed(path));
    }
    let mut decoded = Vec::with_capacity(path.len());
    let mut rest = path;
    while let [first, behind @ ..] = rest {
        let mut byte = *first;
        rest = behind;
        if let (b'%', [high, low, behind @ ..]) = (first, behind)
            && let Some((high, low)) = hexadecimal(*high).zip(hexadecimal(*low))
        {
            byte = high << 4 | low;
            rest = behind;
        }
        decoded.push(byte);
    }
    resolve_dots(Cow::Owned(decoded))
}

fn hexadecimal(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

fn resolve_dots(path: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    let is_dots = |segment: &[u8]| segment == b"." || segment == b"..";
    if !path.split(|&byte| byte == b'/').any(is_dots) {
        return path;
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
    Cow::Owned(kept.join(&b'/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::http1::{Event, Reader};
    use bytes::BytesMut;

    fn read(target: &str, headers: &[(&str, &str)]) -> Vec<(String, String)> {
        let mut lines = format!("GET {target} HTTP/1.1\r\n");
        for (name, value) in headers {
            lines.extend([name, ": ", value, "\r\n"]);
        }
        let mut buffer = BytesMut::from(format!("{lines}\r\n").as_bytes());
        let Ok(Some(Event::Head(head))) = Reader::new(1000).take(&mut buffer) else {
            panic!("{lines:?}")
        };
        let facts = Facts { client: "10.0.0.1".to_owned(), ..Facts::default() };
        let vars = vars(&head, &facts).expect("short");
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
            assert_eq!(String::from_utf8_lossy(&decode_path(path.as_bytes())), expected, "{path}");
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
        let read = read("http://a?b", &[("Host", "a")]);
        for (name, value) in
            [("REQUEST_URI", "/?b"), ("PATH_INFO", "/"), ("QUERY_STRING", "b"), ("HTTP_HOST", "a")]
        {
            assert!(read.contains(&(name.to_owned(), value.to_owned())), "{name}");
        }
    }
}
