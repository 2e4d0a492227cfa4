//! What the directives of an nginx.conf become: keys, or a reason why not.
//!
//! Their syntax is `nginx`. One server block is adopted: the first that passes requests on, with those of the same
//! names; a second site is a ruwsgi.yaml of its own.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::{Adoption, Fate};
use crate::deploy::kinds::{Kind, size, units};
use crate::deploy::nginx::{Directive, read, written};
use crate::deploy::problem::Position;
use crate::deploy::secrecy::holds_secret;
use crate::deploy::yaml::{self, Form, Node};
use crate::error::Failure;

/// Files may include files so deeply.
const DEEPEST: usize = 8;
/// A file is read up to this many bytes.
const LARGEST: u64 = 4 << 20;

/// Directives the rendered nginx files have their own answer to, and the answer.
static ANSWERED: &[(&str, &str)] = &[
    ("user", "nginx runs as the user of its image"),
    ("worker_processes", "set in nginx/nginx.conf"),
    ("worker_connections", "set in nginx/nginx.conf"),
    ("worker_rlimit_nofile", "set in nginx/nginx.conf"),
    ("multi_accept", "set in nginx/nginx.conf"),
    ("use", "nginx chooses the best way itself"),
    ("pid", "set in nginx/nginx.conf"),
    ("daemon", "a container runs in the foreground"),
    ("error_log", "a container logs to its standard error"),
    ("access_log", "a container logs to its standard output, as JSON"),
    ("log_format", "a container logs to its standard output, as JSON"),
    ("log_not_found", "a container logs to its standard output, as JSON"),
    ("default_type", "set in nginx/nginx.conf"),
    ("types", "nginx's own mime.types"),
    ("sendfile", "set in nginx/nginx.conf"),
    ("tcp_nopush", "set in nginx/nginx.conf"),
    ("tcp_nodelay", "on by default"),
    ("types_hash_max_size", "nginx's own is enough"),
    ("server_names_hash_bucket_size", "nginx's own is enough"),
    ("server_tokens", "off"),
    ("charset", "utf-8"),
    ("gzip", "on, but not for HTML with secrets in it"),
    ("gzip_types", "set in the site's file"),
    ("gzip_vary", "on"),
    ("gzip_min_length", "set in the site's file"),
    ("gzip_proxied", "set in the site's file"),
    ("gzip_comp_level", "nginx's own"),
    ("gzip_disable", "no such client is left"),
    ("gzip_static", "set in the site's file"),
    ("real_ip_recursive", "on"),
    ("uwsgi_param", "the site's file has a whole parameter block of its own"),
    ("proxy_set_header", "the site's file has its own, which no client can forge"),
    ("proxy_http_version", "set in the site's file"),
    ("proxy_redirect", "off: Django knows its own name"),
    ("autoindex", "off"),
    ("expires", "names with a hash never expire, others after an hour"),
    ("etag", "on by default"),
    ("http2", "on"),
    ("uwsgi_buffers", "set in the site's file"),
    ("uwsgi_buffer_size", "set in the site's file"),
    ("uwsgi_request_buffering", "on, so that a slow client holds up no worker"),
    ("proxy_buffers", "set in the site's file"),
    ("proxy_buffer_size", "set in the site's file"),
    ("proxy_request_buffering", "on, so that a slow client holds up no worker"),
    ("uwsgi_next_upstream", "set in the site's file"),
    ("proxy_next_upstream", "set in the site's file"),
    ("open_file_cache", "nginx's own is enough"),
    ("server_name_in_redirect", "off by default"),
    ("limit_req_status", "429"),
    ("limit_conn_status", "429"),
    ("limit_conn_zone", "set in the site's file with nginx.connections_per_client"),
    ("client_header_buffer_size", "follows server.buffer_size"),
    ("large_client_header_buffers", "follows server.buffer_size"),
    ("uwsgi_connect_timeout", "set in the site's file"),
    ("proxy_connect_timeout", "set in the site's file"),
    ("uwsgi_send_timeout", "nginx's own"),
    ("proxy_send_timeout", "nginx's own"),
];

/// Parameter files of distributions.
static PARAMETER_FILES: &[&str] = &["uwsgi_params", "proxy_params", "fastcgi_params", "mime.types"];

/// A directive together with the file it stands in.
#[derive(Clone)]
struct Found {
    file: String,
    directive: Directive,
    block: Vec<Found>,
    is_block: bool,
}

impl Found {
    fn name(&self) -> &str {
        &self.directive.name
    }

    fn word(&self, index: usize) -> &str {
        self.directive.words.get(index).map_or("", String::as_str)
    }

    fn origin(&self) -> String {
        format!("{}:{}", self.file, self.directive.line)
    }

    fn text(&self) -> String {
        let Directive { name, words, .. } = &self.directive;
        let words: String = words.iter().map(|word| [" ", word].concat()).collect();
        format!("{name}{words}{}", if self.is_block { " { }" } else { ";" })
    }

