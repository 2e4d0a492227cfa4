//! Reads a Django project's files and tells what ruwsgi.yaml needs, without running any of its code.
//!
//! Guesses nothing silently: what could not be told becomes a note with the line to write.
//! What is made of it is `init`.

use std::fs;
use std::path::{Path, PathBuf};

use super::kinds::{is_module, is_name};
use super::python::{assignment, code, folder, has, literal, quoted};

/// What a project says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Project {
    /// `3.12`.
    pub python: Option<String>,
    /// `DJANGO_SETTINGS_MODULE`.
    pub settings: Option<String>,
    /// `package.wsgi:application`.
    pub module: Option<String>,
    /// What to install.
    pub requirements: Option<String>,
    /// `STATIC_URL`.
    pub static_url: Option<String>,
    /// `STATIC_ROOT`, relative to the project, or absolute.
    pub static_root: Option<String>,
    /// `MEDIA_URL`.
    pub media_url: Option<String>,
    /// `MEDIA_ROOT`.
    pub media_root: Option<String>,
    /// A folder that must survive.
    pub data_dir: Option<String>,
    /// A path that answers health checks.
    pub health: Option<String>,
    /// All that belongs into an image, where that is known.
    pub files: Vec<String>,
    /// Names of secrets the settings read.
    pub secrets: Vec<String>,
    /// What could not be told, or needs the user's eye.
    pub notes: Vec<String>,
}

/// The folder of manage.py: here, or in the folder with the project's name.
#[must_use]
pub fn find(here: &Path, name: &str) -> Option<PathBuf> {
    [here.to_path_buf(), here.join(name)]
        .into_iter()
        .find(|folder| folder.join("manage.py").is_file())
}

/// Reads the project in this folder.
#[must_use]
pub fn detect(root: &Path) -> Project {
    let mut project = Project::default();
    let manage = read(&root.join("manage.py"));
    let named = assigned_environment(&manage);
    project.settings = settings_module(root, named.as_deref(), &mut project.notes);
    let settings =
        project.settings.as_deref().map(|module| settings_text(root, module)).unwrap_or_default();
    project.module = application(root, &settings, project.settings.as_deref(), &mut project.notes);
    project.python = python_version(root);
    project.requirements = requirements(root, &mut project.notes);
    services(root, &settings, &mut project.notes);
    files(&settings, &mut project);
    health(root, &mut project);
    if settings.contains("DJANGO_SECRET_KEY_FILE")
        || settings.contains("secret(\"DJANGO_SECRET_KEY\")")
    {
        project.secrets.push("DJANGO_SECRET_KEY".to_owned());
    } else if literal(&settings, "SECRET_KEY").is_some() {
        project.notes.push(
            "SECRET_KEY is written in the settings: read it from the file that DJANGO_SECRET_KEY_FILE names, and add `secrets: [DJANGO_SECRET_KEY]`".into(),
        );
    }
    if settings.contains("DJANGO_DATA_DIR") {
        project.data_dir = folder(&settings, "DATA_DIR").or_else(|| Some("data".to_owned()));
    }
    if settings.contains("django.db.backends.sqlite3") && !settings.contains("DJANGO_DATA_DIR") {
        project.notes.push(
            "the database is a SQLite file in the project, which containers start without: read its folder from DJANGO_DATA_DIR, and add `data_dir: data` under `app:`".into(),
        );
    }
    if assignment(&settings, "DEBUG").is_some_and(|value| value.starts_with("True")) {
        project.notes.push(
            "DEBUG is on in the settings: turn it off there, or name other settings as `settings` under `app:`".into(),
        );
    }
    if !settings.contains("DJANGO_ALLOWED_HOSTS") {
        project.notes.push(
            "ALLOWED_HOSTS must have all names in `nginx.server_names`; they come as DJANGO_ALLOWED_HOSTS, separated by commas".into(),
        );
    }
    project
}

