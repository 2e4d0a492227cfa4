//! Rules for `server.options`: what the server's table says of them, and what other files depend on.

use crate::deploy::keys::closest;
use crate::deploy::load::{Known, Knows, Reader};
use crate::deploy::problem::Problem;
use crate::deploy::secrecy::in_option;

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
    ("listen", "server.listen"),
    ("max-requests", "server.max_requests"),
    ("max-worker-lifetime", "server.max_lifetime"),
    ("reload-on-rss", "server.reload_on_rss"),
    ("strict", ""),
    ("master", ""),
];

pub(super) fn check(of: &Reader<'_>, knows: Knows, problems: &mut Vec<Problem>) {
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
            continue;
        }
        if values.iter().any(|value| in_option(&name, value)) {
            problems.push(
                Problem::new(
                    at,
                    format!("`{name}` holds a secret, and uwsgi.ini is a file of the image"),
                )
                .help(
                    "secrets: [NAME], and `@(/run/secrets/name)` where the secret is in the value",
                )
                .rule("U12")
                .secret_behind(),
            );
        }
        let problem = match knows(&name) {
            Known::Yes => None,
            Known::No => {
                let near = closest(&name, MOST_USED.iter().copied());
                let help = near.map_or("see `ruwsgi options` for all".to_owned(), |near| {
                    format!("did you mean `{near}`?")
                });
                Some(Problem::new(at, format!("`{name}` is no uWSGI option")).help(help))
            }
            Known::Refused(instead) => {
                Some(Problem::new(at, format!("ruwsgi does not start with `{name}`")).help(instead))
            }
            Known::Planned => {
                Some(Problem::new(at, format!("`{name}` has no effect in ruwsgi yet")).warning())
            }
        };
        problems.extend(problem.map(|problem| problem.rule("U01")));
        if name == "cheaper" && of.maybe("k8s.max_replicas").is_some() {
            problems.push(
                Problem::new(at, "two would decide about the number of workers: this and the autoscaler of `k8s.max_replicas`")
                    .help("one of the two lines")
                    .rule("U07"),
            );
        }
        let public = |value: &String| {
            !value.starts_with("127.0.0.1:")
                && !value.starts_with('/')
                && !value.starts_with("[::1]:")
        };
        if name == "stats" && values.iter().any(public) {
            problems.push(
                Problem::new(
                    at,
                    "everyone who reaches the container could read the server's numbers",
                )
                .help("stats: 127.0.0.1:9191, or the path of a socket")
                .rule("U09"),
            );
        }
    }
}

/// Options people add most, for "did you mean".
static MOST_USED: &[&str] = &[
    "cheaper",
    "harakiri-verbose",
    "ignore-sigpipe",
    "lazy-apps",
    "log-format",
    "log-slow",
    "logformat",
    "offload-threads",
    "post-buffering",
    "reload-on-as",
    "stats",
    "thunder-lock",
    "touch-reload",
    "worker-reload-mercy",
];
