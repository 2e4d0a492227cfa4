//! Makes texts of planned files with the templates in `templates/`, all in memory.
//!
//! The templates are part of the program. How a value is written is `escape`, where a text goes `write`.

use anyhow::{Context as _, Result, bail};
use sha2::{Digest as _, Sha256};
use tera::{Context, Delimiters, EscapeFn, Kwargs, State, Tera, Value};

use super::escape;
use super::marks::{self, Mark};
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
    "nginx/tls.tera",
    "nginx/certificate.tera",
    "Dockerfile.tera",
    "dockerignore.tera",
    "compose.yaml.tera",
    "ci/github.yaml.tera",
    "ci/gitlab.yaml.tera",
    "k8s/head.tera",
    "k8s/labels.tera",
    "k8s/podsecurity.tera",
    "k8s/security.tera",
    "k8s/resources.tera",
    "k8s/sleep.tera",
    "k8s/web.tera",
    "k8s/mounts.tera",
    "k8s/volumes.tera",
    "k8s/namespace.yaml.tera",
    "k8s/serviceaccount.yaml.tera",
    "k8s/configmap.yaml.tera",
    "k8s/files.yaml.tera",
    "k8s/volume.yaml.tera",
    "k8s/services.yaml.tera",
    "k8s/migrate.yaml.tera",
    "k8s/deployment.yaml.tera",
    "k8s/worker.yaml.tera",
    "k8s/service.yaml.tera",
    "k8s/autoscaler.yaml.tera",
    "k8s/disruption.yaml.tera",
    "k8s/networkpolicy.yaml.tera",
    "k8s/cron.yaml.tera",
    "k8s/ingress.yaml.tera",
    "k8s/externalsecret.yaml.tera",
    "k8s/monitor.yaml.tera",
    "k8s/route.yaml.tera",
    "k8s/kustomization.tera",
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
    Ok(render_marked(files)?.into_iter().map(|(output, _)| output).collect())
}

