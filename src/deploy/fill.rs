//! Makes the typed spec of what was read: every value present, defaults computed.
//!
//! The one place that knows how a default follows from other keys. Whether keys go together is `check`.

use super::kinds::quantity;
use super::load::Reader;
use super::patches::Patches;
use super::shapes::{command, version};
use super::spec::{
    App, Compose, Cron, Engine, Entry, Hsts, Images, Kubernetes, Nginx, Pass, Probes, Server,
    Service, Snippets, Spec, Targets, Tls, Via, Worker,
};

/// The spec of a file without problems.
pub(super) fn fill(of: &Reader<'_>, environment: Option<&str>) -> Spec {
    let services = services(of);
    let mut secrets = list(of, "secrets");
    for service in services.iter().filter(|service| service.engine.is_database()) {
        let name = format!("{}_PASSWORD", service.engine.name().to_uppercase());
        if !secrets.contains(&name) {
            secrets.push(name);
        }
    }
    Spec {
        name: of.text("name"),
        environment: environment.map(str::to_owned),
        python: of.text("python"),
        uid: of.number("uid"),
        app: app(of),
        server: server(of),
        nginx: nginx(of),
        services,
        workers: workers(of),
        cron: cron(of),
        probes: Probes {
            start: of.number("probes.start"),
            period: of.number("probes.period"),
            timeout: of.number("probes.timeout"),
            failures: of.number("probes.failures"),
        },
        images: images(of),
        compose: Compose {
            publish: of.text("compose.publish"),
            publish_https: of.text("compose.publish_https"),
            replicas: of.number("compose.replicas"),
            stop_grace: stop_grace(of),
        },
        k8s: kubernetes(of, environment),
        targets: Targets {
            nginx: version(&of.text("targets.nginx")),
            openssl: version(&of.text("targets.openssl")),
            kubernetes: version(&of.text("targets.kubernetes")),
            docker: version(&of.text("targets.docker")),
        },
        ci: list(of, "ci"),
        env: pairs(of, "env"),
        secrets,
        keep: list(of, "keep"),
        patches: Patches::default(),
        environments: Vec::new(),
        warnings: Vec::new(),
    }
}

/// Seconds nginx waits for an answer.
#[must_use]
pub(super) fn read_timeout(of: &Reader<'_>) -> u64 {
    number_or(of, "nginx.read_timeout", of.number("server.harakiri") + 10)
}

/// Seconds the Ingress waits.
#[must_use]
pub(super) fn ingress_timeout(of: &Reader<'_>) -> u64 {
    number_or(of, "k8s.ingress_timeout", read_timeout(of) + 5)
}

/// Seconds compose waits for a container to end.
#[must_use]
pub(super) fn stop_grace(of: &Reader<'_>) -> u64 {
    number_or(of, "compose.stop_grace", of.number("server.harakiri") + 20)
}

/// Seconds Kubernetes waits for a pod to end.
#[must_use]
pub(super) fn grace(of: &Reader<'_>) -> u64 {
    let usual = 2 * of.number("k8s.pre_stop") + of.number("server.harakiri") + 15;
    number_or(of, "k8s.grace", usual)
}

/// Pods at the start.
#[must_use]
pub(super) fn replicas(of: &Reader<'_>) -> u64 {
    let volume = of.maybe("app.data_dir").is_some() || of.maybe("app.media_root").is_some();
    number_or(of, "k8s.replicas", if volume { 1 } else { 2 })
}

/// Processes of a worker that may each hold a connection to the database.
#[must_use]
pub(super) fn worker_processes(of: &Reader<'_>, name: &str) -> u64 {
    match of.maybe(&format!("workers.{name}.celery")).as_deref() {
        Some("worker") => of.number(&format!("workers.{name}.concurrency")),
        _ => 1,
    }
}

fn number_or(of: &Reader<'_>, path: &str, usual: u64) -> u64 {
    of.maybe(path).and_then(|text| text.parse().ok()).unwrap_or(usual)
}

fn list(of: &Reader<'_>, path: &str) -> Vec<String> {
    of.many(path).into_iter().map(|(text, _)| text).collect()
}

fn pairs(of: &Reader<'_>, path: &str) -> Vec<(String, String)> {
    of.pairs(path)
        .into_iter()
        .map(|(name, values, _)| (name, values.into_iter().next().unwrap_or_default()))
        .collect()
}

