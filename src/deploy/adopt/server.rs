//! What the lines of a uwsgi.ini become: keys, options, or a reason why not.
//!
//! Which names there are and what their values mean is the server's own table of options. What the description
//! and the rendered uwsgi.ini make of the result is tried out by [`settle`](super::settle).

use super::beside;
use super::description::Description;
use super::settle::ALWAYS;
use super::{Adoption, Fate};
use crate::deploy::kinds::{is_module, size};
use crate::deploy::secrecy::{holds_secret, in_option, is_secret};
use crate::deploy::variables::SET_BY_US;
use crate::options::apply::{Examined, Verdict};
use crate::options::directive::{Directive, Origin};
use crate::options::table::{Effect, Row};
use crate::options::values::{cut_comment, is_built_in, parse_environment, truth};

/// Every line of one option.
#[derive(Clone, Debug)]
pub(super) struct Group {
    /// The option.
    pub(super) row: &'static Row,
    /// The number of the line in the report, and the value.
    pub(super) values: Vec<(usize, String)>,
}

/// Options a container has its own answer to, whatever they say, and the answer.
static ANSWERED: &[(&str, &str)] = &[
    ("home", "the image has its own virtual environment"),
    ("pidfile", "Docker and Kubernetes know the process"),
    ("pidfile2", "Docker and Kubernetes know the process"),
    ("safe-pidfile", "Docker and Kubernetes know the process"),
    ("daemonize", "a container runs in the foreground and logs to its standard output"),
    ("daemonize2", "a container runs in the foreground and logs to its standard output"),
    ("logto", "a container logs to its standard output"),
    ("logto2", "a container logs to its standard output"),
    ("log-maxsize", "a container logs to its standard output, which Docker rotates"),
    ("log-backupname", "a container logs to its standard output, which Docker rotates"),
    ("log-reopen", "a container logs to its standard output, which Docker rotates"),
    ("log-truncate", "a container logs to its standard output, which Docker rotates"),
    ("touch-logrotate", "a container logs to its standard output, which Docker rotates"),
    ("touch-logreopen", "a container logs to its standard output, which Docker rotates"),
    ("chmod-socket", "nginx runs as the same user; the socket is for its group, too"),
    ("chown-socket", "nginx runs as the same user"),
    ("procname-prefix", "the processes have the project's name"),
    ("procname-prefix-spaced", "the processes have the project's name"),
    ("plugin-dir", "what a WSGI site needs is built in"),
];

/// Options the rendered uwsgi.ini must have its own way: the files around it count on them.
static FIXED: &[&str] = &["strict", "master", "need-app", "vacuum", "die-on-term"];

/// Why an option with a secret in it is left out.
const HOLDS_A_SECRET: &str = "it holds a secret: put that into a file of secrets/, list it under `secrets`, and write the option with @(/run/secrets/name) in its place";

/// Ways to name an application that are not a module.
static OTHER_APPLICATIONS: &[&str] =
    &["paste", "ini-paste", "ini-paste-logged", "pecan", "eval", "pyrun", "fastrouter", "emperor"];

/// Adds what a configuration of the server says.
pub(super) fn describe(examined: &Examined, project: &str, adoption: &mut Adoption) {
    let mut options = sort(examined, adoption);
    let mut take = |name: &str| {
        let at = options.iter().position(|option| option.row.name == name)?;
        Some(options.remove(at))
    };
    let gateway = ["http", "https"].map(&mut take);
    let direct = ["socket", "suwsgi-socket", "http-socket", "https-socket"].map(&mut take);
    let [protocol, chdir] = ["protocol", "chdir"].map(&mut take);
    let application = ["module", "wsgi-file", "callable", "mount"].map(&mut take);
    let numbers = NUMBERS.map(|(name, _)| take(name));
    let jobs = ["attach-daemon", "smart-attach-daemon", "cron", "unique-cron"].map(&mut take);
    let [env, uid, gid] = ["env", "uid", "gid"].map(&mut take);
    let [maps, pythonpath] = ["static-map", "pythonpath"].map(&mut take);

    let base = chdir.as_ref().and_then(|chdir| chdir.values.last()).map_or(project, |it| &it.1);
    let base = base.trim_end_matches('/').to_owned();
    adoption.base.clone_from(&base);
    adoption.base_is_said = chdir.is_some();
    if let Some(chdir) = chdir {
        all(&chdir, &Fate::Replaced("the project is where uwsgi.ini is".into()), adoption);
    }
    listening(direct, gateway, protocol, adoption);
    amounts(examined, numbers, adoption);
    beside::describe(jobs, adoption);
    let rest = module(application, adoption);
    if let Some(env) = env {
        environment(&env, adoption);
    }
    identity(uid, gid, adoption);
    let rest = rest.into_iter().chain(maps.and_then(|maps| files(maps, adoption)));
    let paths = pythonpath.and_then(|paths| import_paths(paths, adoption));
    for option in rest.chain(paths).chain(options) {
        other(option, adoption);
    }
}

