//! What the templates of nginx may name: who is answered, where the server is, what is limited.

use serde_json::{Value, json};

use super::{CONTROL, HELD, SOCKET, bracket, variable};
use crate::deploy::check::snippets::directives;
use crate::deploy::kinds::size;
use crate::deploy::plan::Place;
use crate::deploy::spec::{Hsts, Pass, Spec, Tls, Via};
use crate::deploy::variables::HSTS_SECONDS;

/// Networks that are nobody's on the internet. In a cluster only the Ingress's namespace reaches nginx.
const PRIVATE: [&str; 5] =
    ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"];

/// The same over TCP: the name of the service that holds the socket.
const HELD_TCP: &str = "socket:8000";

/// Who is answered, and how nginx and the server meet.
pub(super) fn nginx(spec: &Spec, place: &Place) -> Value {
    let nginx = &spec.nginx;
    let tcp = nginx.via == Via::Tcp;
    let mut names: Vec<String> = nginx.server_names.iter().cloned().map(bracket).collect();
    if matches!(place, Place::Here(_)) {
        for name in ["localhost", "127.0.0.1"] {
            if !names.iter().any(|other| other == name) {
                names.push(name.to_owned());
            }
        }
    }
    // What the server binds, where nginx finds it, and where the health check in its container does.
    let unix = |path: &str| (path.to_owned(), format!("unix:{path}"), format!("unix:{path}"));
    let (bind, upstream, check) = match place {
        Place::Here(here) if here.address.starts_with('/') => unix(&here.address),
        Place::Here(here) => (here.address.clone(), here.address.clone(), here.address.clone()),
        Place::Compose if !tcp => (SOCKET.into(), format!("unix:{HELD}"), format!("unix:{SOCKET}")),
        Place::Pod if !tcp => unix(SOCKET),
        Place::Pod => ("0.0.0.0:8000".into(), "127.0.0.1:8000".into(), "127.0.0.1:8000".into()),
        Place::Compose => ("0.0.0.0:8000".into(), HELD_TCP.into(), "127.0.0.1:8000".into()),
    };
    let pass = nginx.pass.to_string();
    let host = nginx.server_names.first().map_or("localhost", String::as_str);
    let timeout = spec.probes.timeout.saturating_sub(1).max(1).to_string();
    let healthcheck = [
        "ruwsgi",
        "healthcheck",
        &check,
        "--protocol",
        &pass,
        "--path",
        &spec.app.health,
        "--host",
        host,
        "--timeout",
        &timeout,
    ];
    let mut trusted = nginx.trusted_proxies.clone();
    if trusted.is_empty() && spec.own_tls() && matches!(place, Place::Pod) {
        trusted = PRIVATE.map(str::to_owned).to_vec();
    }
    json!({
        "server_names": names,
        "host": host,
        "pass": pass,
        "uwsgi": nginx.pass == Pass::Uwsgi,
        "tcp": tcp,
        "bind": bind,
        "socket": if tcp { None } else { Some(SOCKET) },
        "control": CONTROL,
        "hold": ["hold", CONTROL, if tcp { HELD_TCP } else { HELD }],
        "take": take(spec, &[]),
        "upstream": upstream,
        "upstreams": upstreams(spec, place, &upstream),
        // Names in compose move; addresses do not.
        "resolve": tcp && matches!(place, Place::Compose),
        "trusted_proxies": trusted,
        "healthcheck": healthcheck,
        "client_timeout": nginx.client_timeout,
        "keepalive_timeout": nginx.keepalive_timeout,
        "limits": limits(spec),
        "zones": zones(spec),
        "connections_per_client": nginx.connections_per_client,
        "redirect_hosts": redirects(spec, place, true),
        "redirect_paths": redirects(spec, place, false),
        "snippet_http": nginx.snippets.http,
        "snippet_server": nginx.snippets.server,
        "snippet_location": nginx.snippets.location,
        "location_headers": directives(nginx.snippets.location.as_deref()).iter().any(|it| it.name == "add_header"),
        "metrics_path": spec.k8s.metrics_path,
        "metrics": spec.k8s.metrics_path.is_some() && matches!(place, Place::Pod),
    })
}

/// How a container of the application starts in compose: with the socket that stays open over its end.
pub(in crate::deploy) fn take(spec: &Spec, more: &[&str]) -> Vec<String> {
    let mut words = vec!["take", CONTROL, "ruwsgi", "serve", "--ini", "/app/uwsgi.ini"];
    if spec.nginx.pass == Pass::Http {
        words.extend(["--protocol", "http"]);
    }
    words.extend(more);
    words.into_iter().map(str::to_owned).collect()
}

/// Where nginx finds the application: as often as there are containers, so that what one has lost is asked of another.
fn upstreams(spec: &Spec, place: &Place, upstream: &str) -> Vec<String> {
    let count = if matches!(place, Place::Compose) { spec.compose.replicas.max(1) } else { 1 };
    (0..count).map(|_| upstream.to_owned()).collect()
}

