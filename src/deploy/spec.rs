//! What a ruwsgi.yaml says, typed: every value present, defaults filled in.
//!
//! Which keys exist is `table`, how they are read `load`, how they go together `check`.

use std::fmt;

use super::kinds::{is_public, quantity};
pub use super::load::{Known, Knows, Reader, load};
use super::patches::Patches;
use super::problem::Problem;

/// How nginx speaks to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// `uwsgi_pass`.
    Uwsgi,
    /// `proxy_pass`.
    Http,
}

impl fmt::Display for Pass {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Uwsgi => "uwsgi",
            Self::Http => "http",
        })
    }
}

/// What nginx and the server meet at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// A unix socket in a shared folder.
    Socket,
    /// A TCP port.
    Tcp,
}

/// Who ends TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// Nobody.
    None,
    /// nginx, with a certificate from files.
    Files,
    /// nginx, with a certificate of an ACME service.
    Acme,
    /// Something in front of nginx.
    Upstream,
}

/// What browsers remember of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hsts {
    /// Nothing.
    Off,
    /// This name is for https only.
    On,
    /// All names below it, too.
    Subdomains,
    /// And browsers may ship with that.
    Preload,
}

/// The application.
#[derive(Clone, Debug)]
pub struct App {
    /// `mysite.wsgi:application`.
    pub module: String,
    /// `mysite.settings`.
    pub settings: String,
    /// `requirements.txt`.
    pub requirements: String,
    /// What goes into the image; empty when all does.
    pub files: Vec<String>,
    /// Run `collectstatic`.
    pub collectstatic: bool,
    /// Run `migrate`.
    pub migrate: bool,
    /// `STATIC_URL`.
    pub static_url: String,
    /// `STATIC_ROOT`, in the project or absolute.
    pub static_root: String,
    /// `MEDIA_URL` and `MEDIA_ROOT`.
    pub media: Option<(String, String)>,
    /// What of it nginx serves only on the application's word.
    pub media_private: Option<String>,
    /// A folder that must survive.
    pub data_dir: Option<String>,
    /// The path health checks ask for.
    pub health: String,
}

/// The server.
#[derive(Clone, Debug)]
pub struct Server {
    /// Worker processes.
    pub processes: u64,
    /// Threads in each.
    pub threads: u64,
    /// Seconds.
    pub harakiri: u64,
    /// Bytes.
    pub buffer_size: u64,
    /// Bytes.
    pub max_body: u64,
    /// Waiting connections.
    pub listen: u64,
    /// Requests.
    pub max_requests: u64,
    /// Seconds.
    pub max_lifetime: u64,
    /// Bytes.
    pub reload_on_rss: Option<u64>,
    /// Further options, in the order of the file.
    pub options: Vec<(String, Vec<String>)>,
}

/// nginx.
#[derive(Clone, Debug)]
pub struct Nginx {
    /// At least one.
    pub server_names: Vec<String>,
    /// Protocol.
    pub pass: Pass,
    /// Transport.
    pub via: Via,
    /// Who ends TLS.
    pub tls: Tls,
    /// Files of the project: the certificate and its key.
    pub certificate: (String, String),
    /// Whom the ACME service writes to.
    pub acme_email: Option<String>,
    /// What browsers remember.
    pub hsts: Hsts,
    /// Seconds.
    pub read_timeout: u64,
    /// Seconds.
    pub client_timeout: u64,
    /// Seconds.
    pub keepalive_timeout: u64,
    /// Networks.
    pub trusted_proxies: Vec<String>,
    /// Hosts or paths, and where they lead.
    pub redirects: Vec<(String, String)>,
    /// Paths and rates.
    pub rate_limits: Vec<(String, String)>,
    /// At a time.
    pub connections_per_client: Option<u64>,
    /// Paths and bytes.
    pub body_limits: Vec<(String, u64)>,
    /// Paths whose answers are not held.
    pub streaming: Vec<String>,
    /// In front of the server, in it, and in the application's location.
    pub snippets: Snippets,
}

/// Lines of nginx's own language.
#[derive(Clone, Debug)]
pub struct Snippets {
    /// In front of the server block.
    pub http: Option<String>,
    /// In the server block.
    pub server: Option<String>,
    /// In the location of the application.
    pub location: Option<String>,
}

/// Which service it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// PostgreSQL.
    Postgres,
    /// MySQL.
    Mysql,
    /// Redis.
    Redis,
    /// Memcached.
    Memcached,
}

