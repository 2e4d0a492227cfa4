//! Rules that tie keys, and so the files rendered from them, together.
//!
//! Each problem names the line that makes two files disagree and the rule's id in docs/deploy.md.
//! What a single value may look like is `kinds`.

use super::keys::{Read, closest};
use super::kinds::{is_public, quantity, size};
use super::problem::{Position, Problem};
use super::spec::{Knows, Reader};

/// uWSGI options that ruwsgi.yaml has keys for, and those the rendered uwsgi.ini must have its way.
static OWNED: &[(&str, &str)] = &[
    ("socket", "nginx.via"),
    ("uwsgi-socket", "nginx.via"),
    ("http", "nginx.pass"),
    ("http-socket", "nginx.pass"),
    ("protocol", "nginx.pass"),
    ("socket-protocol", "nginx.pass"),
    ("processes", "server.processes"),
    ("workers", "server.processes"),
    ("threads", "server.threads"),
    ("harakiri", "server.harakiri"),
    ("buffer-size", "server.buffer_size"),
    ("limit-post", "server.max_body"),
    ("module", "app.module"),
    ("wsgi", "app.module"),
    ("wsgi-file", "app.module"),
    ("env", "env"),
    ("uid", "uid"),
    ("gid", "uid"),
    ("chdir", ""),
    ("virtualenv", ""),
    ("home", ""),
    ("venv", ""),
    ("pidfile", ""),
    ("daemonize", ""),
    ("daemonize2", ""),
    ("strict", ""),
    ("master", ""),
];

/// All rules.
#[must_use]
pub fn check(read: &Read, knows: Knows) -> Vec<Problem> {
    let of = Reader { read };
    let mut problems = Vec::new();
    timeouts_and_sizes(&of, &mut problems);
    paths(&of, &mut problems);
    names(&of, &mut problems);
    volumes(&of, &mut problems);
    secrets(&of, &mut problems);
    options(&of, knows, &mut problems);
    problems
}

fn timeouts_and_sizes(of: &Reader<'_>, problems: &mut Vec<Problem>) {
    let harakiri = of.number("server.harakiri");
    if let (Some(at), Some(wait)) = (of.at("nginx.read_timeout"), of.maybe("nginx.read_timeout"))
        && wait.parse::<u64>().unwrap_or(0) <= harakiri
    {
        problems.push(
            Problem::new(at, format!("nginx gives up after {wait}s, before the server does (server.harakiri is {harakiri}s)"))
                .help(format!("more than {harakiri}s, or no such line: it is {}s then", harakiri + 10))
                .rule("X1"),
        );
    }
    let body = of.number("server.max_body");
    if let (Some(at), Some(other)) =
        (of.at("nginx.client_max_body_size"), of.maybe("nginx.client_max_body_size"))
        && other != body.to_string()
    {
        let other = size(other.parse().unwrap_or(0));
        problems.push(
            Problem::new(
                at,
                format!("nginx takes bodies of {other}, the server of {}", size(body)),
            )
            .help(
                "leave the line out: nginx, the server and the Ingress all follow server.max_body",
            )
            .rule("X2"),
        );
    }
}

fn paths(of: &Reader<'_>, problems: &mut Vec<Problem>) {
    for (one, other) in [("app.media_url", "app.media_root"), ("app.media_root", "app.media_url")] {
        if let (Some(at), None) = (of.at(one), of.at(other)) {
            problems.push(
                Problem::new(at, format!("`{one}` is of no use without `{other}`"))
                    .help("write both, as in the settings, or none")
                    .rule("X5"),
            );
        }
    }
    let urls = [("app.static_url", true), ("app.media_url", true), ("app.health", false)];
    for (one, _) in urls {
        for (other, folder) in urls {
            if one == other || !folder {
                continue;
            }
            let (Some(short), Some(long)) = (of.maybe(other), of.maybe(one)) else { continue };
            let twice = short == long && one > other;
            if long.starts_with(&short) && !twice {
                let at = of.at(one).or_else(|| of.at(other)).unwrap_or_default();
                problems.push(
                    Problem::new(at, format!("`{one}` ({long}) lies in `{other}` ({short}): nginx would look for it among files"))
                        .help("paths of which none is the beginning of another")
                        .rule(if one == "app.health" { "X12" } else { "X5" }),
                );
            }
        }
    }
    let folders = ["app.static_root", "app.media_root", "app.data_dir"];
    for (index, one) in folders.iter().enumerate() {
        for other in folders.iter().skip(index + 1) {
            let (Some(left), Some(right)) = (of.maybe(one), of.maybe(other)) else { continue };
            let inside = |a: &str, b: &str| a == b || a.starts_with(&format!("{b}/"));
            if inside(&left, &right) || inside(&right, &left) {
                problems.push(
                    Problem::new(of.at(other).unwrap_or_default(), format!("`{other}` ({right}) and `{one}` ({left}) share a folder"))
                        .help("three folders of which none lies in another: one is served and replaced at each release, the others are kept")
                        .rule("X5"),
                );
            }
        }
    }
}

