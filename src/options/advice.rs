//! What is allowed and yet worth a second look: the lints of `ruwsgi check`.
//!
//! Pure: takes the settings, what was said and the facts of the machine, and returns findings.
//! What is wrong outright is for [`settings`](super::settings) to refuse.

use super::directive::{Directive, Origin};
use super::settings::Settings;
use super::sockets::Protocol;
use super::table;

/// What a lint looks at.
#[derive(Clone, Copy)]
pub struct Subject<'s> {
    /// The typed settings.
    pub settings: &'s Settings,
    /// All that was said, in order.
    pub said: &'s [Directive],
    /// The machine on which it would start.
    pub machine: Machine,
}

/// Facts of a machine.
#[derive(Clone, Copy, Debug)]
pub struct Machine {
    /// Cores that a process may use.
    pub cores: u64,
    /// The most connections the kernel queues for a socket (`net.core.somaxconn`).
    pub somaxconn: u64,
}

impl Machine {
    /// This machine.
    #[must_use]
    pub fn this() -> Self {
        let somaxconn = std::fs::read_to_string("/proc/sys/net/core/somaxconn");
        Self {
            cores: super::magic::cores() as u64,
            somaxconn: somaxconn.ok().and_then(|n| n.trim().parse().ok()).unwrap_or(u64::MAX),
        }
    }
}

/// One thing to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The lint that found it.
    pub lint: &'static str,
    /// Where it was said; nowhere for what is missing.
    pub origin: Option<Origin>,
    /// What it is and what to do about it.
    pub message: String,
}

/// A rule with a name.
pub struct Lint {
    /// Its name.
    pub id: &'static str,
    /// What it looks for and why.
    pub why: &'static str,
    check: fn(&Subject<'_>) -> Vec<Found>,
}

/// A finding without the name of its lint.
type Found = (Option<Origin>, String);

/// All lints, in the order in which they are told.
pub static LINTS: &[Lint] = &[
    Lint {
        id: "no-app",
        why: "without an application every request is answered with an error",
        check: no_app,
    },
    Lint {
        id: "two-apps",
        why: "module and wsgi-file name one application each, and only one is served",
        check: two_apps,
    },
    Lint {
        id: "need-app",
        why: "without need-app a failed import leaves a server that answers 500 to everything",
        check: need_app,
    },
    Lint {
        id: "public-uwsgi-socket",
        why: "the uwsgi protocol trusts its peer: whoever reaches the port can claim any user or address",
        check: public_uwsgi_socket,
    },
    Lint {
        id: "public-http-socket",
        why: "http-socket is meant for a proxy: a slow client holds up a worker",
        check: public_http_socket,
    },
    Lint {
        id: "public-stats",
        why: "the statistics show addresses and URIs of requests",
        check: public_stats,
    },
    Lint {
        id: "open-socket-mode",
        why: "every user of the machine can send requests past the web server",
        check: open_socket_mode,
    },
    Lint {
        id: "path-in-tmp",
        why: "a known name in /tmp can be taken by another user, and systemd's PrivateTmp hides it from nginx",
        check: path_in_tmp,
    },
    Lint {
        id: "runs-as-root",
        why: "a hole in the application is a hole in the machine",
        check: runs_as_root,
    },
    Lint {
        id: "secret-in-env",
        why: "secrets in a configuration are read by whoever reads the repository or image",
        check: secret_in_env,
    },
    Lint {
        id: "static-map-shows-code",
        why: "files of the project, its settings among them, can be downloaded",
        check: static_map_shows_code,
    },
    Lint {
        id: "buffer-too-small",
        why: "cookies and long query strings make heads of requests larger than 4 KiB",
        check: buffer_too_small,
    },
    Lint {
        id: "no-harakiri",
        why: "a request that hangs occupies its worker for ever",
        check: no_harakiri,
    },
    Lint {
        id: "harakiri-after-proxy",
        why: "nginx gives up after 60 s by default, so longer requests are worked on for nobody",
        check: harakiri_after_proxy,
    },
    Lint {
        id: "mercy-below-harakiri",
        why: "a reload cuts requests that harakiri would still allow",
        check: mercy_below_harakiri,
    },
    Lint {
        id: "workers-over-cores",
        why: "many more workers than cores cost memory and gain little",
        check: workers_over_cores,
    },
    Lint {
        id: "one-worker",
        why: "with one worker and one thread every slow request stops the site",
        check: one_worker,
    },
    Lint {
        id: "recycled-together",
        why: "without a delta all workers reach their limit at about the same time",
        check: recycled_together,
    },
    Lint {
        id: "listen-over-somaxconn",
        why: "the kernel queues no more connections than net.core.somaxconn",
        check: listen_over_somaxconn,
    },
    Lint {
        id: "development-reload",
        why: "looking for changed modules costs time and reloads while files are being copied",
        check: development_reload,
    },
    Lint {
        id: "log-grows",
        why: "a log file that nobody rotates fills the disk",
        check: log_grows,
    },
    Lint {
        id: "silent-errors",
        why: "with disable-logging alone failed requests leave no trace, either",
        check: silent_errors,
    },
    Lint {
        id: "leftover-socket",
        why: "without vacuum the socket's file stays, and its clients see refused connections",
        check: leftover_socket,
    },
    Lint { id: "missing-path", why: "what is named is not on this machine", check: missing_path },
];

/// What all lints find.
#[must_use]
pub fn advise(subject: &Subject<'_>) -> Vec<Finding> {
    let found = |lint: &Lint| {
        let id = lint.id;
        let found = (lint.check)(subject).into_iter();
        found.map(move |(origin, message)| Finding { lint: id, origin, message })
    };
    LINTS.iter().flat_map(found).collect()
}

impl Subject<'_> {
    /// Where an option was said last, under any of its names.
    fn origin(&self, name: &str) -> Option<Origin> {
        let row = table::find(name)?;
        let of_row = |said: &&Directive| row.names().any(|known| known == said.name);
        self.said.iter().rfind(of_row).map(|said| said.origin.clone())
    }