impl Project {
    /// A name for it: its package's, or its folder's.
    #[must_use]
    pub fn name(&self, root: &Path) -> String {
        let package = self.settings.as_deref().and_then(|settings| settings.split('.').next());
        let package = package.filter(|name| !GENERIC.contains(name));
        let folder = root.file_name().and_then(|name| name.to_str());
        let name = [package, folder].into_iter().flatten().find_map(label);
        name.unwrap_or_else(|| "mysite".to_owned())
    }
}

/// Names of packages that tell nothing.
pub static GENERIC: &[&str] = &[
    "app",
    "application",
    "conf",
    "config",
    "core",
    "main",
    "project",
    "server",
    "settings",
    "src",
    "web",
    "wsgi",
];

/// A project's name made of another name.
#[must_use]
pub fn label(name: &str) -> Option<String> {
    let plain: String = name
        .chars()
        .map(
            |letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '-' },
        )
        .take(40)
        .collect();
    let plain = plain.trim_matches('-').to_owned();
    is_name(&plain).then_some(plain)
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// `settings` in `os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")` and its relatives.
fn assigned_environment(text: &str) -> Option<String> {
    let text: Vec<&str> = code(text).collect();
    let text = text.join("\n");
    text.split("DJANGO_SETTINGS_MODULE").skip(1).find_map(|rest| {
        quoted(rest.trim_start_matches(['"', '\''])).filter(|found| is_module(found))
    })
}

fn settings_module(root: &Path, named: Option<&str>, notes: &mut Vec<String>) -> Option<String> {
    let Some(named) = named else {
        notes.push(
            "manage.py names no DJANGO_SETTINGS_MODULE: check `settings` under `app:`".into(),
        );
        return None;
    };
    // `project.settings.local` in manage.py is for developers; a sibling for production is meant here.
    let (package, last) = named.rsplit_once('.').unwrap_or(("", named));
    let folder = root.join(named.replace('.', "/"));
    let (base, folder) = if folder.is_dir() {
        (named.to_owned(), folder)
    } else if ["local", "dev", "development", "base", "common", "test"].contains(&last) {
        (package.to_owned(), root.join(package.replace('.', "/")))
    } else {
        return Some(named.to_owned());
    };
    for name in ["production", "prod"] {
        if folder.join(format!("{name}.py")).is_file() {
            let chosen = format!("{base}.{name}");
            if chosen != named {
                notes.push(format!(
                    "manage.py uses {named}; ruwsgi.yaml has {chosen}, which is there too"
                ));
            }
            return Some(chosen);
        }
    }
    Some(named.to_owned())
}

/// The text of a settings module behind that of what it imports with `*`: the last assignment counts.
fn settings_text(root: &Path, module: &str) -> String {
    let mut seen = Vec::new();
    imported(root, module, &mut seen)
}

fn imported(root: &Path, module: &str, seen: &mut Vec<String>) -> String {
    if seen.iter().any(|other| other == module) {
        return String::new();
    }
    seen.push(module.to_owned());
    let path = root.join(module.replace('.', "/"));
    let plain = root.join(format!("{}.py", module.replace('.', "/")));
    let (own, parent) = if plain.is_file() {
        (read(&plain), module.rsplit_once('.').map_or("", |(parent, _)| parent))
    } else {
        (read(&path.join("__init__.py")), module)
    };
    let mut text = String::new();
    for line in own.lines().map(str::trim) {
        let Some((from, what)) =
            line.strip_prefix("from ").and_then(|rest| rest.split_once(" import "))
        else {
            continue;
        };
        if what.trim_start().starts_with('*') {
            let from = match from.trim().strip_prefix('.') {
                Some(name) => format!("{parent}.{}", name.trim_start_matches('.')),
                None => from.trim().to_owned(),
            };
            text.push_str(&imported(root, &from, seen));
        }
    }
    text.push_str(&own);
    text.push('\n');
    text
}