fn names(of: &Reader<'_>, problems: &mut Vec<Problem>) {
    let hosts = of.many("nginx.server_names");
    for (index, (host, at)) in hosts.iter().enumerate() {
        if hosts.iter().take(index).any(|(other, _)| other == host) {
            problems.push(Problem::new(*at, format!("`{host}` is listed twice")).rule("X6"));
        }
    }
    if let Some((host, at)) = hosts.first()
        && host.starts_with('*')
    {
        problems.push(
            Problem::new(
                *at,
                format!("health checks ask for the first name, and `{host}` is none"),
            )
            .help("put a name without `*` first")
            .rule("X6"),
        );
    }
    let https = of.text("app.https") == "true";
    let at = of.at("app.https").unwrap_or_default();
    if https && of.many("nginx.trusted_proxies").is_empty() {
        problems.push(
            Problem::new(at, "with https in front, nginx must know whose X-Forwarded-Proto to believe, or Django redirects for ever")
                .help("nginx:\n  trusted_proxies: [10.0.0.0/8]   # the network of the Ingress or load balancer")
                .rule("X10"),
        );
    }
    if https && !hosts.is_empty() && !hosts.iter().any(|(host, _)| is_public(host)) {
        problems.push(
            Problem::new(
                at,
                "https needs a name a certificate can be for, and nginx.server_names has none",
            )
            .help("put the site's name first: server_names: [www.example.com]")
            .rule("X6"),
        );
    }
}

fn volumes(of: &Reader<'_>, problems: &mut Vec<Problem>) {
    let Some(at) = of.at("k8s.replicas") else { return };
    let volume =
        ["app.data_dir", "app.media_root"].into_iter().find(|path| of.maybe(path).is_some());
    if let Some(path) = volume
        && of.number("k8s.replicas") > 1
    {
        problems.push(
            Problem::new(
                at,
                format!(
                    "{} replicas cannot share the one volume of `{path}`",
                    of.number("k8s.replicas")
                ),
            )
            .help("1, or a database and a file store outside the pod and no such folder")
            .rule("K02"),
        );
    }
}

fn secrets(of: &Reader<'_>, problems: &mut Vec<Problem>) {
    let secrets = of.many("secrets");
    for (index, (name, at)) in secrets.iter().enumerate() {
        if secrets.iter().take(index).any(|(other, _)| other == name) {
            problems.push(Problem::new(*at, format!("`{name}` is listed twice")));
        }
    }
    for (name, _, at) in of.pairs("env") {
        if secrets.iter().any(|(secret, _)| *secret == name || format!("{secret}_FILE") == name) {
            problems.push(
                Problem::new(at, format!("`{name}` is set by `secrets` already"))
                    .help("one of the two lines")
                    .rule("K13"),
            );
        } else if is_secret(&name) {
            problems.push(
                Problem::new(
                    at,
                    format!("`{name}` looks like a secret, and `env` is written into files"),
                )
                .help(format!(
                    "secrets: [{name}]   # the value comes from secrets/{}",
                    name.to_lowercase()
                ))
                .rule("K13"),
            );
        }
        if super::context::SET_BY_US.contains(&name.as_str()) {
            problems.push(
                Problem::new(at, format!("`{name}` is set from other keys of this file"))
                    .help("see docs/deploy.md for what the application is told")
                    .rule("X6"),
            );
        }
    }
}

/// The name of a variable tells that its value is nobody's business.
#[must_use]
pub fn is_secret(name: &str) -> bool {
    let telling = ["SECRET", "PASSWORD", "PASSWD", "TOKEN", "PRIVATE", "CREDENTIAL", "API_KEY"];
    telling.iter().any(|word| name.contains(word)) && !name.ends_with("_FILE")
}

