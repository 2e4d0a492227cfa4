//! What the directives of an nginx.conf become: keys, or a reason why not.
//!
//! Their syntax is `nginx`. One server block is adopted: the first that passes requests on, with those of the same
//! names; a second site is a ruwsgi.yaml of its own.

mod answers;
mod found;
mod locations;

use std::path::Path;

use anyhow::Result;

use super::{Adoption, Fate};
use crate::deploy::kinds::{Kind, size, units};
use crate::deploy::nginx::written;
use crate::deploy::problem::Position;
use crate::deploy::secrecy::holds_secret;
use crate::deploy::yaml::{self, Form, Node};
use crate::error::Failure;
use answers::{ANSWERED, OWN_PARAMETERS};
use found::{Found, flatten, open};

/// Adds what a configuration of nginx says.
///
/// True when the whole configuration was read, not only the file of a site.
pub(super) fn describe(path: &Path, adoption: &mut Adoption) -> Result<bool> {
    let shown = path.to_string_lossy().into_owned();
    let folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
    let all = open(&shown, &folder, 0, adoption)?;
    let mut top: Vec<&Found> = Vec::new();
    flatten(&all, &mut top);
    let servers: Vec<&Found> =
        top.iter().copied().filter(|found| found.name() == "server").collect();
    let Some(main) = servers.iter().copied().find(|server| server.passes()) else {
        return Err(Failure::new(format!("{shown}: no server passes requests on"))
            .hint(
                "name the file with `uwsgi_pass` or `proxy_pass`, or nginx.conf, which includes it",
            )
            .into());
    };
    let names = names_of(main);
    let speaks_http = main.passes_by("proxy_pass") && !main.passes_by("uwsgi_pass");
    let target = main.target().unwrap_or_default().to_owned();
    let mut site = Site { adoption, root: None, zones: Vec::new(), speaks_http, target };
    for found in top.iter().filter(|found| found.name() != "server") {
        site.common(found, Place::Http);
    }
    for server in servers {
        let same = names_of(server).iter().any(|name| names.contains(name)) || names.is_empty();
        if std::ptr::eq(server, main) || (same && server.passes()) {
            site.server(server);
        } else if same || server.block.iter().any(|found| leads_to(found, &names)) {
            site.redirect(server, &names);
        } else {
            site.left(server, "another site: a ruwsgi.yaml of its own");
        }
    }
    Ok(all.iter().any(|found| found.name() == "http"))
}

fn names_of(server: &Found) -> Vec<&str> {
    let names = server.children("server_name");
    names.flat_map(|found| found.directive.words.iter().map(String::as_str)).collect()
}

/// Where a directive stands, and so where a snippet with it goes.
#[derive(Clone, Copy)]
enum Place {
    Http,
    Server,
    Location,
}

impl Place {
    fn key(self) -> &'static str {
        match self {
            Self::Http => "nginx.snippets.http",
            Self::Server => "nginx.snippets.server",
            Self::Location => "nginx.snippets.location",
        }
    }
}

/// A redirection to one of these names, or to the name that was asked for.
fn leads_to(found: &Found, names: &[&str]) -> bool {
    let goal =
        found.directive.words.iter().find_map(|word| {
            word.strip_prefix("https://").or_else(|| word.strip_prefix("http://"))
        });
    let host = goal.map(|goal| goal.split(['/', '$']).next().unwrap_or_default());
    found.name() == "return" && host.is_some_and(|host| names.contains(&host))
}

struct Site<'a> {
    adoption: &'a mut Adoption,
    /// `root` of the server.
    root: Option<String>,
    /// `limit_req_zone`: the zone's name, its rate and the line.
    zones: Vec<(String, String, usize)>,
    /// Requests are passed on by `proxy_pass`.
    speaks_http: bool,
    /// Where they are passed on to.
    target: String,
}