/// Sorts lines by option; what is no option gets its fate here.
fn sort(examined: &Examined, adoption: &mut Adoption) -> Vec<Group> {
    let mut options: Vec<Group> = Vec::new();
    for (said, verdict) in &examined.said {
        if said.origin == Origin::CommandLine {
            continue;
        }
        let row = match verdict {
            Verdict::Option(row) => row,
            Verdict::Placeholder => {
                adoption.line(said, Fate::Replaced("its value stands where it was used".into()));
                continue;
            }
            Verdict::Unknown => {
                adoption.line(said, Fate::Left("no option, and without effect".into()));
                continue;
            }
            Verdict::Wrong => {
                let origin = said.origin.to_string();
                let why =
                    examined.failures.iter().find(|failure| failure.message.contains(&origin));
                let why = why.map_or("the server refuses it", |failure| failure.message.as_str());
                let why = match said.value.as_deref().filter(|value| is_open(value)) {
                    Some(value) => known_later(value),
                    None => why.trim_start_matches(&origin).trim_start_matches(": ").to_owned(),
                };
                adoption.line(said, Fate::Left(why));
                continue;
            }
        };
        match row.effect {
            Effect::Source(_) => {}
            Effect::Logic(_) => {
                adoption.line(said, Fate::Replaced("decided as it is on this machine".into()));
            }
            Effect::Define(_) | Effect::Macro => {
                adoption.line(said, Fate::Replaced("its value stands where it was used".into()));
            }
            Effect::Refused(instead) => {
                adoption.line(said, Fate::Left(format!("not done here: {instead}")));
            }
            Effect::Command(_) => {
                adoption.line(said, Fate::Left("it ends the program instead of serving".into()));
            }
            _ => {
                let line = adoption.line(said, Fate::Left("said again later".into()));
                let value = (line, value(said, row));
                match options.iter_mut().find(|option| option.row.name == row.name) {
                    Some(option) => option.values.push(value),
                    None => options.push(Group { row, values: vec![value] }),
                }
            }
        }
    }
    options
}

/// The value as the server takes it.
fn value(said: &Directive, row: &Row) -> String {
    let value = said.value.as_deref().unwrap_or("true");
    let whole = matches!(row.effect, Effect::Line(_) | Effect::Lines(_) | Effect::ParsedLine(_));
    match cut_comment(value) {
        Some((word, _)) if !whole => word.to_owned(),
        _ => value.to_owned(),
    }
}

/// Decided only when the server starts, and where.
fn is_open(value: &str) -> bool {
    ["$(", "@(", "%("].iter().any(|opening| value.contains(opening))
}

fn known_later(value: &str) -> String {
    format!("{value} is known only when the server starts")
}

fn all(option: &Group, fate: &Fate, adoption: &mut Adoption) {
    for (line, _) in &option.values {
        adoption.settle(*line, fate.clone());
    }
}

/// The last line of an option that is no list.
fn last(option: &Group) -> (usize, &str) {
    option.values.last().map_or((0, ""), |(line, value)| (*line, value.as_str()))
}

type Maybe = Option<Group>;