impl Engine {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Postgres, Self::Mysql, Self::Redis, Self::Memcached];

    /// Its name in ruwsgi.yaml, and of its container.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Mysql => "mysql",
            Self::Redis => "redis",
            Self::Memcached => "memcached",
        }
    }

    /// It keeps the site's data.
    #[must_use]
    pub fn is_database(self) -> bool {
        matches!(self, Self::Postgres | Self::Mysql)
    }
}

/// A service the application needs.
#[derive(Clone, Debug)]
pub struct Service {
    /// Which.
    pub engine: Engine,
    /// It is rendered here.
    pub managed: bool,
    /// Its image.
    pub image: String,
    /// Where it is.
    pub host: String,
    /// Its port.
    pub port: u64,
    /// The database, of one that is a database.
    pub database: String,
    /// The user, of one that is a database.
    pub user: String,
    /// Connections a database takes.
    pub max_connections: u64,
    /// `5Gi`, of a database.
    pub storage: String,
    /// `128Mi`, of a cache.
    pub memory: String,
}

/// A process beside the web server.
#[derive(Clone, Debug)]
pub struct Worker {
    /// The user's name for it.
    pub name: String,
    /// The words of its command.
    pub command: Vec<String>,
    /// It is a Celery worker, with this application.
    pub celery: Option<String>,
    /// Never two of it.
    pub single: bool,
    /// How many processes it has that may hold a connection to the database.
    pub processes: u64,
    /// How many of it.
    pub replicas: u64,
    /// `100m`.
    pub cpu: String,
    /// `256Mi`.
    pub memory: String,
    /// Seconds.
    pub stop_grace: u64,
}

/// A command at certain times.
#[derive(Clone, Debug)]
pub struct Cron {
    /// The user's name for it.
    pub name: String,
    /// `15 3 * * *`.
    pub schedule: String,
    /// The words of its command.
    pub command: Vec<String>,
    /// `Etc/UTC`.
    pub timezone: String,
    /// Seconds.
    pub timeout: u64,
}

/// How health is asked for.
#[derive(Clone, Debug)]
pub struct Probes {
    /// Seconds.
    pub start: u64,
    /// Seconds.
    pub period: u64,
    /// Seconds.
    pub timeout: u64,
    /// Wrong answers.
    pub failures: u64,
}

/// Image names.
#[derive(Clone, Debug)]
pub struct Images {
    /// With ruwsgi.
    pub base: String,
    /// Where dependencies are installed.
    pub python: String,
    /// With nginx.
    pub nginx_base: String,
    /// Ours, with tag.
    pub web: String,
    /// Ours, with tag.
    pub nginx: String,
    /// The tag of both.
    pub tag: String,
    /// `sha256:…` of ours.
    pub web_digest: Option<String>,
    /// `sha256:…` of ours.
    pub nginx_digest: Option<String>,
}

/// Compose.
#[derive(Clone, Debug)]
pub struct Compose {
    /// `127.0.0.1:8080`.
    pub publish: String,
    /// `127.0.0.1:8443`.
    pub publish_https: String,
    /// Containers of the application.
    pub replicas: u64,
    /// Seconds.
    pub stop_grace: u64,
}

impl Compose {
    /// The services of the application, in the order they are replaced in.
    #[must_use]
    pub fn web(&self) -> Vec<String> {
        let others = (2..=self.replicas).map(|number| format!("web-{number}"));
        std::iter::once("web".to_owned()).chain(others).collect()
    }
}

/// The way into a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// An Ingress.
    Ingress,
    /// An HTTPRoute.
    Gateway,
    /// One of the user's own.
    None,
}

/// Kubernetes.
#[derive(Clone, Debug)]
pub struct Kubernetes {
    /// Namespace.
    pub namespace: String,
    /// Pods.
    pub replicas: u64,
    /// Pods an autoscaler may start.
    pub max_replicas: Option<u64>,
    /// Percent.
    pub target_cpu: u64,
    /// `250m`.
    pub cpu: String,
    /// `512Mi`.
    pub memory: String,
    /// `1Gi`.
    pub storage: String,
    /// `StorageClass` of a volume for static files.
    pub static_class: Option<String>,
    /// Seconds.
    pub pre_stop: u64,
    /// Seconds.
    pub grace: u64,
    /// The way in.
    pub ingress: Entry,
    /// `IngressClass`.
    pub ingress_class: String,
    /// Where its pods are.
    pub ingress_namespace: String,
    /// Seconds.
    pub ingress_timeout: u64,
    /// The Gateway and its namespace.
    pub gateway: (String, String),
    /// Secret with the certificate.
    pub tls_secret: String,
    /// Who fills it.
    pub issuer: Option<String>,
    /// Who fills the application's Secret.
    pub secret_store: Option<String>,
    /// Where the application tells its numbers.
    pub metrics_path: Option<String>,
    /// Where Prometheus is.
    pub monitoring_namespace: String,
}

