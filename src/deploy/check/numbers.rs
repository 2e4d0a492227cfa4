//! Rules for what must be more than something else: times, sizes, replicas, connections, versions.

use crate::deploy::fill::{
    grace, ingress_timeout, read_timeout, replicas as pods, stop_grace, worker_processes,
};
use crate::deploy::kinds::{quantity, size};
use crate::deploy::load::Reader;
use crate::deploy::problem::{Position, Problem};
use crate::deploy::shapes::version;

/// Each waits longer than the one inside it.
pub(super) fn timeouts(of: &Reader<'_>, problems: &mut Vec<Problem>) {
    let harakiri = of.number("server.harakiri");
    let (nginx, ingress) = (read_timeout(of), ingress_timeout(of));
    let mut longer = |key: &str, value: u64, least: u64, who: &str, rule: &'static str| {
        if let Some(at) = of.at(key)
            && value <= least
        {
            problems.push(
                Problem::new(
                    at,
                    format!("{who} after {value}s, and what is inside may take {least}s"),
                )
                .help(format!("more than {least}s, or no such line"))
                .rule(rule),
            );
        }
    };
    longer("nginx.read_timeout", nginx, harakiri, "nginx gives up", "X1");
    longer("k8s.ingress_timeout", ingress, nginx, "the Ingress gives up", "X1");
    let balancer = of.number("k8s.balancer_timeout");
    longer("k8s.balancer_timeout", balancer, ingress, "the load balancer gives up", "X1");
    longer("compose.stop_grace", stop_grace(of), harakiri + 4, "a container is killed", "X7");
    let stop = 2 * of.number("k8s.pre_stop") + harakiri + 4;
    longer("k8s.grace", grace(of), stop, "a pod is killed", "X7");
}

/// One size of bodies; memory for all processes.
pub(super) fn sizes(of: &Reader<'_>, problems: &mut Vec<Problem>) {
    let body = of.number("server.max_body");
    if let (Some(at), Some(other)) =
        (of.at("nginx.client_max_body_size"), of.maybe("nginx.client_max_body_size"))
        && other != body.to_string()
    {
        let other = size(other.parse().unwrap_or(0));
        problems.push(
            Problem::new(
                at,
                format!("nginx takes bodies of {other}, the server of {}", size(body)),
            )
            .help(
                "leave the line out: nginx, the server and the Ingress all follow server.max_body",
            )
            .rule("X2"),
        );
    }
    let each = of.maybe("server.reload_on_rss").and_then(|text| quantity(&text));
    let (Some(at), Some(each), Some(limit)) =
        (of.at("server.reload_on_rss"), each, quantity(&of.text("k8s.memory")))
    else {
        return;
    };
    let processes = of.number("server.processes").max(1);
    if each.saturating_mul(processes).saturating_add(MASTER) > limit {
        let most = (limit.saturating_sub(MASTER) / processes) >> 20;
        problems.push(
            Problem::new(
                at,
                format!(
                    "{processes} processes of {} each, and the master, are more than k8s.memory ({})",
                    size(each),
                    of.text("k8s.memory")
                ),
            )
            .help(format!("at most {most}Mi, or more memory"))
            .rule("X9"),
        );
    }
}

/// What the master and the interpreter it has loaded take, in bytes.
pub(in crate::deploy) const MASTER: u64 = 64 << 20;

/// One volume, one pod; the autoscaler has room.
pub(super) fn replicas(of: &Reader<'_>, problems: &mut Vec<Problem>) {
    let volume =
        ["app.data_dir", "app.media_root"].into_iter().find(|path| of.maybe(path).is_some());
    for key in ["k8s.replicas", "k8s.max_replicas"] {
        if let (Some(path), Some(at)) = (volume, of.at(key))
            && of.number(key) > 1
        {
            problems.push(
                Problem::new(
                    at,
                    format!("{} replicas cannot share the one volume of `{path}`", of.number(key)),
                )
                .help("1, or a database and a file store outside the pod and no such folder")
                .rule("K02"),
            );
        }
    }
    if let Some(at) = of.at("k8s.max_replicas")
        && of.number("k8s.max_replicas") < pods(of)
    {
        problems.push(
            Problem::new(at, format!("the autoscaler starts with {} pods already", pods(of)))
                .help(format!("{} or more, or fewer `replicas`", pods(of)))
                .rule("K02"),
        );
    }
}

/// Connections that are for administrators, a migration and one command at a time.
pub(in crate::deploy) const RESERVE: u64 = 10;

/// Everyone who may ask the database finds a connection, also while a release is rolled out.
pub(super) fn connections(of: &Reader<'_>, problems: &mut Vec<Problem>) {
    for database in ["postgres", "mysql"] {
        let mode = format!("services.{database}.mode");
        if of.maybe(&mode).is_none() {
            continue;
        }
        let limit = of.number(&format!("services.{database}.max_connections"));
        let threads = of.number("server.processes") * of.number("server.threads");
        let most = of.number("k8s.max_replicas").max(pods(of)).max(of.number("compose.replicas"));
        let web = (most + 1) * threads;
        let workers: u64 = of
            .named("workers")
            .iter()
            .map(|(name, _)| {
                of.number(&format!("workers.{name}.replicas")) * worker_processes(of, name)
            })
            .sum();
        let needed = web + workers + RESERVE;
        if needed <= limit {
            continue;
        }
        let keys = [
            "k8s.max_replicas",
            "k8s.replicas",
            "compose.replicas",
            "server.processes",
            "server.threads",
        ];
        let at: Position = keys
            .into_iter()
            .find_map(|key| of.at(key))
            .or_else(|| of.at(&mode))
            .unwrap_or_default();
        problems.push(
            Problem::new(
                at,
                format!(
                    "{database} takes {limit} connections, and {needed} may be asked for: ({most} pods + 1 while rolling out) × {threads} threads, {workers} of workers, {RESERVE} in reserve"
                ),
            )
            .help(format!("fewer of them, a pooler in front, or `services.{database}.max_connections: {needed}` if it really takes as many"))
            .rule("X8"),
        );
    }
}

/// Versions whose syntax is not written any more.
pub(super) fn versions(of: &Reader<'_>, problems: &mut Vec<Problem>) {
    for (key, least, rule) in [
        ("targets.nginx", "1.20", "N10"),
        ("targets.openssl", "1.1", "N11"),
        ("targets.kubernetes", "1.27", "K09"),
        ("targets.docker", "20.10", "D13"),
    ] {
        if let Some(at) = of.at(key)
            && version(&of.text(key)) < version(least)
        {
            problems.push(
                Problem::new(at, format!("nothing is rendered for `{key}` before {least}"))
                    .help(format!("{least} or newer"))
                    .rule(rule),
            );
        }
    }
}
