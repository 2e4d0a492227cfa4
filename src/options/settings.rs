//! What the server uses: every option as a typed field, checked once.
//!
//! [`apply`](super::apply) fills them. Opening, binding and loading what the fields name is for
//! others.

use super::apply::Verdict;
use super::cgroup::Share;
use super::directive::{Directive, Origin, Said, Warning};
use super::formats::Format;
use super::table::{
    Cheaper, Command, Daemons, Hooks, Http, Limits, Logging, Privileges, Processes, Python, Reload,
    Sockets, Statistics,
};
pub use super::table::{Headers, StaticFiles};
use super::values::parse_environment;
use crate::error::Failure;

/// A user and a group by name or number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The user.
    pub user: String,
    /// The group, where one was named.
    pub group: Option<String>,
}

/// Every option, typed. A field has the name of its option.
#[expect(missing_docs, reason = "the table says what each option does")]
#[derive(Clone, Debug, Default)]
pub struct Settings {
    pub strict: bool,
    pub no_server: bool,
    pub show_config: bool,
    pub prints: Vec<Said>,
    pub command: Option<(Command, Option<String>)>,
    pub files: Vec<(String, Format)>,
    pub warnings: Vec<Warning>,
    pub sockets: Sockets,
    pub http: Http,
    pub processes: Processes,
    pub cheaper: Cheaper,
    pub daemons: Daemons,
    pub hooks: Hooks,
    pub privileges: Privileges,
    pub python: Python,
    pub limits: Limits,
    pub reload: Reload,
    pub logging: Logging,
    pub statistics: Statistics,
    pub static_files: StaticFiles,
    pub headers: Headers,
}

impl Settings {
    /// What is wrong if there is nowhere to listen.
    #[must_use]
    pub fn without_socket(&self) -> Option<Failure> {
        let missing = self.sockets.asked.is_empty() && !self.no_server && self.command.is_none();
        missing.then(|| {
            Failure::new("The -s/--socket option is missing and stdin is not a socket.").hint(
                "say where to listen: --http :8000, --http-socket :8000 or --socket site.sock",
            )
        })
    }

    pub(super) fn check(&mut self, said: &[(Directive, Verdict)]) -> Result<(), Failure> {
        let within = |name: &str, number: u64, least: u64, most: u64| {
            if (least..=most).contains(&number) {
                return Ok(());
            }
            let why = format!("{name} = {number}: from {least} to {most} is possible");
            Err(at(origin_of(said, name), &why))
        };
        if self.processes.is_auto {
            /// What a worker of a usual site takes.
            const USUAL: u64 = 128 << 20;
            let limit = self.reload.reload_on_rss << 20;
            let each = if limit > 0 { limit } else { USUAL };
            let share = Share::of_this_process();
            self.processes.processes = share.workers(self.processes.threads, each);
        }
        if self.processes.processes == 0 && self.processes.threads > 1 {
            // As uWSGI 2.0.31: a process that has threads is one worker.
            let origin = origin_of(said, "processes").unwrap_or(&Origin::CommandLine).clone();
            self.warn(&origin, "processes = 0 with threads is read as 1".to_owned());
            self.processes.processes = 1;
        }
        within("processes", self.processes.processes, 1, 4096)?;
        within("threads", self.processes.threads, 1, 1024)?;
        within("check-interval", self.processes.check_interval, 1, 3600)?;
        within("harakiri-graceful-signal", self.limits.harakiri_graceful_signal, 1, 31)?;
        self.check_cheaper(said)?;
        within("buffer-size", self.limits.buffer_size, 1, 16 << 20)?;
        within("listen", self.sockets.listen, 1, 1 << 20)?;
        within("optimize", self.python.optimize, 0, 2)?;
        self.settle_sockets()?;
        for pair in &self.processes.env {
            parse_environment(&pair.value).map_err(|why| {
                Failure::new(format!("{}: cannot use env = {}: {why}", pair.origin, pair.value))
            })?;
        }
        let (_, doubts) = self.logging.plan()?;
        for (said, doubt) in doubts {
            self.warn(&said.origin, format!("{}: {doubt}", said.value));
        }
        Ok(())
    }
}

impl Settings {
    /// The rules of uWSGI for the number of workers.
    fn check_cheaper(&mut self, said: &[(Directive, Verdict)]) -> Result<(), Failure> {
        let (least, most) = (self.cheaper.cheaper, self.processes.processes);
        if least == 0 {
            self.cheaper.cheaper_initial = most;
            return Ok(());
        }
        if least >= most {
            let why = format!(
                "invalid cheaper value: must be lower than processes, but {least} is not lower than \
                 {most}"
            );
            return Err(at(origin_of(said, "cheaper"), &why));
        }
        let initial = match self.cheaper.cheaper_initial {
            0 => least,
            initial => initial.clamp(least, most),
        };
        if self.cheaper.cheaper_initial != 0 && initial != self.cheaper.cheaper_initial {
            let why = format!(
                "invalid cheaper-initial value ({}): from cheaper ({least}) to processes ({most}) is \
                 possible, {initial} is used",
                self.cheaper.cheaper_initial,
            );
            let origin = origin_of(said, "cheaper-initial").unwrap_or(&Origin::CommandLine).clone();
            self.warn(&origin, why);
        }
        self.cheaper.cheaper_initial = initial;
        Ok(())
    }
}

/// Where an option was said last.
fn origin_of<'s>(said: &'s [(Directive, Verdict)], name: &str) -> Option<&'s Origin> {
    let of_name = |(_, verdict): &&(Directive, Verdict)| matches!(verdict, Verdict::Option(row) if row.name == name);
    said.iter().rfind(of_name).map(|(said, _)| &said.origin)
}

fn at(origin: Option<&Origin>, why: &str) -> Failure {
    Failure::new(origin.map(|origin| format!("{origin}: ")).unwrap_or_default() + why)
}
