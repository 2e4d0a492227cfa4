//! Tells what became of every line that was adopted, as text or as JSON.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Adoption, Fate, Line};
use crate::deploy::show::Paint;

/// A value is shown up to this many letters; JSON has it whole.
const WIDEST: usize = 48;

/// What is told of a fate in a section, if it belongs there.
type Told = fn(&Fate) -> Option<&String>;

/// For people.
pub(super) fn text(adoption: &Adoption, paint: Paint) -> String {
    let mut text = String::new();
    let shown: Vec<(String, String)> =
        adoption.lines.iter().map(|line| (line.origin.clone(), shortened(&line.text))).collect();
    let width = |column: fn(&(String, String)) -> &String| {
        shown.iter().map(|row| column(row).chars().count()).max().unwrap_or_default()
    };
    let (origins, texts) = (width(|row| &row.0), width(|row| &row.1));
    let sections: [(&str, Told); 3] = [
        ("carried", |fate| match fate {
            Fate::Carried(key) => Some(key),
            _ => None,
        }),
        ("answered by the deployment itself", |fate| match fate {
            Fate::Replaced(how) => Some(how),
            _ => None,
        }),
        ("not carried", |fate| match fate {
            Fate::Left(why) => Some(why),
            _ => None,
        }),
    ];
    for (title, of) in sections {
        let rows: Vec<(&Line, &String)> =
            adoption.lines.iter().filter_map(|line| Some((line, of(&line.fate)?))).collect();
        if rows.is_empty() {
            continue;
        }
        // Writing to a String cannot fail.
        let _ = writeln!(text, "\n{}", paint.bold(&format!("{title}: {}", rows.len())));
        for (Line { origin, text: said, .. }, what) in rows {
            let said = shortened(said);
            let _ = writeln!(text, "  {origin:<origins$}  {said:<texts$}  {what}");
        }
    }
    if !adoption.added.is_empty() {
        let _ = writeln!(text, "\n{}", paint.bold("new in the rendered uwsgi.ini"));
        for line in wrapped(&adoption.added) {
            let _ = writeln!(text, "  {line}");
        }
    }
    if !adoption.notes.is_empty() {
        let _ = writeln!(text, "\n{}", paint.bold("to look at"));
        for note in &adoption.notes {
            let _ = writeln!(text, "  - {note}");
        }
    }
    text.trim_matches('\n').to_owned()
}

/// For programs.
pub(super) fn json(adoption: &Adoption) -> Value {
    let lines = adoption.lines.iter().map(|line| {
        let (fate, why) = match &line.fate {
            Fate::Carried(key) => ("carried", key),
            Fate::Replaced(how) => ("answered", how),
            Fate::Left(why) => ("left", why),
        };
        json!({"origin": line.origin, "text": line.text, "fate": fate, "why": why})
    });
    json!({
        "lines": lines.collect::<Vec<_>>(),
        "added": adoption.added,
        "notes": adoption.notes,
    })
}

fn shortened(whole: &str) -> String {
    let mut shown: String = whole
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .take(WIDEST)
        .collect();
    if whole.chars().nth(WIDEST).is_some() {
        shown.pop();
        shown.push('…');
    }
    shown
}

fn wrapped(items: &[String]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for item in items {
        match lines.last_mut() {
            Some(line) if line.len() + item.len() < 96 => {
                let _ = write!(line, ", {item}");
            }
            _ => lines.push(item.clone()),
        }
    }
    lines
}