/// A zone for each rate, by the order of the file.
fn zones(spec: &Spec) -> Vec<Value> {
    spec.nginx
        .rate_limits
        .iter()
        .enumerate()
        .map(|(index, (_, rate))| json!({"name": zone(spec, index), "rate": rate}))
        .collect()
}

fn zone(spec: &Spec, index: usize) -> String {
    format!("{}_rate_{}", variable(&spec.name), index + 1)
}

/// The locations in which something is different; a longer path has what a shorter one has.
fn limits(spec: &Spec) -> Vec<Value> {
    let nginx = &spec.nginx;
    let mut paths: Vec<&str> = nginx
        .rate_limits
        .iter()
        .map(|(path, _)| path.as_str())
        .chain(nginx.body_limits.iter().map(|(path, _)| path.as_str()))
        .chain(nginx.streaming.iter().map(String::as_str))
        .filter(|path| *path != "/" && *path != spec.app.health)
        .collect();
    paths.sort_unstable();
    paths.dedup();
    let nearest = |path: &str, candidates: &mut dyn Iterator<Item = (usize, &str)>| {
        candidates
            .filter(|(_, other)| path.starts_with(other))
            .max_by_key(|(_, other)| other.len())
            .map(|(index, _)| index)
    };
    let at = |path: &str| {
        let rate =
            nearest(path, &mut nginx.rate_limits.iter().map(|(path, _)| path.as_str()).enumerate());
        let body =
            nearest(path, &mut nginx.body_limits.iter().map(|(path, _)| path.as_str()).enumerate());
        let stream = nearest(path, &mut nginx.streaming.iter().map(String::as_str).enumerate());
        json!({
            "path": path,
            "zone": rate.map(|index| zone(spec, index)),
            "body": body.and_then(|index| nginx.body_limits.get(index)).map(|(_, bytes)| size(*bytes)),
            "stream": stream.is_some(),
        })
    };
    // The rest of the site comes last, under `/`.
    paths.into_iter().chain(["/"]).map(at).collect()
}

/// Whole hosts, or single paths.
fn redirects(spec: &Spec, place: &Place, hosts: bool) -> Vec<Value> {
    let first = spec.nginx.server_names.first().map_or("localhost", String::as_str);
    let own_tls = spec.own_tls() && matches!(place, Place::Compose);
    spec.nginx
        .redirects
        .iter()
        .filter(|(from, _)| from.starts_with('/') != hosts)
        .map(|(from, to)| {
            let tail = if hosts && to == "/" { "$request_uri" } else { "$is_args$args" };
            let path = if hosts && to == "/" { "" } else { to };
            let goal = if to.starts_with("http") || !hosts {
                format!("{to}{tail}")
            } else if own_tls {
                format!("https://{first}{}{path}{tail}", https_port(spec))
            } else {
                let variable = spec.name.replace('-', "_");
                format!("${variable}_scheme://{first}${variable}_port{path}{tail}")
            };
            json!({"from": from, "goal": goal})
        })
        .collect()
}

/// What clients write behind the name, where it is not the usual port.
fn https_port(spec: &Spec) -> String {
    match spec.compose.publish_https.rsplit_once(':') {
        Some((_, "443")) | None => String::new(),
        Some((_, port)) => format!(":{port}"),
    }
}

/// TLS where nginx ends it, and what browsers are told where anybody does.
pub(super) fn tls(spec: &Spec, place: &Place) -> Value {
    let own = spec.own_tls() && matches!(place, Place::Compose);
    let acme = own && spec.nginx.tls == Tls::Acme;
    let (certificate, key) = if acme {
        ("/run/tls/tls.crt", "/run/tls/tls.key")
    } else {
        ("/run/secrets/tls_certificate", "/run/secrets/tls_key")
    };
    let up = if spec.environment.is_some() { "../../" } else { "./" };
    let file = |path: &str| format!("{up}{path}");
    let hsts = match spec.nginx.hsts {
        Hsts::Off => None,
        Hsts::On => Some(format!("max-age={HSTS_SECONDS}")),
        Hsts::Subdomains => Some(format!("max-age={HSTS_SECONDS}; includeSubDomains")),
        Hsts::Preload => Some(format!("max-age={HSTS_SECONDS}; includeSubDomains; preload")),
    };
    let local = matches!(place, Place::Here(_));
    let names: Vec<String> =
        spec.nginx.server_names.iter().filter(|name| !name.starts_with('*')).cloned().collect();
    json!({
        "own_tls": own,
        "acme": acme,
        "acme_email": spec.nginx.acme_email,
        "acme_names": names,
        "tls_certificate": certificate,
        "tls_key": key,
        "tls_certificate_file": file(&spec.nginx.certificate.0),
        "tls_key_file": file(&spec.nginx.certificate.1),
        "https_port": https_port(spec),
        "hsts": if spec.https() && !local { hsts } else { None },
        // `http2 on;` came with 1.25.1.
        "http2_directive": spec.targets.nginx >= (1, 26),
        "curves": if spec.targets.openssl >= (3, 5) {
            "X25519MLKEM768:X25519:prime256v1:secp384r1"
        } else {
            "X25519:prime256v1:secp384r1"
        },
    })
}
