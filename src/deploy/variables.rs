//! The environment variables the application is told, from every key that it must agree with.
//!
//! docs/deploy.md lists them. How they are written into files is `context` and the templates.

use std::collections::BTreeMap;

use super::context::{IN_IMAGE, bracket, join};
use super::plan::Place;
use super::spec::{Engine, Hsts, Service, Spec};

/// Two years: what Mozilla's guidelines and the preload list ask for.
pub(super) const HSTS_SECONDS: u64 = 63_072_000;

/// Environment variables the application is told by other keys of ruwsgi.yaml.
pub(super) static SET_BY_US: &[&str] = &[
    "DJANGO_SETTINGS_MODULE",
    "DJANGO_ALLOWED_HOSTS",
    "DJANGO_CSRF_TRUSTED_ORIGINS",
    "DJANGO_HTTPS",
    "DJANGO_TRUST_PROXY",
    "DJANGO_STATIC_URL",
    "DJANGO_STATIC_ROOT",
    "DJANGO_MEDIA_URL",
    "DJANGO_MEDIA_ROOT",
    "DJANGO_DATA_DIR",
    "DJANGO_MAX_BODY",
    "DJANGO_HSTS_SECONDS",
    "DJANGO_HSTS_INCLUDE_SUBDOMAINS",
    "DJANGO_HSTS_PRELOAD",
];

/// The environment the application runs in.
#[must_use]
pub fn environment(spec: &Spec, place: &Place) -> Vec<(String, String)> {
    let local = matches!(place, Place::Here(_));
    let root = match place {
        Place::Here(here) => here.project.as_str(),
        _ => IN_IMAGE,
    };
    let mut hosts: Vec<String> = spec
        .nginx
        .server_names
        .iter()
        .map(|name| name.replacen("*.", ".", 1))
        .map(bracket)
        .collect();
    if local {
        hosts.extend(["localhost".to_owned(), "127.0.0.1".to_owned()]);
        hosts.dedup();
    }
    let origins: Vec<String> = if spec.https() {
        spec.public_names().iter().map(|name| format!("https://{name}")).collect()
    } else {
        Vec::new()
    };
    let https = spec.https() && !local;
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    let mut set = |name: &str, value: String| all.insert(name.to_owned(), value);
    set("DJANGO_SETTINGS_MODULE", spec.app.settings.clone());
    set("DJANGO_ALLOWED_HOSTS", hosts.join(","));
    set("DJANGO_CSRF_TRUSTED_ORIGINS", origins.join(","));
    set("DJANGO_HTTPS", u8::from(https).to_string());
    set("DJANGO_TRUST_PROXY", "1".to_owned());
    set("DJANGO_STATIC_URL", spec.app.static_url.clone());
    set("DJANGO_STATIC_ROOT", join(root, &spec.app.static_root));
    set("DJANGO_MAX_BODY", spec.server.max_body.to_string());
    if let Some((url, folder)) = &spec.app.media {
        set("DJANGO_MEDIA_URL", url.clone());
        set("DJANGO_MEDIA_ROOT", join(root, folder));
    }
    if let Some(folder) = &spec.app.data_dir {
        set("DJANGO_DATA_DIR", join(root, folder));
    }
    if https {
        let remembered = spec.nginx.hsts;
        let seconds = if remembered == Hsts::Off { 0 } else { HSTS_SECONDS };
        set("DJANGO_HSTS_SECONDS", seconds.to_string());
        let below = matches!(remembered, Hsts::Subdomains | Hsts::Preload);
        set("DJANGO_HSTS_INCLUDE_SUBDOMAINS", u8::from(below).to_string());
        set("DJANGO_HSTS_PRELOAD", u8::from(remembered == Hsts::Preload).to_string());
    }
    for service in &spec.services {
        let host = match place {
            Place::Pod if service.managed => format!("{}-{}", spec.name, service.host),
            _ => service.host.clone(),
        };
        for (name, value) in service_variables(service, host) {
            set(name, value);
        }
    }
    // Celery's is known only where there is one.
    let celery = spec.workers.iter().any(|worker| worker.celery.is_some() || worker.single);
    if !celery || spec.secrets.iter().any(|name| name == "CELERY_BROKER_URL") {
        all.remove("CELERY_BROKER_URL");
    }
    let mut set = |name: &str, value: String| all.insert(name.to_owned(), value);
    for secret in &spec.secrets {
        let file = match place {
            Place::Here(here) => format!("{}/secrets/{}", here.project, secret.to_lowercase()),
            _ => format!("/run/secrets/{}", secret.to_lowercase()),
        };
        set(&format!("{secret}_FILE"), file);
    }
    for (name, value) in &spec.env {
        set(name, value.clone());
    }
    all.into_iter().collect()
}

/// Where the application finds a service, in the words of the service's own images.
fn service_variables(service: &Service, host: String) -> Vec<(&'static str, String)> {
    let port = service.port.to_string();
    let address = format!("{}:{port}", bracket(host.clone()));
    match service.engine {
        Engine::Postgres => vec![
            ("POSTGRES_HOST", host),
            ("POSTGRES_PORT", port),
            ("POSTGRES_DB", service.database.clone()),
            ("POSTGRES_USER", service.user.clone()),
        ],
        Engine::Mysql => vec![
            ("MYSQL_HOST", host),
            ("MYSQL_PORT", port),
            ("MYSQL_DATABASE", service.database.clone()),
            ("MYSQL_USER", service.user.clone()),
        ],
        Engine::Redis => vec![
            ("REDIS_URL", format!("redis://{address}/0")),
            ("CELERY_BROKER_URL", format!("redis://{address}/1")),
        ],
        Engine::Memcached => vec![("MEMCACHED_LOCATION", address)],
    }
}