fn listening(direct: [Maybe; 4], gateway: [Maybe; 2], protocol: Maybe, adoption: &mut Adoption) {
    let [uwsgi, secure, http, https] = direct;
    let protocol_said = protocol.as_ref().map_or("uwsgi", |option| last(option).1).to_owned();
    let speaks_http = protocol_said.starts_with("http");
    let mut first: Option<(&str, usize, String)> = None;
    for (option, pass) in [
        (uwsgi, if speaks_http { "http" } else { "uwsgi" }),
        (secure, "uwsgi"),
        (http, "http"),
        (https, "http"),
    ] {
        for (line, value) in option.into_iter().flat_map(|option| option.values) {
            if first.is_some() {
                let why = "nginx needs one address; this is a further one";
                adoption.settle(line, Fate::Left(why.into()));
            } else {
                first = Some((pass, line, value));
            }
        }
    }
    for (line, value) in gateway.into_iter().flatten().flat_map(|option| option.values) {
        if first.is_none() {
            first = Some(("http", line, value));
        } else {
            let why = "nginx is what clients reach, and asks the server directly";
            adoption.settle(line, Fate::Replaced(why.into()));
        }
    }
    if let Some(protocol) = protocol {
        let known = ["http", "http11", "uwsgi"].contains(&protocol_said.as_str());
        all(
            &protocol,
            &match known {
                true => Fate::Carried("nginx.pass".into()),
                false => Fate::Left("nginx speaks uwsgi or HTTP to the server".into()),
            },
            adoption,
        );
    }
    let Some((pass, line, value)) = first else { return };
    let address = value.split(',').next().unwrap_or_default();
    let is_port = address.contains(':') || address.bytes().all(|byte| byte.is_ascii_digit());
    adoption.description.set("nginx.pass", pass, &[line]);
    adoption.description.set("nginx.via", if is_port { "tcp" } else { "socket" }, &[line]);
    adoption.settle(line, Fate::Carried("nginx.pass, nginx.via".into()));
    adoption.address = Some(address.trim_start_matches("unix:").to_owned());
}

/// Options whose number is a key, and the key.
const NUMBERS: [(&str, &str); 9] = [
    ("processes", "server.processes"),
    ("threads", "server.threads"),
    ("harakiri", "server.harakiri"),
    ("buffer-size", "server.buffer_size"),
    ("limit-post", "server.max_body"),
    ("listen", "server.listen"),
    ("max-requests", "server.max_requests"),
    ("max-worker-lifetime", "server.max_lifetime"),
    ("reload-on-rss", "server.reload_on_rss"),
];

fn amounts(examined: &Examined, numbers: [Maybe; 9], adoption: &mut Adoption) {
    let settings = &examined.settings;
    // What is not said is one; the description would take more.
    for (path, number) in [
        ("server.processes", settings.processes.processes),
        ("server.threads", settings.processes.threads),
    ] {
        adoption.description.set(path, number.max(1).to_string(), &[]);
    }
    for option in numbers.into_iter().flatten() {
        let (line, value) = last(&option);
        if is_open(value) {
            adoption.settle(line, Fate::Left(known_later(value)));
            continue;
        }
        let name = option.row.name;
        let path = NUMBERS.iter().find(|(known, _)| *known == name).map_or("", |(_, path)| path);
        let text = match name {
            "processes" => settings.processes.processes.to_string(),
            "threads" => settings.processes.threads.to_string(),
            "harakiri" if settings.limits.harakiri == 0 => {
                let why =
                    "ruwsgi.yaml always has a limit, on which those of nginx and the Ingress rest";
                adoption.settle(line, Fate::Left(why.into()));
                continue;
            }
            "harakiri" => format!("{}s", settings.limits.harakiri),
            "buffer-size" if settings.limits.buffer_size < 8192 => {
                let why = "the description's least, 8k, takes all that this took";
                adoption.description.set(path, "8k", &[line]);
                adoption.settle(line, Fate::Replaced(why.into()));
                continue;
            }
            "buffer-size" if settings.limits.buffer_size == 65536 => {
                let why = "65535, the most that nginx can send in one uwsgi packet";
                adoption.description.set(path, "65535", &[line]);
                adoption.settle(line, Fate::Replaced(why.into()));
                continue;
            }
            "buffer-size" => size(settings.limits.buffer_size),
            "limit-post" => size(settings.limits.limit_post),
            "listen" => settings.sockets.listen.to_string(),
            "max-requests" => settings.reload.max_requests.to_string(),
            "max-worker-lifetime" => format!("{}s", settings.reload.max_worker_lifetime),
            _ => format!("{}Mi", settings.reload.reload_on_rss),
        };
        adoption.description.set(path, text, &[line]);
        adoption.settle(line, Fate::Carried(path.into()));
    }
}

