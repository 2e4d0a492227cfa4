//! `ruwsgi deploy diff`: how the files on disk differ from what would be rendered.
//!
//! Only shows; `write` tells which files differ, `edits` what hand-made changes belong to the rendering.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use serde_json::json;

use super::edits::difference;
use super::show::{Paint, say};
use super::write::{Differing, differing};
use super::{read, rendered};

/// `ruwsgi deploy diff`.
#[derive(Args)]
#[command(
    after_help = "exit code: 0; with --exit-code 1 when a file differs. 1 also when ruwsgi.yaml is wrong."
)]
pub struct Diff {
    /// This file, not the ruwsgi.yaml found here or in a folder above.
    #[arg(long, short)]
    file: Option<PathBuf>,
    /// Exit with 1 when a file differs: for CI.
    #[arg(long)]
    exit_code: bool,
    /// Only the names, and how each differs.
    #[arg(long)]
    names: bool,
    /// As JSON.
    #[arg(long, conflicts_with = "names")]
    json: bool,
}

/// Carries it out.
pub(super) fn diff(request: &Diff) -> Result<ExitCode> {
    let (root, spec) = read(request.file.as_deref())?;
    let list = differing(&root, &rendered(&root, &spec)?, &spec.keep)?;
    if request.json {
        let files: Vec<_> = list
            .iter()
            .map(|file| {
                let patch = difference(&file.disk, &file.rendered, &file.path);
                json!({"path": file.path, "how": file.how.word(), "diff": patch})
            })
            .collect();
        say(&format!("{:#}", json!({"same": list.is_empty(), "files": files})));
    } else {
        let paint = Paint::of_stdout();
        for file in &list {
            say(&match request.names {
                true => format!("{}: {}", file.path, file.how.word()),
                false => shown(file, paint),
            });
        }
    }
    let differs = request.exit_code && !list.is_empty();
    Ok(if differs { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// From the disk to what would be rendered.
fn shown(file: &Differing, paint: Paint) -> String {
    let title = paint.bold(&format!("# {}: {}", file.path, file.how.word()));
    let patch = difference(&file.disk, &file.rendered, &file.path);
    let lines = patch.lines().map(|line| match line.as_bytes().first() {
        Some(b'+') => paint.green(line),
        Some(b'-') => paint.red(line),
        Some(b'@') => paint.cyan(line),
        _ => line.to_owned(),
    });
    std::iter::once(title).chain(lines).collect::<Vec<_>>().join("\n")
}
