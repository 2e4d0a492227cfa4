//! `ruwsgi check`: reads configurations, starts nothing, and tells what each option comes to.

use std::fmt::Write;
use std::io::IsTerminal;

use clap::Args;
use serde_json::{Value, json};

use crate::error::Failure;
use crate::options::advice::{self, Finding, LINTS, Machine, Subject};
use crate::options::apply::{self, Examined, Verdict};
use crate::options::directive::{Directive, Origin, Warning};
use crate::options::formats::Format;
use crate::options::logic::Surroundings;
use crate::options::{argv, gather};

/// A name, value or origin is shown up to this many letters; `--json` has it whole.
const WIDEST: usize = 60;

/// What to read.
#[derive(Args)]
#[command(after_help = "exit code: 0 if every file would start a server, 1 if one would not.\n\
    Paths, users and modules are not looked up, but for advice; exec:// runs nothing, resolve asks nobody.")]
pub(super) struct Arguments {
    /// Configurations, each with an optional :SECTION (.ini, .yaml, .json, .xml, .toml; - is standard input)
    #[arg(value_name = "FILE", required_unless_present = "lints")]
    files: Vec<String>,
    /// As JSON
    #[arg(long)]
    json: bool,
    /// Do not give this advice
    #[arg(long, value_name = "LINT")]
    allow: Vec<String>,
    /// List the lints behind the advice
    #[arg(long)]
    lints: bool,
    /// Options of the command line that the files are started with, after `--`
    #[arg(last = true, value_name = "OPTION")]
    options: Vec<String>,
}

/// Prints a report on each file; gives the exit code.
pub(super) fn run(arguments: &Arguments) -> Result<u8, Failure> {
    if arguments.lints {
        let lines = LINTS.iter().map(|lint| format!("{:<24} {}\n", lint.id, lint.why));
        super::print(&lines.collect::<String>());
        return Ok(0);
    }
    let unknown = |id: &&String| !LINTS.iter().any(|lint| lint.id == id.as_str());
    if let Some(id) = arguments.allow.iter().find(unknown) {
        return Err(Failure::new(format!("there is no lint {id}"))
            .hint("`ruwsgi check --lints` lists them"));
    }
    let reports: Vec<_> = arguments.files.iter().map(|file| Report::of(file, arguments)).collect();
    let starts = reports.iter().all(Report::starts);
    if arguments.json {
        let reports: Vec<_> = reports.iter().map(Report::json).collect();
        super::print(&format!("{:#}\n", json!({ "starts": starts, "files": reports })));
    } else {
        let colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        let reports: Vec<_> = reports.iter().map(|report| report.text(Paint(colour))).collect();
        super::print(&reports.join("\n"));
    }
    Ok(u8::from(!starts))
}

/// What there is to say about a file.
struct Report<'f> {
    file: &'f str,
    options: Vec<(Directive, Verdict)>,
    warnings: Vec<Warning>,
    advice: Vec<Finding>,
    failures: Vec<Failure>,
}

impl<'f> Report<'f> {
    fn of(file: &'f str, arguments: &Arguments) -> Self {
        let gathered = words(file, arguments)
            .and_then(|words| gather::gather(words, [], Surroundings::default()));
        let mut report =
            Self { file, options: vec![], warnings: vec![], advice: vec![], failures: vec![] };
        let gathered = match gathered {
            Ok(gathered) => gathered,
            Err(failure) => {
                report.failures.push(failure);
                return report;
            }
        };
        let Examined { settings, said, failures } = apply::examine(gathered);
        let directives: Vec<_> = said.iter().map(|(directive, _)| directive.clone()).collect();
        let subject = Subject { settings: &settings, said: &directives, machine: Machine::this() };
        let advice = advice::advise(&subject).into_iter();
        report.advice =
            advice.filter(|found| !arguments.allow.iter().any(|id| id == found.lint)).collect();
        report.failures = failures;
        report.failures.extend(settings.without_socket());
        report.warnings = settings.warnings;
        report.options = said;
        report
    }

    fn starts(&self) -> bool {
        self.failures.is_empty()
    }

