//! `ruwsgi deploy`: one `ruwsgi.yaml` in, every artefact of a deployment out.
//!
//! `spec` (what the file says) → `check` (how it goes together) → `plan` (which files) → `render`
//! (their texts) → `patches`, `edits` (what users change in them) → `write` (onto the disk). Knows the server's options, and
//! nothing else of it.

mod adopt;
mod ask;
mod capacity;
pub mod check;
mod containers;
pub mod context;
pub mod detect;
mod diff;
pub mod edits;
pub mod escape;
mod explain;
mod fill;
mod init;
pub mod keys;
pub mod kinds;
mod load;
pub mod marks;
mod nginx;
pub mod patches;
pub mod plan;
pub mod problem;
mod python;
pub mod render;
pub mod rules;
mod run;
mod schema;
mod secrecy;
mod shapes;
mod show;
pub mod spec;
pub mod table;
mod variables;
pub mod write;
pub mod yaml;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};

use crate::error::Failure;
use problem::{Position, Problem, Problems};
use show::say;
use spec::{Spec, load};

/// The name of the one file.
pub const SPEC: &str = "ruwsgi.yaml";
/// A ruwsgi.yaml may have so many bytes.
const LARGEST: u64 = 1 << 20;

/// The words behind `ruwsgi deploy`.
#[derive(Subcommand)]
pub enum Command {
    /// Describe the project in ruwsgi.yaml and render everything from it.
    ///
    /// In a folder with a Django project (manage.py here, or in ./NAME) that project is described;
    /// elsewhere a starter project is written into ./NAME first. Files of yours are never overwritten.
    Init(init::Init),
    /// Render everything from ruwsgi.yaml again.
    Render(Render),
    /// Check ruwsgi.yaml and everything that would be rendered from it; write nothing.
    Check(Check),
    /// Show how the files on disk differ from what would be rendered.
    Diff(diff::Diff),
    /// Tell which keys of ruwsgi.yaml, and which rules, a rendered line comes from.
    Explain(explain::Explain),
    /// Show what each environment may take: workers, memory, connections to the database.
    Capacity(capacity::Capacity),
    /// Describe in ruwsgi.yaml what a uwsgi.ini, and an nginx.conf, say.
    Adopt(adopt::Adopt),
    /// Start nginx and the server right here, without containers.
    Run(run::Run),
    /// Build the images.
    Build(containers::Build),
    /// Start the site in containers, and wait until it answers.
    Up(containers::Up),
    /// Stop the containers and remove them.
    Down(containers::Down),
    /// Print the JSON schema of ruwsgi.yaml, for editors.
    Schema,
}

/// `ruwsgi deploy check`.
#[derive(Args)]
pub struct Check {
    /// This file, not the ruwsgi.yaml found here or in a folder above.
    #[arg(long, short)]
    file: Option<PathBuf>,
}

/// `ruwsgi deploy render`.
#[derive(Args)]
pub struct Render {
    /// This file, not the ruwsgi.yaml found here or in a folder above.
    #[arg(long, short)]
    file: Option<PathBuf>,
    /// Write nothing; print all files.
    #[arg(long, conflicts_with_all = ["force", "keep_edits"])]
    stdout: bool,
    /// Keep what was changed by hand as patches, in patches/, which every later rendering applies.
    #[arg(long, conflicts_with = "force")]
    keep_edits: bool,
    /// Only the files of this environment; all others stay as they are.
    #[arg(long, value_name = "NAME")]
    env: Option<String>,
    /// Overwrite files that were changed by hand.
    #[arg(long)]
    force: bool,
}

/// Carries out one command; errors go to standard error. `server` is how this program starts itself.
#[must_use]
pub fn main(command: &Command, server: &[OsString]) -> ExitCode {
    let done = match command {
        Command::Init(init) => init::init(init),
        Command::Render(render) => again(render),
        Command::Check(request) => check_only(request),
        Command::Diff(diff) => diff::diff(diff),
        Command::Explain(explain) => explain::explain(explain),
        Command::Capacity(capacity) => capacity::capacity(capacity),
        Command::Adopt(adopt) => adopt::adopt(adopt),
        Command::Run(run) => run::run(run, server),
        Command::Build(build) => containers::build(build),
        Command::Up(up) => containers::up(up),
        Command::Down(down) => containers::down(down),
        Command::Schema => {
            say(&schema::schema());
            Ok(ExitCode::SUCCESS)
        }
    };
    done.unwrap_or_else(|error| complain(&error))
}

/// The one question to the server's table: is there an option of this name?
fn knows(name: &str) -> spec::Known {
    use crate::options::table::{Row, Status, find};
    match find(name).map(Row::status) {
        None => spec::Known::No,
        Some(Status::Planned) => spec::Known::Planned,
        Some(Status::Refused(instead)) => spec::Known::Refused(instead),
        Some(_) => spec::Known::Yes,
    }
}

