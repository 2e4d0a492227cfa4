//! Makes texts of planned files with the templates in `templates/`, all in memory.
//!
//! The templates are part of the program. How a value is written is `escape`, where a text goes `write`.

use anyhow::{Context as _, Result, bail};
use tera::{Context, Delimiters, EscapeFn, Kwargs, State, Tera, Value};

use super::escape;
use super::plan::{File, Language};

/// A rendered file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Relative to the project.
    pub path: String,
    /// Its text.
    pub text: String,
    /// Permissions.
    pub mode: u32,
}

macro_rules! templates {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../templates/", $name)))),*]
    };
}

/// What `deploy render` renders.
static TEMPLATES: &[(&str, &str)] = templates![
    "uwsgi.ini.tera",
    "nginx/nginx.conf.tera",
    "nginx/site.conf.tera",
    "nginx/headers.tera",
    "nginx/parameters.tera",
    "nginx/pass.tera",
    "Dockerfile.tera",
    "dockerignore.tera",
    "compose.yaml.tera",
    "k8s/labels.tera",
    "k8s/podsecurity.tera",
    "k8s/web.tera",
    "k8s/mounts.tera",
    "k8s/volumes.tera",
    "k8s/namespace.yaml.tera",
    "k8s/serviceaccount.yaml.tera",
    "k8s/configmap.yaml.tera",
    "k8s/nginx.yaml.tera",
    "k8s/volume.yaml.tera",
    "k8s/migrate.yaml.tera",
    "k8s/deployment.yaml.tera",
    "k8s/service.yaml.tera",
    "k8s/disruption.yaml.tera",
    "k8s/networkpolicy.yaml.tera",
    "k8s/ingress.yaml.tera",
    "ruwsgi.yaml.tera",
];

/// The starter project: where a file goes in the project, and its template.
pub static STARTER: &[(&str, &str)] = &[
    ("manage.py", include_str!("../../templates/starter/manage.py.tera")),
    ("requirements.txt", include_str!("../../templates/starter/requirements.txt.tera")),
    (".gitignore", include_str!("../../templates/starter/gitignore.tera")),
    ("README.md", include_str!("../../templates/starter/README.md.tera")),
    ("data/.gitignore", "*\n!.gitignore\n"),
    ("PROJECT/__init__.py", ""),
    ("PROJECT/settings.py", include_str!("../../templates/starter/project/settings.py.tera")),
    ("PROJECT/urls.py", include_str!("../../templates/starter/project/urls.py.tera")),
    ("PROJECT/wsgi.py", include_str!("../../templates/starter/project/wsgi.py.tera")),
    ("guestbook/__init__.py", ""),
    ("guestbook/apps.py", include_str!("../../templates/starter/guestbook/apps.py.tera")),
    ("guestbook/forms.py", include_str!("../../templates/starter/guestbook/forms.py.tera")),
    ("guestbook/models.py", include_str!("../../templates/starter/guestbook/models.py.tera")),
    ("guestbook/views.py", include_str!("../../templates/starter/guestbook/views.py.tera")),
    ("guestbook/tests.py", include_str!("../../templates/starter/guestbook/tests.py.tera")),
    ("guestbook/migrations/__init__.py", ""),
    (
        "guestbook/migrations/0001_initial.py",
        include_str!("../../templates/starter/guestbook/0001_initial.py.tera"),
    ),
    (
        "guestbook/templates/guestbook/home.html",
        include_str!("../../templates/starter/guestbook/home.html.tera"),
    ),
    (
        "guestbook/static/guestbook/site.css",
        include_str!("../../templates/starter/guestbook/site.css.tera"),
    ),
    (
        "guestbook/static/guestbook/mark.svg",
        include_str!("../../templates/starter/guestbook/mark.svg.tera"),
    ),
];

/// Renders all files, or none.
pub fn render(files: &[File]) -> Result<Vec<Output>> {
    let mut engines = Engines::default();
    files
        .iter()
        .map(|file| {
            let text = engines.render(file)?;
            Ok(Output { path: file.path.clone(), text, mode: file.mode })
        })
        .collect()
}

/// Renders the starter project.
pub fn starter(module: &str, context: &serde_json::Value) -> Result<Vec<Output>> {
    let mut engine = engine(Language::Starter, &[])?;
    for (path, text) in STARTER {
        engine.add_raw_template(path, text)?;
    }
    let context = Context::from_serialize(context)?;
    STARTER
        .iter()
        .map(|(path, _)| {
            let text = engine.render(path, &context).with_context(|| format!("in {path}"))?;
            let mode = if *path == "manage.py" { 0o755 } else { 0o644 };
            Ok(Output { path: path.replacen("PROJECT", module, 1), text, mode })
        })
        .collect()
}

/// One engine for each language in use.
#[derive(Default)]
struct Engines(Vec<(Language, Tera)>);

impl Engines {
    fn render(&mut self, file: &File) -> Result<String> {
        let mut context = Context::from_serialize(&file.context)?;
        if let Some(inner) = &file.embedded {
            context.insert("embedded", &self.render(inner)?);
        }
        if !self.0.iter().any(|(language, _)| *language == file.language) {
            self.0.push((file.language, engine(file.language, TEMPLATES)?));
        }
        let Some((_, engine)) = self.0.iter().find(|(language, _)| *language == file.language)
        else {
            bail!("no engine for {}", file.path);
        };
        engine.render(file.template, &context).map_err(|error| {
            // The reason is at the end of the chain; the engine's own words are of no use to a user.
            let mut last: &dyn std::error::Error = &error;
            while let Some(source) = last.source() {
                last = source;
            }
            anyhow::anyhow!("cannot render {}: {last}", file.path)
        })
    }
}

fn engine(language: Language, templates: &[(&'static str, &'static str)]) -> Result<Tera> {
    let mut engine = Tera::new();
    let escape: EscapeFn = match language {
        Language::Ini => escape::ini,
        Language::Nginx => escape::nginx,
        Language::Yaml => escape::yaml,
        Language::Words | Language::Starter => escape::words,
    };
    // Every template, whatever its name.
    engine.autoescape_on([""]);
    engine.set_escape_fn(escape);
    if language == Language::Starter {
        engine.set_delimiters(Delimiters {
            block_start: "[%".into(),
            block_end: "%]".into(),
            variable_start: "[[".into(),
            variable_end: "]]".into(),
            comment_start: "[#".into(),
            comment_end: "#]".into(),
        })?;
    }
    engine.register_filter("json", |value: Value, _: Kwargs, _: &State| {
        Value::safe_string(&match value.as_str() {
            Some(text) => escape::json(text),
            None => value.to_string(),
        })
    });
    engine.register_filter("exec", |words: Vec<Value>, _: Kwargs, _: &State| {
        let words: Vec<_> = words.iter().filter_map(Value::as_str).map(escape::json).collect();
        Value::safe_string(&words.join(", "))
    });
    // A literal block of YAML: four blanks in front of each line.
    engine.register_filter("block", |text: &str, _: Kwargs, _: &State| {
        let lines: Vec<_> = text
            .lines()
            .map(|line| if line.is_empty() { String::new() } else { format!("    {line}") })
            .collect();
        Value::safe_string(&lines.join("\n"))
    });
    engine.add_raw_templates(templates.iter().copied())?;
    Ok(engine)
}
