//! `ruwsgi deploy init`: describes a Django project in ruwsgi.yaml, or writes a starter project first.
//!
//! What a project says about itself is `detect`; everything rendered from ruwsgi.yaml is `render`.

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Args;
use serde_json::json;

use super::detect::{Project, detect, find};
use super::edits::remember;
use super::kinds::{Kind, is_name};
use super::plan::{File, Language, plan};
use super::render::{Output, render, starter};
use super::show::say;
use super::spec::{Spec, load};
use super::write::{Fate, LOCK, Overwrite, Scope, replace, write};
use super::{SPEC, ask, knows};
use crate::error::Failure;

/// `ruwsgi deploy init`.
#[derive(Args)]
#[command(
    after_help = "On a terminal, what cannot be found is asked for. exit code: 0; 1 when nothing was written."
)]
pub struct Init {
    /// The project's name: lower-case letters, digits and `-`. Without it, the one of the project that is here.
    name: Option<String>,
    /// Ask nothing; take what was found.
    #[arg(long, short)]
    yes: bool,
    /// The site's name, such as www.example.com; may be said several times.
    #[arg(long = "host", value_name = "HOST")]
    hosts: Vec<String>,
    /// How nginx speaks to the server.
    #[arg(long, value_parser = ["uwsgi", "http"], default_value = "uwsgi")]
    proxy: String,
    /// Where nginx and the server meet.
    #[arg(long, value_parser = ["socket", "tcp"], default_value = "socket")]
    via: String,
    /// The Python of the images; without it the project's own, or 3.13.
    #[arg(long)]
    python: Option<String>,
    /// Overwrite files that are in the way.
    #[arg(long)]
    force: bool,
}

/// What is to be described.
struct Request<'a> {
    /// The project's name.
    name: &'a str,
    /// Its host names.
    hosts: &'a [String],
    /// `uwsgi` or `http`.
    pass: &'a str,
    /// `socket` or `tcp`.
    via: &'a str,
    /// `3.13`.
    python: Option<&'a str>,
    /// Overwrite what is in the way.
    force: bool,
}

/// Finds out what is to be described, and asks for what nobody said where somebody can be asked.
pub(super) fn init(arguments: &Init) -> Result<ExitCode> {
    let here = std::env::current_dir().context("cannot tell the current folder")?;
    let asking = !arguments.yes && ask::is_possible();
    let found = find(&here, "").map(|root| detect(&root));
    let name = match (&arguments.name, &found) {
        (Some(name), _) => name.clone(),
        (None, Some(project)) => project.name(&here),
        (None, None) if asking => "mysite".to_owned(),
        (None, None) => {
            return Err(Failure::new(
                "there is no manage.py here, and a starter project needs a name",
            )
            .hint("`ruwsgi deploy init mysite`")
            .into());
        }
    };
    let name_is_right = |name: &str| match is_name(name) {
        true => Ok(()),
        false => Err(Kind::Name.wants()),
    };
    let name = match &arguments.name {
        None if asking => ask::ask("The project's name", &name, name_is_right)?,
        _ => name,
    };
    let mut hosts = arguments.hosts.clone();
    if asking && hosts.is_empty() {
        let question = "The site's host name, such as www.example.com (nothing: only this machine)";
        let host = ask::ask(question, "", |host| match host {
            "" => Ok(()),
            host => Kind::Hosts.item(host),
        })?;
        hosts.extend(Some(host).filter(|host| !host.is_empty()));
    }
    let request = Request {
        name: &name,
        hosts: &hosts,
        pass: &arguments.proxy,
        via: &arguments.via,
        python: arguments.python.as_deref(),
        force: arguments.force,
    };
    write_all(&here, &request)?;
    Ok(ExitCode::SUCCESS)
}

/// Names of Python that a project's package must not take.
static TAKEN: &[&str] = &[
    "and",
    "as",
    "assert",
    "async",
    "await",
    "break",
    "class",
    "continue",
    "def",
    "del",
    "django",
    "elif",
    "else",
    "except",
    "finally",
    "for",
    "from",
    "global",
    "guestbook",
    "if",
    "import",
    "in",
    "is",
    "lambda",
    "nonlocal",
    "not",
    "or",
    "pass",
    "raise",
    "return",
    "try",
    "while",
    "with",
    "yield",
    "code",
    "io",
    "json",
    "logging",
    "os",
    "re",
    "site",
    "socket",
    "ssl",
    "string",
    "sys",
    "test",
    "time",
    "types",
    "uuid",
    "uwsgi",
    "web",
    "data",
    "media",
    "k8s",
    "nginx",
    "secrets",
    "staticfiles",
];

