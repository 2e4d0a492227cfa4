//! Rules for services and workers, and for keys that would do nothing.

use crate::deploy::load::Reader;
use crate::deploy::problem::Problem;
use crate::deploy::spec::Engine;
use crate::deploy::table::KEYS;

/// A service is rendered here, or it is known where it is.
pub(super) fn services(of: &Reader<'_>, problems: &mut Vec<Problem>) {
    for engine in Engine::ALL {
        let section = format!("services.{}", engine.name());
        let mode = of.maybe(&format!("{section}.mode"));
        let written = |key: &str| of.at(&format!("{section}.{key}"));
        let own: Vec<_> = ["image", "storage", "memory"].into_iter().filter_map(written).collect();
        match mode.as_deref() {
            None => {
                let keys = [
                    "image",
                    "host",
                    "port",
                    "database",
                    "user",
                    "max_connections",
                    "storage",
                    "memory",
                ];
                if let Some(at) = keys.into_iter().find_map(written) {
                    problems.push(
                        Problem::new(at, format!("`{section}` says nothing of who runs it"))
                            .help("mode: managed, or mode: external")
                            .rule("X4"),
                    );
                }
            }
            Some("managed") => {
                for key in ["host", "port"] {
                    if let Some(at) = written(key) {
                        problems.push(
                            Problem::new(
                                at,
                                format!("`{section}.{key}` is ours to say, as it is rendered here"),
                            )
                            .help("no such line, or mode: external")
                            .rule("X4"),
                        );
                    }
                }
            }
            Some(_) => {
                if written("host").is_none() {
                    problems.push(
                        Problem::new(
                            written("mode").unwrap_or_default(),
                            format!("`{section}` is external, and nothing says where"),
                        )
                        .help("mode: external and host: db.example.com")
                        .rule("X4"),
                    );
                }
                for at in own {
                    problems.push(
                        Problem::new(at, format!("of no use: `{section}` is not rendered here"))
                            .help("no such line, or mode: managed"),
                    );
                }
            }
        }
    }
}

/// A worker has one command, and Celery somewhere to take work from.
pub(super) fn workers(of: &Reader<'_>, problems: &mut Vec<Problem>) {
    let reserved = ["web", "nginx", "migrate", "static", "socket", "certbot", "certificate"];
    for section in ["workers", "cron"] {
        for (name, at) in of.named(section) {
            let another_web =
                name.strip_prefix("web-").is_some_and(|rest| rest.parse::<u64>().is_ok());
            let taken = another_web
                || reserved.contains(&name.as_str())
                || Engine::ALL.iter().any(|engine| engine.name() == name)
                || (section == "cron"
                    && of.named("workers").iter().any(|(other, _)| *other == name));
            if taken {
                problems.push(
                    Problem::new(
                        at,
                        format!("`{name}` is the name of something else that is rendered"),
                    )
                    .help("another name"),
                );
            }
        }
    }
    let broker = of.maybe("services.redis.mode").is_some()
        || of.many("secrets").iter().any(|(name, _)| name.contains("BROKER"))
        || of.pairs("env").iter().any(|(name, ..)| name.contains("BROKER"));
    for (name, at) in of.named("workers") {
        let key = |key: &str| format!("workers.{name}.{key}");
        let celery = of.maybe(&key("celery"));
        match (of.at(&key("command")), celery.as_deref()) {
            (None, None) => problems.push(
                Problem::new(at, format!("`workers.{name}` says nothing of what it runs"))
                    .help("command: python manage.py …, or celery: worker"),
            ),
            (Some(at), Some(_)) => problems.push(
                Problem::new(at, format!("`workers.{name}` has two commands: this and Celery's"))
                    .help("`command` or `celery`, not both"),
            ),
            _ => {}
        }
        let celery = celery.as_deref();
        let unused: &[(&str, bool, &str)] = &[
            ("app", celery.is_none(), "only Celery has an `app`"),
            ("queues", celery != Some("worker"), "only `celery: worker` has queues"),
            (
                "concurrency",
                celery != Some("worker"),
                "only `celery: worker` has a number of processes",
            ),
            (
                "replicas",
                celery == Some("beat"),
                "two that start periodic tasks would start each twice",
            ),
        ];
        for (last, wrong, why) in unused {
            if let (true, Some(at)) = (*wrong, of.at(&key(last))) {
                problems.push(Problem::new(at, *why).help("no such line"));
            }
        }
        if celery.is_some() && !broker {
            problems.push(
                Problem::new(at, "Celery needs a broker, and none is named here")
                    .help("services: {redis: managed}, or CELERY_BROKER_URL among `secrets` or in `env`")
                    .rule("X4")
                    .warning(),
            );
        }
    }
}