    fn says(&self, name: &str) -> bool {
        self.origin(name).is_some()
    }

    /// What was said under a name, each with its place.
    fn values(&self, name: &'static str) -> impl Iterator<Item = (&Origin, &str)> {
        let row = table::find(name);
        self.said
            .iter()
            .filter(move |said| row.is_some_and(|row| row.names().any(|known| known == said.name)))
            .map(|said| (&said.origin, said.value.as_deref().unwrap_or_default().trim()))
    }

    fn sockets(&self, wanted: fn(Protocol) -> bool) -> impl Iterator<Item = (&Origin, &str)> {
        let sockets = self.settings.sockets.asked.iter();
        sockets
            .filter(move |socket| wanted(socket.protocol))
            .map(|socket| (&socket.address.origin, socket.address.value.as_str()))
    }

    fn has_app(&self) -> bool {
        ["module", "wsgi-file", "mount", "paste", "emperor"].iter().any(|name| self.says(name))
    }
}

/// One finding where `found`.
fn when(found: bool, origin: Option<Origin>, message: impl Into<String>) -> Vec<Found> {
    match found {
        true => vec![(origin, message.into())],
        false => Vec::new(),
    }
}

/// Whether an address is a port on every interface.
fn is_public(address: &str) -> bool {
    ["0.0.0.0:", "[::]:", "*:", ":"].iter().any(|all| address.starts_with(all))
}

fn is_path(address: &str) -> bool {
    !address.starts_with('@') && (address.contains('/') || !address.contains(':'))
}

fn no_app(subject: &Subject<'_>) -> Vec<Found> {
    let missing = !subject.has_app();
    when(missing, None, "no application is named; say module, wsgi-file or mount")
}

fn two_apps(subject: &Subject<'_>) -> Vec<Found> {
    let both = subject.says("module") && subject.says("wsgi-file");
    when(both, subject.origin("wsgi-file"), "module and wsgi-file are both said; keep one of them")
}

fn need_app(subject: &Subject<'_>) -> Vec<Found> {
    let missing = subject.has_app() && !subject.settings.python.need_app;
    when(missing, None, "a failed import would be served as errors; add need-app = true")
}

fn public_uwsgi_socket(subject: &Subject<'_>) -> Vec<Found> {
    let sockets = subject.sockets(|protocol| protocol == Protocol::Uwsgi);
    let public = sockets.filter(|(_, address)| is_public(address));
    let told = |(origin, address): (&Origin, &str)| {
        let message = format!(
            "socket = {address} speaks the uwsgi protocol to everyone who can reach the machine; use 127.0.0.1, a \
             unix socket, or a private network"
        );
        (Some(origin.clone()), message)
    };
    public.map(told).collect()
}

fn public_http_socket(subject: &Subject<'_>) -> Vec<Found> {
    let sockets = subject.sockets(|protocol| matches!(protocol, Protocol::Http | Protocol::Http11));
    let public = sockets.filter(|(_, address)| is_public(address));
    let told = |(origin, address): (&Origin, &str)| {
        let message = format!(
            "http-socket = {address} lets slow clients hold up workers; use http = {address}, or put a proxy before it"
        );
        (Some(origin.clone()), message)
    };
    public.map(told).collect()
}