fn options(of: &Reader<'_>, knows: Knows, problems: &mut Vec<Problem>) {
    for (name, values, at) in of.pairs("server.options") {
        if let Some((_, key)) = OWNED.iter().find(|(option, _)| *option == name) {
            let help = match *key {
                "" => "the rendered uwsgi.ini has it as the files around it need it".to_owned(),
                key => format!("write `{key}`: other files follow it"),
            };
            problems.push(
                Problem::new(at, format!("`{name}` is not for `server.options`"))
                    .help(help)
                    .rule("X4"),
            );
        } else if !knows(&name) {
            let near = closest(&name, RENDERED.iter().copied());
            let help = near.map_or("see `ruwsgi --help` for all options".to_owned(), |near| {
                format!("did you mean `{near}`?")
            });
            problems.push(
                Problem::new(at, format!("`{name}` is no uWSGI option")).help(help).rule("U01"),
            );
        }
        if name == "reload-on-rss" {
            memory(of, values.first().map_or("", String::as_str), at, problems);
        }
    }
}

fn memory(of: &Reader<'_>, value: &str, at: Position, problems: &mut Vec<Problem>) {
    let (Ok(each), Some(limit)) = (value.parse::<u64>(), quantity(&of.text("k8s.memory"))) else {
        return;
    };
    let processes = of.number("server.processes");
    if each.saturating_mul(processes) > limit >> 20 {
        problems.push(
            Problem::new(
                at,
                format!(
                    "{processes} processes of {each} MB each are more than k8s.memory ({})",
                    of.text("k8s.memory")
                ),
            )
            .help(format!("at most {}, or more memory", (limit >> 20) / processes.max(1)))
            .rule("X9"),
        );
    }
}

/// Options people add most, for "did you mean".
static RENDERED: &[&str] = &[
    "cheaper",
    "harakiri-verbose",
    "ignore-sigpipe",
    "lazy-apps",
    "listen",
    "log-format",
    "log-slow",
    "logformat",
    "max-requests",
    "max-worker-lifetime",
    "offload-threads",
    "post-buffering",
    "reload-on-as",
    "reload-on-rss",
    "stats",
    "thunder-lock",
    "touch-reload",
    "worker-reload-mercy",
];

#[cfg(test)]
mod tests {
    use crate::deploy::spec::load;

    const GOOD: &str = "name: mysite\napp:\n  module: mysite.wsgi\n  settings: mysite.settings\nnginx:\n  server_names: [www.example.com]\n";

    fn told(more: &str) -> String {
        let source = format!("{GOOD}{more}");
        load("ruwsgi.yaml", &source, |name| name == "listen" || name == "reload-on-rss")
            .map_or_else(|problems| problems.to_string(), |_| "fine".to_owned())
    }

    #[test]
    fn a_short_file_is_enough() {
        assert_eq!(told(""), "fine");
        assert_eq!(told("server:\n  options:\n    listen: 64\n"), "fine");
    }

    #[test]
    fn rules_between_files_name_the_line_and_the_rule() {
        insta::assert_snapshot!(told(
            "server:\n  harakiri: 2m\n  max_body: 5m\n  processes: 8\n  options:\n    lisen: 64\n    socket: /x\n    reload-on-rss: 256\n"
        ));
        let source =
            GOOD.replace("nginx:\n", "nginx:\n  read_timeout: 10s\n  client_max_body_size: 1m\n");
        insta::assert_snapshot!(load("ruwsgi.yaml", &source, |_| true).unwrap_err().to_string());
    }

    #[test]
    fn secrets_in_env_are_refused() {
        insta::assert_snapshot!(told("env:\n  DB_PASSWORD: hunter2\n  DJANGO_ALLOWED_HOSTS: x\n"));
    }

    #[test]
    fn folders_and_urls_must_not_overlap() {
        let source = GOOD.replace(
            "app:\n",
            "app:\n  static_url: /files/\n  media_url: /files/up/\n  media_root: data/media\n  data_dir: data\n  https: true\n",
        );
        insta::assert_snapshot!(load("ruwsgi.yaml", &source, |_| true).unwrap_err().to_string());
    }

    #[test]
    fn all_wrong_values_are_told_at_once() {
        insta::assert_snapshot!(
            load(
                "ruwsgi.yaml",
                "name: My Site\npython: 3.1\napp:\n  modul: a.wsgi\n  settings: [a]\nserver:\n  processes: many\n  harakiri: fast\nnginx:\n  server_names: www.example.com\nport: 80\n",
                |_| true
            )
            .unwrap_err()
            .to_string()
        );
    }
}
