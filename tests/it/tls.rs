//! HTTP over TLS, in the gateway and in the workers.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, IsCa, KeyPair,
};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::support::tools::need;
use crate::support::{
    Address, Connection, Reply, Request, Server, Site, differs_on_purpose, is_uwsgi, unused_port,
};

/// A site with `ca.pem`, and certificates and keys of `server` and `client` that it signed.
pub fn site() -> Site {
    let site = Site::with("environ.py");
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, "a CA");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    site.file("ca.pem", &ca.pem());
    for (name, host) in [
        ("server", "localhost"),
        ("client", "localhost"),
        ("one", "one.org"),
        ("names/two.org", "two.org"),
    ] {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        site.file(&format!("{name}.pem"), &params.signed_by(&key, &ca).unwrap().pem());
        site.file(&format!("{name}.key"), &key.serialize_pem());
    }
    site
}

/// One request over TLS; an error where there is no handshake or no reply.
fn ask(site: &Site, port: u16, request: &Request, certificate: bool) -> std::io::Result<Reply> {
    ask_for("localhost", site, port, request, certificate)
}

/// The same for a host, whose name the server's certificate must bear.
fn ask_for(
    host: &str,
    site: &Site,
    port: u16,
    request: &Request,
    certificate: bool,
) -> std::io::Result<Reply> {
    let mut stream = open(host, site, port, certificate)?;
    stream.write_all(&request.bytes())?;
    let mut reply = Vec::new();
    match stream.read_to_end(&mut reply) {
        // uWSGI's workers end a connection without a word of TLS.
        Err(error) if is_uwsgi() && error.kind() == std::io::ErrorKind::UnexpectedEof => {}
        read => drop(read?),
    }
    Ok(Reply::parse(&reply))
}

/// A connection of TLS to a host, whose name the server's certificate must bear.
pub fn open(
    host: &str,
    site: &Site,
    port: u16,
    certificate: bool,
) -> std::io::Result<StreamOwned<ClientConnection, TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(site.join("ca.pem")).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let config = match certificate {
        true => {
            let chain = vec![CertificateDer::from_pem_file(site.join("client.pem")).unwrap()];
            let key = PrivateKeyDer::from_pem_file(site.join("client.key")).unwrap();
            config.with_client_auth_cert(chain, key).unwrap()
        }
        false => config.with_no_client_auth(),
    };
    let name = host.to_owned().try_into().unwrap();
    let client = ClientConnection::new(Arc::new(config), name).unwrap();
    Ok(StreamOwned::new(client, TcpStream::connect(("127.0.0.1", port))?))
}

/// Starts `--OPTION 127.0.0.1:port,FILES` and waits for it.
fn start<'s>(site: &'s Site, option: &str, files: &str, more: &[&str]) -> (Server<'s>, u16) {
    let port = unused_port();
    let at = format!("127.0.0.1:{port},{files}");
    let arguments = [&[option, &at, "--wsgi-file", "environ.py", "--master"], more].concat();
    let server = site.start(&arguments);
    server.wait_ready(&Address::Port(port));
    (server, port)
}

pub const FILES: &str = "server.pem,server.key";

fn check_both(option: &str) {
    let site = site();
    let (server, port) = start(&site, option, FILES, &[]);
    let reply = ask(&site, port, &Request::get("/x?y=z"), false).expect("a reply");
    let environ = reply.json();
    assert_eq!(environ["wsgi.url_scheme"], "https");
    assert_eq!(environ["HTTPS"], "on");
    assert_eq!(environ["SERVER_PORT"], port.to_string());
    assert_eq!(environ["REMOTE_ADDR"], "127.0.0.1");
    if differs_on_purpose() {
        return;
    }
    let plain = Request::get("/").send(&Address::Port(port));
    assert_eq!((plain.status, plain.text().as_str()), (400, "HTTPS is spoken here.\n"));
    // Whoever connects and says nothing holds up nobody.
    let silent = Connection::open(&Address::Port(port));
    assert_eq!(ask(&site, port, &Request::get("/"), false).expect("a reply").status, 200);
    drop(silent);
    server.stop();
}

#[test]
fn the_gateway_speaks_tls() {
    check_both("--https");
}

#[test]
fn workers_speak_tls() {
    check_both("--https-socket");
}

