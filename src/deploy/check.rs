//! Rules that tie keys, and so the files rendered from them, together.
//!
//! Each problem names the line that makes two files disagree and the rule's id in docs/deploy.md.
//! What a single value may look like is `kinds`. Numbers are in `numbers`, uWSGI's options in `options`,
//! services and workers in `parts`, nginx's own language in `snippets`.

mod numbers;
mod options;
mod parts;
pub(super) mod snippets;

use super::keys::{Given, Read};
use super::kinds::is_public;
use super::load::{Knows, Reader};
use super::problem::{Position, Problem};
use super::secrecy::{holds_secret, is_literal, is_secret};
use super::yaml::{Node, Value};
pub(super) use numbers::{MASTER, RESERVE};

/// All rules.
#[must_use]
pub fn check(read: &Read, knows: Knows) -> Vec<Problem> {
    let of = Reader { read };
    let mut problems = Vec::new();
    numbers::timeouts(&of, &mut problems);
    numbers::sizes(&of, &mut problems);
    numbers::replicas(&of, &mut problems);
    numbers::connections(&of, &mut problems);
    numbers::versions(&of, &mut problems);
    paths(&of, &mut problems);
    health(&of, &mut problems);
    names(&of, &mut problems);
    secrets(&of, &mut problems);
    hidden(&of, &mut problems);
    files(&of, &mut problems);
    options::check(&of, knows, &mut problems);
    snippets::check(&of, &mut problems);
    parts::services(&of, &mut problems);
    parts::workers(&of, &mut problems);
    parts::of_no_use(&of, &mut problems);
    problems
}

fn paths(of: &Reader<'_>, problems: &mut Vec<Problem>) {
    for (one, other) in [("app.media_url", "app.media_root"), ("app.media_root", "app.media_url")] {
        if let (Some(at), None) = (of.at(one), of.at(other)) {
            problems.push(
                Problem::new(at, format!("`{one}` is of no use without `{other}`"))
                    .help("write both, as in the settings, or none")
                    .rule("X5"),
            );
        }
    }
    let urls = [("app.static_url", true), ("app.media_url", true), ("app.health", false)];
    for (one, _) in urls {
        for (other, folder) in urls {
            if one == other || !folder {
                continue;
            }
            let (Some(short), Some(long)) = (of.maybe(other), of.maybe(one)) else { continue };
            let twice = short == long && one > other;
            if long.starts_with(&short) && !twice {
                let at = of.at(one).or_else(|| of.at(other)).unwrap_or_default();
                problems.push(
                    Problem::new(at, format!("`{one}` ({long}) lies in `{other}` ({short}): nginx would look for it among files"))
                        .help("paths of which none is the beginning of another")
                        .rule(if one == "app.health" { "X12" } else { "X5" }),
                );
            }
        }
    }
    let folders = ["app.static_root", "app.media_root", "app.data_dir"];
    for (index, one) in folders.iter().enumerate() {
        for other in folders.iter().skip(index + 1) {
            let (Some(left), Some(right)) = (of.maybe(one), of.maybe(other)) else { continue };
            let inside = |a: &str, b: &str| a == b || a.starts_with(&format!("{b}/"));
            if inside(&left, &right) || inside(&right, &left) {
                problems.push(
                    Problem::new(of.at(other).unwrap_or_default(), format!("`{other}` ({right}) and `{one}` ({left}) share a folder"))
                        .help("three folders of which none lies in another: one is served and replaced at each release, the others are kept")
                        .rule("X5"),
                );
            }
        }
    }
}

/// Health is asked for from everywhere, often, and by who follows no redirect.
fn health(of: &Reader<'_>, problems: &mut Vec<Problem>) {
    let health = of.text("app.health");
    for (path, _, at) in of.pairs("nginx.rate_limits") {
        if health.starts_with(&path) && path != "/" {
            problems.push(
                Problem::new(at, format!("health checks ask for {health}, which is below {path}"))
                    .help("a path that is not above `app.health`")
                    .rule("X12"),
            );
        }
    }
    for (path, _, at) in of.pairs("nginx.redirects") {
        if path == health {
            problems.push(
                Problem::new(
                    at,
                    format!("health checks ask for {path}, and a redirect is no answer"),
                )
                .help("another path, or another `app.health`")
                .rule("X12"),
            );
        }
    }
    if let (Some(at), Some(path)) = (of.at("k8s.metrics_path"), of.maybe("k8s.metrics_path"))
        && (health.starts_with(&path) || path == "/")
    {
        problems.push(
            Problem::new(
                at,
                format!("{path} is not served to the world, and health checks ask for {health}"),
            )
            .help("a path of its own, such as /metrics")
            .rule("X12"),
        );
    }
}