/// The application; gives back what is to be said as an option.
fn module(application: [Maybe; 4], adoption: &mut Adoption) -> Vec<Group> {
    let [module, file, callable, mount] = application;
    let mut rest = Vec::new();
    let callable = callable.map(|option| (last(&option).0, last(&option).1.to_owned()));
    let root = |(_, value): &(usize, String)| value.starts_with("/=");
    let mut found: Option<(usize, String)> = None;
    if let Some(module) = &module {
        let (line, value) = last(module);
        found = Some((line, value.to_owned()));
    }
    if let Some(file) = &file {
        let (line, value) = last(file);
        adoption.guess_base(value);
        match adoption.module_of(value) {
            _ if found.is_some() => {
                adoption.settle(line, Fate::Left("module names the application already".into()));
            }
            Some(module) => found = Some((line, module)),
            None => {
                let why =
                    "a file outside of the project, or whose path is no module's: write app.module";
                adoption.settle(line, Fate::Left(why.into()));
            }
        }
    }
    if let Some(mut mount) = mount {
        if found.is_none()
            && let Some(at) = mount.values.iter().position(root)
        {
            let (line, value) = mount.values.remove(at);
            let target = value.trim_start_matches("/=");
            let module = adoption.module_of(target).unwrap_or_else(|| target.to_owned());
            found = Some((line, module));
        }
        if !mount.values.is_empty() {
            rest.push(mount);
        }
    }
    let Some((line, mut module)) = found else {
        if let Some((line, _)) = callable {
            adoption.settle(line, Fate::Left("of no use without a module".into()));
        }
        return rest;
    };
    let mut lines = vec![line];
    if let Some((line, callable)) = callable {
        if !module.contains(':') {
            module = format!("{module}:{callable}");
        }
        lines.push(line);
    }
    if is_open(&module) {
        let why = known_later(&module);
        for line in lines {
            adoption.settle(line, Fate::Left(why.clone()));
        }
        return rest;
    }
    adoption.description.set("app.module", module, &lines);
    for line in lines {
        adoption.settle(line, Fate::Carried("app.module".into()));
    }
    rest
}