fn public_stats(subject: &Subject<'_>) -> Vec<Found> {
    let public = subject.settings.statistics.stats.iter().filter(|said| is_public(&said.value));
    let told = |said: &super::directive::Said| {
        let message =
            format!("stats = {} is open to everyone; use 127.0.0.1 or a unix socket", said.value);
        (Some(said.origin.clone()), message)
    };
    public.map(told).collect()
}

fn open_socket_mode(subject: &Subject<'_>) -> Vec<Found> {
    let open = subject.settings.sockets.chmod_socket.is_some_and(|mode| mode & 0o002 != 0);
    let message = "every user may write to the socket; use chmod-socket = 660 and put the web server's user \
                   into the group (chown-socket)";
    when(open, subject.origin("chmod-socket"), message)
}

fn path_in_tmp(subject: &Subject<'_>) -> Vec<Found> {
    let sockets = subject.sockets(|_| true);
    let files = ["pidfile", "pidfile2", "master-fifo", "stats"];
    let files = files.iter().flat_map(|name| subject.values(name));
    let in_tmp = sockets.chain(files).filter(|(_, path)| path.starts_with("/tmp/"));
    let told = |(origin, path): (&Origin, &str)| {
        (Some(origin.clone()), format!("{path} is in /tmp; use a folder of its own below /run"))
    };
    in_tmp.map(told).collect()
}

fn runs_as_root(subject: &Subject<'_>) -> Vec<Found> {
    let root = |(_, user): &(&Origin, &str)| matches!(*user, "root" | "0");
    let found = subject.values("uid").filter(root);
    found
        .map(|(origin, _)| {
            let message = "the server runs as root; name a user without rights".to_owned();
            (Some(origin.clone()), message)
        })
        .collect()
}

fn secret_in_env(subject: &Subject<'_>) -> Vec<Found> {
    const SIGNS: &[&str] = &["SECRET", "PASSWORD", "PASSWD", "TOKEN", "API_KEY", "PRIVATE_KEY"];
    let told = |(origin, pair): (&Origin, &str)| {
        let (name, value) = pair.split_once('=')?;
        let upper = name.to_ascii_uppercase();
        let is_file = upper.trim_end().ends_with("_FILE") || value.trim_start().starts_with('/');
        let found = SIGNS.iter().any(|sign| upper.contains(sign)) && !value.trim().is_empty();
        (found && !is_file).then(|| {
            let name = name.trim();
            let message = format!("env = {name}=… keeps a secret here; pass it in from outside");
            (Some(origin.clone()), message)
        })
    };
    subject.values("env").filter_map(told).collect()
}

fn static_map_shows_code(subject: &Subject<'_>) -> Vec<Found> {
    let chdir = subject.settings.processes.chdir.as_ref().map(|said| said.value.as_str());
    let maps = subject.values("static-map").chain(subject.values("static-map2"));
    let shows_code = |directory: &str| {
        let directory = directory.trim_end_matches('/');
        matches!(directory, "" | "." | "./.")
            || chdir.map(|d| d.trim_end_matches('/')) == Some(directory)
    };
    let told = |(origin, pair): (&Origin, &str)| {
        let (prefix, directory) = pair.split_once('=')?;
        shows_code(directory).then(|| {
            let message = format!(
                "static-map {prefix} serves the whole folder {directory}, code and settings included; name the folder \
                 of static files"
            );
            (Some(origin.clone()), message)
        })
    };
    maps.filter_map(told).collect()
}

fn buffer_too_small(subject: &Subject<'_>) -> Vec<Found> {
    let size = subject.settings.limits.buffer_size;
    let message = format!(
        "buffer-size = {size} refuses requests whose head is larger; 32768 holds what browsers send"
    );
    when(size < 8192, subject.origin("buffer-size"), message)
}

fn no_harakiri(subject: &Subject<'_>) -> Vec<Found> {
    let missing = subject.settings.limits.harakiri == 0;
    when(missing, None, "there is no limit for a request; add harakiri = 60 (seconds)")
}

fn harakiri_after_proxy(subject: &Subject<'_>) -> Vec<Found> {
    let seconds = subject.settings.limits.harakiri;
    let message = format!(
        "harakiri = {seconds} is longer than the 60 s that nginx waits by default; raise uwsgi_read_timeout or \
         proxy_read_timeout with it"
    );
    when(seconds > 60, subject.origin("harakiri"), message)
}