fn names(of: &Reader<'_>, problems: &mut Vec<Problem>) {
    let hosts = of.many("nginx.server_names");
    for (index, (host, at)) in hosts.iter().enumerate() {
        if hosts.iter().take(index).any(|(other, _)| other == host) {
            problems.push(Problem::new(*at, format!("`{host}` is listed twice")).rule("X6"));
        }
    }
    if let Some((host, at)) = hosts.first()
        && host.starts_with('*')
    {
        problems.push(
            Problem::new(
                *at,
                format!("health checks ask for the first name, and `{host}` is none"),
            )
            .help("put a name without `*` first")
            .rule("X6"),
        );
    }
    let tls = of.text("nginx.tls");
    let https = tls != "none";
    let at = of.at("nginx.tls").unwrap_or_default();
    if tls == "upstream" && of.many("nginx.trusted_proxies").is_empty() {
        problems.push(
            Problem::new(at, "with TLS ended in front, nginx must know whose X-Forwarded-Proto to believe, or Django redirects for ever")
                .help("nginx:\n  trusted_proxies: [10.0.0.0/8]   # the network of the Ingress or load balancer")
                .rule("X10"),
        );
    }
    if https && !hosts.is_empty() && !hosts.iter().any(|(host, _)| is_public(host)) {
        problems.push(
            Problem::new(
                at,
                "https needs a name a certificate can be for, and nginx.server_names has none",
            )
            .help("put the site's name first: server_names: [www.example.com]")
            .rule("X6"),
        );
    }
    for (from, _, at) in of.pairs("nginx.redirects") {
        if hosts.iter().any(|(host, _)| *host == from) {
            problems.push(
                Problem::new(at, format!("`{from}` is one of the site's own names"))
                    .help("in `nginx.server_names` or in `nginx.redirects`, not in both")
                    .rule("X6"),
            );
        }
    }
    if tls == "acme" && of.maybe("nginx.acme_email").is_none() {
        problems.push(
            Problem::new(at, "an ACME service wants an address to write to")
                .help("nginx:\n  acme_email: admin@example.com")
                .rule("N11"),
        );
    }
    if tls == "acme"
        && let Some((host, at)) = hosts.iter().find(|(host, _)| host.starts_with('*'))
    {
        problems.push(
            Problem::new(
                *at,
                format!("`{host}`: no certificate for it can be had by an ACME path"),
            )
            .help("each name written out, or `tls: files`")
            .rule("X6"),
        );
    }
}

fn secrets(of: &Reader<'_>, problems: &mut Vec<Problem>) {
    let secrets = of.many("secrets");
    for (index, (name, at)) in secrets.iter().enumerate() {
        if secrets.iter().take(index).any(|(other, _)| other == name) {
            problems.push(Problem::new(*at, format!("`{name}` is listed twice")));
        }
    }
    for (name, values, at) in of.pairs("env") {
        if secrets.iter().any(|(secret, _)| *secret == name || format!("{secret}_FILE") == name) {
            problems.push(
                Problem::new(at, format!("`{name}` is set by `secrets` already"))
                    .help("one of the two lines")
                    .rule("K13"),
            );
        } else if is_secret(&name) || values.iter().any(|value| holds_secret(value)) {
            let what = if is_secret(&name) { "looks like" } else { "holds" };
            problems.push(
                Problem::new(
                    at,
                    format!("`{name}` {what} a secret, and `env` is written into files"),
                )
                .help(format!(
                    "secrets: [{name}]   # the value comes from secrets/{}",
                    name.to_lowercase()
                ))
                .rule("K13")
                .secret_behind(),
            );
        }
        if super::variables::SET_BY_US.contains(&name.as_str()) {
            problems.push(
                Problem::new(at, format!("`{name}` is set from other keys of this file"))
                    .help("see docs/deploy.md for what the application is told")
                    .rule("X6"),
            );
        }
    }
}

/// A secret in any other value, which would be written into files.
fn hidden(of: &Reader<'_>, problems: &mut Vec<Problem>) {
    for (path, (given, at)) in &of.read.values {
        match given {
            Given::One(text) if holds_secret(text) => {
                problems.push(refused(*at, &format!("`{path}`")).secret_here());
            }
            Given::Many(items) => problems.extend(
                items
                    .iter()
                    .filter(|(text, _)| holds_secret(text))
                    .map(|(_, at)| refused(*at, &format!("`{path}`")).secret_here()),
            ),
            // Their values are told where the names are.
            Given::Pairs(pairs) if !["env", "server.options"].contains(&path.as_str()) => {
                problems.extend(
                    pairs
                        .iter()
                        .filter(|(_, values, _)| values.iter().any(|text| holds_secret(text)))
                        .map(|(name, _, at)| {
                            refused(*at, &format!("`{path}.{name}`")).secret_behind()
                        }),
                );
            }
            _ => {}
        }
    }
}

