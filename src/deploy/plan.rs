//! Decides which files a spec makes: path, template, context, mode.
//!
//! Pure: reads no disk and renders nothing. `render` makes texts of it, `write` puts them on disk.

use serde_json::Value;

use super::context::context;
use super::spec::{Spec, Via};

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
        config.embedded =
            Some(Box::new(file(&site, "nginx/site.conf.tera", Language::Nginx, &pod)));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::render::{Output, render};
    use crate::deploy::spec::load;

    const SITE: &str = "name: mysite\napp:\n  module: mysite.wsgi\n  settings: mysite.settings\nnginx:\n  server_names: [www.example.com, localhost]\n";

    fn files(source: &str) -> Vec<Output> {
        let spec =
            load("ruwsgi.yaml", source, |_| true).unwrap_or_else(|problems| panic!("{problems}"));
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
                && compose.contains("set $mysite_server web:8000;")
        );
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
