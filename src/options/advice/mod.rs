//! What is allowed and yet worth a second look: the lints of `ruwsgi check`.
//!
//! Pure: takes the settings, what was said and the facts of the machine, and returns findings.
//! What is wrong outright is for [`settings`](super::settings) to refuse.

mod lints;

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
        check: lints::no_app,
    },
    Lint {
        id: "two-apps",
        why: "module and wsgi-file name one application each, and only one is served",
        check: lints::two_apps,
    },
    Lint {
        id: "need-app",
        why: "without need-app a failed import leaves a server that answers 500 to everything",
        check: lints::need_app,
    },
    Lint {
        id: "public-uwsgi-socket",
        why: "the uwsgi protocol trusts its peer: whoever reaches the port can claim any user or address",
        check: lints::public_uwsgi_socket,
    },
    Lint {
        id: "public-http-socket",
        why: "http-socket is meant for a proxy: a slow client holds up a worker",
        check: lints::public_http_socket,
    },
    Lint {
        id: "public-stats",
        why: "the statistics show addresses and URIs of requests",
        check: lints::public_stats,
    },
    Lint {
        id: "open-socket-mode",
        why: "every user of the machine can send requests past the web server",
        check: lints::open_socket_mode,
    },
    Lint {
        id: "path-in-tmp",
        why: "a known name in /tmp can be taken by another user, and systemd's PrivateTmp hides it from nginx",
        check: lints::path_in_tmp,
    },
    Lint {
        id: "runs-as-root",
        why: "a hole in the application is a hole in the machine",
        check: lints::runs_as_root,
    },
    Lint {
        id: "secret-in-env",
        why: "secrets in a configuration are read by whoever reads the repository or image",
        check: lints::secret_in_env,
    },
    Lint {
        id: "static-map-shows-code",
        why: "files of the project, its settings among them, can be downloaded",
        check: lints::static_map_shows_code,
    },
    Lint {
        id: "buffer-too-small",
        why: "cookies and long query strings make heads of requests larger than 4 KiB",
        check: lints::buffer_too_small,
    },
    Lint {
        id: "no-harakiri",
        why: "a request that hangs occupies its worker for ever",
        check: lints::no_harakiri,
    },
    Lint {
        id: "harakiri-after-proxy",
        why: "nginx gives up after 60 s by default, so longer requests are worked on for nobody",
        check: lints::harakiri_after_proxy,
    },
    Lint {
        id: "mercy-below-harakiri",
        why: "a reload cuts requests that harakiri would still allow",
        check: lints::mercy_below_harakiri,
    },
    Lint {
        id: "workers-over-cores",
        why: "many more workers than cores cost memory and gain little",
        check: lints::workers_over_cores,
    },
    Lint {
        id: "one-worker",
        why: "with one worker and one thread every slow request stops the site",
        check: lints::one_worker,
    },
    Lint {
        id: "recycled-together",
        why: "without a delta all workers reach their limit at about the same time",
        check: lints::recycled_together,
    },
    Lint {
        id: "listen-over-somaxconn",
        why: "the kernel queues no more connections than net.core.somaxconn",
        check: lints::listen_over_somaxconn,
    },
    Lint {
        id: "development-reload",
        why: "looking for changed modules costs time and reloads while files are being copied",
        check: lints::development_reload,
    },
    Lint {
        id: "log-grows",
        why: "a log file that nobody rotates fills the disk",
        check: lints::log_grows,
    },
    Lint {
        id: "silent-errors",
        why: "with disable-logging alone failed requests leave no trace, either",
        check: lints::silent_errors,
    },
    Lint {
        id: "leftover-socket",
        why: "without vacuum the socket's file stays, and its clients see refused connections",
        check: lints::leftover_socket,
    },
    Lint {
        id: "missing-path",
        why: "what is named is not on this machine",
        check: lints::missing_path,
    },
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::apply;
    use super::super::formats::Format;
    use super::super::gather::Gathered;
    use super::*;

    /// The ids of what is found in these lines, without those that every short text has.
    fn found(lines: &str) -> Vec<&'static str> {
        let text = format!("[uwsgi]\n{lines}");
        let section = Format::Ini.read(&text, &Arc::from("x.ini"), None).expect("ini");
        let said = section.expect("the section").directives;
        let settings = apply::apply(Gathered::of(said.clone())).expect(lines);
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
