//! Decides which files a spec makes: path, template, context, mode.
//!
//! Pure: reads no disk and renders nothing. `render` makes texts of it, `write` puts them on disk.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::kinds::size;
use super::spec::{Pass, Spec, Via};

/// A file to be rendered.
#[derive(Clone, Debug)]
pub struct File {
    /// Relative to the project.
    pub path: String,
    /// The template's name, which is its path under `templates/`.
    pub template: &'static str,
    /// The language values are escaped for.
    pub language: Language,
    /// What the template may name.
    pub context: Value,
    /// Another file whose text the template may name as `embedded`.
    pub embedded: Option<Box<File>>,
    /// Permissions.
    pub mode: u32,
}

/// What values are escaped for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// uwsgi.ini.
    Ini,
    /// nginx.
    Nginx,
    /// YAML: every value is a whole scalar.
    Yaml,
    /// Dockerfile and ignore files: plain words only.
    Words,
    /// The starter project, with `[[ value ]]`, as Django's templates have `{{ }}` themselves.
    Starter,
}

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

/// Where a rendering is for.
#[derive(Clone, Debug)]
pub enum Place {
    /// In images, joined by compose.
    Compose,
    /// In images, both in one pod.
    Pod,
    /// On this machine.
    Here(Here),
}

/// `ruwsgi deploy run`.
#[derive(Clone, Debug)]
pub struct Here {
    /// The project.
    pub project: String,
    /// The folder for everything that comes and goes.
    pub work: String,
    /// The project's virtual environment.
    pub virtualenv: String,
    /// nginx listens there.
    pub port: u16,
    /// The server listens there: a path or `127.0.0.1:port`.
    pub address: String,
    /// nginx must keep this user, when started by root.
    pub user: Option<String>,
    /// mime.types of this machine's nginx.
    pub mime_types: Option<String>,
}

/// Every file of a deployment, sorted by path.
#[must_use]
pub fn plan(spec: &Spec) -> Vec<File> {
    let compose = context(spec, &Place::Compose);
    let pod = context(spec, &Place::Pod);
    let file = |path: &str, template: &'static str, language, context: &Value| File {
        path: path.to_owned(),
        template,
        language,
        context: context.clone(),
        embedded: None,
        mode: 0o644,
    };
    let site = format!("nginx/{}.conf", spec.name);
    let mut files = vec![
        file("uwsgi.ini", "uwsgi.ini.tera", Language::Ini, &compose),
        file(&site, "nginx/site.conf.tera", Language::Nginx, &compose),
        file("nginx/nginx.conf", "nginx/nginx.conf.tera", Language::Nginx, &compose),
        file("Dockerfile", "Dockerfile.tera", Language::Words, &compose),
        file(".dockerignore", "dockerignore.tera", Language::Words, &compose),
        file("compose.yaml", "compose.yaml.tera", Language::Yaml, &compose),
    ];
    let mut manifest = |path: &str, template: &'static str| {
        files.push(file(path, template, Language::Yaml, &pod));
    };
    manifest("k8s/00-namespace.yaml", "k8s/namespace.yaml.tera");
    manifest("k8s/10-serviceaccount.yaml", "k8s/serviceaccount.yaml.tera");
    manifest("k8s/20-configmap.yaml", "k8s/configmap.yaml.tera");
    if spec.has_volume() {
        manifest("k8s/30-volume.yaml", "k8s/volume.yaml.tera");
    } else {
        manifest("k8s/40-migrate.yaml", "k8s/migrate.yaml.tera");
    }
    manifest("k8s/50-deployment.yaml", "k8s/deployment.yaml.tera");
    manifest("k8s/60-service.yaml", "k8s/service.yaml.tera");
    manifest("k8s/70-disruption.yaml", "k8s/disruption.yaml.tera");
    manifest("k8s/80-networkpolicy.yaml", "k8s/networkpolicy.yaml.tera");
    manifest("k8s/90-ingress.yaml", "k8s/ingress.yaml.tera");
    if spec.nginx.via == Via::Tcp {
        // In a pod the server is at 127.0.0.1, so nginx's file differs from the one in its image.
        let mut config = file("k8s/25-nginx.yaml", "k8s/nginx.yaml.tera", Language::Yaml, &pod);
        config.embedded = Some(Box::new(file(&site, "nginx/site.conf.tera", Language::Nginx, &pod)));
        files.push(config);
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    files
}

/// The files `ruwsgi deploy run` needs, relative to its work folder.
#[must_use]
pub fn plan_here(spec: &Spec, here: &Here) -> Vec<File> {
    let context = context(spec, &Place::Here(here.clone()));
    let file = |path: &str, template: &'static str, language| File {
        path: path.to_owned(),
        template,
        language,
        context: context.clone(),
        embedded: None,
        mode: 0o644,
    };
    vec![
        file("uwsgi.ini", "uwsgi.ini.tera", Language::Ini),
        file("nginx.conf", "nginx/nginx.conf.tera", Language::Nginx),
        file("site.conf", "nginx/site.conf.tera", Language::Nginx),
    ]
}

