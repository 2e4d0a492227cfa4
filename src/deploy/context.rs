//! Says what templates may name: the values of a spec, for the place they are rendered for.
//!
//! Pure. Which files there are is `plan`; how values are written is `escape`.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::kinds::size;
use super::plan::Place;
use super::spec::{Pass, Spec, Via};

/// Environment variables the application is told by other keys of ruwsgi.yaml.
pub static SET_BY_US: &[&str] = &[
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
];

/// Where the project is in the image.
const IN_IMAGE: &str = "/app";
/// Where the server and nginx meet in containers.
const SOCKET: &str = "/run/ruwsgi/app.sock";

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
    let origins: Vec<String> = if spec.app.https {
        spec.public_names().iter().map(|name| format!("https://{name}")).collect()
    } else {
        Vec::new()
    };
    let https = spec.app.https && !local;
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

/// An absolute path, when the second is none already.
#[must_use]
pub fn join(root: &str, path: &str) -> String {
    Path::new(root).join(path).to_string_lossy().into_owned()
}

fn bracket(host: String) -> String {
    if host.contains(':') { format!("[{host}]") } else { host }
}

/// All values.
#[must_use]
pub fn context(spec: &Spec, place: &Place) -> Value {
    let mut all = Map::new();
    for part in [
        application(spec),
        server(spec),
        nginx(spec, place),
        images(spec),
        kubernetes(spec, place),
        told(spec, place),
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
        _ => "file",
    };
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "name": spec.name,
        "variable": spec.name.replace('-', "_"),
        "python": spec.python,
        "uid": spec.uid,
        "module": app.module,
        "settings": app.settings,
        "requirements": app.requirements,
        "install": install,
        "requirement_files": files,
        "requirement_folder": folder,
        "ignored_folders": ignored,
        "volumes": volumes,
        "volume": spec.has_volume(),
        "static_url": app.static_url,
        "media_url": media.map(|(url, _)| url),
        "static_in_image": join(IN_IMAGE, &app.static_root),
        "media_in_image": media.map(|(_, folder)| join(IN_IMAGE, folder)),
        "data_in_image": app.data_dir.as_ref().map(|folder| join(IN_IMAGE, folder)),
        "health": app.health,
        "https": app.https,
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
        "read_timeout": spec.nginx.read_timeout,
        "ingress_timeout": spec.nginx.read_timeout + 5,
        "grace": spec.grace() + 5,
        "grace_compose": format!("{}s", spec.grace()),
        "buffer_size": server.buffer_size,
        "header_buffer": size(header_buffer),
        "max_body": server.max_body,
        "max_body_short": size(server.max_body),
        "options": options,
    })
}

/// Who is answered, and how nginx and the server meet.
fn nginx(spec: &Spec, place: &Place) -> Value {
    let tcp = spec.nginx.via == Via::Tcp;
    let mut names: Vec<String> = spec.nginx.server_names.iter().cloned().map(bracket).collect();
    if matches!(place, Place::Here(_)) {
        for name in ["localhost", "127.0.0.1"] {
            if !names.iter().any(|other| other == name) {
                names.push(name.to_owned());
            }
        }
    }
    // What the server binds, where nginx finds it, and where the health check in its container does.
    let unix = |path: &str| (path.to_owned(), format!("unix:{path}"), format!("unix:{path}"));
    let (bind, upstream, check) = match place {
        Place::Here(here) if here.address.starts_with('/') => unix(&here.address),
        Place::Here(here) => (here.address.clone(), here.address.clone(), here.address.clone()),
        _ if !tcp => unix(SOCKET),
        Place::Pod => ("0.0.0.0:8000".into(), "127.0.0.1:8000".into(), "127.0.0.1:8000".into()),
        Place::Compose => ("0.0.0.0:8000".into(), "web:8000".into(), "127.0.0.1:8000".into()),
    };
    let pass = spec.nginx.pass.to_string();
    let host = spec.nginx.server_names.first().map_or("localhost", String::as_str);
    let path = spec.app.health.as_str();
    json!({
        "server_names": names,
        "host": host,
        "pass": pass,
        "uwsgi": spec.nginx.pass == Pass::Uwsgi,
        "tcp": tcp,
        "bind": bind,
        "socket": if tcp { None } else { Some(SOCKET) },
        "upstream": upstream,
        // Names in compose move; addresses do not.
        "resolve": tcp && matches!(place, Place::Compose),
        "trusted_proxies": spec.nginx.trusted_proxies,
        "healthcheck": ["ruwsgi", "healthcheck", &check, "--protocol", &pass, "--path", path, "--host", host],
    })
}

fn images(spec: &Spec) -> Value {
    json!({
        "base_image": spec.images.base,
        "python_image": spec.images.python,
        "nginx_image": spec.images.nginx_base,
        "web_image": spec.images.web,
        "own_nginx_image": spec.images.nginx,
        "tag": spec.images.tag,
        "publish": format!("{}:8080", spec.publish),
        "publish_shown": spec.publish,
    })
}

fn kubernetes(spec: &Spec, place: &Place) -> Value {
    let environment = format!("{:?}", environment(spec, place));
    // Names change with the content, so an apply rolls the pods and a Job runs once per release.
    let release = hash(&[&spec.images.web, &spec.images.nginx, &environment]);
    let config = hash(&[&environment]);
    let site = hash(&[&format!("{:?}{:?}{:?}", spec.nginx, spec.server, spec.app)]);
    json!({
        "namespace": spec.k8s.namespace,
        "replicas": spec.k8s.replicas,
        "cpu": spec.k8s.cpu,
        "memory": spec.k8s.memory,
        "memory_compose": format!("{}m", spec.memory() >> 20),
        "storage": spec.k8s.storage,
        "ingress_class": spec.k8s.ingress_class,
        "tls_secret": spec.k8s.tls_secret,
        "public_names": spec.public_names(),
        "config_map": format!("{}-env-{config}", spec.name),
        "nginx_config_map": format!("{}-nginx-{site}", spec.name),
        "job": format!("{}-migrate-{release}", spec.name),
        "secret": format!("{}-secrets", spec.name),
    })
}

/// What the application is told.
fn told(spec: &Spec, place: &Place) -> Value {
    let environment: Vec<Value> = environment(spec, place)
        .into_iter()
        .map(|(name, value)| json!({"name": name, "value": value}))
        .collect();
    let secrets: Vec<Value> = spec
        .secrets
        .iter()
        .map(|name| name.to_lowercase())
        .map(|file| json!({"file": file, "source": format!("./secrets/{file}")}))
        .collect();
    json!({"environment": environment, "secrets": secrets})
}

fn where_things_are(spec: &Spec, place: &Place) -> Value {
    let media = spec.app.media.as_ref();
    match place {
        Place::Here(here) => json!({
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
        }),
        _ => json!({
            "local": false,
            "listen": "8080",
            "project": IN_IMAGE,
            "virtualenv": "/opt/venv",
            "work": "/tmp",
            "user": null,
            "mime_types": "/etc/nginx/mime.types",
            "static_dir": format!("/srv/{}/static/", spec.name),
            "media_dir": media.map(|_| format!("/srv/{}/media/", spec.name)),
            "include": "/etc/nginx/conf.d/*.conf",
        }),
    }
}

fn hash(parts: &[&str]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part.len().to_le_bytes());
        digest.update(part.as_bytes());
    }
    let mut text = super::write::hex(&digest.finalize());
    text.truncate(8);
    text
}
