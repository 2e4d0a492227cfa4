//! The one table of ruwsgi.yaml: a row per key, with its kind, its default and what it is for.
//!
//! The reader below, the JSON schema and docs/deploy.md come from it. How keys depend on each
//! other is `check`.

use std::collections::BTreeMap;

use super::kinds::{Kind, printable};
use super::problem::{Position, Problem};
use super::yaml::{Node, Value};

/// What holds when a key is not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fallback {
    /// The key must be written.
    Required,
    /// This value.
    Is(&'static str),
    /// Computed from other keys; the text says how.
    From(&'static str),
    /// Nothing: the feature is off.
    Off,
}

/// One key.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its path, `section.key`.
    pub path: &'static str,
    /// What may stand behind it.
    pub kind: Kind,
    /// What holds without it.
    pub default: Fallback,
    /// What it is for.
    pub about: &'static str,
}

const fn key(path: &'static str, kind: Kind, default: Fallback, about: &'static str) -> Key {
    Key { path, kind, default, about }
}

use Fallback::{From, Is, Off, Required};

/// All keys, in the order of the documentation.
pub static KEYS: &[Key] = &[
    key(
        "name",
        Kind::Name,
        Required,
        "The project: names images, containers and Kubernetes objects.",
    ),
    key("python", Kind::Python, Is("3.13"), "The Python of the images."),
    key(
        "app.module",
        Kind::Application,
        Required,
        "The WSGI application, `package.module:callable`.",
    ),
    key("app.settings", Kind::Module, Required, "DJANGO_SETTINGS_MODULE."),
    key(
        "app.requirements",
        Kind::Inside,
        Is("requirements.txt"),
        "What to install: a requirements file, `pyproject.toml` or `uv.lock`.",
    ),
    key("app.static_url", Kind::Url, Is("/static/"), "STATIC_URL."),
    key(
        "app.static_root",
        Kind::Folder,
        Is("staticfiles"),
        "STATIC_ROOT: where `collectstatic` writes.",
    ),
    key(
        "app.media_url",
        Kind::Url,
        Off,
        "MEDIA_URL: nginx serves uploads from there. Needs `media_root`.",
    ),
    key("app.media_root", Kind::Folder, Off, "MEDIA_ROOT: kept on a volume. Needs `media_url`."),
    key(
        "app.data_dir",
        Kind::Folder,
        Off,
        "A folder of the application that must survive, such as the one of a SQLite file: kept on a volume.",
    ),
    key(
        "app.health",
        Kind::UrlPath,
        Is("/"),
        "A path that answers 200 without touching the database; health checks ask for it.",
    ),
    key(
        "app.https",
        Kind::Flag,
        Is("false"),
        "Clients come by https, which something in front of nginx (an Ingress, a load balancer) ends.",
    ),
    key("server.processes", Kind::Number(1, 512), Is("2"), "Worker processes."),
    key("server.threads", Kind::Number(1, 512), Is("4"), "Threads in each worker."),
    key(
        "server.harakiri",
        Kind::Seconds(1, 3600),
        Is("30s"),
        "A request may take this long; nginx, the Ingress and the stop of a container wait longer.",
    ),
    key(
        "server.buffer_size",
        Kind::Size(8192, 65535),
        Is("40k"),
        "The request's headers may be this long; nginx's header buffers follow.",
    ),
    key(
        "server.max_body",
        Kind::Size(1024, 1 << 40),
        Is("10m"),
        "The request's body may be this long, in nginx, the server and the Ingress.",
    ),
    key("server.options", Kind::Options, Off, "Any further uWSGI option, as in uwsgi.ini."),
    key(
        "nginx.server_names",
        Kind::Hosts,
        Required,
        "The names of the site. nginx, ALLOWED_HOSTS and the Ingress take no others; the first one is asked for by health checks.",
    ),
    key(
        "nginx.pass",
        Kind::Choice(&["uwsgi", "http"]),
        Is("uwsgi"),
        "How nginx speaks to the server: `uwsgi_pass` or `proxy_pass`.",
    ),
    key(
        "nginx.via",
        Kind::Choice(&["socket", "tcp"]),
        Is("socket"),
        "Through a unix socket they share, or over TCP.",
    ),
    key(
        "nginx.client_max_body_size",
        Kind::Size(1024, 1 << 40),
        From("server.max_body"),
        "Only for saying it twice: must equal `server.max_body`.",
    ),
    key(
        "nginx.read_timeout",
        Kind::Seconds(2, 7200),
        From("server.harakiri + 10s"),
        "nginx waits this long for an answer; must be longer than `server.harakiri`.",
    ),
    key(
        "nginx.trusted_proxies",
        Kind::Networks,
        Off,
        "Networks whose X-Forwarded-* headers are believed: the Ingress or load balancer in front.",
    ),
    key(
        "images.base",
        Kind::Image,
        From("ruwsgi:VERSION-pythonX.Y"),
        "The image with ruwsgi that the application is put on.",
    ),
    key(
        "images.python",
        Kind::Image,
        From("python:X.Y-slim-bookworm"),
        "The image dependencies are installed in. Its interpreter must be where the base image has its own.",
    ),
    key("images.nginx_base", Kind::Image, Is("nginx:1.28"), "The image nginx comes from."),
    key(
        "images.web",
        Kind::Image,
        From("NAME-web"),
        "The name of the application's image, without a tag.",
    ),
    key(
        "images.nginx",
        Kind::Image,
        From("NAME-nginx"),
        "The name of nginx's image, without a tag.",
    ),
    key("images.tag", Kind::Tag, Is("1"), "The tag of both."),
    key("uid", Kind::Number(1000, 65534), Is("10001"), "The user and group everything runs as."),
    key(
        "compose.publish",
        Kind::Publish,
        Is("127.0.0.1:8080"),
        "Where `docker compose up` makes the site reachable.",
    ),
    key("k8s.namespace", Kind::Name, From("name"), "The Kubernetes namespace."),
    key("k8s.replicas", Kind::Number(1, 1000), From("2, or 1 with a volume"), "Pods."),
    key("k8s.cpu", Kind::Cpu, Is("250m"), "Processor time a web container asks for."),
    key("k8s.memory", Kind::Bytes, Is("512Mi"), "Memory a web container may use."),
    key(
        "k8s.storage",
        Kind::Bytes,
        Is("1Gi"),
        "Size of the volume for `app.data_dir` and `app.media_root`.",
    ),
    key("k8s.ingress_class", Kind::Name, Is("nginx"), "The IngressClass."),
    key(
        "k8s.tls_secret",
        Kind::Name,
        From("NAME-tls"),
        "The Secret with the certificate, used when `app.https` is true.",
    ),
    key("env", Kind::Environment, Off, "Environment of the application. Nothing secret."),
    key(
        "secrets",
        Kind::Variables,
        Off,
        "Secrets by name only: NAME is read from `secrets/name` (compose) or the Secret (Kubernetes), and the application gets its path as NAME_FILE.",
    ),
    key("keep", Kind::Files, Off, "Generated files that you write yourself: never rendered."),
];