/// When a key does nothing, and what would make it do something.
type OfNoUse = (&'static str, fn(&Reader<'_>) -> bool, &'static str);

fn no_certificate_files(of: &Reader<'_>) -> bool {
    of.text("nginx.tls") != "files"
}

fn no_own_tls(of: &Reader<'_>) -> bool {
    !["files", "acme"].contains(&of.text("nginx.tls").as_str())
}

fn no_tls(of: &Reader<'_>) -> bool {
    of.text("nginx.tls") == "none"
}

fn no_gateway(of: &Reader<'_>) -> bool {
    of.text("k8s.ingress") != "gateway"
}

fn no_ingress(of: &Reader<'_>) -> bool {
    of.text("k8s.ingress") != "ingress"
}

#[rustfmt::skip]
static OF_NO_USE: &[OfNoUse] = &[
    ("nginx.certificate", no_certificate_files, "nginx.tls: files"),
    ("nginx.certificate_key", no_certificate_files, "nginx.tls: files"),
    ("nginx.acme_email", |of| of.text("nginx.tls") != "acme", "nginx.tls: acme"),
    ("nginx.hsts", no_tls, "nginx.tls: files, acme or upstream"),
    ("compose.publish_https", no_own_tls, "nginx.tls: files or acme"),
    ("k8s.tls_secret", |of| no_tls(of) || no_ingress(of), "nginx.tls, and k8s.ingress: ingress"),
    ("k8s.issuer", |of| no_tls(of) || no_ingress(of), "nginx.tls, and k8s.ingress: ingress"),
    ("k8s.gateway", no_gateway, "k8s.ingress: gateway"),
    ("k8s.gateway_namespace", no_gateway, "k8s.ingress: gateway"),
    ("k8s.ingress_class", no_ingress, "k8s.ingress: ingress"),
    ("k8s.target_cpu", |of| of.maybe("k8s.max_replicas").is_none(), "k8s.max_replicas"),
    ("k8s.monitoring_namespace", |of| of.maybe("k8s.metrics_path").is_none(), "k8s.metrics_path"),
    ("app.media_private", |of| of.maybe("app.media_root").is_none(), "app.media_root and app.media_url"),
    ("k8s.storage", |of| of.maybe("app.data_dir").is_none() && of.maybe("app.media_root").is_none() && of.maybe("k8s.static_class").is_none(), "app.data_dir, app.media_root or k8s.static_class"),
    ("k8s.static_class", |of| !of.flag("app.collectstatic"), "app.collectstatic: true"),
];

/// A key that is accepted does something.
pub(super) fn of_no_use(of: &Reader<'_>, problems: &mut Vec<Problem>) {
    for (key, idle, needs) in OF_NO_USE {
        debug_assert!(KEYS.iter().any(|row| row.path == *key), "{key} is no key");
        if let (Some(at), true) = (of.at(key), idle(of)) {
            problems.push(
                Problem::new(at, format!("`{key}` does nothing here"))
                    .help(format!("no such line, or {needs}")),
            );
        }
    }
}