impl Site<'_> {
    fn add(&mut self, found: &Found, fate: Fate) -> usize {
        let line = self.adoption.add(found.origin(), found.text(), fate);
        if holds_secret(&found.text()) {
            self.adoption.hide(line, &found.directive.words.join(" "));
        }
        line
    }

    fn carried(&mut self, found: &Found, key: &str) -> usize {
        self.add(found, Fate::Carried(key.to_owned()))
    }

    fn replaced(&mut self, found: &Found, how: &str) {
        self.add(found, Fate::Replaced(how.to_owned()));
    }

    fn left(&mut self, found: &Found, why: &str) {
        self.add(found, Fate::Left(why.to_owned()));
    }

    /// A directive that means the same wherever it stands.
    fn common(&mut self, found: &Found, place: Place) {
        let name = found.name();
        if let "uwsgi_param" | "proxy_set_header" = name {
            return self.parameter(found);
        }
        if let Some((_, how)) = ANSWERED.iter().find(|(answered, _)| *answered == name) {
            return self.replaced(found, how);
        }
        let number = found.directive.words.last().map_or("", String::as_str);
        match name {
            "client_max_body_size" => self.body(found),
            "uwsgi_read_timeout" | "proxy_read_timeout" => self.wait(found),
            "keepalive_timeout" => self.time(found, "nginx.keepalive_timeout"),
            "client_body_timeout" | "client_header_timeout" | "send_timeout" => {
                self.time(found, "nginx.client_timeout");
            }
            "set_real_ip_from" => self.trust(found),
            "real_ip_header" if found.word(0).eq_ignore_ascii_case("x-forwarded-for") => {
                self.replaced(found, "X-Forwarded-For");
            }
            "limit_conn" if number.parse::<u32>().is_ok() => {
                self.number(found, "nginx.connections_per_client", number.to_owned());
            }
            "limit_req_zone" => self.zone(found),
            "add_header" if found.word(0).eq_ignore_ascii_case("strict-transport-security") => {
                self.hsts(found);
            }
            "ssl_certificate" | "ssl_certificate_key" => {
                let key = name.replacen("ssl", "nginx", 1).replace("nginx_", "nginx.");
                let file =
                    if name.ends_with("key") { "secrets/tls.key" } else { "secrets/tls.crt" };
                self.replaced(found, &format!("{key}: put the file at {file}"));
            }
            name if name.starts_with("ssl_") => {
                self.replaced(found, "TLS is by Mozilla's intermediate profile");
            }
            "upstream" => self.upstream(found),
            "root" => {
                self.root = Some(found.word(0).to_owned());
                self.replaced(found, "only the folders of static files and uploads are served");
            }
            _ => self.snippet(found, place),
        }
    }

    /// What the application is told of a request: said in the server block, as all of it would be lost where one is said again.
    fn parameter(&mut self, found: &Found) {
        let name = found.word(0).to_uppercase().replace('-', "_");
        let plain = name.strip_prefix("HTTP_").unwrap_or(&name);
        if OWN_PARAMETERS.contains(&plain) {
            self.replaced(found, "the site's file has its own, which no client can forge");
        } else if plain.starts_with("UWSGI_") {
            self.left(found, "the server takes no word of a request for what it runs");
        } else if self.speaks_http != (found.name() == "proxy_set_header") {
            self.replaced(found, "without effect where requests are passed on in the other way");
        } else {
            self.snippet(found, Place::Server);
        }
    }

    /// What has no key is said in nginx's own language.
    fn snippet(&mut self, found: &Found, place: Place) {
        let text = written(&found.whole());
        if holds_secret(&text) {
            return self.left(found, "it holds a secret, which no file of the image may");
        }
        let value = yaml::Value::Scalar { text: text.clone(), form: Form::Text };
        let node = Node { at: Position::default(), value };
        if Kind::Snippet.scalar(&node).is_err() {
            return self.left(found, "no snippet can hold it");
        }
        let line = self.carried(found, place.key());
        for path in found.paths() {
            let told = format!(
                "{}: {path} is none of nginx's image: mount it, or build it in",
                found.origin()
            );
            self.adoption.notes.push(told);
        }
        self.adoption.description.add_text(place.key(), &text, line);
    }

    fn server(&mut self, server: &Found) {
        for found in server.children("root") {
            self.root = Some(found.word(0).to_owned());
        }
        for found in &server.block {
            match found.name() {
                "server_name" => self.names(found),
                "listen" => self.listen(found),
                "location" => self.location(found),
                "return" | "rewrite" | "if"
                    if found.directive.words.iter().any(|word| word.starts_with("https://"))
                        || found.block.iter().any(|inner| {
                            inner.directive.words.iter().any(|word| word.starts_with("https://"))
                        }) =>
                {
                    self.replaced(found, "http is redirected where nginx.tls is not none");
                }
                _ => self.common(found, Place::Server),
            }
        }
    }

    /// A server that only sends clients to another one.
    fn redirect(&mut self, server: &Found, own: &[&str]) {
        let secure =
            |found: &Found| found.directive.words.iter().any(|word| word.starts_with("https://"));
        let redirects =
            server.block.iter().any(|found| secure(found) || found.block.iter().any(secure));
        let same = names_of(server).iter().any(|name| own.contains(name)) || own.is_empty();
        if same && !redirects {
            return self.left(server, "it passes nothing on to the application");
        }
        // The site's own names are sent to https anyway.
        let hosts: Vec<String> = names_of(server)
            .iter()
            .filter(|name| !own.contains(*name))
            .map(|name| name.to_lowercase())
            .filter(|name| Kind::Redirects.name(name).is_ok())
            .collect();
        if hosts.is_empty() && same {
            return self.replaced(server, "http is redirected where nginx.tls is not none");
        }
        if hosts.is_empty() {
            return self.left(server, "no name that can be redirected");
        }
        let line = self.carried(server, "nginx.redirects");
        for host in hosts {
            self.adoption.description.set_named("nginx.redirects", &host, "/", &[line]);
        }
    }

    fn names(&mut self, found: &Found) {
        let mut hosts: Vec<String> = Vec::new();
        let mut strange: Vec<&str> = Vec::new();
        for word in &found.directive.words {
            let lower = word.to_lowercase();
            let names = match lower.strip_prefix('.') {
                Some(rest) => vec![rest.to_owned(), format!("*.{rest}")],
                None => vec![lower],
            };
            for name in names {
                match Kind::Hosts.item(&name) {
                    Ok(()) if !hosts.contains(&name) => hosts.push(name),
                    Ok(()) => {}
                    Err(_) => strange.push(word),
                }
            }
        }
        // Health checks ask for the first name.
        hosts.sort_by_key(|host| host.starts_with('*'));
        let only_wild = hosts.first().is_none_or(|host| host.starts_with('*'));
        if only_wild {
            return self.left(found, "no name that can be asked for; write nginx.server_names");
        }
        if self.adoption.description.has("nginx.server_names") {
            return self.replaced(found, "the names of the site are known already");
        }
        let line = self.carried(found, "nginx.server_names");
        self.adoption.description.set("nginx.server_names", hosts, &[line]);
        if !strange.is_empty() {
            let note =
                format!("{}: without {}, which is no name", found.origin(), strange.join(" "));
            self.adoption.notes.push(note);
        }
    }

    fn listen(&mut self, found: &Found) {
        let secure = found.directive.words.iter().any(|word| word == "ssl" || word == "quic");
        if !secure {
            return self.replaced(found, "nginx listens on 8080 in its container: compose.publish");
        }
        let line = self.carried(found, "nginx.tls");
        self.adoption.description.set("nginx.tls", "files", &[line]);
    }

    /// A rate that locations name.
    fn zone(&mut self, found: &Found) {
        let of = |name: &str| {
            let word = found.directive.words.iter().find_map(|word| word.strip_prefix(name));
            word.map(|word| word.split(':').next().unwrap_or_default().to_owned())
        };
        let by_client = ["$binary_remote_addr", "$remote_addr"].contains(&found.word(0));
        match (of("zone="), of("rate="), by_client) {
            (Some(zone), Some(rate), true) => {
                let why = "no location has this rate";
                let line = self.add(found, Fate::Left(why.to_owned()));
                self.zones.push((zone, rate, line));
            }
            _ => self.snippet(found, Place::Http),
        }
    }

    fn rate(&mut self, found: &Found, path: &str) {
        let zone = found.directive.words.iter().find_map(|word| word.strip_prefix("zone="));
        let zone = self.zones.iter().find(|(name, ..)| zone == Some(name.as_str())).cloned();
        match zone {
            Some((_, rate, defined)) if Kind::Rates.name(path).is_ok() => {
                let line = self.carried(found, "nginx.rate_limits");
                self.adoption.settle(defined, Fate::Carried("nginx.rate_limits".into()));
                self.adoption.description.set_named("nginx.rate_limits", path, rate, &[line]);
            }
            _ => self.left(found, "ruwsgi.yaml limits the rate of a path: nginx.rate_limits"),
        }
    }

    fn hsts(&mut self, found: &Found) {
        let value = found.word(1).to_lowercase();
        let level = match (value.contains("preload"), value.contains("includesubdomains")) {
            (true, _) => "preload",
            (_, true) => "subdomains",
            _ => "on",
        };
        let line = self.carried(found, "nginx.hsts");
        self.adoption.description.set("nginx.hsts", level, &[line]);
    }

    /// A number that is said once.
    fn number(&mut self, found: &Found, key: &str, number: String) {
        if self.adoption.description.one(key).is_some_and(|known| known != number) {
            return self.left(found, &format!("it is another number elsewhere, and {key} is one"));
        }
        let line = self.carried(found, key);
        self.adoption.description.set(key, number, &[line]);
    }

    fn time(&mut self, found: &Found, key: &str) {
        let time = found.word(0);
        let plain = time.strip_suffix(['s', 'm', 'h']).unwrap_or(time);
        if plain.is_empty() || !plain.bytes().all(|byte| byte.is_ascii_digit()) {
            return self.left(found, &format!("no whole time: {key}"));
        }
        self.number(found, key, time.to_owned());
    }

    /// How long nginx waits for an answer; of several paths, the longest.
    fn wait(&mut self, found: &Found) {
        let seconds = |text: &str| units(text, &[("s", 1), ("m", 60), ("h", 3600)]);
        let known = self.adoption.description.one("nginx.read_timeout").and_then(seconds);
        match (seconds(found.word(0)), known) {
            (Some(time), Some(known)) if time < known => {
                self.replaced(found, "nginx.read_timeout is the longest that a path has");
            }
            (Some(_), Some(_)) => {
                let line = self.carried(found, "nginx.read_timeout");
                self.adoption.description.set("nginx.read_timeout", found.word(0), &[line]);
            }
            _ => self.time(found, "nginx.read_timeout"),
        }
    }

    fn body(&mut self, found: &Found) {
        self.adoption.body_is_said = true;
        let bytes =
            units(&found.word(0).to_lowercase(), &[("k", 1 << 10), ("m", 1 << 20), ("g", 1 << 30)]);
        match bytes {
            None | Some(0) => self.left(found, "ruwsgi.yaml always has a limit: server.max_body"),
            Some(bytes) => {
                let known = self.adoption.description.one("server.max_body").map(str::to_owned);
                match known {
                    // The smaller one was what counted.
                    Some(known) if known != size(bytes) && bytes > self.bytes(&known) => {
                        self.left(found, "limit-post is less, and was what counted");
                    }
                    _ => {
                        let line = self.carried(found, "server.max_body");
                        self.adoption.description.set("server.max_body", size(bytes), &[line]);
                    }
                }
            }
        }
    }

    #[expect(clippy::unused_self, reason = "reads better where it is used")]
    fn bytes(&self, size: &str) -> u64 {
        units(size, &[("k", 1 << 10), ("m", 1 << 20), ("g", 1 << 30)]).unwrap_or(u64::MAX)
    }

    fn trust(&mut self, found: &Found) {
        let network = found.word(0).to_owned();
        if Kind::Networks.item(&network).is_err() {
            return self
                .left(found, "no network whose word can be believed: nginx.trusted_proxies");
        }
        let line = self.carried(found, "nginx.trusted_proxies");
        self.adoption.description.push("nginx.trusted_proxies", network, line);
    }

    fn upstream(&mut self, found: &Found) {
        let servers: Vec<&Found> = found.children("server").collect();
        match servers.as_slice() {
            [_] => self.replaced(found, "nginx finds the server by nginx.via"),
            _ => self.left(found, "one server answers here; more come by k8s.replicas"),
        }
    }
}
