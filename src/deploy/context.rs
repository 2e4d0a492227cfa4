//! Says what templates may name: the values of a spec, for the place they are rendered for.
//!
//! Pure. Which files there are is `plan`; how values are written is `escape`. nginx, the parts beside the
//! application and the cluster have files of their own below.

mod cluster;
mod parts;
mod proxy;

use std::path::Path;

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::kinds::size;
use super::plan::Place;
use super::spec::Spec;
pub use super::variables::environment;
pub(super) use proxy::take;

/// Where the project is in the image.
pub(super) const IN_IMAGE: &str = "/app";
/// Where the server listens in its container, for its pod's nginx and for health checks.
const SOCKET: &str = "/run/ruwsgi/app.sock";
/// Where nginx finds whichever container of the application is free, in compose.
const HELD: &str = "/run/socket/app.sock";
/// Where those get that socket.
const CONTROL: &str = "/run/socket/control";

/// An absolute path, when the second is none already.
#[must_use]
pub fn join(root: &str, path: &str) -> String {
    Path::new(root).join(path).to_string_lossy().into_owned()
}

/// How the names of nginx's variables and zones begin. Its table has no place for names of more than 46 letters.
pub(super) fn variable(name: &str) -> String {
    let plain = name.replace('-', "_");
    match plain.get(..29) {
        Some(start) if plain.len() > 38 => format!("{start}_{}", hash(&[name])),
        _ => plain,
    }
}

/// An address of IPv6 as it stands in URLs and in nginx.
pub(super) fn bracket(host: String) -> String {
    if host.contains(':') { format!("[{host}]") } else { host }
}

/// All values.
#[must_use]
pub fn context(spec: &Spec, place: &Place) -> Value {
    let mut all = Map::new();
    for part in [
        application(spec),
        server(spec),
        proxy::nginx(spec, place),
        proxy::tls(spec, place),
        images(spec, place),
        parts::parts(spec, place),
        cluster::kubernetes(spec, place),
        told(spec, place),
        shipping(spec),
        where_things_are(spec, place),
    ] {
        if let Value::Object(part) = part {
            all.extend(part);
        }
    }
    Value::Object(all)
}

/// What is run.
fn application(spec: &Spec) -> Value {
    let app = &spec.app;
    let media = app.media.as_ref();
    let folders = [("data", app.data_dir.as_ref()), ("media", media.map(|(_, folder)| folder))];
    let volumes: Vec<Value> = folders
        .into_iter()
        .filter_map(|(name, folder)| Some((name, join(IN_IMAGE, folder?))))
        .map(|(name, folder)| json!({"name": name, "folder": folder, "mount": format!("{name}:{folder}")}))
        .collect();
    // What the project's folder has for this machine only.
    let mut ignored: Vec<&str> = vec![&app.static_root];
    ignored.extend(app.data_dir.as_deref());
    ignored.extend(media.map(|(_, folder)| folder.as_str()));
    ignored.retain(|folder| !folder.starts_with('/'));
    let (files, folder) = match app.requirements.rsplit_once('/') {
        Some((folder, _)) => (format!("{folder}/"), format!("{folder}/")),
        None => (app.requirements.clone(), String::new()),
    };
    let install = match app.requirements.rsplit('/').next() {
        Some("pyproject.toml") => "pyproject",
        Some("uv.lock") => "uv",
        Some("poetry.lock") => "poetry",
        _ => "file",
    };
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "name": spec.name,
        "variable": variable(&spec.name),
        "environment_name": spec.environment,
        "project_name": match &spec.environment {
            Some(environment) => format!("{}-{environment}", spec.name),
            None => spec.name.clone(),
        },
        "title": match &spec.environment {
            Some(environment) => format!("{} in {environment}", spec.name),
            None => spec.name.clone(),
        },
        "python": spec.python,
        "uid": spec.uid,
        "module": app.module,
        "settings": app.settings,
        "requirements": app.requirements,
        "install": install,
        "requirement_files": files,
        "requirement_folder": folder,
        // The library reads TOML since Python 3.11; pip has always brought a reader of its own.
        "toml": if spec.python == "3.10" { "from pip._vendor import tomli as tomllib" } else { "import tomllib" },
        "files": app.files,
        "collectstatic": app.collectstatic,
        "migrate": app.migrate,
        "ignored_folders": ignored,
        "volumes": volumes,
        "volume": spec.has_volume(),
        "static_url": app.static_url,
        "media_url": media.map(|(url, _)| url),
        "media_private": app.media_private.as_ref().map(|folder| format!("{}/", folder.trim_end_matches('/'))),
        "static_in_image": join(IN_IMAGE, &app.static_root),
        "static_outside": app.static_root.starts_with('/'),
        "media_in_image": media.map(|(_, folder)| join(IN_IMAGE, folder)),
        "data_in_image": app.data_dir.as_ref().map(|folder| join(IN_IMAGE, folder)),
        "health": app.health,
        "https": spec.https(),
        "ci": spec.ci,
        // What the oldest engine understands.
        "start_interval": spec.targets.docker >= (25, 0),
    })
}