/// A secret in what is laid over rendered files.
pub(super) fn patch(node: &Node, problems: &mut Vec<Problem>) {
    let named = |entries: &[(Node, Node)], key: &str| {
        let found = entries.iter().find(|(name, _)| name.text() == Some(key));
        found.and_then(|(_, value)| value.text()).map(str::to_owned)
    };
    match &node.value {
        Value::Map(entries) => {
            // The environment of a container has its names and values side by side.
            let variable = named(entries, "name").is_some_and(|name| is_secret(&name));
            for (name, value) in entries {
                let text = name.text().unwrap_or_default();
                let secret = is_secret(text) || (variable && text == "value");
                match value.text() {
                    Some(literal) if (secret && is_literal(literal)) || holds_secret(literal) => {
                        problems.push(refused(value.at, &format!("`{text}`")).secret_here());
                    }
                    Some(_) => {}
                    None => patch(value, problems),
                }
            }
        }
        Value::List(items) => items.iter().for_each(|item| patch(item, problems)),
        Value::Scalar { text, .. } if holds_secret(text) => {
            problems.push(refused(node.at, "this").secret_here());
        }
        _ => {}
    }
}

fn refused(at: Position, what: &str) -> Problem {
    Problem::new(at, format!("{what} holds a secret, and it is written into files"))
        .help("a secret is a file: `secrets: [NAME]`, and what needs it reads the file that NAME_FILE names")
        .rule("K13")
}