    fn text(&self, paint: Paint) -> String {
        let mut text = format!("{}\n", paint.bold(self.file));
        let rows: Vec<_> = self.options.iter().map(|(said, verdict)| row(said, *verdict)).collect();
        let width = |column: fn(&Row) -> &str| {
            rows.iter().map(|row| column(row).chars().count()).max().unwrap_or_default()
        };
        let (names, values, origins) =
            (width(|row| &row.name), width(|row| &row.value), width(|row| &row.origin));
        // Writing to a String cannot fail.
        for Row { name, value, origin, status, reason } in &rows {
            let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
            let status = paint.status(status);
            let _ = writeln!(
                text,
                "  {name:<names$}  {value:<values$}  {origin:<origins$}  {status}{reason}"
            );
        }
        let mut section = |title: &str, lines: Vec<String>| {
            if !lines.is_empty() {
                let _ = writeln!(text, "  {}", paint.bold(title));
            }
            for line in lines {
                let _ = writeln!(text, "    {line}");
            }
        };
        let warnings = self.warnings.iter().filter(|warning| !is_in_table(warning));
        section("warnings", warnings.map(|w| format!("{}: {}", w.origin, w.message)).collect());
        let advice = self.advice.iter().map(|found| {
            let origin = found.origin.as_ref().map(|origin| format!("{origin}: "));
            format!("[{}] {}{}", found.lint, origin.unwrap_or_default(), found.message)
        });
        section("advice", advice.collect());
        let failures = self.failures.iter().map(|failure| match &failure.hint {
            Some(hint) => format!("{} ({hint})", failure.message),
            None => failure.message.clone(),
        });
        section("errors", failures.collect());
        let verdict = match self.starts() {
            true => paint.status("it would start"),
            false => paint.status("it would not start"),
        };
        let _ = writeln!(text, "  {verdict}");
        text
    }

    fn json(&self) -> Value {
        let options = self.options.iter().map(|(said, verdict)| {
            let row = row(said, *verdict);
            json!({
                "name": said.name,
                "value": said.value,
                "origin": origin(&said.origin),
                "status": row.status,
                "reason": row.reason,
            })
        });
        let warnings = self.warnings.iter().map(
            |warning| json!({ "origin": origin(&warning.origin), "message": warning.message }),
        );
        let advice = self.advice.iter().map(|found| {
            json!({
                "lint": found.lint,
                "origin": found.origin.as_ref().map(origin),
                "message": found.message,
            })
        });
        let errors = self
            .failures
            .iter()
            .map(|failure| json!({ "message": failure.message, "hint": failure.hint }));
        json!({
            "file": self.file,
            "starts": self.starts(),
            "options": options.collect::<Vec<_>>(),
            "warnings": warnings.collect::<Vec<_>>(),
            "advice": advice.collect::<Vec<_>>(),
            "errors": errors.collect::<Vec<_>>(),
        })
    }
}

/// The command line that a file is started with: the options, then the file.
fn words(file: &str, arguments: &Arguments) -> Result<argv::Words, Failure> {
    let mut words = argv::read(arguments.options.iter().cloned())?;
    let path = file.rsplit_once(':').map_or(file, |(path, _)| path);
    let format = Format::of(file).or_else(|| Format::of(path));
    // A file of another name is most likely ini.
    let option = format.unwrap_or(Format::Ini).option();
    words.directives.push(Directive::new(option, Some(file.to_owned()), Origin::CommandLine));
    Ok(words)
}

/// Whether the table of options tells it as well.
fn is_in_table(warning: &Warning) -> bool {
    warning.message.ends_with(apply::WITHOUT_EFFECT)
}

/// A row of the table.
struct Row {
    name: String,
    value: String,
    origin: String,
    status: &'static str,
    reason: Option<&'static str>,
}

fn row(said: &Directive, verdict: Verdict) -> Row {
    let (status, reason) = match verdict {
        Verdict::Option(row) => (row.status().word(), row.status().reason()),
        Verdict::Placeholder => ("placeholder", None),
        Verdict::Unknown => ("unknown", None),
        Verdict::Wrong => ("wrong", None),
    };
    let value = shortened(said.value.as_deref().unwrap_or_default());
    let origin = shortened(&said.origin.to_string());
    Row { name: shortened(&said.name), value, origin, status, reason }
}

/// A text for a cell of the table.
fn shortened(whole: &str) -> String {
    let printable = whole.chars().map(|letter| if letter.is_control() { ' ' } else { letter });
    let mut shown: String = printable.take(WIDEST).collect();
    if whole.chars().nth(WIDEST).is_some() {
        shown.pop();
        shown.push('…');
    }
    shown
}

fn origin(origin: &Origin) -> Value {
    match origin {
        Origin::CommandLine => json!({ "command_line": true }),
        Origin::Environment(name) => json!({ "environment": name }),
        Origin::File(file, line) => json!({ "file": &**file, "line": line }),
    }
}

/// Colours, where somebody sees them.
#[derive(Clone, Copy)]
struct Paint(bool);

impl Paint {
    fn with(self, code: &str, text: &str) -> String {
        match self.0 {
            true => format!("\x1b[{code}m{text}\x1b[0m"),
            false => text.to_owned(),
        }
    }

    fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    fn status(self, word: &str) -> String {
        let code = match word {
            "works" | "it would start" => "32",
            "planned" | "unknown" => "33",
            "refused" | "wrong" | "it would not start" => "31",
            _ => "2",
        };
        self.with(code, word)
    }
}
