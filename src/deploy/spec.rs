//! What a ruwsgi.yaml says, typed: every value present, defaults filled in.
//!
//! Which keys exist is `keys`, what they may hold `kinds`, how they go together `check`.

use std::fmt;

use super::keys::{self, Fallback, Given, Read};
use super::kinds::{is_public, quantity};
use super::problem::{Position, Problems};
use super::{check, yaml};

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

/// The application.
#[derive(Clone, Debug)]
pub struct App {
    /// `mysite.wsgi:application`.
    pub module: String,
    /// `mysite.settings`.
    pub settings: String,
    /// `requirements.txt`.
    pub requirements: String,
    /// `STATIC_URL`.
    pub static_url: String,
    /// `STATIC_ROOT`, in the project or absolute.
    pub static_root: String,
    /// `MEDIA_URL` and `MEDIA_ROOT`.
    pub media: Option<(String, String)>,
    /// A folder that must survive.
    pub data_dir: Option<String>,
    /// The path health checks ask for.
    pub health: String,
    /// Clients come by https.
    pub https: bool,
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
    /// Seconds.
    pub read_timeout: u64,
    /// Networks.
    pub trusted_proxies: Vec<String>,
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
}

/// Kubernetes.
#[derive(Clone, Debug)]
pub struct Kubernetes {
    /// Namespace.
    pub namespace: String,
    /// Pods.
    pub replicas: u64,
    /// `250m`.
    pub cpu: String,
    /// `512Mi`.
    pub memory: String,
    /// `1Gi`.
    pub storage: String,
    /// `IngressClass`.
    pub ingress_class: String,
    /// Secret with the certificate.
    pub tls_secret: String,
}

/// All of it.
#[derive(Clone, Debug)]
pub struct Spec {
    /// The project.
    pub name: String,
    /// `3.13`.
    pub python: String,
    /// The application.
    pub app: App,
    /// The server.
    pub server: Server,
    /// nginx.
    pub nginx: Nginx,
    /// Images.
    pub images: Images,
    /// User and group.
    pub uid: u64,
    /// `127.0.0.1:8080`.
    pub publish: String,
    /// Kubernetes.
    pub k8s: Kubernetes,
    /// Environment, in the order of the file.
    pub env: Vec<(String, String)>,
    /// Names of secrets.
    pub secrets: Vec<String>,
    /// Files not rendered.
    pub keep: Vec<String>,
}

/// The name of an option is known to the server.
pub type Knows = fn(&str) -> bool;

/// Reads and checks a ruwsgi.yaml; all that is wrong is told at once.
pub fn load(file: &str, source: &str, knows: Knows) -> Result<Spec, Problems> {
    let root = yaml::read(source).map_err(|problem| Problems::new(file, source, vec![problem]))?;
    let mut read = keys::read(&root);
    let mut problems = std::mem::take(&mut read.problems);
    // Rules between keys are checked as far as the keys are there.
    problems.extend(check::check(&read, knows));
    if problems.is_empty() {
        Ok(spec(&Reader { read: &read }))
    } else {
        Err(Problems::new(file, source, problems))
    }
}

/// Access by path; defaults come from the table.
pub struct Reader<'a> {
    /// What was read.
    pub read: &'a Read,
}

impl Reader<'_> {
    /// The scalar, when it is written or has a default.
    #[must_use]
    pub fn maybe(&self, path: &str) -> Option<String> {
        match self.read.values.get(path) {
            Some((Given::One(text), _)) => Some(text.clone()),
            _ => keys::find(path).and_then(|key| match key.default {
                Fallback::Is(value) => normal(key, value),
                _ => None,
            }),
        }
    }

    /// The scalar; empty only when a required key is missing, which is told elsewhere.
    #[must_use]
    pub fn text(&self, path: &str) -> String {
        self.maybe(path).unwrap_or_default()
    }

    /// A number.
    #[must_use]
    pub fn number(&self, path: &str) -> u64 {
        self.text(path).parse().unwrap_or(0)
    }

    /// A list.
    #[must_use]
    pub fn many(&self, path: &str) -> Vec<(String, Position)> {
        match self.read.values.get(path) {
            Some((Given::Many(many), _)) => many.clone(),
            _ => Vec::new(),
        }
    }

    /// The user's own names.
    #[must_use]
    pub fn pairs(&self, path: &str) -> Vec<(String, Vec<String>, Position)> {
        match self.read.values.get(path) {
            Some((Given::Pairs(pairs), _)) => pairs.clone(),
            _ => Vec::new(),
        }
    }

    /// Where a key was written.
    #[must_use]
    pub fn at(&self, path: &str) -> Option<Position> {
        self.read.values.get(path).map(|(_, at)| *at)
    }
}