/// The same, and where each line comes from.
pub fn render_marked(files: &[File]) -> Result<Vec<(Output, Vec<Mark>)>> {
    let mut engines = Engines::default();
    files
        .iter()
        .map(|file| {
            let (text, marks) = marks::take(&engines.render(file)?);
            let text = format!("{}\n", text.trim_end_matches('\n'));
            Ok((Output { path: file.path.clone(), text, mode: file.mode }, marks))
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

/// Changes with the templates of what runs in the images, and with the code that fills them.
pub(super) fn fingerprint() -> String {
    let mut digest = Sha256::new();
    digest.update(env!("CARGO_PKG_VERSION"));
    for (name, text) in TEMPLATES {
        if name.starts_with("nginx/") || name.starts_with("uwsgi.ini") {
            digest.update(text.as_bytes());
        }
    }
    super::write::hex(&digest.finalize())
}

/// One engine for each language in use.
#[derive(Default)]
struct Engines(Vec<(Language, Tera)>);

impl Engines {
    fn render(&mut self, file: &File) -> Result<String> {
        let mut context = Context::from_serialize(&file.context)?;
        for (name, inner) in &file.embedded {
            context.insert(*name, &self.render(inner)?);
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

/// The language of a template that `deploy render` renders.
fn language_of(template: &str) -> Language {
    match template.split('/').next() {
        Some("uwsgi.ini.tera") => Language::Ini,
        Some("nginx") => Language::Nginx,
        Some("Dockerfile.tera" | "dockerignore.tera") => Language::Words,
        _ => Language::Yaml,
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
    // Compose takes `$` for a variable of its own.
    engine.register_filter("compose", |value: Value, _: Kwargs, _: &State| {
        let text =
            |value: &Value| escape::json(&value.as_str().unwrap_or_default().replace('$', "$$"));
        Value::safe_string(&match value.as_array() {
            Some(words) => words.iter().map(text).collect::<Vec<_>>().join(", "),
            None => text(&value),
        })
    });
    engine.register_filter("exec", |words: Vec<Value>, _: Kwargs, _: &State| {
        let words: Vec<_> = words.iter().filter_map(Value::as_str).map(escape::json).collect();
        Value::safe_string(&words.join(", "))
    });
    engine.register_filter("hash", |text: &str, _: Kwargs, _: &State| {
        Value::safe_string(&super::context::hash(&[text]))
    });
    // Lines in the depth of the block they stand in.
    engine.register_filter("indent", |text: &str, arguments: Kwargs, _: &State| {
        let depth = arguments.get::<usize>("by").ok().flatten().unwrap_or(4);
        let lines: Vec<_> = text
            .lines()
            .map(|line| match line.trim_end() {
                "" => String::new(),
                line => format!("{:depth$}{line}", ""),
            })
            .collect();
        Value::safe_string(&lines.join("\n"))
    });
    // To read a template takes longer than to render it: only those of this language.
    let armed: Vec<_> = templates
        .iter()
        .filter(|(name, _)| language_of(name) == language)
        .map(|(name, text)| (*name, marks::arm(text)))
        .collect();
    engine.add_raw_templates(armed.iter().map(|(name, text)| (*name, text.as_str())))?;
    Ok(engine)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use super::*;
    use crate::deploy::marks::unknown;
    use crate::deploy::plan::plan;
    use crate::deploy::spec::{Known, Spec, load};
    use crate::deploy::table::KEYS;

    /// The descriptions that `make judge` judges.
    fn descriptions() -> Vec<(String, Spec)> {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/deploy");
        let mut all: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| {
                let path = entry.unwrap().path();
                let text = std::fs::read_to_string(&path).unwrap();
                let name = path.display().to_string();
                let spec = load(&name, &text, |_| Known::Yes);
                (name, spec.unwrap_or_else(|problems| panic!("{problems}")))
            })
            .collect();
        all.sort_by(|one, other| one.0.cmp(&other.0));
        all
    }

    #[test]
    fn every_key_has_its_lines_and_every_mark_is_a_key_or_a_rule() {
        // What says nothing in any file: it is only checked, or says what is rendered.
        let silent = ["nginx.client_max_body_size", "k8s.balancer_timeout", "keep", "patches"];
        let mut seen = BTreeSet::new();
        for (name, spec) in descriptions() {
            for (output, marks) in render_marked(&plan(&spec)).unwrap() {
                assert!(!output.text.contains(['⟦', '\u{1}', '\u{2}']), "{name}: {}", output.path);
                assert_eq!(marks.first().map(|mark| mark.line), Some(1), "{name}: {}", output.path);
                for mark in marks {
                    assert_eq!(unknown(&mark), [""; 0], "{name}: {}", output.path);
                    seen.extend(mark.keys);
                }
            }
        }
        let told =
            |path: &str| seen.iter().any(|key| path == key || path.starts_with(&format!("{key}.")));
        let missing: Vec<_> = KEYS
            .iter()
            .map(|key| key.path)
            .filter(|path| !told(path) && !silent.contains(path))
            .collect();
        assert_eq!(missing, [""; 0], "keys that no line comes from");
    }

    #[test]
    fn everything_is_rendered_in_no_time() {
        let (_, spec) =
            descriptions().into_iter().find(|(name, _)| name.contains("everything")).unwrap();
        // What the processor has worked for it, as others may want the processor, too.
        let worked = || {
            let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
            Duration::from_nanos(text.split(' ').next().unwrap().parse().unwrap())
        };
        let best = (0..5)
            .map(|_| {
                let before = worked();
                render(&plan(&spec)).unwrap();
                worked().saturating_sub(before)
            })
            .min()
            .unwrap();
        // Tests run what is not optimised, on machines that may be slow.
        let limit = Duration::from_millis(if cfg!(debug_assertions) { 300 } else { 100 });
        assert!(best < limit, "{best:?}");
    }
}