fn environment(env: &Group, adoption: &mut Adoption) {
    let image = ["PATH", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"];
    let mut secrets: Vec<(usize, String)> = Vec::new();
    for (line, pair) in &env.values {
        let Ok((name, value)) = parse_environment(pair) else {
            adoption.settle(*line, Fate::Left("it is not NAME=VALUE".into()));
            continue;
        };
        let fate = if is_secret(name) || holds_secret(value) {
            adoption.hide(*line, value);
            secrets.push((*line, name.to_owned()));
            Fate::Replaced(format!(
                "secrets: [{name}]; put its value into secrets/{} and read the file that {name}_FILE names",
                name.to_lowercase()
            ))
        } else if image.contains(&name) {
            Fate::Left("the image has its own".into())
        } else if is_open(value) {
            Fate::Left(known_later(value))
        } else if name == "DJANGO_SETTINGS_MODULE" && is_module(value) {
            adoption.description.set("app.settings", value, &[*line]);
            Fate::Carried("app.settings".into())
        } else if name == "DJANGO_SETTINGS_MODULE" {
            Fate::Left("no Python module: write app.settings".into())
        } else if SET_BY_US.contains(&name) {
            Fate::Left("the application is told this from other keys".into())
        } else {
            adoption.description.set_named("env", name, value, &[*line]);
            Fate::Carried(format!("env.{name}"))
        };
        adoption.settle(*line, fate);
    }
    secrets.dedup_by(|one, other| one.1 == other.1);
    if !secrets.is_empty() {
        let (lines, names): (Vec<_>, Vec<_>) = secrets.into_iter().unzip();
        adoption.description.set("secrets", names, &lines);
    }
}

fn identity(uid: Maybe, gid: Maybe, adoption: &mut Adoption) {
    let number = |option: &Maybe| {
        let (line, value) = option.as_ref().map(last)?;
        value.parse::<u64>().ok().filter(|id| (1000..=65534).contains(id)).map(|id| (line, id))
    };
    let user = number(&uid);
    if let Some((line, id)) = user {
        adoption.description.set("uid", id.to_string(), &[line]);
    }
    for option in [uid, gid].into_iter().flatten() {
        let (line, value) = last(&option);
        let same = user.is_some_and(|(_, id)| value == id.to_string());
        adoption.settle(
            line,
            match same {
                true => Fate::Carried("uid".into()),
                false => Fate::Replaced("the image has one user, by number: uid".into()),
            },
        );
    }
}

/// Static files and uploads; gives back what is to be said as an option.
fn files(mut maps: Group, adoption: &mut Adoption) -> Maybe {
    let mut rest = Vec::new();
    for (line, value) in std::mem::take(&mut maps.values) {
        let pair = value.split_once('=').filter(|_| !is_open(&value));
        let taken = pair.is_some_and(|(url, folder)| {
            let folder = adoption.relative(folder);
            adoption.serve(url, &folder, &[line])
        });
        if !taken {
            rest.push((line, value));
        }
    }
    maps.values = rest;
    (!maps.values.is_empty()).then_some(maps)
}

/// Folders of modules; the project's own is among them anyway.
fn import_paths(mut paths: Group, adoption: &mut Adoption) -> Maybe {
    paths.values.retain(|(line, value)| {
        let path = value.trim_end_matches('/');
        let own = path == adoption.base || path == "." || path.is_empty();
        if own {
            let why = "modules are looked for in the project anyway";
            adoption.settle(*line, Fate::Replaced(why.into()));
        }
        !own
    });
    (!paths.values.is_empty()).then_some(paths)
}

/// Every other option.
fn other(mut option: Group, adoption: &mut Adoption) {
    let name = option.row.name;
    if let Some((_, why)) = ANSWERED.iter().find(|(answered, _)| *answered == name) {
        return all(&option, &Fate::Replaced((*why).to_owned()), adoption);
    }
    if FIXED.contains(&name) {
        let (line, value) = last(&option);
        return adoption.settle(
            line,
            match truth(value) {
                true => Fate::Carried(ALWAYS.into()),
                false => Fate::Left("always on: the files around uwsgi.ini count on it".into()),
            },
        );
    }
    if OTHER_APPLICATIONS.contains(&name) {
        let why = "it names no WSGI callable: write app.module";
        return all(&option, &Fate::Left(why.into()), adoption);
    }
    if ["plugins", "plugin", "need-plugin"].contains(&name) {
        for (line, value) in &option.values {
            let missing: Vec<_> = value
                .split([',', ' '])
                .filter(|name| !name.is_empty() && !is_built_in(name))
                .collect();
            adoption.settle(
                *line,
                match missing.as_slice() {
                    [] => Fate::Replaced("built in".into()),
                    names => Fate::Left(format!("there is no plugin {}", names.join(", "))),
                },
            );
        }
        return;
    }
    option.values.retain(|(line, value)| {
        let secret = in_option(name, value);
        if secret {
            adoption.hide(*line, value);
            adoption.settle(*line, Fate::Left(HOLDS_A_SECRET.into()));
        }
        !secret
    });
    if option.values.is_empty() {
        return;
    }
    if ["logger", "req-logger"].contains(&name) {
        let is_file = |value: &str| value.contains("file:") || value.starts_with('/');
        option.values.retain(|(line, value)| {
            if is_file(value) {
                let why = "a container logs to its standard output";
                adoption.settle(*line, Fate::Replaced(why.into()));
            }
            !is_file(value)
        });
        if option.values.is_empty() {
            return;
        }
    }
    if name.starts_with("http-") && !name.starts_with("http-socket") {
        if name == "http-timeout" {
            adoption.gateway_timeout = last(&option).1.parse().ok();
        }
        let why = "of the HTTP gateway, whose place nginx takes";
        return all(&option, &Fate::Replaced(why.into()), adoption);
    }
    for (_, value) in &mut option.values {
        *value = adoption.relative(value);
    }
    adoption.options.push(option);
}

impl Description {
    /// Writes an option down.
    pub(super) fn set_option(&mut self, option: &Group) {
        let lines: Vec<usize> = option.values.iter().map(|(line, _)| *line).collect();
        let mut values: Vec<String> =
            option.values.iter().map(|(_, value)| value.clone()).collect();
        if option.row.repeats && values.len() > 1 {
            self.set_named("server.options", option.row.name, values, &lines);
        } else if let (Some(value), Some(line)) = (values.pop(), lines.last()) {
            self.set_named("server.options", option.row.name, value, &[*line]);
        }
    }
}