fn again(request: &Render) -> Result<ExitCode> {
    let (root, spec) = read(request.file.as_deref())?;
    let mut outputs = produced(&spec)?;
    let mut scope = write::Scope::All;
    if let Some(name) = &request.env {
        let files = plan::stage(environment(&spec, name)?);
        outputs.retain(|output| files.iter().any(|file| file.path == output.path));
        scope = write::Scope::Part;
    }
    if request.stdout {
        for output in &outputs {
            say(&format!("# ==> {} <==\n{}", output.path, output.text.trim_end()));
        }
        return Ok(ExitCode::SUCCESS);
    }
    let disk = write::Disk::read(&root)?;
    let edited = edits::edited(&root, outputs.clone(), &disk, request.keep_edits)?;
    let overwrite = match request.force {
        true => write::Overwrite::All,
        false => write::Overwrite::These(edited.kept),
    };
    // Patches, files and lock belong together.
    let _signals = write::Held::hold();
    let fates = write::write(&root, &edited.outputs, &spec.keep, &overwrite, scope)?;
    write::replace(&root, &edited.patches.iter().collect::<Vec<_>>())?;
    edits::remember(&root, &outputs)?;
    for patch in edited.patches {
        say(&format!("{:<10} {}", write::Fate::Written.word(), patch.path));
    }
    for (fate, path) in fates {
        say(&format!("{:<10} {path}", fate.word()));
    }
    // Not in any repository, so a fresh clone has none.
    for path in init::create_secrets(&root, &spec)? {
        say(&format!(
            "{:<10} {path} (random; ignored by git and docker)",
            write::Fate::Written.word()
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// Everything that is rendered, with the patches of ruwsgi.yaml.
fn produced(spec: &Spec) -> Result<Vec<render::Output>> {
    Ok(patches::patched(render::render(&plan::plan(spec))?, &spec.patches)?)
}

/// What would stand on disk: everything rendered, with the edits that are kept.
fn rendered(root: &Path, spec: &Spec) -> Result<Vec<render::Output>> {
    Ok(edits::edited(root, produced(spec)?, &write::Disk::read(root)?, false)?.outputs)
}

/// All rules, all templates, and not a byte on the disk.
fn check_only(request: &Check) -> Result<ExitCode> {
    let (_, spec) = read(request.file.as_deref())?;
    let outputs = produced(&spec)?;
    let environments = match spec.environments.len() {
        0 => String::new(),
        1 => " and 1 environment".to_owned(),
        count => format!(" and {count} environments"),
    };
    say(&format!("{SPEC}{environments}: {} files, nothing is wrong", outputs.len()));
    Ok(ExitCode::SUCCESS)
}

fn environment<'a>(spec: &'a Spec, name: &str) -> Result<&'a Spec> {
    let found = spec.environments.iter().find(|one| one.environment.as_deref() == Some(name));
    let names: Vec<_> =
        spec.environments.iter().filter_map(|one| one.environment.as_deref()).collect();
    let hint = if names.is_empty() {
        "there are none: `environments:` in ruwsgi.yaml names them".to_owned()
    } else {
        format!("there are: {}", names.join(", "))
    };
    found
        .ok_or_else(|| Failure::new(format!("no environment is called `{name}`")).hint(hint).into())
}

/// The ruwsgi.yaml that is meant.
fn find_spec(file: Option<&Path>) -> Result<PathBuf> {
    let here = std::env::current_dir().context("cannot tell the current folder")?;
    if let Some(file) = file {
        return Ok(here.join(file));
    }
    let found = here.ancestors().map(|folder| folder.join(SPEC)).find(|path| path.is_file());
    found.ok_or_else(|| {
        Failure::new(format!("there is no {SPEC} in {} or above it", here.display()))
            .hint("`ruwsgi deploy init mysite` writes one; `--file` names one elsewhere")
            .into()
    })
}

/// Finds and reads ruwsgi.yaml: the project's folder, and what the file says.
fn read(file: Option<&Path>) -> Result<(PathBuf, Spec)> {
    let here = std::env::current_dir().context("cannot tell the current folder")?;
    let path = find_spec(file)?;
    let name = path.strip_prefix(&here).unwrap_or(&path).display().to_string();
    let source = text_of(&path, &name)?;
    let spec = load(&name, &source, knows)?;
    if !spec.warnings.is_empty() {
        let warnings = Problems::new(&name, &source, spec.warnings.clone());
        show::tell(&warnings.to_string());
    }
    let root = path.parent().map_or_else(|| here.clone(), Path::to_path_buf);
    Ok((root, spec))
}

/// The text of a ruwsgi.yaml; one that is none is told with the place where it ends to be.
fn text_of(path: &Path, name: &str) -> Result<String> {
    use std::io::Read as _;
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes))
        .with_context(|| format!("cannot read {name}"))?;
    if bytes.len() as u64 > LARGEST {
        return Err(Failure::new(format!("{name} is longer than 1 MiB"))
            .hint("a ruwsgi.yaml has some hundred lines; `--file` names another")
            .into());
    }
    String::from_utf8(bytes).map_err(|wrong| {
        let good = wrong.utf8_error().valid_up_to();
        let source = String::from_utf8_lossy(wrong.as_bytes()).into_owned();
        let before = source.get(..good).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let at = Position { line, column, length: 1 };
        let problem = Problem::new(at, "a byte that is not UTF-8").help("save the file as UTF-8");
        Problems::new(name, &source, vec![problem]).into()
    })
}

fn complain(error: &anyhow::Error) -> ExitCode {
    let text = if let Some(problems) = error.downcast_ref::<Problems>() {
        problems.to_string()
    } else if let Some(failure) = error.downcast_ref::<Failure>() {
        failure.to_string()
    } else if let Some(unmerged) = error.downcast_ref::<edits::Unmerged>() {
        Failure::new(unmerged.to_string())
            .hint("`ruwsgi deploy diff` shows what differs")
            .to_string()
    } else if let Some(conflict) = error.downcast_ref::<write::Conflict>() {
        Failure::new(conflict.to_string())
            .hint("put what you changed into ruwsgi.yaml, or keep it as a patch with `--keep-edits`, or list the file under `keep:`, or overwrite it with `--force`")
            .to_string()
    } else {
        Failure::new(format!("{error:#}")).to_string()
    };
    show::tell(&text);
    ExitCode::FAILURE
}
