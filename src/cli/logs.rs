//! Where the log goes: from what the options say to a file or a running writer.

use std::path::Path;

use super::files::absolute;
use super::prepare;
use crate::error::Failure;
use crate::log::format::Format;
use crate::log::pipe::{Outputs, Pipe};
use crate::log::plan::{LOGGERS, Plan};
use crate::log::request::{Form, RequestLog};
use crate::log::{prefix_with, say, target};
use crate::options::settings::Settings;
use crate::process::reexec::Heirloom;
use crate::process::{environment, identity};

const OUTPUT: &str = "output";
const ERROR: &str = "error";

/// What the options say about the log; to be called in the directory of the start.
pub(super) fn plan(settings: &Settings, is_later: bool) -> Result<Plan, Failure> {
    let logging = &settings.logging;
    let (mut plan, _) = logging.plan()?;
    let processes = &settings.processes;
    let file = logging.file();
    let file = file.or(processes.daemonize.as_ref()).or(processes.daemonize2.as_ref());
    plan.file = file.map(|said| absolute(Path::new(&said.value)));
    plan.late_file = logging.late_file().map(|said| said.value.clone().into());
    // The letters `l` and `L` of a FIFO are for files.
    let has_file = plan.file.is_some() || plan.late_file.is_some();
    plan.on_demand = has_file && !processes.master_fifo.is_empty();
    plan.rules.truncate = logging.log_truncate && !is_later;
    if logging.logfile_chown {
        let failed = |error| Failure::new(format!("logfile-chown: {error}"));
        let (uid, gid) = (&settings.privileges.uid, &settings.privileges.gid);
        let uid = uid.as_ref().map(|said| identity::user(&said.value)).transpose();
        let gid = gid.as_ref().map(|said| identity::group(&said.value)).transpose();
        let uid = uid.map_err(failed)?.map(nix::unistd::Uid::as_raw);
        let gid = gid.map_err(failed)?.map(nix::unistd::Gid::as_raw);
        plan.rules.owner = Some((uid, gid));
    }
    Ok(plan)
}

/// Opens a file in the place of standard output and error.
pub(super) fn open(path: &Path, plan: &Plan) -> Result<(), Failure> {
    target::open(path, &plan.rules)
        .map_err(|error| Failure::new(format!("cannot write the log {}: {error}", path.display())))
}

/// Starts the writer where the plan needs one. `heirlooms` are the outputs that an image before
/// got, where its pipe is in their place.
pub(super) fn start(
    settings: &Settings,
    plan: Plan,
    heirlooms: Option<Vec<Heirloom>>,
) -> Result<Option<Pipe>, Failure> {
    let is_later = heirlooms.is_some();
    let reopened = plan.file.clone().filter(|_| is_later && settings.logging.log_reopen);
    // Failures are the server's own, which does the same in a moment and says so.
    let enter = || {
        let said = &settings.privileges;
        let identity = prepare::identity(settings, said.uid.as_ref(), said.gid.as_ref());
        let _ = identity::become_them(&identity);
        if let Some(directory) = &settings.processes.chdir {
            let _ = environment::change_directory(Path::new(&directory.value));
        }
    };
    let rules = plan.rules.clone();
    let pipe = Pipe::start(plan, heirlooms.and_then(inherit), &enter);
    let pipe = pipe.map_err(|error| {
        Failure::new(format!("cannot start the process that writes the log: {error}"))
    })?;
    if let (None, Some(path)) = (&pipe, reopened) {
        open(&path, &Plan { rules, ..Plan::default() })?;
    }
    if let Some(form) = settings.logging.prefix() {
        prefix_with(form);
    }
    if settings.logging.logger_list {
        say!("*** uWSGI loaded loggers ***");
        for name in LOGGERS {
            say!("{name}");
        }
        say!("--- end of loggers list ---");
    }
    Ok(pipe)
}

fn inherit(heirlooms: Vec<Heirloom>) -> Option<Outputs> {
    let (mut output, mut error) = (None, None);
    for heirloom in heirlooms {
        match heirloom.address.as_str() {
            OUTPUT => output = Some(heirloom.into_fd()),
            _ => error = Some(heirloom.into_fd()),
        }
    }
    Some(Outputs { output: output?, error: error? })
}

/// What a next image inherits of the log.
pub(super) fn bequeath(log: Option<&Pipe>) -> Vec<Heirloom> {
    let outputs = log.map(Pipe::outputs);
    let heirlooms = outputs.map(|outputs| {
        vec![Heirloom::new(OUTPUT, &outputs.output), Heirloom::new(ERROR, &outputs.error)]
    });
    heirlooms.unwrap_or_default()
}

/// How requests are logged.
pub(super) fn requests(settings: &Settings, log: Option<&Pipe>) -> RequestLog {
    let logging = &settings.logging;
    let date = logging.prefix().flatten().filter(|_| logging.logformat_strftime);
    let form = match &logging.log_format {
        _ if logging.log_json => Form::Json,
        Some(said) => Form::Own(Format::parse(&said.value, date)),
        None => Form::Usual,
    };
    RequestLog {
        form,
        x_forwarded_for: logging.log_x_forwarded_for,
        records: log.and_then(Pipe::lines_end),
    }
}