fn application(
    root: &Path,
    settings: &str,
    module: Option<&str>,
    notes: &mut Vec<String>,
) -> Option<String> {
    if let Some(path) = literal(settings, "WSGI_APPLICATION")
        && let Some((module, callable)) = path.rsplit_once('.')
        && is_module(&path)
    {
        return Some(format!("{module}:{callable}"));
    }
    // Beside the settings, then in any folder beside manage.py.
    let mut folders: Vec<String> = Vec::new();
    if let Some(package) = module.and_then(|module| module.split('.').next()) {
        folders.push(package.to_owned());
    }
    let mut entries: Vec<_> = fs::read_dir(root)
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    entries.sort();
    folders.extend(entries);
    for folder in folders {
        if is_module(&folder) && root.join(&folder).join("wsgi.py").is_file() {
            return Some(format!("{folder}.wsgi:application"));
        }
    }
    if root.join("wsgi.py").is_file() {
        return Some("wsgi:application".to_owned());
    }
    notes.push("no wsgi.py was found: write `module: package.wsgi:application` under `app:`, with the module that has the WSGI application".into());
    None
}

/// The version that the project's tools are told, or that it needs exactly.
fn python_version(root: &Path) -> Option<String> {
    let told = [".python-version", "runtime.txt"].into_iter().find_map(|name| {
        minor_version(read(&root.join(name)).trim().trim_start_matches("python-"))
    });
    told.or_else(|| {
        let pyproject = read(&root.join("pyproject.toml"));
        let line =
            pyproject.lines().find(|line| line.trim_start().starts_with("requires-python"))?;
        let (_, value) = line.split_once('=')?;
        let value = value.trim().trim_matches(['"', '\'']);
        // `>=3.10` leaves the choice; `==3.12.*` and `~=3.12.0` do not.
        let exact = value.strip_prefix("==").or_else(|| value.strip_prefix("~="))?;
        exact.matches('.').count().ge(&2).then(|| minor_version(exact)).flatten()
    })
}

/// `3.12` of `3.12.4`.
fn minor_version(text: &str) -> Option<String> {
    let mut parts = text.split('.');
    let (major, minor) = (parts.next()?, parts.next()?);
    let minor: u8 = minor.parse().ok()?;
    (major == "3" && (9..=19).contains(&minor)).then(|| format!("3.{minor}"))
}

/// What the application needs beside it.
fn services(root: &Path, settings: &str, notes: &mut Vec<String>) {
    for (sign, service) in [
        ("django.db.backends.postgresql", "postgres"),
        ("django.contrib.gis.db.backends.postgis", "postgres"),
        ("django.db.backends.mysql", "mysql"),
        ("django_redis", "redis"),
        ("django.core.cache.backends.redis", "redis"),
        ("django.core.cache.backends.memcached", "memcached"),
    ] {
        let line = format!(
            "the settings use {service}: `services: {{{service}: managed}}` runs one, `external` names yours"
        );
        if settings.contains(sign) && !notes.contains(&line) {
            notes.push(line);
        }
    }
    let folders = fs::read_dir(root).into_iter().flatten().filter_map(Result::ok);
    if folders.into_iter().any(|entry| entry.path().join("celery.py").is_file()) {
        notes.push("there is a Celery application: `workers: {celery: {celery: worker}}` runs a worker, `beat: {celery: beat}` beside it periodic tasks".to_owned());
    }
}

fn requirements(root: &Path, notes: &mut Vec<String>) -> Option<String> {
    let first = root.join("requirements.txt");
    if root.join("uv.lock").is_file() && root.join("pyproject.toml").is_file() {
        return Some("uv.lock".into());
    }
    if root.join("poetry.lock").is_file() && root.join("pyproject.toml").is_file() {
        return Some("poetry.lock".into());
    }
    if first.is_file() {
        // `-r requirements/production.txt` alone means that file.
        let text = read(&first);
        let lines: Vec<_> = text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .collect();
        if let [only] = lines.as_slice()
            && let Some(other) = only.strip_prefix("-r ").map(str::trim)
            && root.join(other).is_file()
        {
            return Some(other.to_owned());
        }
        return Some("requirements.txt".into());
    }
    for name in ["production", "prod", "main", "base"] {
        let path = format!("requirements/{name}.txt");
        if root.join(&path).is_file() {
            return Some(path);
        }
    }
    let pyproject = read(&root.join("pyproject.toml"));
    if pyproject.contains("[project]") && pyproject.contains("dependencies") {
        return Some("pyproject.toml".into());
    }
    let hint = if pyproject.contains("[tool.poetry") {
        "`poetry export --output requirements.txt` writes one"
    } else {
        "`pip freeze > requirements.txt` in the project's environment writes one"
    };
    notes.push(format!("no requirements.txt, requirements/production.txt, uv.lock, poetry.lock or pyproject.toml with dependencies was found: {hint}"));
    None
}