/// The environment the application runs in.
#[must_use]
pub fn environment(spec: &Spec, place: &Place) -> Vec<(String, String)> {
    let local = matches!(place, Place::Here(_));
    let root = match place {
        Place::Here(here) => here.project.as_str(),
        _ => IN_IMAGE,
    };
    let mut hosts: Vec<String> =
        spec.nginx.server_names.iter().map(|name| name.replacen("*.", ".", 1)).map(bracket).collect();
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

fn context(spec: &Spec, place: &Place) -> Value {
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
        .flat_map(|(name, values)| values.iter().map(move |value| json!({"name": name, "value": value})))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::render::{Output, render};
    use crate::deploy::spec::load;

    const SITE: &str = "name: mysite\napp:\n  module: mysite.wsgi\n  settings: mysite.settings\nnginx:\n  server_names: [www.example.com, localhost]\n";

    fn files(source: &str) -> Vec<Output> {
        let spec = load("ruwsgi.yaml", source, |_| true).unwrap_or_else(|problems| panic!("{problems}"));
        render(&plan(&spec)).unwrap()
    }

    fn text(files: &[Output], path: &str) -> String {
        files.iter().find(|file| file.path == path).unwrap_or_else(|| panic!("no {path}")).text.clone()
    }

    #[test]
    fn the_shortest_file_makes_a_whole_deployment() {
        let all: Vec<String> =
            files(SITE).into_iter().map(|file| format!("==> {} <==\n{}", file.path, file.text)).collect();
        insta::assert_snapshot!(all.join("\n"));
    }

    #[test]
    fn the_same_file_makes_the_same_bytes() {
        assert_eq!(files(SITE), files(SITE));
    }

    #[test]
    fn every_timeout_is_longer_than_the_one_inside_it() {
        let files = files(&format!("{SITE}server:\n  harakiri: 2m\n"));
        assert!(text(&files, "uwsgi.ini").contains("harakiri = 120\n"));
        assert!(text(&files, "nginx/mysite.conf").contains("uwsgi_read_timeout 130s;"));
        assert!(text(&files, "k8s/90-ingress.yaml").contains("proxy-read-timeout: \"135\""));
        assert!(text(&files, "compose.yaml").contains("stop_grace_period: \"140s\""));
        assert!(text(&files, "k8s/50-deployment.yaml").contains("terminationGracePeriodSeconds: 145"));
    }

    #[test]
    fn in_a_pod_nginx_finds_the_server_at_the_loopback_address() {
        let files = files(&SITE.replace("nginx:\n", "nginx:\n  via: tcp\n  pass: http\n"));
        let compose = text(&files, "nginx/mysite.conf");
        assert!(compose.contains("resolver 127.0.0.11") && compose.contains("set $mysite_server web:8000;"));
        let pod = text(&files, "k8s/25-nginx.yaml");
        assert!(pod.contains("server 127.0.0.1:8000") && !pod.contains("resolver"));
    }

    #[test]
    fn a_volume_means_one_pod_that_migrates_itself() {
        let volume = files(&SITE.replace("app:\n", "app:\n  data_dir: data\n"));
        let deployment = text(&volume, "k8s/50-deployment.yaml");
        assert!(deployment.contains("replicas: 1\n") && deployment.contains("initContainers:"));
        assert!(volume.iter().all(|file| file.path != "k8s/40-migrate.yaml"));
        let none = files(SITE);
        assert!(text(&none, "k8s/50-deployment.yaml").contains("replicas: 2\n"));
        assert!(text(&none, "k8s/40-migrate.yaml").contains("kind: Job"));
    }

    #[test]
    fn a_value_of_any_text_stays_one_value() {
        let strange = "a: b # {{ x }} $y %z \\\"'\u{1f600}";
        let quoted = crate::deploy::escape::json(strange);
        let files = files(&format!("{SITE}env:\n  STRANGE: {quoted}\nserver:\n  options:\n    procname: {quoted}\n"));
        for (path, line) in [("compose.yaml", "STRANGE: "), ("k8s/20-configmap.yaml", "STRANGE: ")] {
            let text = text(&files, path);
            let found = text.lines().find_map(|text| text.trim().strip_prefix(line)).unwrap();
            let back: String = serde_saphyr::from_str(found).unwrap();
            assert_eq!(back, strange);
        }
        assert!(text(&files, "uwsgi.ini").contains(&format!("procname = {}\n", strange.replace('%', "%%"))));
    }

    #[test]
    fn no_file_holds_a_secret_and_compose_names_its_file() {
        let files = files(&format!("{SITE}secrets: [DJANGO_SECRET_KEY, DATABASE_URL]\n"));
        assert!(text(&files, "compose.yaml").contains("DATABASE_URL_FILE: \"/run/secrets/database_url\""));
        assert!(text(&files, "k8s/50-deployment.yaml").contains("key: database_url"));
        assert!(!text(&files, "k8s/20-configmap.yaml").contains("kind: Secret"));
    }
}