/// Limits, which follow each other: a request is shorter than what waits for it.
fn server(spec: &Spec) -> Value {
    let server = &spec.server;
    let options: Vec<Value> = server
        .options
        .iter()
        .flat_map(|(name, values)| {
            values.iter().map(move |value| json!({"name": name, "value": value}))
        })
        .collect();
    // All header lines nginx takes, and the parameters it adds, fit the server's buffer.
    let header_buffer = (server.buffer_size.saturating_sub(4096) / 4 / 1024).clamp(1, 8) << 10;
    json!({
        "processes": server.processes,
        "threads": server.threads,
        "harakiri": server.harakiri,
        "mercy": server.harakiri + 5,
        "listen_queue": server.listen,
        "max_requests": server.max_requests,
        "max_requests_delta": server.max_requests / 10,
        "max_lifetime": server.max_lifetime,
        "max_lifetime_delta": server.max_lifetime / 24,
        // uWSGI counts in megabytes.
        "reload_on_rss": server.reload_on_rss.map(|bytes| (bytes >> 20).max(1)),
        "read_timeout": spec.nginx.read_timeout,
        "ingress_timeout": spec.k8s.ingress_timeout,
        "grace": spec.k8s.grace,
        "grace_compose": format!("{}s", spec.compose.stop_grace),
        "buffer_size": server.buffer_size,
        "header_buffer": size(header_buffer),
        "limit_post": spec.largest_body(),
        "max_body_short": size(server.max_body),
        "largest_body_short": size(spec.largest_body()),
        "options": options,
        "probe": {
            "start": spec.probes.start,
            // Asked every two seconds until it has started.
            "start_failures": spec.probes.start.div_ceil(2),
            "period": spec.probes.period,
            "timeout": spec.probes.timeout,
            "failures": spec.probes.failures,
            "life_period": spec.probes.period * 2,
        },
    })
}

/// Images, and where compose finds what it builds them from.
fn images(spec: &Spec, place: &Place) -> Value {
    // Only a cluster takes exactly these bytes; compose builds its own.
    let exactly = |image: &str, digest: &Option<String>| match (place, digest) {
        (Place::Pod, Some(digest)) => format!("{image}@{digest}"),
        _ => image.to_owned(),
    };
    let up = if spec.environment.is_some() { "../.." } else { "." };
    json!({
        "base_image": spec.images.base,
        "python_image": spec.images.python,
        "nginx_image": spec.images.nginx_base,
        "web_image": exactly(&spec.images.web, &spec.images.web_digest),
        "own_nginx_image": exactly(&spec.images.nginx, &spec.images.nginx_digest),
        "tag": spec.images.tag,
        "publish": format!("{}:8080", spec.compose.publish),
        "publish_https": format!("{}:8443", spec.compose.publish_https),
        "publish_shown": if spec.own_tls() {
            format!("https://{}", spec.compose.publish_https)
        } else {
            format!("http://{}", spec.compose.publish)
        },
        "web": web(spec),
        "up": up,
        "up_slash": if up == "." { "./".to_owned() } else { format!("{up}/") },
        "memory_compose": format!("{}m", spec.memory() >> 20),
    })
}

/// The containers of the application in compose; each waits until the one before is healthy.
fn web(spec: &Spec) -> Vec<Value> {
    let names = spec.compose.web();
    let before = std::iter::once(None).chain(names.iter().map(Some));
    names.iter().zip(before).map(|(name, before)| json!({"name": name, "before": before})).collect()
}