#[test]
fn a_large_reply_arrives_whole() {
    let site = site();
    site.file(
        "large.py",
        "def application(environ, start_response):\n    start_response('200 OK', [])\n    return \
         (bytes([65 + n % 26]) * 65536 for n in range(64))\n",
    );
    for option in ["--https", "--https-socket"] {
        let port = unused_port();
        let at = format!("127.0.0.1:{port},{FILES}");
        let server = site.start(&[option, &at, "--wsgi-file", "large.py"]);
        server.wait_ready(&Address::Port(port));
        let reply = ask(&site, port, &Request::get("/"), false).expect("a reply");
        let whole: Vec<u8> = (0..64_u8).flat_map(|n| vec![65 + n % 26; 65536]).collect();
        assert!(reply.body == whole, "{option}: {} bytes", reply.body.len());
    }
}

/// What uWSGI's own tutorial makes: a certificate of version 1, and a key in OpenSSL's older form.
#[test]
fn a_certificate_of_a_tutorial_is_good_enough() {
    let Some(openssl) = need("openssl") else { return };
    let site = site();
    for words in [
        "genrsa -traditional -out old.key 2048",
        "req -new -key old.key -out old.csr -subj /CN=localhost",
        "x509 -req -days 30 -in old.csr -signkey old.key -out old.crt",
    ] {
        let mut command = Command::new(&openssl);
        let made = command.args(words.split(' ')).current_dir(site.path()).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }
    let (_server, port) = start(&site, "--https", "old.crt,old.key", &[]);
    let mut client = Command::new(&openssl)
        .args(["s_client", "-quiet", "-connect", &format!("127.0.0.1:{port}")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    client.stdin.as_mut().unwrap().write_all(&Request::get("/").bytes()).unwrap();
    let mut reply = Vec::new();
    client.stdout.take().unwrap().read_to_end(&mut reply).unwrap();
    client.wait().unwrap();
    assert_eq!(Reply::parse(&reply).json()["HTTPS"], "on");
}

#[test]
fn clients_show_their_certificates() {
    let site = site();
    let (server, port) = start(&site, "--https", &format!("{FILES},HIGH,!ca.pem"), &[]);
    assert!(ask(&site, port, &Request::get("/"), false).is_err(), "no certificate");
    let environ = ask(&site, port, &Request::get("/"), true).expect("a reply").json();
    assert_eq!(environ["HTTPS_DN"], "/CN=client");
    assert_eq!(environ.get("HTTPS_CC"), None);
    server.stop();
    let files = format!("{FILES},HIGH,!ca.pem");
    let (server, port) = start(&site, "--https", &files, &["--https-export-cert"]);
    let environ = ask(&site, port, &Request::get("/"), true).expect("a reply").json();
    let pem = environ["HTTPS_CC"].as_str().expect("a certificate").replace("\r\n", "\n");
    assert_eq!(pem.trim(), site.read("client.pem").replace("\r\n", "\n").trim());
    assert!(environ["HTTPS_CLIENT_CERTIFICATE"].is_string());
    server.stop();
    let (_server, port) = start(&site, "--https", &format!("{FILES},HIGH,ca.pem"), &[]);
    let environ = ask(&site, port, &Request::get("/"), false).expect("a reply").json();
    assert_eq!(environ.get("HTTPS_DN"), None);
}

#[test]
fn hosts_have_their_own_certificates() {
    let site = site();
    fs::rename(site.join("names/two.org.pem"), site.join("names/two.org.crt")).unwrap();
    let names = site.join("names").canonicalize().unwrap();
    let (_server, port) = start(
        &site,
        "--https",
        FILES,
        &["--sni", "one.org one.pem,one.key", "--sni-dir", names.to_str().unwrap()],
    );
    for host in ["one.org", "two.org", "localhost"] {
        if is_uwsgi() && host == "two.org" {
            // It finds the files, and drops the first client that asks for them.
            continue;
        }
        let reply = ask_for(host, &site, port, &Request::get("/"), false);
        assert_eq!(reply.expect(host).status, 200, "{host}");
    }
    assert!(ask_for("three.org", &site, port, &Request::get("/"), false).is_err());
}

#[test]
fn clients_of_http_are_sent_to_https() {
    let site = site();
    let port = unused_port();
    let at = format!("127.0.0.1:{port}");
    let (server, _) = start(&site, "--https", FILES, &["--http-to-https", &at]);
    server.wait_ready(&Address::Port(port));
    let request = Request::get("/a%20b?c=d").header("Host", "x.org:8080");
    let reply = request.send(&Address::Port(port));
    assert_eq!(reply.status, 301);
    assert_eq!(reply.header("Location"), Some("https://x.org/a%20b?c=d"));
}

#[test]
fn the_proxy_protocol_comes_before_tls() {
    if differs_on_purpose() {
        return;
    }
    let site = site();
    let (server, port) = start(&site, "--https", FILES, &["--http-enable-proxy-protocol"]);
    assert_eq!(ask(&site, port, &Request::get("/"), false).expect("a reply").status, 200);
    let mut connection = Connection::open(&Address::Port(port));
    connection.send(b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\nGET / HTTP/1.1\r\n\r\n");
    assert_eq!(Reply::parse(&connection.read_all()).status, 400);
    server.stop();
}

#[test]
fn silent_clients_hold_up_no_stop() {
    if differs_on_purpose() {
        return;
    }
    let site = site();
    let plain = unused_port();
    let at = format!("127.0.0.1:{plain}");
    let (mut server, port) = start(&site, "--https", FILES, &["--http", &at]);
    server.wait_ready(&Address::Port(plain));
    let silent = [plain, port].map(|port| Connection::open(&Address::Port(port)));
    // Answered behind them, so they are accepted.
    assert_eq!(server.get(&Address::Port(plain), "/").status, 200);
    assert_eq!(ask(&site, port, &Request::get("/"), false).expect("a reply").status, 200);
    server.signal(nix::sys::signal::Signal::SIGTERM);
    assert_eq!(server.wait_exit().code(), Some(0));
    drop(silent);
}

#[test]
fn a_socket_is_told_in_pairs() {
    if is_uwsgi() {
        // Its build may be without HTTP/2, and then knows no https2.
        return;
    }
    let site = site();
    let port = unused_port();
    let pairs = format!("addr=127.0.0.1:{port},cert=server.pem,key=server.key");
    let server = site.start(&["--https2", &pairs, "--wsgi-file", "environ.py", "--ssl-verbose"]);
    server.wait_ready(&Address::Port(port));
    assert_eq!(ask(&site, port, &Request::get("/"), false).expect("a reply").status, 200);
    let mut nonsense = Connection::open(&Address::Port(port));
    nonsense.send([22, 3, 1, 0, 4, 9, 0, 0, 0]);
    nonsense.read_all();
    server.wait_log("a connection of 127.0.0.1:\\d+ cannot begin: ");
}

#[test]
fn keys_are_read_before_privileges_are_dropped() {
    if !nix::unistd::Uid::effective().is_root() || differs_on_purpose() {
        return;
    }
    let site = site();
    let key = site.join("server.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    let files = format!("[uwsgi]\nuid = nobody\nhttps = 127.0.0.1:0,{FILES}\n");
    site.file("app.ini", &files);
    // Whether that user may read this Python is another matter: the run may end there.
    let finished = site.run(&["app.ini", "--no-server"]);
    assert!(finished.text.contains("*** Starting"), "{}", finished.text);
    assert!(!finished.text.contains("server.key"), "{}", finished.text);
}

#[test]
fn files_that_do_not_fit_are_named() {
    if differs_on_purpose() {
        return;
    }
    let site = site();
    fs::write(site.join("empty.pem"), "").unwrap();
    let check = |files: &str, expected: &str| {
        site.file("app.ini", &format!("[uwsgi]\nhttps = 127.0.0.1:0,{files}\n"));
        let finished = site.run(&["app.ini"]);
        assert_eq!(finished.code, Some(1), "{}", finished.text);
        assert!(finished.text.contains(expected), "{expected}\n{}", finished.text);
    };
    check("none.pem,server.key", "app.ini:2: cannot use none.pem: No such file");
    check("empty.pem,server.key", "cannot use empty.pem: there is no certificate in it");
    check("server.pem,empty.pem", "cannot use empty.pem: nothing of the kind is in it");
    check("server.pem,client.key", "client.key is not the key of the certificate server.pem");
    check("server.pem,server.key,HIGH,empty.pem", "cannot use empty.pem");
    check("server.pem", "cannot use https = 127.0.0.1:0,server.pem: it needs");
    assert!(Path::new(&site.join("server.pem")).exists());
}
