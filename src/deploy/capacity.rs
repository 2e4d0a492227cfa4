//! `ruwsgi deploy capacity`: what each environment may take at most, against what there is.
//!
//! Counts; that the numbers fit is checked by `check` whenever ruwsgi.yaml is read.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};

use super::check::{MASTER, RESERVE};
use super::kinds::quantity;
use super::read;
use super::show::{Paint, say};
use super::spec::Spec;

/// `ruwsgi deploy capacity`.
#[derive(Args)]
#[command(
    after_help = "exit code: 0; 1 when ruwsgi.yaml is wrong, which it is when a limit is passed (X8, X9)."
)]
pub struct Capacity {
    /// This file, not the ruwsgi.yaml found here or in a folder above.
    #[arg(long, short)]
    file: Option<PathBuf>,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// What one environment may take.
struct Load {
    environment: String,
    /// Pods that may be there at once, the one more of a rollout included.
    pods: u64,
    processes: u64,
    threads: u64,
    /// Bytes a pod may take, as far as that is limited, and what it is given.
    memory: (Option<u64>, u64),
    /// Bytes of everything that is rendered.
    whole: u64,
    /// The database, what may be asked of it, and what it takes.
    connections: Vec<(&'static str, u64, u64)>,
}

/// Carries it out.
pub(super) fn capacity(request: &Capacity) -> Result<ExitCode> {
    let (_, spec) = read(request.file.as_deref())?;
    let loads: Vec<Load> = std::iter::once(&spec).chain(&spec.environments).map(Load::of).collect();
    say(&match request.json {
        true => format!("{:#}", Value::Array(loads.iter().map(Load::json).collect())),
        false => table(&loads, Paint::of_stdout()),
    });
    Ok(ExitCode::SUCCESS)
}

impl Load {
    fn of(spec: &Spec) -> Self {
        // A rollout starts one pod more than there are.
        let pods = spec.k8s.max_replicas.unwrap_or(0).max(spec.k8s.replicas) + 1;
        let (processes, threads) = (spec.server.processes, spec.server.threads);
        let bytes = |text: &str| quantity(text).unwrap_or(0);
        let workers = spec.workers.iter().map(|worker| worker.replicas * bytes(&worker.memory));
        let services = spec.services.iter().filter(|service| service.managed);
        let services = services.map(|service| bytes(&service.memory));
        let busy: u64 = spec.workers.iter().map(|worker| worker.replicas * worker.processes).sum();
        let databases = spec.services.iter().filter(|service| service.engine.is_database());
        Self {
            environment: spec.environment.clone().unwrap_or_else(|| "(no environment)".to_owned()),
            pods,
            processes,
            threads,
            memory: (
                spec.server.reload_on_rss.map(|each| each * processes + MASTER),
                spec.memory(),
            ),
            whole: pods * spec.memory() + workers.sum::<u64>() + services.sum::<u64>(),
            connections: databases
                .map(|database| {
                    let needed = pods * processes * threads + busy + RESERVE;
                    (database.engine.name(), needed, database.max_connections)
                })
                .collect(),
        }
    }

    fn json(&self) -> Value {
        let connections = self.connections.iter().map(|(database, needed, limit)| {
            json!({"database": database, "needed": needed, "limit": limit, "rule": "X8"})
        });
        json!({
            "environment": self.environment,
            "pods": self.pods,
            "processes": self.processes,
            "threads": self.threads,
            "requests_at_once": self.pods * self.processes * self.threads,
            "memory": {"needed": self.memory.0, "limit": self.memory.1, "rule": "X9"},
            "memory_of_all": self.whole,
            "connections": connections.collect::<Vec<_>>(),
        })
    }
}

/// The columns are as wide as their widest cell.
fn table(loads: &[Load], paint: Paint) -> String {
    let mut rows = vec![
        [
            "environment",
            "pods",
            "processes x threads",
            "requests at once",
            "memory of a pod (X9)",
            "of all",
            "connections (X8)",
        ]
        .map(str::to_owned),
    ];
    for load in loads {
        let limit = mebibytes(load.memory.1);
        let connections = load
            .connections
            .iter()
            .map(|(database, needed, limit)| format!("{database}: {needed} of {limit}"));
        let connections: Vec<String> = connections.collect();
        rows.push([
            load.environment.clone(),
            format!("{} + 1", load.pods - 1),
            format!("{} x {}", load.processes, load.threads),
            (load.pods * load.processes * load.threads).to_string(),
            match load.memory.0 {
                Some(needed) => format!("{} of {limit}", mebibytes(needed)),
                None => format!("{limit}, no reload_on_rss"),
            },
            mebibytes(load.whole),
            match connections.is_empty() {
                true => "no database here".to_owned(),
                false => connections.join(", "),
            },
        ]);
    }
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or(0)
    };
    let lines = rows.iter().enumerate().map(|(number, row)| {
        let cells = row
            .iter()
            .enumerate()
            .map(|(column, cell)| format!("{cell:<width$}", width = width(column)));
        let line = cells.collect::<Vec<_>>().join("  ");
        if number == 0 { paint.bold(line.trim_end()) } else { line.trim_end().to_owned() }
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn mebibytes(bytes: u64) -> String {
    format!("{}Mi", bytes >> 20)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::spec::{Known, load};

    #[test]
    fn an_environment_is_counted_with_all_that_asks_the_database() {
        let source = "name: mysite\napp:\n  module: mysite.wsgi\n  settings: mysite.settings\nserver:\n  processes: 2\n  threads: 4\n  reload_on_rss: 200Mi\nnginx:\n  server_names: [www.example.com]\nservices:\n  postgres: managed\nworkers:\n  mail:\n    celery: worker\n    concurrency: 3\n    replicas: 2\nk8s:\n  replicas: 2\nenvironments:\n  production:\n    k8s:\n      max_replicas: 6\n";
        let spec =
            load("ruwsgi.yaml", source, |_| Known::Yes).unwrap_or_else(|wrong| panic!("{wrong}"));
        let loads: Vec<Load> =
            std::iter::once(&spec).chain(&spec.environments).map(Load::of).collect();
        insta::assert_snapshot!(table(&loads, Paint::plain()));
        let numbers = |load: &Load| (load.pods, load.connections.clone(), load.memory);
        assert_eq!(
            numbers(&loads[1]),
            (7, vec![("postgres", 7 * 8 + 6 + 10, 100)], (Some((400 + 64) << 20), 512 << 20))
        );
    }
}