/// What goes into the image has what is run there.
fn files(of: &Reader<'_>, problems: &mut Vec<Problem>) {
    let files = of.many("app.files");
    let Some((_, at)) = files.first() else { return };
    let has = |name: &str| files.iter().any(|(file, _)| file.trim_end_matches('/') == name);
    let module = of.text("app.module");
    let package = module.split(['.', ':']).next().unwrap_or_default();
    if !has(package)
        && !has(&format!("{package}.py"))
        && !files.iter().any(|(file, _)| file.starts_with(&format!("{package}/")))
    {
        problems.push(
            Problem::new(*at, format!("`app.files` leaves out `{package}`, where `app.module` is"))
                .help(format!("files: [manage.py, {package}, …]"))
                .rule("D09"),
        );
    }
    if !has("manage.py") && (of.flag("app.collectstatic") || of.flag("app.migrate")) {
        problems.push(
            Problem::new(
                *at,
                "`app.files` leaves out `manage.py`, which collects static files and migrates",
            )
            .help(format!("files: [manage.py, {package}, …]"))
            .rule("D09"),
        );
    }
    for (file, at) in &files {
        if file.split('/').next() == Some("secrets") || file.contains(".env") {
            problems.push(
                Problem::new(*at, format!("`{file}` would put secrets into the image"))
                    .help("secrets come as files when it runs: `secrets: [NAME]`")
                    .rule("K13"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::deploy::spec::{Known, load};

    const GOOD: &str = "name: mysite\napp:\n  module: mysite.wsgi\n  settings: mysite.settings\nnginx:\n  server_names: [www.example.com]\n";

    fn told(more: &str) -> String {
        let source = format!("{GOOD}{more}");
        let knows = |name: &str| match name {
            "log-slow" => Known::Yes,
            "mules" => Known::Planned,
            "emperor" => Known::Refused("one server for each site"),
            _ => Known::No,
        };
        load("ruwsgi.yaml", &source, knows)
            .map_or_else(|problems| problems.to_string(), |_| "fine".to_owned())
    }

    #[test]
    fn a_short_file_is_enough() {
        assert_eq!(told(""), "fine");
        assert_eq!(told("server:\n  options:\n    log-slow: 64\n"), "fine");
    }

    #[test]
    fn rules_between_files_name_the_line_and_the_rule() {
        insta::assert_snapshot!(told(
            "server:\n  harakiri: 2m\n  max_body: 5m\n  processes: 8\n  reload_on_rss: 256Mi\n  options:\n    log-slwo: 64\n    socket: /x\n    emperor: /x\n    mules: 2\n"
        ));
        let source =
            GOOD.replace("nginx:\n", "nginx:\n  read_timeout: 10s\n  client_max_body_size: 1m\n");
        insta::assert_snapshot!(
            load("ruwsgi.yaml", &source, |_| Known::Yes).unwrap_err().to_string()
        );
    }

    #[test]
    fn secrets_in_env_are_refused() {
        insta::assert_snapshot!(told("env:\n  DB_PASSWORD: hunter2\n  DJANGO_ALLOWED_HOSTS: x\n"));
    }

    #[test]
    fn no_value_may_hold_a_secret_and_none_is_shown() {
        let more = "env:\n  DATABASE_URL: postgres://me:hunter2@db/site\n  PASSWORD_RESET_TIMEOUT: 3600\n\
            server:\n  options:\n    alarm: [\"a cmd:x\", \"mail curl:smtp://h;auth_pass=hunter2\"]\n    log-slow: 64\n\
            workers:\n  mail: {command: \"work --password hunter2\"}\n\
            patches:\n  compose.yaml:\n    services: {web: {environment: {API_KEY: hunter2, PLACE: \"here\"}}}\n  \
            k8s/50-deployment.yaml:\n    spec: {env: [{name: DB_PASSWORD, value: hunter2}]}\n";
        let source = format!(
            "{GOOD}  snippets:\n    server: uwsgi_param HTTP_AUTHORIZATION \"Basic hunter2hunter2\";\n{more}"
        );
        let problems = load("ruwsgi.yaml", &source, |_| Known::Yes).unwrap_err();
        insta::assert_snapshot!(problems.to_string());
        assert!(!problems.to_string().contains("hunter2"));
    }

    #[test]
    fn folders_and_urls_must_not_overlap() {
        let source = GOOD.replace(
            "app:\n",
            "app:\n  static_url: /files/\n  media_url: /files/up/\n  media_root: data/media\n  data_dir: data\n",
        );
        insta::assert_snapshot!(
            load("ruwsgi.yaml", &source, |_| Known::Yes).unwrap_err().to_string()
        );
    }

    #[test]
    fn all_wrong_values_are_told_at_once() {
        insta::assert_snapshot!(
            load(
                "ruwsgi.yaml",
                "name: My Site\npython: 3.1\napp:\n  modul: a.wsgi\n  settings: [a]\nserver:\n  processes: many\n  harakiri: fast\nnginx:\n  server_names: www.example.com\nport: 80\n",
                |_| Known::Yes
            )
            .unwrap_err()
            .to_string()
        );
    }

    #[test]
    fn each_rule_names_the_line_that_breaks_it() {
        let base = format!("{GOOD}  VALUE\n");
        for (nginx, more, rule, line) in [
            ("read_timeout: 10s", "", "X1", "read_timeout"),
            ("", "k8s:\n  ingress_timeout: 40s\n", "X1", "ingress_timeout"),
            ("", "k8s:\n  balancer_timeout: 45s\n", "X1", "balancer_timeout"),
            ("client_max_body_size: 1m", "", "X2", "client_max_body_size"),
            ("", "uid: 0\n", "X3", "uid"),
            ("", "server:\n  options:\n    uid: 7\n", "X4", "uid"),
            ("", "services:\n  redis: external\n", "X4", "redis"),
            ("redirects: {www.example.com: /}", "", "X6", "redirects"),
            ("", "compose:\n  stop_grace: 30s\n", "X7", "stop_grace"),
            ("", "k8s:\n  grace: 20s\n", "X7", "grace"),
            (
                "",
                "services:\n  postgres: managed\nk8s:\n  max_replicas: 30\n",
                "X8",
                "max_replicas",
            ),
            ("", "server:\n  reload_on_rss: 400Mi\n", "X9", "reload_on_rss"),
            ("tls: upstream", "", "X10", "tls"),
            ("", "environments:\n  staging:\n    python: \"3.12\"\n", "X11", "python"),
            ("rate_limits: {/heal: 1r/s}", "", "X12", "rate_limits"),
            ("server_name: x", "", "", "server_name: x"),
            ("trusted_proxies: [0.0.0.0/0]", "", "N22", "trusted_proxies"),
            ("tls: acme", "", "N11", "tls"),
            ("snippets: {location: \"uwsgi_param APP_PART shop;\"}", "", "N01", "snippets"),
            (
                "snippets: {server: \"uwsgi_param HTTP_X_FORWARDED_PROTO https;\"}",
                "",
                "N02",
                "snippets",
            ),
            ("snippets: {server: \"uwsgi_param X-Part shop;\"}", "", "N04", "snippets"),
            ("snippets: {location: \"proxy_set_header X-Part shop;\"}", "", "N04", "snippets"),
            (
                "pass: http\n  snippets: {server: \"proxy_set_header Host x;\"}",
                "",
                "N02",
                "snippets",
            ),
            (
                "",
                "server:\n  options:\n    cheaper: 1\nk8s:\n  max_replicas: 4\n",
                "U07",
                "cheaper",
            ),
            ("", "k8s:\n  target_cpu: 50\n", "", "target_cpu"),
            ("", "cron:\n  web: {schedule: \"1 1 * * *\", command: \"true\"}\n", "", "web"),
            ("", "workers:\n  mail: {celery: beat, replicas: 2}\n", "", "mail"),
        ] {
            let source = format!(
                "{}{more}",
                base.replace("VALUE", nginx).replace("app:\n", "app:\n  health: /health\n")
            );
            let problems = load("ruwsgi.yaml", &source, |_| Known::Yes).unwrap_err();
            let errors: Vec<_> = problems.list.iter().filter(|problem| !problem.warning).collect();
            let [problem] = errors.as_slice() else { panic!("{source}\n{problems}") };
            assert_eq!(problem.rule.unwrap_or_default(), rule, "{problems}");
            let told = source.lines().nth(problem.at.line - 1).unwrap();
            assert!(told.contains(line), "{problems}");
        }
    }

    #[test]
    fn an_environment_is_checked_as_a_whole_and_told_by_its_name() {
        let environments = "environments:\n  staging:\n    server: {harakiri: 2m}\n    nginx: {read_timeout: 1m}\n  live: {}\n";
        let told =
            load("ruwsgi.yaml", &format!("{GOOD}{environments}"), |_| Known::Yes).unwrap_err();
        assert!(told.to_string().contains("in `staging`: nginx gives up after 60s"), "{told}");
        assert_eq!(told.list.len(), 1);
        let good = environments.replace("1m", "3m");
        let spec = load("ruwsgi.yaml", &format!("{GOOD}{good}"), |_| Known::Yes).unwrap();
        let [staging, live] = spec.environments.as_slice() else { panic!("two environments") };
        assert_eq!(
            (staging.server.harakiri, live.server.harakiri, spec.server.harakiri),
            (120, 30, 30)
        );
        assert_eq!(staging.k8s.namespace, "mysite-staging");
    }

    #[test]
    fn an_environment_takes_away_what_is_named_with_nothing() {
        let more =
            "env: {KEPT: on, GONE: x}\nenvironments:\n  live: {env: {GONE: }, nginx: {tls: }}\n";
        let spec = load("ruwsgi.yaml", &format!("{GOOD}{more}"), |_| Known::Yes).unwrap();
        let live = spec.environments.first().expect("an environment");
        let text = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(live.env, [text("KEPT", "on")]);
        assert_eq!(spec.env.len(), 2);
    }

    #[test]
    fn words_of_yaml_are_words_where_a_word_is_wanted() {
        let tls = "  tls: upstream\n  trusted_proxies: [10.0.0.0/8]\n  hsts: off\n";
        let more = "env: {A: yes, B: 0777}\nserver:\n  options: {lazy-apps: yes}\n";
        let spec = load("ruwsgi.yaml", &format!("{GOOD}{tls}{more}"), |_| Known::Yes).unwrap();
        assert_eq!(spec.nginx.hsts, crate::deploy::spec::Hsts::Off);
        let values: Vec<_> = spec.env.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(values, ["yes", "0777"]);
        assert_eq!(spec.server.options, [("lazy-apps".to_owned(), vec!["true".to_owned()])]);
    }

    #[test]
    fn every_problem_has_a_place() {
        let told =
            load("ruwsgi.yaml", "name: x\nname: y\napp: x\nimages: {tag: x-}\n", |_| Known::Yes);
        let problems = told.unwrap_err();
        let places: Vec<_> = problems.list.iter().map(|it| (it.at.line, it.at.column)).collect();
        assert_eq!(places, [(1, 1), (2, 1), (3, 6), (4, 15)], "{problems}");
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config { cases: 48, failure_persistence: None, ..Default::default() })]
        #[test]
        fn no_damage_to_a_file_is_a_panic(at in 0_usize..4000, cut in 0_usize..40, put in "[ -~\n]{0,20}") {
            let whole = include_str!("../../tests/fixtures/deploy/everything.yaml");
            let mut text: Vec<char> = whole.chars().collect();
            let from = at.min(text.len());
            let to = (from + cut).min(text.len());
            text.splice(from..to, put.chars());
            let text: String = text.into_iter().collect();
            match load("ruwsgi.yaml", &text, |_| Known::Yes) {
                Ok(spec) => drop(crate::deploy::render::render(&crate::deploy::plan::plan(&spec))),
                Err(problems) => proptest::prop_assert!(!problems.to_string().is_empty()),
            }
        }
    }
}
