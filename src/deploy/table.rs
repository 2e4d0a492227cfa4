//! The one table of ruwsgi.yaml: a row per key, with its kind, its default and what it is for.
//!
//! The reader in `keys`, the JSON schema and docs/deploy.md come from it. A `*` in a path stands for
//! a name of the user's own. How keys depend on each other is `check`.

use super::kinds::Kind;

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

/// Who runs a service.
const MODE: Kind = Kind::Choice(&["managed", "external"]);
const MODE_ABOUT: &str = "`managed`: rendered here, with a volume where it keeps something; `external`: it is somewhere already.";

/// All keys, in the order of the documentation.
#[rustfmt::skip]
pub static KEYS: &[Key] = &[
    key("name", Kind::Name, Required, "The project: names images, containers and Kubernetes objects."),
    key("python", Kind::Python, Is("3.13"), "The Python of the images."),
    key("uid", Kind::Number(1000, 65534), Is("10001"), "The user and group everything runs as."),

    key("app.module", Kind::Application, Required, "The WSGI application, `package.module:callable`."),
    key("app.settings", Kind::Module, Required, "DJANGO_SETTINGS_MODULE."),
    key("app.requirements", Kind::Inside, Is("requirements.txt"), "What to install: a requirements file, `pyproject.toml`, `uv.lock` or `poetry.lock`."),
    key("app.files", Kind::Files, Off, "The files and folders of the project that go into the image, such as [manage.py, mysite]. Without it everything goes but what .dockerignore lists."),
    key("app.collectstatic", Kind::Flag, Is("true"), "Run `collectstatic` when the image is built."),
    key("app.migrate", Kind::Flag, Is("true"), "Run `migrate` before a release serves."),
    key("app.static_url", Kind::Url, Is("/static/"), "STATIC_URL."),
    key("app.static_root", Kind::Folder, Is("staticfiles"), "STATIC_ROOT: where `collectstatic` writes."),
    key("app.media_url", Kind::Url, Off, "MEDIA_URL: nginx serves uploads from there. Needs `media_root`."),
    key("app.media_root", Kind::Folder, Off, "MEDIA_ROOT: kept on a volume. Needs `media_url`."),
    key("app.media_private", Kind::Inside, Off, "A folder in `media_root` that clients get nothing from but what the application sends with `X-Accel-Redirect: MEDIA_URL…`."),
    key("app.data_dir", Kind::Folder, Off, "A folder of the application that must survive, such as the one of a SQLite file: kept on a volume."),
    key("app.health", Kind::UrlPath, Is("/"), "A path that answers 200 without touching the database; health checks ask for it."),

    key("server.processes", Kind::Number(1, 512), Is("2"), "Worker processes."),
    key("server.threads", Kind::Number(1, 512), Is("4"), "Threads in each worker."),
    key("server.harakiri", Kind::Seconds(1, 3600), Is("30s"), "A request may take this long; nginx, the Ingress and the stop of a container wait longer."),
    key("server.buffer_size", Kind::Size(8192, 65535), Is("40k"), "The request's headers may be this long; nginx's header buffers follow."),
    key("server.max_body", Kind::Size(1024, 1 << 40), Is("10m"), "The request's body may be this long, in nginx, the server, Django and the Ingress."),
    key("server.listen", Kind::Number(1, 65535), Is("100"), "Connections that may wait to be accepted; the kernel's somaxconn is the limit."),
    key("server.max_requests", Kind::Number(1, 100_000_000), Is("10000"), "A worker is replaced after about this many requests."),
    key("server.max_lifetime", Kind::Seconds(60, 2_592_000), Is("24h"), "A worker is replaced after about this long."),
    key("server.reload_on_rss", Kind::Bytes, Off, "A worker that has taken this much memory is replaced after its request, such as `200Mi`."),
    key("server.options", Kind::Options, Off, "Any further uWSGI option, as in uwsgi.ini."),

    key("nginx.server_names", Kind::Hosts, Required, "The names of the site. nginx, ALLOWED_HOSTS and the Ingress take no others; the first one is asked for by health checks."),
    key("nginx.pass", Kind::Choice(&["uwsgi", "http"]), Is("uwsgi"), "How nginx speaks to the server: `uwsgi_pass` or `proxy_pass`."),
    key("nginx.via", Kind::Choice(&["socket", "tcp"]), Is("socket"), "Through a unix socket they share, or over TCP."),
    key("nginx.tls", Kind::Choice(&["none", "files", "acme", "upstream"]), Is("none"), "Who ends TLS: nobody, nginx with a certificate from files or from an ACME service, or something in front of nginx. In Kubernetes it is always the Ingress or Gateway."),
    key("nginx.certificate", Kind::Inside, Is("secrets/tls.crt"), "With `tls: files`: the certificate and its chain."),
    key("nginx.certificate_key", Kind::Inside, Is("secrets/tls.key"), "With `tls: files`: its key."),
    key("nginx.acme_email", Kind::Email, Off, "With `tls: acme`: whom the service writes to. Needed there."),
    key("nginx.hsts", Kind::Choice(&["off", "on", "subdomains", "preload"]), Is("on"), "What browsers remember of TLS, where there is TLS."),
    key("nginx.read_timeout", Kind::Seconds(2, 7200), From("server.harakiri + 10s"), "nginx waits this long for an answer; must be longer than `server.harakiri`."),
    key("nginx.client_max_body_size", Kind::Size(1024, 1 << 40), From("server.max_body"), "Only for saying it twice: must equal `server.max_body`."),
    key("nginx.client_timeout", Kind::Seconds(1, 3600), Is("30s"), "A client may pause this long while it sends or takes something."),
    key("nginx.keepalive_timeout", Kind::Seconds(1, 3600), Is("65s"), "A client's connection may idle this long."),
    key("nginx.trusted_proxies", Kind::Networks, Off, "Networks whose X-Forwarded-* headers are believed: the Ingress or load balancer in front."),
    key("nginx.redirects", Kind::Redirects, Off, "`host: /` sends a whole host to the first server name, `/path: /other` or `/path: https://…` one path: permanently."),
    key("nginx.rate_limits", Kind::Rates, Off, "`/path/: 10r/m`: requests of one client below that path; more are answered 429."),
    key("nginx.connections_per_client", Kind::Number(1, 10_000), Off, "Connections one client may have at a time; more are answered 429."),
    key("nginx.body_limits", Kind::BodyLimits, Off, "`/path/: 100m`: another size of bodies below that path."),
    key("nginx.streaming", Kind::UrlPaths, Off, "Paths whose answers are passed on as they come, such as server-sent events."),
    key("nginx.snippets.http", Kind::Snippet, Off, "Lines of nginx's own language in front of the server block."),
    key("nginx.snippets.server", Kind::Snippet, Off, "Lines of nginx's own language in the server block."),
    key("nginx.snippets.location", Kind::Snippet, Off, "Lines of nginx's own language in the location of the application."),

    key("services.postgres.mode", MODE, Off, MODE_ABOUT),
    key("services.postgres.image", Kind::Image, Is("postgres:17"), "Its image."),
    key("services.postgres.host", Kind::Host, From("postgres, when managed"), "Where it is; needed when external."),
    key("services.postgres.port", Kind::Number(1, 65535), Is("5432"), "Its port."),
    key("services.postgres.database", Kind::Identifier, From("name, with `_`"), "The database."),
    key("services.postgres.user", Kind::Identifier, From("name, with `_`"), "The user. The password is the secret POSTGRES_PASSWORD."),
    key("services.postgres.max_connections", Kind::Number(10, 10_000), Is("100"), "Connections it takes; all replicas, processes, threads and workers must fit."),
    key("services.postgres.storage", Kind::Bytes, Is("5Gi"), "Size of its volume."),
    key("services.mysql.mode", MODE, Off, MODE_ABOUT),
    key("services.mysql.image", Kind::Image, Is("mysql:8.4"), "Its image."),
    key("services.mysql.host", Kind::Host, From("mysql, when managed"), "Where it is; needed when external."),
    key("services.mysql.port", Kind::Number(1, 65535), Is("3306"), "Its port."),
    key("services.mysql.database", Kind::Identifier, From("name, with `_`"), "The database."),
    key("services.mysql.user", Kind::Identifier, From("name, with `_`"), "The user. The password is the secret MYSQL_PASSWORD."),
    key("services.mysql.max_connections", Kind::Number(10, 10_000), Is("150"), "Connections it takes; all replicas, processes, threads and workers must fit."),
    key("services.mysql.storage", Kind::Bytes, Is("5Gi"), "Size of its volume."),
    key("services.redis.mode", MODE, Off, MODE_ABOUT),
    key("services.redis.image", Kind::Image, Is("redis:7.4"), "Its image."),
    key("services.redis.host", Kind::Host, From("redis, when managed"), "Where it is; needed when external."),
    key("services.redis.port", Kind::Number(1, 65535), Is("6379"), "Its port."),
    key("services.redis.memory", Kind::Bytes, Is("128Mi"), "Memory its container may use; its data take three quarters at most."),
    key("services.memcached.mode", MODE, Off, MODE_ABOUT),
    key("services.memcached.image", Kind::Image, Is("memcached:1.6"), "Its image."),
    key("services.memcached.host", Kind::Host, From("memcached, when managed"), "Where it is; needed when external."),
    key("services.memcached.port", Kind::Number(1, 65535), Is("11211"), "Its port."),
    key("services.memcached.memory", Kind::Bytes, Is("128Mi"), "Memory its container may use; its data take three quarters at most."),

    key("workers.*.command", Kind::Command, Off, "A process beside the web server, such as `python manage.py process_tasks`; no shell reads it. This or `celery`."),
    key("workers.*.celery", Kind::Choice(&["worker", "beat"]), Off, "A Celery worker, or the one process that starts periodic tasks."),
    key("workers.*.app", Kind::Module, From("the package of app.settings"), "Celery's application."),
    key("workers.*.queues", Kind::Labels, Off, "The queues a Celery worker takes from."),
    key("workers.*.concurrency", Kind::Number(1, 512), Is("2"), "Processes of a Celery worker."),
    key("workers.*.replicas", Kind::Number(1, 1000), Is("1"), "How many of it; `celery: beat` is always one."),
    key("workers.*.cpu", Kind::Cpu, Is("100m"), "Processor time it asks for."),
    key("workers.*.memory", Kind::Bytes, Is("256Mi"), "Memory it may use."),
    key("workers.*.stop_grace", Kind::Seconds(1, 86400), Is("60s"), "What it is doing may take this long when it is stopped."),

    key("cron.*.schedule", Kind::Schedule, Required, "When, as in a crontab: `15 3 * * *`."),
    key("cron.*.command", Kind::Command, Required, "What, such as `python manage.py clearsessions`; no shell reads it."),
    key("cron.*.timezone", Kind::TimeZone, Is("Etc/UTC"), "Whose time `schedule` is."),
    key("cron.*.timeout", Kind::Seconds(1, 86400), Is("30m"), "It is killed after this long."),

    key("probes.start", Kind::Seconds(10, 3600), Is("120s"), "The application may take this long to start."),
    key("probes.period", Kind::Seconds(1, 300), Is("10s"), "Health is asked for this often."),
    key("probes.timeout", Kind::Seconds(1, 60), Is("5s"), "An answer may take this long."),
    key("probes.failures", Kind::Number(1, 20), Is("3"), "After this many wrong answers it is not healthy."),

    key("images.base", Kind::Image, From("ruwsgi:VERSION-pythonX.Y"), "The image with ruwsgi that the application is put on."),
    key("images.python", Kind::Image, From("python:X.Y-slim-bookworm"), "The image dependencies are installed in. Its interpreter must be where the base image has its own."),
    key("images.nginx_base", Kind::Image, From("nginx:, and targets.nginx"), "The image nginx comes from."),
    key("images.web", Kind::Image, From("NAME-web"), "The name of the application's image, without a tag."),
    key("images.nginx", Kind::Image, From("NAME-nginx"), "The name of nginx's image, without a tag."),
    key("images.tag", Kind::Tag, Is("1"), "The tag of both."),
    key("images.web_digest", Kind::Digest, Off, "Kubernetes takes exactly this application's image, `sha256:…`."),
    key("images.nginx_digest", Kind::Digest, Off, "Kubernetes takes exactly this nginx's image, `sha256:…`."),

    key("compose.publish", Kind::Publish, Is("127.0.0.1:8080"), "Where `docker compose up` makes the site reachable."),
    key("compose.publish_https", Kind::Publish, Is("127.0.0.1:8443"), "The same for https, with `tls: files` and `tls: acme`."),
    key("compose.replicas", Kind::Number(1, 16), Is("1"), "Containers of the application: `web`, `web-2` and so on. With two, `ruwsgi deploy up` replaces one after the other."),
    key("compose.stop_grace", Kind::Seconds(2, 7200), From("server.harakiri + 20s"), "A container is given this long to stop; must be longer than `server.harakiri`."),

    key("k8s.namespace", Kind::Name, From("name, and -ENVIRONMENT"), "The Kubernetes namespace."),
    key("k8s.replicas", Kind::Number(1, 1000), From("2, or 1 with a volume"), "Pods; the least of them with `max_replicas`."),
    key("k8s.max_replicas", Kind::Number(2, 1000), Off, "An autoscaler may start this many."),
    key("k8s.target_cpu", Kind::Number(10, 100), Is("70"), "The autoscaler keeps the processors this busy, in percent of `cpu`."),
    key("k8s.cpu", Kind::Cpu, Is("250m"), "Processor time a web container asks for."),
    key("k8s.memory", Kind::Bytes, Is("512Mi"), "Memory a web container may use, in compose too."),
    key("k8s.storage", Kind::Bytes, Is("1Gi"), "Size of the volume for `app.data_dir` and `app.media_root`."),
    key("k8s.static_class", Kind::Name, Off, "A StorageClass of volumes that many nodes can write: keeps the static files of earlier releases through a rollout, as compose does."),
    key("k8s.pre_stop", Kind::Seconds(1, 300), Is("5s"), "A pod that ends goes on serving this long, until no Service sends it requests."),
    key("k8s.grace", Kind::Seconds(5, 7200), From("2 × k8s.pre_stop + server.harakiri + 15s"), "A pod is given this long to stop."),
    key("k8s.ingress", Kind::Choice(&["ingress", "gateway", "none"]), Is("ingress"), "The way in: an Ingress, an HTTPRoute of the Gateway API, or one of your own."),
    key("k8s.ingress_class", Kind::Name, Is("nginx"), "The IngressClass."),
    key("k8s.ingress_namespace", Kind::Name, Is("ingress-nginx"), "Where the pods of the Ingress or Gateway are; no other namespace reaches the site."),
    key("k8s.ingress_timeout", Kind::Seconds(2, 7200), From("nginx.read_timeout + 5s"), "The Ingress waits this long; must be longer than `nginx.read_timeout`."),
    key("k8s.balancer_timeout", Kind::Seconds(2, 7200), Off, "What the load balancer in front is set to; only checked: must be longer than `ingress_timeout`."),
    key("k8s.gateway", Kind::Name, From("name"), "With `ingress: gateway`: the Gateway's name."),
    key("k8s.gateway_namespace", Kind::Name, From("k8s.ingress_namespace"), "With `ingress: gateway`: where the Gateway is."),
    key("k8s.tls_secret", Kind::Name, From("NAME-tls"), "The Secret with the certificate, where there is TLS."),
    key("k8s.issuer", Kind::Name, Off, "The ClusterIssuer of cert-manager that fills it."),
    key("k8s.secret_store", Kind::Name, Off, "The ClusterSecretStore that External Secrets fills the application's Secret from."),
    key("k8s.metrics_path", Kind::UrlPath, Off, "Where the application tells its numbers to Prometheus: makes a ServiceMonitor, and is not served to the world."),
    key("k8s.monitoring_namespace", Kind::Name, Is("monitoring"), "Where Prometheus is."),

    key("targets.nginx", Kind::Version, Is("1.28"), "The version of nginx whose syntax is written."),
    key("targets.openssl", Kind::Version, Is("3.0"), "The version of OpenSSL that nginx has."),
    key("targets.kubernetes", Kind::Version, Is("1.33"), "The oldest Kubernetes it is applied to."),
    key("targets.docker", Kind::Version, Is("20.10"), "The oldest Docker engine that builds and runs it."),

    key("ci", Kind::Words(&["github", "gitlab"]), Off, "Write .github/workflows/deploy.yml or .gitlab-ci.yml, which check, build and ship."),
    key("env", Kind::Environment, Off, "Environment of the application. Nothing secret."),
    key("secrets", Kind::Variables, Off, "Secrets by name only: NAME is read from `secrets/name` (compose) or the Secret (Kubernetes), and the application gets its path as NAME_FILE."),
    key("environments", Kind::Overlays, Off, "`staging:`, `production:`, …: the keys of this file that are different there. Rendered into `environments/` and `k8s/overlays/`."),
    key("patches", Kind::Patches, Off, "`FILE: {key: value}`: keys of rendered YAML files that are different, laid over them; `null` takes a key away, items of lists are found by their `name`."),
    key("keep", Kind::Files, Off, "Generated files that you write yourself: never rendered."),
];

