//! Decides which files a spec makes: path, template, context, mode.
//!
//! Pure: reads no disk and renders nothing. `render` makes texts of it, `write` puts them on disk.

use serde_json::Value;

use super::context::context;
use super::spec::{Entry, Spec};

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
    /// Other files whose texts the template may name.
    pub embedded: Vec<(&'static str, File)>,
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

/// Every file of a deployment and of its environments, sorted by path.
#[must_use]
pub fn plan(spec: &Spec) -> Vec<File> {
    let mut files = stage(spec);
    files.extend(shared(spec));
    files.extend(spec.environments.iter().flat_map(stage));
    files.sort_by(|one, other| one.path.cmp(&other.path));
    files
}

/// What all environments share: the images, and how they are built.
fn shared(spec: &Spec) -> Vec<File> {
    let context = context(spec, &Place::Compose);
    let file = |path: &str, template, language| one(path, template, language, &context);
    let mut files = vec![
        file("Dockerfile", "Dockerfile.tera", Language::Words),
        file(".dockerignore", "dockerignore.tera", Language::Words),
    ];
    for (name, path, template) in [
        ("github", ".github/workflows/deploy.yml", "ci/github.yaml.tera"),
        ("gitlab", ".gitlab-ci.yml", "ci/gitlab.yaml.tera"),
    ] {
        if spec.ci.iter().any(|wanted| wanted == name) {
            files.push(file(path, template, Language::Yaml));
        }
    }
    files
}

/// What differs between environments: for compose below `environments/`, for a cluster below `k8s/overlays/`.
#[must_use]
pub fn stage(spec: &Spec) -> Vec<File> {
    let (here, there) = match &spec.environment {
        Some(name) => (format!("environments/{name}/"), format!("k8s/overlays/{name}/")),
        None => (String::new(), "k8s/".to_owned()),
    };
    let compose = context(spec, &Place::Compose);
    let mut files = Vec::new();
    for (path, template, language) in [
        ("uwsgi.ini".to_owned(), "uwsgi.ini.tera", Language::Ini),
        (format!("nginx/{}.conf", spec.name), "nginx/site.conf.tera", Language::Nginx),
        ("nginx/nginx.conf".to_owned(), "nginx/nginx.conf.tera", Language::Nginx),
    ] {
        files.push(one(&format!("{here}{path}"), template, language, &compose));
    }
    let mut file =
        one(&format!("{here}compose.yaml"), "compose.yaml.tera", Language::Yaml, &compose);
    file.embedded = nginx_files(&compose);
    files.push(file);
    files.extend(cluster(spec, &there));
    files
}

fn cluster(spec: &Spec, folder: &str) -> Vec<File> {
    let pod = context(spec, &Place::Pod);
    let k8s = &spec.k8s;
    let managed = spec.services.iter().any(|service| service.managed);
    // In the order in which a cluster needs them; those in crd/ are of kinds it may not know.
    let manifests = [
        (true, "00-namespace.yaml", "k8s/namespace.yaml.tera"),
        (true, "10-serviceaccount.yaml", "k8s/serviceaccount.yaml.tera"),
        (
            k8s.secret_store.is_some() && !spec.secrets.is_empty(),
            "crd/15-externalsecret.yaml",
            "k8s/externalsecret.yaml.tera",
        ),
        (true, "20-configmap.yaml", "k8s/configmap.yaml.tera"),
        (true, "25-files.yaml", "k8s/files.yaml.tera"),
        (spec.has_volume() || k8s.static_class.is_some(), "30-volume.yaml", "k8s/volume.yaml.tera"),
        (managed, "35-services.yaml", "k8s/services.yaml.tera"),
        (spec.app.migrate && !spec.has_volume(), "40-migrate.yaml", "k8s/migrate.yaml.tera"),
        (true, "50-deployment.yaml", "k8s/deployment.yaml.tera"),
        (!spec.workers.is_empty(), "55-workers.yaml", "k8s/worker.yaml.tera"),
        (true, "60-service.yaml", "k8s/service.yaml.tera"),
        (k8s.max_replicas.is_some(), "65-autoscaler.yaml", "k8s/autoscaler.yaml.tera"),
        (k8s.metrics_path.is_some(), "crd/66-monitor.yaml", "k8s/monitor.yaml.tera"),
        (true, "70-disruption.yaml", "k8s/disruption.yaml.tera"),
        (true, "80-networkpolicy.yaml", "k8s/networkpolicy.yaml.tera"),
        (!spec.cron.is_empty(), "85-cron.yaml", "k8s/cron.yaml.tera"),
        (k8s.ingress == Entry::Ingress, "90-ingress.yaml", "k8s/ingress.yaml.tera"),
        (k8s.ingress == Entry::Gateway, "crd/90-route.yaml", "k8s/route.yaml.tera"),
    ];
    let wanted: Vec<_> = manifests.into_iter().filter(|(wanted, ..)| *wanted).collect();
    let mut files: Vec<File> = wanted
        .iter()
        .map(|(_, path, template)| one(&format!("{folder}{path}"), template, Language::Yaml, &pod))
        .collect();
    for file in &mut files {
        if file.template == "k8s/files.yaml.tera" {
            file.embedded = nginx_files(&pod);
            file.embedded.push(("ini", one("uwsgi.ini", "uwsgi.ini.tera", Language::Ini, &pod)));
        }
    }
    let mut context = pod;
    if let Some(context) = context.as_object_mut() {
        let paths: Vec<_> = wanted.iter().map(|(_, path, _)| *path).collect();
        context.insert("resources".to_owned(), serde_json::json!(paths));
    }
    // `kubectl apply -f` takes every .yaml for an object, so this one has another name that kustomize knows.
    let path = format!("{folder}Kustomization");
    files.push(one(&path, "k8s/kustomization.tera", Language::Yaml, &context));
    files
}

/// nginx's files, for a template that names their texts.
fn nginx_files(context: &Value) -> Vec<(&'static str, File)> {
    vec![
        ("main", one("nginx.conf", "nginx/nginx.conf.tera", Language::Nginx, context)),
        ("site", one("site.conf", "nginx/site.conf.tera", Language::Nginx, context)),
    ]
}

fn one(path: &str, template: &'static str, language: Language, context: &Value) -> File {
    File {
        path: path.to_owned(),
        template,
        language,
        context: context.clone(),
        embedded: Vec::new(),
        mode: 0o644,
    }
}

/// The files `ruwsgi deploy run` needs, relative to its work folder.
#[must_use]
pub fn plan_here(spec: &Spec, here: &Here) -> Vec<File> {
    let context = context(spec, &Place::Here(here.clone()));
    let file = |path: &str, template, language| one(path, template, language, &context);
    vec![
        file("uwsgi.ini", "uwsgi.ini.tera", Language::Ini),
        file("nginx.conf", "nginx/nginx.conf.tera", Language::Nginx),
        file("site.conf", "nginx/site.conf.tera", Language::Nginx),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::render::{Output, render};
    use crate::deploy::spec::{Known, load};

    const SITE: &str = "name: mysite\napp:\n  module: mysite.wsgi\n  settings: mysite.settings\nnginx:\n  server_names: [www.example.com, localhost]\n";

    fn files(source: &str) -> Vec<Output> {
        let spec = load("ruwsgi.yaml", source, |_| Known::Yes)
            .unwrap_or_else(|problems| panic!("{problems}"));
        render(&plan(&spec)).unwrap()
    }

    fn text(files: &[Output], path: &str) -> String {
        files
            .iter()
            .find(|file| file.path == path)
            .unwrap_or_else(|| panic!("no {path}"))
            .text
            .clone()
    }

    #[test]
    fn the_shortest_file_makes_a_whole_deployment() {
        let all: Vec<String> = files(SITE)
            .into_iter()
            .map(|file| format!("==> {} <==\n{}", file.path, file.text))
            .collect();
        insta::assert_snapshot!(all.join("\n"));
    }

    #[test]
    fn the_same_file_makes_the_same_bytes() {
        assert_eq!(files(SITE), files(SITE));
    }

    #[test]
    fn the_image_of_the_application_has_the_static_files_wherever_they_are() {
        let inside = text(&files(SITE), "Dockerfile");
        assert!(!inside.contains("COPY --from=build /app/staticfiles /app"), "{inside}");
        let site = SITE.replace("nginx:\n", "  static_root: /srv/files\nnginx:\n");
        let outside = files(&site);
        let copied = "COPY --from=build /srv/files /srv/files\n";
        assert!(text(&outside, "Dockerfile").contains(copied));
        assert!(
            text(&outside, "compose.yaml").contains("- cp -R /srv/files/. /srv/mysite/shared/")
        );
    }

    #[test]
    fn what_a_release_replaces_is_nothing_that_nginx_depends_on() {
        let compose =
            text(&files(&format!("{SITE}services: {{postgres: managed}}\n")), "compose.yaml");
        let nginx = compose.split("\n  nginx:\n").nth(1).unwrap();
        let needs = nginx.split("depends_on:").nth(1).unwrap().split("ports:").next().unwrap();
        assert_eq!(needs.trim(), "socket:\n        condition: service_started");
        // Other texts of nginx's files are another container; another application is not.
        let label = |source: &str| {
            let compose = text(&files(source), "compose.yaml");
            compose.lines().find(|line| line.trim().starts_with("files:")).unwrap().to_owned()
        };
        assert_eq!(label(SITE), label(&SITE.replace("mysite.settings", "mysite.other")));
        assert_ne!(label(SITE), label(&SITE.replace("www.example.com", "www.example.org")));
    }

    #[test]
    fn every_timeout_is_longer_than_the_one_inside_it() {
        let files = files(&format!("{SITE}server:\n  harakiri: 2m\n"));
        assert!(text(&files, "uwsgi.ini").contains("harakiri = 120\n"));
        assert!(text(&files, "nginx/mysite.conf").contains("uwsgi_read_timeout 130s;"));
        assert!(text(&files, "k8s/90-ingress.yaml").contains("proxy-read-timeout: \"135\""));
        assert!(text(&files, "compose.yaml").contains("stop_grace_period: \"140s\""));
        assert!(
            text(&files, "k8s/50-deployment.yaml").contains("terminationGracePeriodSeconds: 145")
        );
    }

    #[test]
    fn in_a_pod_nginx_finds_the_server_at_the_loopback_address() {
        let files = files(&SITE.replace("nginx:\n", "nginx:\n  via: tcp\n  pass: http\n"));
        let compose = text(&files, "nginx/mysite.conf");
        assert!(
            compose.contains("resolver 127.0.0.11")
                && compose.contains("set $mysite_server socket:8000;")
        );
        let pod = text(&files, "k8s/25-files.yaml");
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

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config::with_cases(32))]
        #[test]
        fn a_value_of_any_text_stays_one_value(strange in "[^\\p{C}]{0,40}|[ -~]{0,40}") {
            one_value(&strange);
        }
    }

    fn one_value(strange: &str) {
        let quoted = crate::deploy::escape::json(strange);
        let files = files(&format!(
            "{SITE}env:\n  STRANGE: {quoted}\nserver:\n  options:\n    procname: {quoted}\n"
        ));
        for (path, line) in [("compose.yaml", "STRANGE: "), ("k8s/20-configmap.yaml", "STRANGE: ")]
        {
            let text = text(&files, path);
            let found = text.lines().find_map(|text| text.trim().strip_prefix(line)).unwrap();
            let back: String = serde_saphyr::from_str(found).unwrap();
            // Compose takes `$` for a variable of its own.
            let back = if path == "compose.yaml" { back.replace("$$", "$") } else { back };
            assert_eq!(back, strange);
        }
        assert!(
            text(&files, "uwsgi.ini")
                .contains(&format!("procname = {}\n", strange.replace('%', "%%")))
        );
    }

    #[test]
    fn no_file_holds_a_secret_and_compose_names_its_file() {
        let files = files(&format!("{SITE}secrets: [DJANGO_SECRET_KEY, DATABASE_URL]\n"));
        assert!(
            text(&files, "compose.yaml")
                .contains("DATABASE_URL_FILE: \"/run/secrets/database_url\"")
        );
        assert!(text(&files, "k8s/50-deployment.yaml").contains("key: database_url"));
        assert!(!text(&files, "k8s/20-configmap.yaml").contains("kind: Secret"));
    }
}