fn mercy_below_harakiri(subject: &Subject<'_>) -> Vec<Found> {
    let (harakiri, reload) = (subject.settings.limits.harakiri, &subject.settings.reload);
    let mercy = reload.worker_reload_mercy.min(reload.reload_mercy);
    let message = format!(
        "a reload waits {mercy} s for requests that may take {harakiri} s; set worker-reload-mercy and \
         reload-mercy = {harakiri}"
    );
    when(mercy < harakiri, subject.origin("harakiri"), message)
}

fn workers_over_cores(subject: &Subject<'_>) -> Vec<Found> {
    let (workers, cores) = (subject.settings.processes.processes, subject.machine.cores);
    let message = format!(
        "processes = {workers} on {cores} core{}; two to four for each core are plenty, more concurrency is \
         cheaper with threads",
        if cores == 1 { "" } else { "s" }
    );
    when(workers > cores * 4, subject.origin("processes"), message)
}

fn one_worker(subject: &Subject<'_>) -> Vec<Found> {
    let processes = &subject.settings.processes;
    let single = processes.processes == 1 && processes.threads == 1;
    when(single, subject.origin("processes"), "one request at a time; add processes or threads")
}

fn recycled_together(subject: &Subject<'_>) -> Vec<Found> {
    let reload = &subject.settings.reload;
    if subject.settings.processes.processes < 2 {
        return Vec::new();
    }
    let mut found = when(
        reload.max_requests > 0 && reload.max_requests_delta == 0,
        subject.origin("max-requests"),
        "the workers are replaced at about the same time; add max-requests-delta",
    );
    found.extend(when(
        reload.max_worker_lifetime > 0 && reload.max_worker_lifetime_delta == 0,
        subject.origin("max-worker-lifetime"),
        "the workers are replaced at the same time; add max-worker-lifetime-delta",
    ));
    found
}

fn listen_over_somaxconn(subject: &Subject<'_>) -> Vec<Found> {
    let (listen, most) = (subject.settings.sockets.listen, subject.machine.somaxconn);
    let message = format!(
        "listen = {listen} is more than the kernel's {most}; raise net.core.somaxconn with sysctl"
    );
    when(listen > most, subject.origin("listen"), message)
}

fn development_reload(subject: &Subject<'_>) -> Vec<Found> {
    let on = subject.settings.reload.py_autoreload > 0;
    when(
        on,
        subject.origin("py-autoreload"),
        "py-autoreload is for development; leave it out in production",
    )
}

fn log_grows(subject: &Subject<'_>) -> Vec<Found> {
    let rotated = ["log-maxsize", "touch-logreopen", "touch-logrotate", "log-reopen"];
    if rotated.iter().any(|name| subject.says(name)) {
        return Vec::new();
    }
    let files = ["logto", "logto2", "daemonize", "daemonize2"];
    let found = files.iter().flat_map(|name| subject.values(name));
    let found = found.filter(|(_, file)| !file.is_empty() && !file.starts_with("/dev/"));
    found
        .map(|(origin, file)| {
            let message = format!(
                "{file} is never rotated; add log-maxsize, or touch-logreopen for logrotate"
            );
            (Some(origin.clone()), message)
        })
        .collect()
}

fn silent_errors(subject: &Subject<'_>) -> Vec<Found> {
    let logging = &subject.settings.logging;
    let silent = logging.disable_logging && !(logging.log_4xx || logging.log_5xx);
    let message =
        "failed requests are not logged, either; add log-5xx = true (and log-4xx, log-slow)";
    when(silent, subject.origin("disable-logging"), message)
}

fn leftover_socket(subject: &Subject<'_>) -> Vec<Found> {
    if subject.settings.processes.vacuum {
        return Vec::new();
    }
    let first = subject.sockets(|_| true).find(|(_, address)| is_path(address));
    let told = |(origin, address): (&Origin, &str)| {
        (Some(origin.clone()), format!("{address} stays behind at the end; add vacuum = true"))
    };
    first.map(told).into_iter().collect()
}

