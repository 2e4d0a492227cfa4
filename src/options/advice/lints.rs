//! The lints, one function each.

use super::{Found, Subject};
use crate::options::directive::{Origin, Said};
use crate::options::sockets::Protocol;

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

pub(super) fn no_app(subject: &Subject<'_>) -> Vec<Found> {
    let missing = !subject.has_app();
    when(missing, None, "no application is named; say module, wsgi-file or mount")
}

pub(super) fn two_apps(subject: &Subject<'_>) -> Vec<Found> {
    let both = subject.says("module") && subject.says("wsgi-file");
    when(both, subject.origin("wsgi-file"), "module and wsgi-file are both said; keep one of them")
}

pub(super) fn need_app(subject: &Subject<'_>) -> Vec<Found> {
    let missing = subject.has_app() && !subject.settings.python.need_app;
    when(missing, None, "a failed import would be served as errors; add need-app = true")
}

pub(super) fn public_uwsgi_socket(subject: &Subject<'_>) -> Vec<Found> {
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

pub(super) fn public_http_socket(subject: &Subject<'_>) -> Vec<Found> {
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

pub(super) fn public_stats(subject: &Subject<'_>) -> Vec<Found> {
    let public = subject.settings.statistics.stats.iter().filter(|said| is_public(&said.value));
    let told = |said: &Said| {
        let message =
            format!("stats = {} is open to everyone; use 127.0.0.1 or a unix socket", said.value);
        (Some(said.origin.clone()), message)
    };
    public.map(told).collect()
}

pub(super) fn open_socket_mode(subject: &Subject<'_>) -> Vec<Found> {
    let open = subject.settings.sockets.chmod_socket.is_some_and(|mode| mode & 0o002 != 0);
    let message = "every user may write to the socket; use chmod-socket = 660 and put the web server's user \
                   into the group (chown-socket)";
    when(open, subject.origin("chmod-socket"), message)
}

pub(super) fn path_in_tmp(subject: &Subject<'_>) -> Vec<Found> {
    let sockets = subject.sockets(|_| true);
    let files = ["pidfile", "pidfile2", "master-fifo", "stats"];
    let files = files.iter().flat_map(|name| subject.values(name));
    let in_tmp = sockets.chain(files).filter(|(_, path)| path.starts_with("/tmp/"));
    let told = |(origin, path): (&Origin, &str)| {
        (Some(origin.clone()), format!("{path} is in /tmp; use a folder of its own below /run"))
    };
    in_tmp.map(told).collect()
}

pub(super) fn runs_as_root(subject: &Subject<'_>) -> Vec<Found> {
    let root = |(_, user): &(&Origin, &str)| matches!(*user, "root" | "0");
    let found = subject.values("uid").filter(root);
    found
        .map(|(origin, _)| {
            let message = "the server runs as root; name a user without rights".to_owned();
            (Some(origin.clone()), message)
        })
        .collect()
}

pub(super) fn secret_in_env(subject: &Subject<'_>) -> Vec<Found> {
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

pub(super) fn static_map_shows_code(subject: &Subject<'_>) -> Vec<Found> {
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

pub(super) fn buffer_too_small(subject: &Subject<'_>) -> Vec<Found> {
    let size = subject.settings.limits.buffer_size;
    let message = format!(
        "buffer-size = {size} refuses requests whose head is larger; 32768 holds what browsers send"
    );
    when(size < 8192, subject.origin("buffer-size"), message)
}

pub(super) fn no_harakiri(subject: &Subject<'_>) -> Vec<Found> {
    let missing = subject.settings.limits.harakiri == 0;
    when(missing, None, "there is no limit for a request; add harakiri = 60 (seconds)")
}

pub(super) fn harakiri_after_proxy(subject: &Subject<'_>) -> Vec<Found> {
    let seconds = subject.settings.limits.harakiri;
    let message = format!(
        "harakiri = {seconds} is longer than the 60 s that nginx waits by default; raise uwsgi_read_timeout or \
         proxy_read_timeout with it"
    );
    when(seconds > 60, subject.origin("harakiri"), message)
}

pub(super) fn mercy_below_harakiri(subject: &Subject<'_>) -> Vec<Found> {
    let (harakiri, reload) = (subject.settings.limits.harakiri, &subject.settings.reload);
    let mercy = reload.worker_reload_mercy.min(reload.reload_mercy);
    let message = format!(
        "a reload waits {mercy} s for requests that may take {harakiri} s; set worker-reload-mercy and \
         reload-mercy = {harakiri}"
    );
    when(mercy < harakiri, subject.origin("harakiri"), message)
}

pub(super) fn workers_over_cores(subject: &Subject<'_>) -> Vec<Found> {
    let (workers, cores) = (subject.settings.processes.processes, subject.machine.cores);
    let message = format!(
        "processes = {workers} on {cores} core{}; two to four for each core are plenty, more concurrency is \
         cheaper with threads",
        if cores == 1 { "" } else { "s" }
    );
    when(workers > cores * 4, subject.origin("processes"), message)
}

pub(super) fn one_worker(subject: &Subject<'_>) -> Vec<Found> {
    let processes = &subject.settings.processes;
    let single = processes.processes == 1 && processes.threads == 1;
    when(single, subject.origin("processes"), "one request at a time; add processes or threads")
}

pub(super) fn recycled_together(subject: &Subject<'_>) -> Vec<Found> {
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

pub(super) fn listen_over_somaxconn(subject: &Subject<'_>) -> Vec<Found> {
    let (listen, most) = (subject.settings.sockets.listen, subject.machine.somaxconn);
    let message = format!(
        "listen = {listen} is more than the kernel's {most}; raise net.core.somaxconn with sysctl"
    );
    when(listen > most, subject.origin("listen"), message)
}

pub(super) fn development_reload(subject: &Subject<'_>) -> Vec<Found> {
    let on = subject.settings.reload.py_autoreload > 0;
    when(
        on,
        subject.origin("py-autoreload"),
        "py-autoreload is for development; leave it out in production",
    )
}

pub(super) fn log_grows(subject: &Subject<'_>) -> Vec<Found> {
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

pub(super) fn silent_errors(subject: &Subject<'_>) -> Vec<Found> {
    let logging = &subject.settings.logging;
    let silent = logging.disable_logging && !(logging.log_4xx || logging.log_5xx);
    let message =
        "failed requests are not logged, either; add log-5xx = true (and log-4xx, log-slow)";
    when(silent, subject.origin("disable-logging"), message)
}

pub(super) fn leftover_socket(subject: &Subject<'_>) -> Vec<Found> {
    if subject.settings.processes.vacuum {
        return Vec::new();
    }
    let first = subject.sockets(|_| true).find(|(_, address)| is_path(address));
    let told = |(origin, address): (&Origin, &str)| {
        (Some(origin.clone()), format!("{address} stays behind at the end; add vacuum = true"))
    };
    first.map(told).into_iter().collect()
}

pub(super) fn missing_path(subject: &Subject<'_>) -> Vec<Found> {
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
