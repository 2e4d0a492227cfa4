//! `ruwsgi deploy explain FILE:LINE`: which keys of ruwsgi.yaml and which rules a rendered line comes from.
//!
//! Templates say it (`marks`); here a line of the file on disk is led back to the line that was rendered.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Args;
use diffy::{Line, create_patch};
use serde_json::{Value as Json, json};

use super::edits::PATCHES;
use super::marks::{Mark, why};
use super::plan::plan;
use super::render::render_marked;
use super::rules::RULES;
use super::show::{Paint, say};
use super::table::{self, Fallback};
use super::write::on_disk;
use super::yaml::{self, Node, Value};
use super::{SPEC, find_spec, patches, read};
use crate::error::Failure;

/// `ruwsgi deploy explain`.
#[derive(Args)]
#[command(after_help = "exit code: 0; 1 when the file is not rendered or has no such line.")]
pub struct Explain {
    /// A rendered file and a line of it, such as uwsgi.ini:12.
    #[arg(value_name = "FILE:LINE")]
    place: String,
    /// This ruwsgi.yaml, not the one found here or in a folder above.
    #[arg(long, short)]
    file: Option<PathBuf>,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// Where a line was written.
enum Source {
    /// In a template: the line of the text that came of it.
    Template(usize),
    /// By `patches` in ruwsgi.yaml.
    Patch,
    /// By somebody, and kept as a patch.
    Edit,
    /// By somebody.
    Hand,
}

/// Carries it out.
pub(super) fn explain(request: &Explain) -> Result<ExitCode> {
    let wrong = || {
        Failure::new(format!("`{}` is no file and line", request.place))
            .hint("such as `ruwsgi deploy explain uwsgi.ini:12`")
    };
    let (name, line) = request.place.rsplit_once(':').ok_or_else(wrong)?;
    let line: usize = line.parse().ok().filter(|line| *line > 0).ok_or_else(wrong)?;
    let (root, spec) = read(request.file.as_deref())?;
    let path = inside(&root, name)?;
    let all = render_marked(&plan(&spec))?;
    let Some((output, marks)) = all.iter().find(|(output, _)| output.path == path) else {
        return Err(Failure::new(format!("{path} is not rendered from {SPEC}"))
            .hint("`ruwsgi deploy render --stdout` shows all files")
            .into());
    };
    let text = match on_disk(&root, &path)? {
        Some(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        None => output.text.clone(),
    };
    let Some(said) = text.lines().nth(line - 1) else {
        return Err(Failure::new(format!("{path} has {} lines", text.lines().count())).into());
    };
    let with_patches = patches::patched(vec![output.clone()], &only(&spec.patches, &path))?;
    let patched = with_patches.first().map_or(output.text.as_str(), |output| output.text.as_str());
    let source = match origin(patched, &text, line) {
        Some(line) => origin(&output.text, patched, line).map_or(Source::Patch, Source::Template),
        None if root.join(PATCHES).join(format!("{path}.patch")).exists() => Source::Edit,
        None => Source::Hand,
    };
    let described = std::fs::read_to_string(find_spec(request.file.as_deref())?)
        .with_context(|| format!("cannot read {SPEC}"))?;
    let tree = yaml::read(&described).ok();
    let answer = answer(&path, said, &source, &output.text, marks, tree.as_ref());
    say(&match request.json {
        true => format!("{:#}", json!({"file": path, "line": line, "text": said, "from": answer})),
        false => shown(&path, line, said, &answer, Paint::of_stdout()),
    });
    Ok(ExitCode::SUCCESS)
}

/// The patches of one file.
fn only(patches: &patches::Patches, path: &str) -> patches::Patches {
    let mut patches = patches.clone();
    patches.files.retain(|(name, _)| name.text() == Some(path));
    patches
}

/// A path as somebody types it, relative to the project.
fn inside(root: &Path, name: &str) -> Result<String> {
    let here = std::env::current_dir().context("cannot tell the current folder")?;
    let absolute = std::path::absolute(here.join(name)).context("cannot tell the path")?;
    let root = std::path::absolute(root).context("cannot tell the project's folder")?;
    let path = absolute.strip_prefix(&root).unwrap_or(Path::new(name));
    Ok(path.to_string_lossy().into_owned())
}

/// The line of an old text that a line of the new one was, if it was there.
fn origin(old: &str, new: &str, line: usize) -> Option<usize> {
    let patch = create_patch(old, new);
    // How far lines of the new text are ahead of those of the old one.
    let mut ahead: isize = 0;
    for hunk in patch.hunks() {
        if line < hunk.new_range().start() {
            break;
        }
        let (mut from, mut to) = (hunk.old_range().start(), hunk.new_range().start());
        for change in hunk.lines() {
            match change {
                Line::Context(_) if to == line => return Some(from),
                Line::Insert(_) if to == line => return None,
                Line::Context(_) => (from, to) = (from + 1, to + 1),
                Line::Insert(_) => to += 1,
                Line::Delete(_) => from += 1,
            }
        }
        ahead = to.cast_signed() - from.cast_signed();
    }
    line.checked_add_signed(-ahead)
}

/// What there is to say, for programs.
fn answer(
    path: &str,
    said: &str,
    source: &Source,
    rendered: &str,
    marks: &[Mark],
    tree: Option<&Node>,
) -> Json {
    let from = match source {
        Source::Template(line) => {
            let mark = why(rendered, marks, *line).cloned().unwrap_or_default();
            let keys: Vec<Json> =
                mark.keys.iter().map(|key| key_of(key, path, said, tree)).collect();
            let rules =
                mark.rules.iter().filter_map(|id| RULES.iter().find(|(known, _)| known == id));
            let rules: Vec<Json> =
                rules.map(|(id, rule)| json!({"id": id, "rule": rule})).collect();
            return json!({"keys": keys, "rules": rules});
        }
        Source::Patch => format!("`patches` of {SPEC}"),
        Source::Edit => format!("an edit that is kept in {PATCHES}/{path}.patch"),
        Source::Hand => "a change by hand: it is not rendered".to_owned(),
    };
    json!({"keys": [], "rules": [], "by": from})
}

/// A key, where it is written, or what holds without it.
fn key_of(key: &str, path: &str, said: &str, tree: Option<&Node>) -> Json {
    let environment = path
        .strip_prefix("environments/")
        .or_else(|| path.strip_prefix("k8s/overlays/"))
        .and_then(|rest| rest.split('/').next());
    let parts: Vec<&str> = key.split('.').collect();
    let overlay = environment.map(|name| [&["environments", name], parts.as_slice()].concat());
    let place = tree.and_then(|tree| {
        let written = |path: &[&str]| written(tree, path, said);
        overlay.as_ref().and_then(|path| written(path)).or_else(|| written(&parts))
    });
    let row = table::find(key);
    let default = match row.map(|row| row.default) {
        Some(Fallback::Is(value) | Fallback::From(value)) => Some(value),
        _ => None,
    };
    json!({
        "key": key,
        "line": place.as_ref().map(|(line, _)| line),
        "value": place.as_ref().map(|(_, value)| value),
        "default": default,
        "about": row.map(|row| row.about),
    })
}

/// The line of a key and its value. In a list or mapping of the user's own, what the line says is looked for.
fn written(tree: &Node, path: &[&str], said: &str) -> Option<(usize, Option<String>)> {
    let mut node = tree;
    let mut line = None;
    for part in path {
        let Value::Map(entries) = &node.value else { break };
        // A `*` is any of the user's names; the one that the line speaks of, if it does.
        let mut fitting =
            entries.iter().filter(|(name, _)| *part == "*" || name.text() == Some(part));
        let spoken = fitting
            .clone()
            .find(|(name, _)| *part != "*" || name.text().is_some_and(|name| said.contains(name)));
        let (name, value) = spoken.or_else(|| fitting.next())?;
        line = Some(name.at.line);
        node = value;
    }
    if let Value::Map(entries) = &node.value
        && let Some((name, value)) =
            entries.iter().find(|(name, _)| name.text().is_some_and(|name| said.contains(name)))
    {
        return Some((name.at.line, value.text().map(str::to_owned)));
    }
    line.map(|line| (line, node.text().map(str::to_owned)))
}

/// For people.
fn shown(path: &str, line: usize, said: &str, answer: &Json, paint: Paint) -> String {
    let mut lines = vec![format!("{}  {}", paint.bold(&format!("{path}:{line}")), said.trim())];
    let text = |value: &Json| value.as_str().map(str::to_owned);
    for key in answer.get("keys").and_then(Json::as_array).into_iter().flatten() {
        let field = |name: &str| key.get(name).and_then(text);
        let place = match key.get("line").and_then(Json::as_u64) {
            Some(line) => {
                let value = field("value").map(|value| format!(": {value}"));
                format!("{SPEC}:{line}{}", value.unwrap_or_default())
            }
            None => match field("default") {
                Some(default) => format!("not written; the default is {default}"),
                None => "not written".to_owned(),
            },
        };
        lines.push(format!("  {}  {place}", paint.green(&field("key").unwrap_or_default())));
        lines.extend(field("about").map(|about| format!("      {about}")));
    }
    for rule in answer.get("rules").and_then(Json::as_array).into_iter().flatten() {
        let field = |name: &str| rule.get(name).and_then(text).unwrap_or_default();
        lines.push(format!("  {}  {}", paint.cyan(&field("id")), field("rule")));
    }
    lines.extend(answer.get("by").and_then(text).map(|by| format!("  {by}")));
    if lines.len() == 1 {
        lines.push("  the same in every deployment".to_owned());
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_led_back_over_changes_before_it() {
        let old: String = (1..=30).map(|number| number.to_string() + "\n").collect();
        let new = old.replace("\n5\n", "\nfive\nmore\n").replace("\n20\n", "\n");
        let lines: Vec<&str> = new.lines().collect();
        for (index, text) in lines.iter().enumerate() {
            assert_eq!(origin(&old, &new, index + 1), text.parse().ok(), "{text}");
        }
        assert_eq!(origin(&old, &old, 7), Some(7));
    }

    #[test]
    fn a_key_is_found_where_it_is_written() {
        let source = "name: a\nserver:\n  harakiri: 30s\n  options:\n    listen: 5\n    stats: x\nworkers:\n  mail: python m\n  beat: python b\n";
        let tree = yaml::read(source).unwrap();
        let check = |key: &str, said: &str, line: usize| {
            let path: Vec<&str> = key.split('.').collect();
            assert_eq!(
                written(&tree, &path, said).map(|(line, _)| line),
                Some(line),
                "{key} {said}"
            );
        };
        check("server.harakiri", "harakiri = 30", 3);
        check("server.options", "stats = x", 6);
        check("server.options", "nothing of it", 4);
        check("workers.*.command", "name: a-beat", 9);
        assert_eq!(written(&tree, &["nginx", "via"], "x"), None);
    }
}