/// What the application is told.
fn told(spec: &Spec, place: &Place) -> Value {
    let environment: Vec<Value> = environment(spec, place)
        .into_iter()
        .map(|(name, value)| {
            let own = spec.env.iter().any(|(other, _)| *other == name);
            json!({"key": if own { "env" } else { source(&name) }, "name": name, "value": value})
        })
        .collect();
    let up = if spec.environment.is_some() { "../../" } else { "./" };
    let secrets: Vec<Value> = spec
        .secrets
        .iter()
        .map(|name| name.to_lowercase())
        .map(|file| json!({"source": format!("{up}secrets/{file}"), "file": file}))
        .collect();
    json!({"environment": environment, "secrets": secrets})
}

/// The key that a variable comes from.
fn source(name: &str) -> &'static str {
    match name {
        "DJANGO_SETTINGS_MODULE" => "app.settings",
        "DJANGO_ALLOWED_HOSTS" | "DJANGO_CSRF_TRUSTED_ORIGINS" => "nginx.server_names X6",
        "DJANGO_HTTPS" | "DJANGO_TRUST_PROXY" => "nginx.tls X10",
        "DJANGO_STATIC_URL" => "app.static_url X5",
        "DJANGO_STATIC_ROOT" => "app.static_root X5",
        "DJANGO_MEDIA_URL" => "app.media_url X5",
        "DJANGO_MEDIA_ROOT" => "app.media_root X5",
        "DJANGO_DATA_DIR" => "app.data_dir",
        "DJANGO_MAX_BODY" => "server.max_body X2",
        name if name.starts_with("DJANGO_HSTS") => "nginx.hsts X10",
        name if name.starts_with("POSTGRES_") => "services.postgres",
        name if name.starts_with("MYSQL_") => "services.mysql",
        "REDIS_URL" | "CELERY_BROKER_URL" => "services.redis",
        "MEMCACHED_LOCATION" => "services.memcached",
        _ => "secrets U12",
    }
}

/// What is shipped where, one after the other.
fn shipping(spec: &Spec) -> Value {
    let mut after = "build".to_owned();
    let mut ships = Vec::new();
    let all: Vec<&Spec> =
        if spec.environments.is_empty() { vec![spec] } else { spec.environments.iter().collect() };
    for one in all {
        let environment = one.environment.as_deref().unwrap_or("production");
        let job = format!("ship-{environment}");
        ships.push(json!({
            "job": job,
            "after": after,
            // The first goes by itself; a person says when the next does.
            "manual": after != "build",
            "environment": environment,
            "folder": one.environment.as_ref().map_or("k8s".to_owned(), |name| format!("k8s/overlays/{name}")),
            "namespace": one.k8s.namespace,
        }));
        after = job;
    }
    let host = spec.images.web.split('/').next().unwrap_or_default();
    let registry =
        if host.contains(['.', ':']) && spec.images.web.contains('/') { host } else { "" };
    json!({"ships": ships, "registry": registry})
}

fn where_things_are(spec: &Spec, place: &Place) -> Value {
    let media = spec.app.media.as_ref();
    let name = &spec.name;
    if let Place::Here(here) = place {
        return json!({
            "local": true,
            "listen": format!("127.0.0.1:{}", here.port),
            "project": here.project,
            "virtualenv": here.virtualenv,
            "work": here.work,
            "user": here.user,
            "mime_types": here.mime_types,
            "static_dir": format!("{}/", join(&here.project, &spec.app.static_root)),
            "media_dir": media.map(|(_, folder)| format!("{}/", join(&here.project, folder))),
            "include": format!("{}/site.conf", here.work),
        });
    }
    // Beside those of this release, the volume has those of earlier ones.
    let shared = matches!(place, Place::Compose) || spec.k8s.static_class.is_some();
    json!({
        "local": false,
        "listen": "8080",
        "project": IN_IMAGE,
        "virtualenv": "/opt/venv",
        "work": "/tmp",
        "user": null,
        "mime_types": "/etc/nginx/mime.types",
        "static_dir": format!("/srv/{name}/{}/", if shared { "shared" } else { "static" }),
        "media_dir": media.map(|_| format!("/srv/{name}/media/")),
        "include": "/etc/nginx/conf.d/*.conf",
    })
}

/// Eight digits that change with what is named.
pub(super) fn hash(parts: &[&str]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part.len().to_le_bytes());
        digest.update(part.as_bytes());
    }
    let mut text = super::write::hex(&digest.finalize());
    text.truncate(8);
    text
}