/// The row with this path.
#[must_use]
pub fn find(path: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.path == path)
}

/// A value that has its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// A scalar, normalised: sizes in bytes, times in seconds.
    One(String),
    /// A list of scalars.
    Many(Vec<(String, Position)>),
    /// The user's own names; a value may be a list.
    Pairs(Vec<(String, Vec<String>, Position)>),
}

/// What was read: the values and their places, by path.
#[derive(Debug, Default)]
pub struct Read {
    /// Values.
    pub values: BTreeMap<&'static str, (Given, Position)>,
    /// All that was wrong.
    pub problems: Vec<Problem>,
    /// Keys that were written, right or wrong.
    seen: Vec<&'static str>,
    /// Sections that were written.
    sections: Vec<(String, Position)>,
}

/// Reads the tree by the table; goes on after an error, so that all are told.
#[must_use]
pub fn read(root: &Node) -> Read {
    let mut read = Read::default();
    section(root, "", &mut read);
    if !matches!(root.value, Value::Map(_)) {
        return read;
    }
    for key in KEYS {
        if key.default == Required && !read.seen.contains(&key.path) {
            let parent = key.path.split_once('.').map_or("", |(parent, _)| parent);
            let at = read.sections.iter().find(|(name, _)| name == parent).map(|(_, at)| *at);
            let problem = Problem::new(
                at.unwrap_or_default(),
                format!("`{}` is missing; it must be {}", key.path, key.kind.wants()),
            );
            read.problems.push(problem.help(key.about));
        }
    }
    read
}

fn section(node: &Node, prefix: &str, read: &mut Read) {
    let Value::Map(entries) = &node.value else {
        let (what, help) = match prefix.trim_end_matches('.') {
            "" => (
                "the file".to_owned(),
                "start with `name: mysite`; `ruwsgi deploy init mysite` writes one".to_owned(),
            ),
            name => (format!("`{name}`"), format!("known keys: {}", known(prefix))),
        };
        if node.value == Value::Null && !prefix.is_empty() {
            return;
        }
        read.problems.push(
            Problem::new(
                node.at,
                format!("{what} must be `key: value` lines, not {}", node.describe()),
            )
            .help(help),
        );
        return;
    };
    for (name, value) in entries {
        let text = name.text().unwrap_or_default();
        let path = format!("{prefix}{text}");
        if let Some(key) = find(&path) {
            read.seen.push(key.path);
            // `key:` with nothing behind it is the same as leaving the line out.
            if value.value != Value::Null || key.default == Required {
                one(key, name, value, read);
            }
        } else if KEYS.iter().any(|key| key.path.starts_with(&format!("{path}."))) {
            read.sections.push((path.clone(), name.at));
            section(value, &format!("{path}."), read);
        } else {
            read.problems.push(unknown(name, &path, prefix));
        }
    }
}