fn files(settings: &str, project: &mut Project) {
    let url = |name: &str| {
        literal(settings, name).map(|url| {
            let url = format!("/{}", url.trim_start_matches('/'));
            if url.ends_with('/') { url } else { format!("{url}/") }
        })
    };
    project.static_url = url("STATIC_URL");
    project.static_root = folder(settings, "STATIC_ROOT");
    if project.static_root.is_none() {
        project.notes.push(if has(settings, "STATIC_ROOT") {
            "STATIC_ROOT is computed: check `static_root` under `app:`".into()
        } else {
            "STATIC_ROOT is not set: add `STATIC_ROOT = BASE_DIR / \"staticfiles\"` to the settings"
                .to_owned()
        });
    }
    project.media_root = folder(settings, "MEDIA_ROOT");
    project.media_url = url("MEDIA_URL").filter(|url| url != "/");
    if project.media_root.is_some() != project.media_url.is_some() {
        if has(settings, "MEDIA_ROOT") || has(settings, "MEDIA_URL") {
            project.notes.push("only one of MEDIA_URL and MEDIA_ROOT could be told: write `media_url` and `media_root` under `app:` if users upload files".into());
        }
        project.media_root = None;
        project.media_url = None;
    }
}

fn health(root: &Path, project: &mut Project) {
    let package =
        project.settings.as_deref().and_then(|settings| settings.split('.').next()).unwrap_or("");
    let urls = read(&root.join(package).join("urls.py"));
    for path in ["-/health/", "healthz/", "healthz", "health/", "health", "healthcheck/", "ht/"] {
        for quote in ['"', '\''] {
            if urls.contains(&format!("{quote}{path}{quote}")) {
                project.health = Some(format!("/{path}"));
                return;
            }
        }
    }
    let wide = fs::read_dir(root).into_iter().flatten().filter_map(Result::ok);
    if wide
        .map(|entry| read(&entry.path().join("views.py")))
        .any(|text| text.contains("\"/-/health/\""))
    {
        project.health = Some("/-/health/".into());
        return;
    }
    project.notes.push("no health view was found, so health checks ask for `/`: a view that touches no database is better; name its path as `health` under `app:`".into());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(files: &[(&str, &str)]) -> Project {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        detect(folder.path())
    }

    const MANAGE: &str =
        "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n";

    #[test]
    fn what_startproject_writes_is_understood() {
        let found = project(&[
            ("manage.py", MANAGE),
            ("shop/wsgi.py", "application = 1\n"),
            (
                "shop/settings.py",
                "SECRET_KEY = 'x'\nWSGI_APPLICATION = 'shop.wsgi.application'\nSTATIC_URL = 'static/'\n",
            ),
            ("requirements.txt", "Django\n"),
        ]);
        assert_eq!(found.settings.as_deref(), Some("shop.settings"));
        assert_eq!(found.module.as_deref(), Some("shop.wsgi:application"));
        assert_eq!(found.static_url.as_deref(), Some("/static/"));
        assert_eq!(found.static_root, None);
        assert!(found.notes.iter().any(|note| note.contains("STATIC_ROOT is not set")));
        assert!(found.notes.iter().any(|note| note.contains("SECRET_KEY is written")));
    }

    #[test]
    fn a_settings_package_is_followed_to_production() {
        let found = project(&[
            (
                "manage.py",
                "os.environ.setdefault(\n    \"DJANGO_SETTINGS_MODULE\", \"config.settings.local\")\n",
            ),
            ("config/__init__.py", ""),
            ("config/wsgi.py", ""),
            (
                "config/settings/base.py",
                "STATIC_URL = '/assets/'\nSTATIC_ROOT = str(BASE_DIR / 'public' / 'static')\nMEDIA_URL = \"/media/\"\nMEDIA_ROOT = os.path.join(BASE_DIR, 'media')\n",
            ),
            ("config/settings/production.py", "from .base import *\nSTATIC_URL = '/files/'\n"),
            ("requirements/production.txt", "Django\n"),
        ]);
        assert_eq!(found.settings.as_deref(), Some("config.settings.production"));
        assert_eq!(found.module.as_deref(), Some("config.wsgi:application"));
        assert_eq!(found.static_url.as_deref(), Some("/files/"));
        assert_eq!(found.static_root.as_deref(), Some("public/static"));
        assert_eq!(found.media_root.as_deref(), Some("media"));
        assert_eq!(found.requirements.as_deref(), Some("requirements/production.txt"));
    }

    #[test]
    fn what_cannot_be_told_is_said_with_the_line_to_write() {
        let found = project(&[("manage.py", "print('hello')\n")]);
        assert_eq!(found.settings, None);
        let notes = found.notes.join("\n");
        for part in ["check `settings`", "write `module: package.wsgi:application`", "pip freeze"] {
            assert!(notes.contains(part), "{part} is not in {notes}");
        }
    }

    #[test]
    fn the_python_and_the_name_of_a_project_are_its_own() {
        let with = |path: &str, text: &str| project(&[("manage.py", MANAGE), (path, text)]).python;
        assert_eq!(with(".python-version", "3.12.4\n").as_deref(), Some("3.12"));
        assert_eq!(with("runtime.txt", "python-3.11.9\n").as_deref(), Some("3.11"));
        let pyproject = |range: &str| format!("[project]\nrequires-python = \"{range}\"\n");
        assert_eq!(with("pyproject.toml", &pyproject("==3.12.*")).as_deref(), Some("3.12"));
        assert_eq!(with("pyproject.toml", &pyproject(">=3.10")), None);
        assert_eq!(with(".python-version", "pypy3.10\n"), None);
        let shop = project(&[("manage.py", MANAGE)]);
        assert_eq!(shop.name(Path::new("/srv/Anything")), "shop");
        let generic = Project { settings: Some("config.settings".into()), ..Project::default() };
        assert_eq!(generic.name(Path::new("/srv/My_Shop")), "my-shop");
        assert_eq!(generic.name(Path::new("/")), "mysite");
    }

    #[test]
    fn what_runs_beside_the_application_is_told() {
        let found = project(&[
            ("manage.py", MANAGE),
            ("shop/celery.py", ""),
            (
                "shop/settings.py",
                "DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql'}}\n",
            ),
        ]);
        let notes = found.notes.join("\n");
        assert!(notes.contains("services: {postgres: managed}"), "{notes}");
        assert!(notes.contains("celery: worker"), "{notes}");
    }

    #[test]
    fn requirements_are_found_in_all_their_places() {
        let with = |files: &[(&str, &str)]| {
            let mut all = vec![("manage.py", MANAGE)];
            all.extend_from_slice(files);
            project(&all).requirements
        };
        assert_eq!(
            with(&[("pyproject.toml", "[project]\ndependencies = []\n")]).as_deref(),
            Some("pyproject.toml")
        );
        assert_eq!(
            with(&[("pyproject.toml", "[project]\n"), ("uv.lock", "")]).as_deref(),
            Some("uv.lock")
        );
        assert_eq!(
            with(&[("pyproject.toml", "[tool.poetry]\n"), ("poetry.lock", "")]).as_deref(),
            Some("poetry.lock")
        );
        assert_eq!(
            with(&[
                ("requirements.txt", "# all\n-r requirements/live.txt\n"),
                ("requirements/live.txt", "")
            ])
            .as_deref(),
            Some("requirements/live.txt")
        );
    }
}