fn normal(key: &keys::Key, value: &str) -> Option<String> {
    let form =
        if value == "true" || value == "false" { yaml::Form::Truth } else { yaml::Form::Text };
    let value = yaml::Value::Scalar { text: value.to_owned(), form };
    key.kind.scalar(&yaml::Node { at: Position::default(), value }).ok()
}

fn spec(of: &Reader<'_>) -> Spec {
    let names = |path: &str| of.many(path).into_iter().map(|(text, _)| text).collect::<Vec<_>>();
    let name = of.text("name");
    let python = of.text("python");
    let tag = of.text("images.tag");
    let or = |path: &str, default: String| of.maybe(path).unwrap_or(default);
    let harakiri = of.number("server.harakiri");
    let data_dir = of.maybe("app.data_dir");
    let media = of.maybe("app.media_url").zip(of.maybe("app.media_root"));
    let volume = data_dir.is_some() || media.is_some();
    Spec {
        app: App {
            module: of.text("app.module"),
            settings: of.text("app.settings"),
            requirements: of.text("app.requirements"),
            static_url: of.text("app.static_url"),
            static_root: of.text("app.static_root"),
            media,
            data_dir,
            health: of.text("app.health"),
            https: of.text("app.https") == "true",
        },
        server: Server {
            processes: of.number("server.processes"),
            threads: of.number("server.threads"),
            harakiri,
            buffer_size: of.number("server.buffer_size"),
            max_body: of.number("server.max_body"),
            options: of
                .pairs("server.options")
                .into_iter()
                .map(|(name, values, _)| (name, values))
                .collect(),
        },
        nginx: Nginx {
            server_names: names("nginx.server_names"),
            pass: if of.text("nginx.pass") == "http" { Pass::Http } else { Pass::Uwsgi },
            via: if of.text("nginx.via") == "tcp" { Via::Tcp } else { Via::Socket },
            read_timeout: or("nginx.read_timeout", (harakiri + 10).to_string())
                .parse()
                .unwrap_or(0),
            trusted_proxies: names("nginx.trusted_proxies"),
        },
        images: Images {
            base: or("images.base", format!("ruwsgi:{}-python{python}", env!("CARGO_PKG_VERSION"))),
            python: or("images.python", format!("python:{python}-slim-bookworm")),
            nginx_base: of.text("images.nginx_base"),
            web: format!("{}:{tag}", or("images.web", format!("{name}-web"))),
            nginx: format!("{}:{tag}", or("images.nginx", format!("{name}-nginx"))),
            tag,
        },
        uid: of.number("uid"),
        publish: of.text("compose.publish"),
        k8s: Kubernetes {
            namespace: or("k8s.namespace", name.clone()),
            replicas: or("k8s.replicas", if volume { "1" } else { "2" }.to_owned())
                .parse()
                .unwrap_or(1),
            cpu: of.text("k8s.cpu"),
            memory: of.text("k8s.memory"),
            storage: of.text("k8s.storage"),
            ingress_class: of.text("k8s.ingress_class"),
            tls_secret: or("k8s.tls_secret", format!("{name}-tls")),
        },
        env: of
            .pairs("env")
            .into_iter()
            .map(|(name, values, _)| (name, values.into_iter().next().unwrap_or_default()))
            .collect(),
        secrets: names("secrets"),
        keep: names("keep"),
        name,
        python,
    }
}

impl Spec {
    /// Something must survive a restart.
    #[must_use]
    pub fn has_volume(&self) -> bool {
        self.app.data_dir.is_some() || self.app.media.is_some()
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

    /// A container is given this long to stop: longer than any request in it.
    #[must_use]
    pub fn grace(&self) -> u64 {
        self.server.harakiri + 20
    }
}