/// Versions of what the files are for: major and minor.
#[derive(Clone, Copy, Debug)]
pub struct Targets {
    /// nginx.
    pub nginx: (u64, u64),
    /// OpenSSL.
    pub openssl: (u64, u64),
    /// Kubernetes.
    pub kubernetes: (u64, u64),
    /// The Docker engine.
    pub docker: (u64, u64),
}

/// All of it.
#[derive(Clone, Debug)]
pub struct Spec {
    /// The project.
    pub name: String,
    /// Which environment this is; none for the file as it stands.
    pub environment: Option<String>,
    /// `3.13`.
    pub python: String,
    /// User and group.
    pub uid: u64,
    /// The application.
    pub app: App,
    /// The server.
    pub server: Server,
    /// nginx.
    pub nginx: Nginx,
    /// What the application needs.
    pub services: Vec<Service>,
    /// Processes beside the web server.
    pub workers: Vec<Worker>,
    /// Commands at certain times.
    pub cron: Vec<Cron>,
    /// How health is asked for.
    pub probes: Probes,
    /// Images.
    pub images: Images,
    /// Compose.
    pub compose: Compose,
    /// Kubernetes.
    pub k8s: Kubernetes,
    /// Versions.
    pub targets: Targets,
    /// `github`, `gitlab`.
    pub ci: Vec<String>,
    /// Environment, in the order of the file.
    pub env: Vec<(String, String)>,
    /// Names of secrets, those of services included.
    pub secrets: Vec<String>,
    /// Files not rendered.
    pub keep: Vec<String>,
    /// What is different in rendered files.
    pub patches: Patches,
    /// The same for each environment; these have none themselves.
    pub environments: Vec<Spec>,
    /// What is allowed, and perhaps not meant.
    pub warnings: Vec<Problem>,
}

impl Spec {
    /// Something must survive a restart of the application.
    #[must_use]
    pub fn has_volume(&self) -> bool {
        self.app.data_dir.is_some() || self.app.media.is_some()
    }

    /// Clients come by https, whoever ends it.
    #[must_use]
    pub fn https(&self) -> bool {
        self.nginx.tls != Tls::None
    }

    /// nginx ends TLS itself, where it is alone.
    #[must_use]
    pub fn own_tls(&self) -> bool {
        matches!(self.nginx.tls, Tls::Files | Tls::Acme)
    }

    /// Names an Ingress and a certificate can have.
    #[must_use]
    pub fn public_names(&self) -> Vec<String> {
        self.nginx.server_names.iter().filter(|name| is_public(name)).cloned().collect()
    }

    /// Memory of a web container in bytes.
    #[must_use]
    pub fn memory(&self) -> u64 {
        quantity(&self.k8s.memory).unwrap_or(512 << 20)
    }

    /// The largest body any path takes, in bytes.
    #[must_use]
    pub fn largest_body(&self) -> u64 {
        self.nginx.body_limits.iter().map(|(_, size)| *size).fold(self.server.max_body, u64::max)
    }

    /// The service of this kind.
    #[must_use]
    pub fn service(&self, engine: Engine) -> Option<&Service> {
        self.services.iter().find(|service| service.engine == engine)
    }

    /// Secrets that are only ours to agree on, so we make them up.
    #[must_use]
    pub fn own_secrets(&self) -> Vec<&str> {
        let managed = |engine| self.service(engine).is_some_and(|service| service.managed);
        self.secrets
            .iter()
            .map(String::as_str)
            .filter(|name| match *name {
                "DJANGO_SECRET_KEY" => true,
                "POSTGRES_PASSWORD" => managed(Engine::Postgres),
                "MYSQL_PASSWORD" => managed(Engine::Mysql),
                _ => false,
            })
            .collect()
    }
}