    /// The directive with its block, files that it includes among it.
    fn whole(&self) -> Directive {
        let block = self.block.iter().map(Found::whole).collect();
        let block = (!self.block.is_empty() || self.is_block).then_some(block);
        Directive { block, ..self.directive.clone() }
    }

    fn children<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f Found> {
        self.block.iter().filter(move |found| found.name() == name)
    }

    /// Requests are passed on somewhere in here.
    fn passes(&self) -> bool {
        ["uwsgi_pass", "proxy_pass"].contains(&self.name()) || self.block.iter().any(Found::passes)
    }
}

/// Adds what a configuration of nginx says.
pub(super) fn describe(path: &Path, adoption: &mut Adoption) -> Result<()> {
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
    let mut site = Site { adoption, root: None, zones: Vec::new() };
    for found in top.iter().filter(|found| found.name() != "server") {
        site.common(found, Place::Http);
    }
    for server in servers {
        let same = names_of(server).iter().any(|name| names.contains(name)) || names.is_empty();
        if std::ptr::eq(server, main) || (same && server.passes()) {
            site.server(server);
        } else if same || server.block.iter().any(|found| leads_to(found, &names)) {
            site.redirect(server, same);
        } else {
            site.left(server, "another site: a ruwsgi.yaml of its own");
        }
    }
    Ok(())
}

/// Reads a file and those that it includes.
fn open(path: &str, folder: &Path, depth: usize, adoption: &mut Adoption) -> Result<Vec<Found>> {
    use std::io::Read as _;
    let mut text = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(LARGEST).read_to_end(&mut text))
        .with_context(|| format!("cannot read {path}"))?;
    let text = String::from_utf8_lossy(&text);
    let directives = read(&text)
        .map_err(|wrong| Failure::new(format!("{path}:{}: {}", wrong.line, wrong.message)))?;
    included(directives, path, folder, depth, adoption)
}

fn included(
    directives: Vec<Directive>,
    file: &str,
    folder: &Path,
    depth: usize,
    adoption: &mut Adoption,
) -> Result<Vec<Found>> {
    let mut all = Vec::new();
    for mut directive in directives {
        let block = directive.block.take();
        let is_block = block.is_some();
        let block = included(block.unwrap_or_default(), file, folder, depth, adoption)?;
        let found = Found { file: file.to_owned(), directive, block, is_block };
        if found.name() != "include" {
            all.push(found);
            continue;
        }
        let named = found.word(0).to_owned();
        if PARAMETER_FILES.iter().any(|known| named.ends_with(known)) {
            let how = "the site's file has a whole parameter block of its own";
            adoption.add(found.origin(), found.text(), Fate::Replaced(how.into()));
            continue;
        }
        let pattern = folder.join(&named);
        let paths: Vec<PathBuf> = glob::glob(&pattern.to_string_lossy())
            .map(|paths| paths.filter_map(Result::ok).collect())
            .unwrap_or_default();
        if paths.is_empty() || depth == DEEPEST {
            let why = format!("there is no such file here: {}", pattern.display());
            adoption.add(found.origin(), found.text(), Fate::Left(why));
            continue;
        }
        for path in paths {
            all.extend(open(&path.to_string_lossy(), folder, depth + 1, adoption)?);
        }
    }
    Ok(all)
}

/// What stands outside of servers, whether or not the file has an `http` block.
fn flatten<'f>(all: &'f [Found], top: &mut Vec<&'f Found>) {
    for found in all {
        match found.name() {
            "http" | "events" => flatten(&found.block, top),
            _ => top.push(found),
        }
    }
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