/// Runs it in the folder `here`.
fn write_all(here: &Path, request: &Request<'_>) -> Result<()> {
    if !is_name(request.name) {
        return Err(Failure::new(format!("`{}` cannot be a project's name", request.name))
            .hint("at most 40 lower-case letters, digits and `-`, starting with a letter, such as mysite")
            .into());
    }
    let existing = find(here, request.name);
    let root = existing.clone().unwrap_or_else(|| here.join(request.name));
    if root.join(SPEC).exists() && !request.force {
        return Err(Failure::new(format!("{} is there already", shown(here, &root.join(SPEC))))
            .hint("`ruwsgi deploy render` renders from it; `--force` writes a new one")
            .into());
    }
    let module = request.name.replace('-', "_");
    let (project, mut own) = if let Some(root) = &existing {
        (detect(root), Vec::new())
    } else {
        if TAKEN.contains(&module.as_str()) {
            return Err(Failure::new(format!(
                "`{}` is a name Python, Django or ruwsgi uses itself",
                request.name
            ))
            .hint(format!("`ruwsgi deploy init my-{}`, say", request.name))
            .into());
        }
        (
            starter_project(&module),
            starter(&module, &json!({"name": request.name, "module": module}))?,
        )
    };
    let mut text = describe(request, &project, &[])?;
    let mut spec = checked(&text)?;
    // Files of the user's own with the names of ours stay theirs, and ruwsgi.yaml says so.
    let keep: Vec<String> = if request.force || root.join(LOCK).exists() {
        Vec::new()
    } else {
        plan(&spec)
            .into_iter()
            .map(|file| file.path)
            .filter(|path| root.join(path).exists())
            .collect()
    };
    if !keep.is_empty() {
        text = describe(request, &project, &keep)?;
        spec = checked(&text)?;
    }
    let outputs = render(&plan(&spec))?;
    let in_the_way: Vec<_> = own.iter().filter(|output| root.join(&output.path).exists()).collect();
    if !in_the_way.is_empty() && !request.force {
        let paths: Vec<_> =
            in_the_way.iter().map(|output| shown(here, &root.join(&output.path))).collect();
        return Err(Failure::new(format!(
            "these files are in the way of the starter project: {}",
            paths.join(", ")
        ))
        .hint("another name, or `--force` to overwrite them; nothing was written")
        .into());
    }
    own.push(Output { path: SPEC.to_owned(), text, mode: 0o644 });

    fs::create_dir_all(&root).with_context(|| format!("cannot create {}", root.display()))?;
    // The rendered files first: only they can be refused.
    let overwrite = if request.force { Overwrite::All } else { Overwrite::None };
    let fates = write(&root, &outputs, &spec.keep, &overwrite, Scope::All)?;
    remember(&root, &outputs)?;
    replace(&root, &own.iter().collect::<Vec<_>>())?;
    let created = create_secrets(&root, &spec)?;
    tell(here, &root, request.name, existing.is_some(), &project, &own, &fates, &created);
    Ok(())
}

fn checked(text: &str) -> Result<Spec> {
    load(SPEC, text, knows).map_err(|problems| {
        anyhow::anyhow!(
            "what was found in this project cannot be written into ruwsgi.yaml:\n{problems}"
        )
    })
}

fn starter_project(module: &str) -> Project {
    Project {
        python: None,
        settings: Some(format!("{module}.settings")),
        module: Some(format!("{module}.wsgi:application")),
        requirements: Some("requirements.txt".into()),
        static_url: Some("/static/".into()),
        static_root: Some("staticfiles".into()),
        media_url: Some("/media/".into()),
        media_root: Some("media".into()),
        data_dir: Some("data".into()),
        health: Some("/-/health/".into()),
        files: vec!["manage.py".into(), module.to_owned(), "guestbook".into()],
        secrets: vec!["DJANGO_SECRET_KEY".into()],
        notes: Vec::new(),
    }
}

/// The text of ruwsgi.yaml.
fn describe(request: &Request<'_>, project: &Project, keep: &[String]) -> Result<String> {
    let or =
        |value: &Option<String>, default: &str| value.clone().unwrap_or_else(|| default.to_owned());
    let module = request.name.replace('-', "_");
    let mut names = request.hosts.to_vec();
    names.extend([
        "localhost".to_owned(),
        "127.0.0.1".to_owned(),
        format!("{}.localhost", request.name),
    ]);
    let context = json!({
        "name": request.name,
        "python": request.python.or(project.python.as_deref()).unwrap_or("3.13"),
        "module": or(&project.module, &format!("{module}.wsgi:application")),
        "settings": or(&project.settings, &format!("{module}.settings")),
        "requirements": or(&project.requirements, "requirements.txt"),
        "static_url": or(&project.static_url, "/static/"),
        "static_root": or(&project.static_root, "staticfiles"),
        "media_url": project.media_url,
        "media_root": project.media_root,
        "data_dir": project.data_dir,
        "health": or(&project.health, "/"),
        "files": project.files,
        "server_names": names,
        "pass": request.pass,
        "via": request.via,
        "secrets": project.secrets.first(),
        "keep": keep,
    });
    let file = File {
        path: SPEC.to_owned(),
        template: "ruwsgi.yaml.tera",
        language: Language::Yaml,
        context,
        embedded: Vec::new(),
        mode: 0o644,
    };
    let outputs = render(&[file])?;
    outputs.into_iter().next().map(|output| output.text).context("ruwsgi.yaml was not rendered")
}