fn unknown(name: &Node, path: &str, prefix: &str) -> Problem {
    let names: Vec<String> = known(prefix).split(", ").map(str::to_owned).collect();
    let text = name.text().unwrap_or_default();
    let help = match closest(text, names.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        // The right name in the wrong section.
        None => match KEYS.iter().find(|key| key.path.rsplit('.').next() == Some(text)) {
            Some(key) => format!("there is a key `{}`", key.path),
            None => format!("known keys here: {}", names.join(", ")),
        },
    };
    Problem::new(name.at, format!("unknown key `{path}`")).help(help)
}

fn known(prefix: &str) -> String {
    let mut names: Vec<&str> = Vec::new();
    for key in KEYS {
        if let Some(rest) = key.path.strip_prefix(prefix) {
            let name = rest.split('.').next().unwrap_or(rest);
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names.join(", ")
}

fn one(key: &'static Key, name: &Node, node: &Node, read: &mut Read) {
    let at = if node.value == Value::Null { name.at } else { node.at };
    let wrong = |at: Position, found: String, wants: String| {
        let problem = Problem::new(at, format!("`{}` must be {wants}, not {found}", key.path));
        match key.default {
            Is(value) => problem.help(format!(
                "such as: `{}: {value}` (the default)",
                key.path.rsplit('.').next().unwrap_or(key.path)
            )),
            _ => problem.help(key.about),
        }
    };
    let given = match (&node.value, key.kind) {
        (Value::List(items), kind) if kind.is_list() => {
            let mut many = Vec::new();
            for item in items {
                match item.text().map(|text| (text, kind.item(text))) {
                    Some((text, Ok(()))) => many.push((text.to_owned(), item.at)),
                    Some((_, Err(wants))) => read.problems.push(wrong(
                        item.at,
                        item.describe(),
                        format!("a list in which each is {wants}"),
                    )),
                    None => read.problems.push(wrong(item.at, item.describe(), kind.wants())),
                }
            }
            if many.is_empty() && key.default == Required && items.is_empty() {
                read.problems.push(wrong(at, "an empty list".into(), kind.wants()));
            }
            Given::Many(many)
        }
        (Value::Map(entries), kind) if kind.is_map() => Given::Pairs(pairs(key, entries, read)),
        (_, kind) if !kind.is_list() && !kind.is_map() => match kind.scalar(node) {
            Ok(text) => Given::One(text),
            Err(wants) => {
                read.problems.push(wrong(
                    at,
                    node.describe(),
                    wants.unwrap_or_else(|| kind.wants()),
                ));
                return;
            }
        },
        (_, kind) => {
            read.problems.push(wrong(at, node.describe(), kind.wants()));
            return;
        }
    };
    read.values.insert(key.path, (given, node.at));
}

fn pairs(
    key: &Key,
    entries: &[(Node, Node)],
    read: &mut Read,
) -> Vec<(String, Vec<String>, Position)> {
    let mut pairs = Vec::new();
    for (name, value) in entries {
        let text = name.text().unwrap_or_default();
        let path = format!("{}.{text}", key.path);
        let right = match key.kind {
            Kind::Environment => super::kinds::is_environment_name(text),
            _ => {
                !text.is_empty()
                    && text
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
            }
        };
        if !right {
            let wants = if key.kind == Kind::Environment {
                "a name of capital letters, digits and `_`"
            } else {
                "the name of a uWSGI option, without dashes in front"
            };
            read.problems.push(Problem::new(
                name.at,
                format!("`{}` holds {}, which is not {wants}", key.path, name.describe()),
            ));
            continue;
        }
        let items = match &value.value {
            Value::List(items) if key.kind == Kind::Options => items.as_slice(),
            Value::Scalar { .. } => std::slice::from_ref(value),
            _ => {
                read.problems.push(
                    Problem::new(
                        if value.value == Value::Null { name.at } else { value.at },
                        format!("`{path}` must be one line of text, not {}", value.describe()),
                    )
                    .help(format!("such as `{text}: \"1\"`")),
                );
                continue;
            }
        };
        let mut texts = Vec::new();
        for item in items {
            match (item.text(), printable(item, &format!("`{path}`"))) {
                (Some(_), Ok(text)) => texts.push(text),
                (_, Err(problem)) => read.problems.push(problem),
                (None, _) => read.problems.push(Problem::new(
                    item.at,
                    format!("`{path}` must be text, not {}", item.describe()),
                )),
            }
        }
        pairs.push((text.to_owned(), texts, name.at));
    }
    pairs
}

/// The name that is meant, when one is near enough.
pub fn closest<'a>(text: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let plain = text.replace('-', "_").to_lowercase();
    names
        .map(|name| (distance(&plain, name), name))
        .filter(|(far, name)| *far <= 1.max(name.len() / 3))
        .min_by_key(|(far, _)| *far)
        .map(|(_, name)| name)
}

fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (line, one) in left.chars().enumerate() {
        let mut next = vec![line + 1];
        for (other, (above, diagonal)) in right.iter().zip(row.iter().skip(1).zip(row.iter())) {
            let left = next.last().copied().unwrap_or(0);
            next.push((left + 1).min(above + 1).min(diagonal + usize::from(one != *other)));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}