/// Where a location sends its clients for good.
fn moved(location: &Found) -> Option<String> {
    match location.block.as_slice() {
        [found] if found.name() == "return" && ["301", "308"].contains(&found.word(0)) => {
            Some(found.word(1).to_owned()).filter(|goal| Kind::Redirects.pair(goal).is_ok())
        }
        _ => None,
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
        if let Some((_, how)) = ANSWERED.iter().find(|(answered, _)| *answered == name) {
            return self.replaced(found, how);
        }
        let number = found.directive.words.last().map_or("", String::as_str);
        match name {
            "client_max_body_size" => self.body(found),
            "uwsgi_read_timeout" | "proxy_read_timeout" => self.time(found, "nginx.read_timeout"),
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
    fn redirect(&mut self, server: &Found, same: bool) {
        let secure =
            |found: &Found| found.directive.words.iter().any(|word| word.starts_with("https://"));
        let redirects =
            server.block.iter().any(|found| secure(found) || found.block.iter().any(secure));
        if same {
            return match redirects {
                true => self.replaced(server, "http is redirected where nginx.tls is not none"),
                false => self.left(server, "it passes nothing on to the application"),
            };
        }
        let hosts: Vec<String> = names_of(server)
            .iter()
            .map(|name| name.to_lowercase())
            .filter(|name| Kind::Redirects.name(name).is_ok())
            .collect();
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

    fn body(&mut self, found: &Found) {
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

    fn location(&mut self, location: &Found) {
        let (modifier, path) = match location.directive.words.as_slice() {
            [path] => ("", path.as_str()),
            [modifier, path] => (modifier.as_str(), path.as_str()),
            _ => return self.left(location, "a location has a path"),
        };
        let prefix = matches!(modifier, "" | "^~") && path.starts_with('/');
        let file =
            |name: &str| location.children(name).next().map(|found| found.word(0).to_owned());
        if location.passes() {
            return self.passing(location, prefix && path == "/", path);
        }
        let folder = match (file("alias"), file("root").or_else(|| self.root.clone())) {
            (Some(alias), _) => Some(alias),
            (None, Some(root)) => Some(format!("{}{path}", root.trim_end_matches('/'))),
            _ => None,
        };
        let denies = location.block.iter().any(|found| {
            found.name() == "deny"
                || (found.name() == "return" && ["403", "404", "444"].contains(&found.word(0)))
        });
        if let (true, false, Some(folder)) = (prefix, denies, folder) {
            let folder = self.adoption.relative(&folder);
            let line = self.add(location, Fate::Left("neither static files nor uploads".into()));
            if self.adoption.serve(path, &folder, &[line]) {
                for found in &location.block {
                    match found.name() {
                        "alias" | "root" => {
                            self.adoption.add(
                                found.origin(),
                                found.text(),
                                Fate::Carried("the folder above".into()),
                            );
                        }
                        "add_header" => {
                            self.replaced(
                                found,
                                "names with a hash never expire, others after an hour",
                            );
                        }
                        "try_files" => self.replaced(found, "a file that is not there is 404"),
                        name if ANSWERED.iter().any(|(answered, _)| *answered == name) => {
                            self.common(found, Place::Location);
                        }
                        _ => self.left(found, "of files only"),
                    }
                }
            } else {
                self.forget_last();
                self.snippet(location, Place::Server);
            }
        } else if denies && path.contains("\\.") {
            self.replaced(location, "hidden files are denied anyway");
        } else if let Some(goal) = moved(location).filter(|_| modifier == "=") {
            let line = self.carried(location, "nginx.redirects");
            self.adoption.description.set_named("nginx.redirects", path, goal, &[line]);
        } else {
            self.snippet(location, Place::Server);
        }
    }

    /// The line that was added last is told in another way.
    fn forget_last(&mut self) {
        self.adoption.lines.pop();
    }

    /// A location that passes requests on to the server.
    fn passing(&mut self, location: &Found, main: bool, path: &str) {
        let named = path.starts_with('@');
        for found in &location.block {
            let pass = match found.name() {
                "uwsgi_pass" => "uwsgi",
                "proxy_pass" => "http",
                "try_files" => {
                    self.replaced(found, "static files have their own location");
                    continue;
                }
                "limit_req" => {
                    self.rate(found, path);
                    continue;
                }
                "uwsgi_buffering" | "proxy_buffering" if found.word(0) == "on" => {
                    self.replaced(found, "on by default");
                    continue;
                }
                "uwsgi_buffering" | "proxy_buffering"
                    if !main && Kind::UrlPaths.item(path).is_ok() =>
                {
                    let line = self.carried(found, "nginx.streaming");
                    self.adoption.description.push("nginx.streaming", path.to_owned(), line);
                    continue;
                }
                "client_max_body_size" if !main && Kind::BodyLimits.name(path).is_ok() => {
                    let line = self.carried(found, "nginx.body_limits");
                    self.adoption.description.set_named(
                        "nginx.body_limits",
                        path,
                        found.word(0),
                        &[line],
                    );
                    continue;
                }
                _ if main || named => {
                    self.common(found, Place::Location);
                    continue;
                }
                name if ANSWERED.iter().any(|(answered, _)| *answered == name) => {
                    self.common(found, Place::Location);
                    continue;
                }
                _ => {
                    self.left(found, "of one path only, and every path is passed on alike");
                    continue;
                }
            };
            let address = found.word(0);
            let by_path = pass == "http" && address.splitn(4, '/').nth(3).is_some();
            if by_path {
                self.left(found, "the server gets the path as the client wrote it");
            } else if main || named || !self.adoption.description.has("nginx.pass") {
                let line = self.carried(found, "nginx.pass");
                self.adoption.description.set("nginx.pass", pass, &[line]);
                if !self.adoption.description.has("nginx.via") {
                    let via = if address.contains("unix:") { "socket" } else { "tcp" };
                    self.adoption.description.set("nginx.via", via, &[line]);
                }
            } else {
                self.replaced(found, "every path goes to the server");
            }
        }
    }
}