fn app(of: &Reader<'_>) -> App {
    App {
        module: of.text("app.module"),
        settings: of.text("app.settings"),
        requirements: of.text("app.requirements"),
        files: list(of, "app.files"),
        collectstatic: of.flag("app.collectstatic"),
        migrate: of.flag("app.migrate"),
        static_url: of.text("app.static_url"),
        static_root: of.text("app.static_root"),
        media: of.maybe("app.media_url").zip(of.maybe("app.media_root")),
        media_private: of.maybe("app.media_private"),
        data_dir: of.maybe("app.data_dir"),
        health: of.text("app.health"),
    }
}

fn server(of: &Reader<'_>) -> Server {
    Server {
        processes: of.number("server.processes"),
        threads: of.number("server.threads"),
        harakiri: of.number("server.harakiri"),
        buffer_size: of.number("server.buffer_size"),
        max_body: of.number("server.max_body"),
        listen: of.number("server.listen"),
        max_requests: of.number("server.max_requests"),
        max_lifetime: of.number("server.max_lifetime"),
        reload_on_rss: of.maybe("server.reload_on_rss").and_then(|text| quantity(&text)),
        options: of
            .pairs("server.options")
            .into_iter()
            .map(|(name, values, _)| (name, values))
            .collect(),
    }
}

fn nginx(of: &Reader<'_>) -> Nginx {
    Nginx {
        server_names: list(of, "nginx.server_names"),
        pass: if of.text("nginx.pass") == "http" { Pass::Http } else { Pass::Uwsgi },
        via: if of.text("nginx.via") == "tcp" { Via::Tcp } else { Via::Socket },
        tls: match of.text("nginx.tls").as_str() {
            "files" => Tls::Files,
            "acme" => Tls::Acme,
            "upstream" => Tls::Upstream,
            _ => Tls::None,
        },
        certificate: (of.text("nginx.certificate"), of.text("nginx.certificate_key")),
        acme_email: of.maybe("nginx.acme_email"),
        hsts: match of.text("nginx.hsts").as_str() {
            "off" => Hsts::Off,
            "subdomains" => Hsts::Subdomains,
            "preload" => Hsts::Preload,
            _ => Hsts::On,
        },
        read_timeout: read_timeout(of),
        client_timeout: of.number("nginx.client_timeout"),
        keepalive_timeout: of.number("nginx.keepalive_timeout"),
        trusted_proxies: list(of, "nginx.trusted_proxies"),
        redirects: pairs(of, "nginx.redirects"),
        rate_limits: pairs(of, "nginx.rate_limits"),
        connections_per_client: of
            .maybe("nginx.connections_per_client")
            .and_then(|text| text.parse().ok()),
        body_limits: pairs(of, "nginx.body_limits")
            .into_iter()
            .map(|(path, size)| (path, size.parse().unwrap_or(0)))
            .collect(),
        streaming: list(of, "nginx.streaming"),
        snippets: Snippets {
            http: of.maybe("nginx.snippets.http"),
            server: of.maybe("nginx.snippets.server"),
            location: of.maybe("nginx.snippets.location"),
        },
    }
}

fn services(of: &Reader<'_>) -> Vec<Service> {
    Engine::ALL
        .into_iter()
        .filter_map(|engine| {
            let at = |key: &str| format!("services.{}.{key}", engine.name());
            let managed = of.maybe(&at("mode"))? == "managed";
            let own = of.text("name").replace('-', "_");
            Some(Service {
                engine,
                managed,
                image: of.text(&at("image")),
                host: of.maybe(&at("host")).unwrap_or_else(|| engine.name().to_owned()),
                port: of.number(&at("port")),
                database: of.maybe(&at("database")).unwrap_or_else(|| own.clone()),
                user: of.maybe(&at("user")).unwrap_or(own),
                max_connections: of.number(&at("max_connections")),
                storage: of.text(&at("storage")),
                memory: of.text(&at("memory")),
            })
        })
        .collect()
}

