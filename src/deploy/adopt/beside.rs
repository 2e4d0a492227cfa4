//! What a server starts beside its workers: daemons and cron jobs become `workers` and `cron`.
//!
//! Whether a command can stand there is for the description's own rules to say.

use super::server::Group;
use super::{Adoption, Fate};
use crate::deploy::detect::label;

/// Programs that are a service of their own, and the service.
static SERVICES: &[(&str, &str)] = &[("redis-server", "redis"), ("memcached", "memcached")];

/// Why a command with a secret in it is left out.
const HOLDS_A_SECRET: &str = "it holds a secret: put that into a file of secrets/, list it under `secrets`, and let the command read the file";

/// Adds daemons and jobs, in the order `attach-daemon`, `smart-attach-daemon`, `cron`, `unique-cron`.
pub(super) fn describe(jobs: [Option<Group>; 4], adoption: &mut Adoption) {
    let [daemons, smart, cron, unique] = jobs;
    for (line, value) in daemons.into_iter().flat_map(|group| group.values) {
        daemon(line, &value, adoption);
    }
    for (line, value) in smart.into_iter().flat_map(|group| group.values) {
        // A pidfile comes first; containers need none.
        let command = value.split_once(' ').map_or("", |(_, command)| command);
        daemon(line, command, adoption);
    }
    for (line, value) in [cron, unique].into_iter().flatten().flat_map(|group| group.values) {
        job(line, &value, adoption);
    }
}

fn daemon(line: usize, command: &str, adoption: &mut Adoption) {
    let program = program_of(command);
    if let Some((_, service)) = SERVICES.iter().find(|(name, _)| program == *name) {
        adoption.description.set(&format!("services.{service}.mode"), "managed", &[line]);
        return adoption.settle(line, Fate::Replaced(format!("services.{service}: managed")));
    }
    if adoption.is_hidden(line) {
        return adoption.settle(line, Fate::Left(HOLDS_A_SECRET.into()));
    }
    let command = adoption.relative(command.trim());
    let name = free(adoption, "workers", &name_of(&command));
    adoption.description.set(&format!("workers.{name}.command"), command, &[line]);
    adoption.settle(line, Fate::Carried(format!("workers.{name}")));
}

fn job(line: usize, value: &str, adoption: &mut Adoption) {
    let mut words = value.split_whitespace();
    let fields: Option<Vec<String>> = (0..5).map(|_| words.next().and_then(field)).collect();
    let command = words.collect::<Vec<_>>().join(" ");
    let Some(fields) = fields.filter(|_| !command.is_empty()) else {
        let why = "it needs a minute, an hour, a day, a month, a weekday and a command";
        return adoption.settle(line, Fate::Left(why.into()));
    };
    if adoption.is_hidden(line) {
        return adoption.settle(line, Fate::Left(HOLDS_A_SECRET.into()));
    }
    let command = adoption.relative(&command);
    let name = free(adoption, "cron", &name_of(&command));
    adoption.description.set(&format!("cron.{name}.schedule"), fields.join(" "), &[line]);
    adoption.description.set(&format!("cron.{name}.command"), command, &[line]);
    adoption.settle(line, Fate::Carried(format!("cron.{name}")));
}

/// uWSGI's -1 is every one, -5 every fifth.
fn field(word: &str) -> Option<String> {
    Some(match word.parse::<i32>().ok()? {
        -1 => "*".to_owned(),
        number if number < 0 => format!("*/{}", number.unsigned_abs()),
        number => number.to_string(),
    })
}

fn program_of(command: &str) -> &str {
    let first = command.split_whitespace().next().unwrap_or_default();
    first.rsplit('/').next().unwrap_or_default()
}

/// `celery-worker` for `celery -A shop worker`, `clearsessions` for `python manage.py clearsessions`.
fn name_of(command: &str) -> String {
    let words: Vec<&str> = command.split_whitespace().collect();
    let program = program_of(command);
    let of_celery = || words.iter().find(|word| ["worker", "beat", "flower"].contains(word));
    let managed = words.iter().position(|word| word.ends_with("manage.py"));
    let name = match managed.and_then(|at| words.get(at + 1)) {
        Some(task) => (*task).to_owned(),
        None if words.contains(&"celery") || program == "celery" => {
            of_celery().map_or("celery".to_owned(), |kind| format!("celery-{kind}"))
        }
        None => program.to_owned(),
    };
    label(&name).map_or_else(|| "worker".to_owned(), |name| name.chars().take(20).collect())
}

/// The name, with a number when it is taken.
fn free(adoption: &Adoption, section: &str, name: &str) -> String {
    let name = name.trim_end_matches('-');
    let names =
        std::iter::once(name.to_owned()).chain((2..).map(|number| format!("{name}-{number}")));
    let taken = |name: &String| adoption.description.has(&format!("{section}.{name}.command"));
    names.into_iter().find(|name| !taken(name)).unwrap_or_default()
}