/// Keys that are built into the image, which all environments share.
pub static BUILT: &[&str] = &[
    "name",
    "python",
    "uid",
    "app.requirements",
    "app.files",
    "app.collectstatic",
    "app.static_url",
    "app.static_root",
    "app.media_root",
    "app.data_dir",
    "images.base",
    "images.python",
    "images.nginx_base",
    "targets.docker",
    "ci",
    "keep",
    "patches",
    "environments",
];

/// Sections that may be written as one word: `postgres: managed`.
pub static SHORT: &[(&str, &str)] = &[
    ("services.postgres", "mode"),
    ("services.mysql", "mode"),
    ("services.redis", "mode"),
    ("services.memcached", "mode"),
    ("workers.*", "command"),
];

/// The row of this path; a name of the user's own matches `*`.
#[must_use]
pub fn find(path: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| matches(key.path, path))
}

/// `workers.*.command` matches `workers.mail.command`.
#[must_use]
pub fn matches(pattern: &str, path: &str) -> bool {
    let mut parts = path.split('.');
    pattern.split('.').all(|part| parts.next().is_some_and(|other| part == "*" || part == other))
        && parts.next().is_none()
}

/// What is below this section, such as `workers.*.`: the next part of each path, once.
#[must_use]
pub fn below(prefix: &str) -> Vec<&'static str> {
    let mut names = Vec::new();
    for key in KEYS {
        if let Some(rest) = key.path.strip_prefix(prefix) {
            let name = rest.split('.').next().unwrap_or(rest);
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names
}