fn workers(of: &Reader<'_>) -> Vec<Worker> {
    of.named("workers")
        .into_iter()
        .map(|(name, _)| {
            let at = |key: &str| format!("workers.{name}.{key}");
            let settings = of.text("app.settings");
            let package = settings.split('.').next().unwrap_or_default().to_owned();
            let app = of.maybe(&at("app")).unwrap_or(package);
            let celery = of.maybe(&at("celery"));
            let beat = celery.as_deref() == Some("beat");
            let words: Vec<String> = match celery.as_deref() {
                Some("worker") => {
                    let mut words = vec![
                        "celery".to_owned(),
                        "--app".to_owned(),
                        app.clone(),
                        "worker".to_owned(),
                        "--loglevel=INFO".to_owned(),
                        format!("--concurrency={}", of.number(&at("concurrency"))),
                    ];
                    let queues = list(of, &at("queues"));
                    if !queues.is_empty() {
                        words.push(format!("--queues={}", queues.join(",")));
                    }
                    words
                }
                Some(_) => [
                    "celery",
                    "--app",
                    &app,
                    "beat",
                    "--loglevel=INFO",
                    "--schedule=/tmp/celerybeat-schedule",
                    "--pidfile=",
                ]
                .map(str::to_owned)
                .to_vec(),
                None => command(&of.text(&at("command"))).unwrap_or_default(),
            };
            Worker {
                command: words,
                celery: (celery.as_deref() == Some("worker")).then_some(app),
                single: beat,
                processes: worker_processes(of, &name),
                replicas: if beat { 1 } else { of.number(&at("replicas")) },
                cpu: of.text(&at("cpu")),
                memory: of.text(&at("memory")),
                stop_grace: of.number(&at("stop_grace")),
                name,
            }
        })
        .collect()
}

fn cron(of: &Reader<'_>) -> Vec<Cron> {
    of.named("cron")
        .into_iter()
        .map(|(name, _)| {
            let at = |key: &str| format!("cron.{name}.{key}");
            Cron {
                schedule: of.text(&at("schedule")),
                command: command(&of.text(&at("command"))).unwrap_or_default(),
                timezone: of.text(&at("timezone")),
                timeout: of.number(&at("timeout")),
                name,
            }
        })
        .collect()
}

fn images(of: &Reader<'_>) -> Images {
    let (name, python, tag) = (of.text("name"), of.text("python"), of.text("images.tag"));
    let or = |path: &str, usual: String| of.maybe(path).unwrap_or(usual);
    Images {
        base: or("images.base", format!("ruwsgi:{}-python{python}", env!("CARGO_PKG_VERSION"))),
        python: or("images.python", format!("python:{python}-slim-bookworm")),
        nginx_base: or("images.nginx_base", format!("nginx:{}", of.text("targets.nginx"))),
        web: format!("{}:{tag}", or("images.web", format!("{name}-web"))),
        nginx: format!("{}:{tag}", or("images.nginx", format!("{name}-nginx"))),
        tag,
        web_digest: of.maybe("images.web_digest"),
        nginx_digest: of.maybe("images.nginx_digest"),
    }
}

fn kubernetes(of: &Reader<'_>, environment: Option<&str>) -> Kubernetes {
    let name = of.text("name");
    let or = |path: &str, usual: String| of.maybe(path).unwrap_or(usual);
    let ingress_namespace = of.text("k8s.ingress_namespace");
    Kubernetes {
        namespace: or(
            "k8s.namespace",
            environment.map_or(name.clone(), |environment| format!("{name}-{environment}")),
        ),
        replicas: replicas(of),
        max_replicas: of.maybe("k8s.max_replicas").and_then(|text| text.parse().ok()),
        target_cpu: of.number("k8s.target_cpu"),
        cpu: of.text("k8s.cpu"),
        memory: of.text("k8s.memory"),
        storage: of.text("k8s.storage"),
        static_class: of.maybe("k8s.static_class"),
        pre_stop: of.number("k8s.pre_stop"),
        grace: grace(of),
        ingress: match of.text("k8s.ingress").as_str() {
            "gateway" => Entry::Gateway,
            "none" => Entry::None,
            _ => Entry::Ingress,
        },
        ingress_class: of.text("k8s.ingress_class"),
        ingress_timeout: ingress_timeout(of),
        gateway: (
            or("k8s.gateway", name.clone()),
            or("k8s.gateway_namespace", ingress_namespace.clone()),
        ),
        ingress_namespace,
        tls_secret: or("k8s.tls_secret", format!("{name}-tls")),
        issuer: of.maybe("k8s.issuer"),
        secret_store: of.maybe("k8s.secret_store"),
        metrics_path: of.maybe("k8s.metrics_path"),
        monitoring_namespace: of.text("k8s.monitoring_namespace"),
    }
}