/// Makes `secrets/name` for what nobody else knows, such as Django's key, once and never again; other secrets are the user's to write.
///
/// The folder is closed to others. The file is not, as containers read it as another user through
/// a mount that leads past the folder.
pub(super) fn create_secrets(root: &Path, spec: &Spec) -> Result<Vec<String>> {
    if spec.secrets.is_empty() {
        return Ok(Vec::new());
    }
    let folder = root.join("secrets");
    let doing = || format!("cannot write into {}", folder.display());
    if !folder.exists() {
        fs::DirBuilder::new().mode(0o700).create(&folder).with_context(doing)?;
    }
    let ignore = folder.join(".gitignore");
    if !ignore.exists() {
        fs::write(&ignore, "*\n").with_context(doing)?;
    }
    let mut created = Vec::new();
    for name in spec.own_secrets() {
        let path = folder.join(name.to_lowercase());
        if !path.exists() {
            fs::write(&path, format!("{}\n", random_text()?)).with_context(doing)?;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).with_context(doing)?;
            created.push(format!("secrets/{}", name.to_lowercase()));
        }
    }
    Ok(created)
}

/// 64 letters and digits from the operating system: 380 bits.
fn random_text() -> Result<String> {
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut bytes = [0_u8; 64];
    fs::File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut bytes))
        .context("cannot read /dev/urandom")?;
    // 64 letters, so that every one is as likely.
    Ok(bytes
        .iter()
        .filter_map(|byte| letters.get(usize::from(byte % 64)))
        .map(|byte| char::from(*byte))
        .collect())
}

#[expect(clippy::too_many_arguments, reason = "what happened, told in one place")]
fn tell(
    here: &Path,
    root: &Path,
    name: &str,
    found: bool,
    project: &Project,
    own: &[Output],
    fates: &[(Fate, String)],
    created: &[String],
) {
    if found {
        say(&format!("found a Django project at {}", shown(here, &root.join("manage.py"))));
        let or = |value: &Option<String>| value.clone().unwrap_or_else(|| "not found".to_owned());
        for (what, value) in [
            ("settings", &project.settings),
            ("application", &project.module),
            ("requirements", &project.requirements),
            ("static files", &project.static_root),
        ] {
            say(&format!("  {what:<13} {}", or(value)));
        }
    } else {
        say(&format!("no Django project here: a starter project goes into {}", shown(here, root)));
    }
    for output in own {
        say(&format!("  {:<10} {}", Fate::Written.word(), output.path));
    }
    for path in created {
        say(&format!("  {:<10} {path} (random; ignored by git and docker)", Fate::Written.word()));
    }
    for (fate, path) in fates {
        let why = if *fate == Fate::Kept { " (yours; see `keep` in ruwsgi.yaml)" } else { "" };
        say(&format!("  {:<10} {path}{why}", fate.word()));
    }
    if !project.notes.is_empty() {
        say("\nto look at before the first start:");
        for note in &project.notes {
            say(&format!("  - {note}"));
        }
    }
    say("\nnext:");
    if root != here {
        say(&format!("  cd {}", shown(here, root)));
    }
    say("  ruwsgi deploy run --install    nginx and ruwsgi on this machine, without containers");
    say("  ruwsgi deploy up               the same in containers, at http://127.0.0.1:8080/");
    say("                                 (on an image that docker/Dockerfile of ruwsgi makes)");
    say("  ruwsgi deploy render           after a change of ruwsgi.yaml");
    if let Some(first) = project.secrets.first() {
        let low = first.to_lowercase();
        say(&format!(
            "  kubectl apply -f k8s/          after `kubectl --namespace {name} create secret generic {name}-secrets --from-file={low}=secrets/{low}`"
        ));
    }
}

fn shown(here: &Path, path: &Path) -> String {
    let short: PathBuf =
        path.strip_prefix(here).map_or_else(|_| path.to_path_buf(), Path::to_path_buf);
    if short.as_os_str().is_empty() { ".".to_owned() } else { short.display().to_string() }
}