fn missing_path(subject: &Subject<'_>) -> Vec<Found> {
    let chdir = subject.settings.processes.chdir.as_ref().map(|said| said.value.as_str());
    let here = std::path::Path::new(chdir.unwrap_or("."));
    let whole = ["chdir", "home", "wsgi-file", "pythonpath"].iter().map(|name| (*name, false));
    let parents = ["logto", "daemonize", "pidfile", "pidfile2"].iter().map(|name| (*name, true));
    let mut found = Vec::new();
    for (name, only_parent) in whole.chain(parents) {
        for (origin, value) in subject.values(name) {
            let path = here.join(value);
            let wanted = if only_parent { path.parent() } else { Some(path.as_path()) };
            let Some(wanted) = wanted.filter(|path| !value.is_empty() && !path.exists()) else {
                continue;
            };
            let message = format!("{name} = {value}: {} is not on this machine", wanted.display());
            found.push((Some(origin.clone()), message));
        }
    }
    for (origin, address) in subject.sockets(|_| true).filter(|(_, address)| is_path(address)) {
        let folder = here.join(address).parent().map(std::path::Path::to_owned);
        if let Some(folder) = folder.filter(|folder| !folder.exists()) {
            let message =
                format!("{address}: the folder {} is not on this machine", folder.display());
            found.push((Some(origin.clone()), message));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::formats::Format;
    use super::super::gather::Gathered;
    use super::super::settings;
    use super::*;

    /// The ids of what is found in these lines, without those that every short text has.
    fn found(lines: &str) -> Vec<&'static str> {
        let text = format!("[uwsgi]\n{lines}");
        let section = Format::Ini.read(&text, &Arc::from("x.ini"), None).expect("ini");
        let said = section.expect("the section").directives;
        let settings = settings::apply(Gathered::of(said.clone())).expect(lines);
        let machine = Machine { cores: 2, somaxconn: 4096 };
        let subject = Subject { settings: &settings, said: &said, machine };
        let found = advise(&subject).into_iter();
        let quiet =
            ["no-app", "need-app", "no-harakiri", "one-worker", "missing-path", "leftover-socket"];
        found
            .map(|found| found.lint)
            .filter(|id| !quiet.contains(id) || lines.contains('!'))
            .collect()
    }

    fn check(lines: &str, expected: &[&str]) {
        assert_eq!(found(lines), expected, "{lines}");
    }

    #[test]
    fn a_careful_configuration_finds_nothing() {
        check(
            "socket = 127.0.0.1:3031\nmodule = site\nneed-app = true\nprocesses = 4\nharakiri = 30\n# !\n\
             max-requests = 1000\nmax-requests-delta = 50\nenv = SECRET_KEY_FILE=/run/secrets/key\n\
             chmod-socket = 660\n",
            &[],
        );
    }

    #[test]
    fn what_is_missing_is_told() {
        check("# !", &["no-app", "no-harakiri", "one-worker"]);
        check("module = x\n# !", &["need-app", "no-harakiri", "one-worker"]);
        check(
            "socket = x.sock\nmodule = x\nneed-app\nharakiri = 9\nthreads = 2\n# !",
            &["leftover-socket"],
        );
    }

    #[test]
    fn what_is_open_to_everyone_is_told() {
        check("socket = :3031", &["public-uwsgi-socket"]);
        check("uwsgi-socket = 0.0.0.0:3031", &["public-uwsgi-socket"]);
        check("socket = 10.0.0.1:3031", &[]);
        check("http-socket = [::]:80", &["public-http-socket"]);
        check("http = :80", &[]);
        check("stats = :1717", &["public-stats"]);
        check("chmod-socket = 666", &["open-socket-mode"]);
        check("socket = /tmp/x.sock\npidfile = /tmp/x.pid", &["path-in-tmp", "path-in-tmp"]);
        check("uid = root", &["runs-as-root"]);
        check("env = DB_PASSWORD=x\nenv = PASSWORD_FILE=x\nenv = TOKEN=", &["secret-in-env"]);
        check("static-map = /=./\nstatic-map = /s=static", &["static-map-shows-code"]);
        check("chdir = /srv/x/\nstatic-map = /s=/srv/x", &["static-map-shows-code"]);
    }

    #[test]
    fn limits_that_do_not_fit_are_told() {
        check("buffer-size = 4096", &["buffer-too-small"]);
        check("harakiri = 300", &["harakiri-after-proxy", "mercy-below-harakiri"]);
        check(
            "harakiri = 300\nworker-reload-mercy = 300\nreload-mercy = 300",
            &["harakiri-after-proxy"],
        );
        check("harakiri = 60", &[]);
        check("processes = 9", &["workers-over-cores"]);
        check(
            "processes = 2\nmax-requests = 9\nmax-worker-lifetime = 9",
            &["recycled-together", "recycled-together"],
        );
        check("listen = 5000", &["listen-over-somaxconn"]);
        check("module = x\nwsgi-file = y.py", &["two-apps"]);
        check("py-autoreload = 1", &["development-reload"]);
        check("logto = x.log", &["log-grows"]);
        check("disable-logging", &["silent-errors"]);
        check("disable-logging\nlog-5xx", &[]);
    }

    #[test]
    fn every_lint_has_a_name_of_its_own() {
        let mut ids: Vec<_> = LINTS.iter().map(|lint| lint.id).collect();
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), all);
    }
}
