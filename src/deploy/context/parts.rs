//! What the templates may name of services, workers and commands at certain times.

use serde_json::{Value, json};

use crate::deploy::kinds::quantity;
use crate::deploy::plan::Place;
use crate::deploy::spec::{Engine, Service, Spec, Worker};

/// All of them.
pub(super) fn parts(spec: &Spec, place: &Place) -> Value {
    let managed: Vec<Value> = spec
        .services
        .iter()
        .filter(|service| service.managed)
        .map(|one| service(spec, one))
        .collect();
    let external: Vec<Value> = spec
        .services
        .iter()
        .filter(|service| !service.managed)
        .map(|service| json!({"name": service.engine.name(), "port": service.port}))
        .collect();
    let workers: Vec<Value> = spec.workers.iter().map(|one| worker(spec, one, place)).collect();
    let cron: Vec<Value> = spec
        .cron
        .iter()
        .map(|cron| {
            json!({
                "name": cron.name,
                "schedule": cron.schedule,
                "command": program(&cron.command),
                "timezone": cron.timezone,
                "timeout": cron.timeout,
            })
        })
        .collect();
    json!({
        "databases": managed.iter().any(|one| one["database"] == true),
        "services": managed,
        "external": external,
        "workers": workers,
        "cron": cron,
    })
}

/// `python` and what is installed beside it are in the image's environment.
fn program(words: &[String]) -> Vec<String> {
    let mut words = words.to_vec();
    if let Some(first) = words.first_mut()
        && !first.contains('/')
    {
        *first = format!("/opt/venv/bin/{first}");
    }
    words
}

fn worker(spec: &Spec, worker: &Worker, place: &Place) -> Value {
    let host = match place {
        // Compose would take `$` for a variable of its own.
        Place::Compose => "$$HOSTNAME",
        _ => "$HOSTNAME",
    };
    let ping = worker.celery.as_ref().map(|app| {
        format!("exec /opt/venv/bin/celery --app {app} inspect ping --timeout 8 --destination celery@{host}")
    });
    json!({
        "name": worker.name,
        "object": format!("{}-{}", spec.name, worker.name),
        "command": program(&worker.command),
        "ping": ping,
        "single": worker.single,
        "replicas": worker.replicas,
        "cpu": worker.cpu,
        "memory": worker.memory,
        "memory_compose": format!("{}m", quantity(&worker.memory).unwrap_or(256 << 20) >> 20),
        "grace": worker.stop_grace,
        "grace_compose": format!("{}s", worker.stop_grace),
    })
}

/// User, group, the folder of its data, its command, its environment, and how its health is asked for.
type Container =
    (u64, u64, Option<&'static str>, Vec<String>, Vec<(&'static str, String)>, Vec<String>);

/// How a service is run; users and paths are those of its official image.
fn service(spec: &Spec, service: &Service) -> Value {
    let memory = quantity(&service.memory).unwrap_or(128 << 20) >> 20;
    let own = (memory * 3 / 4).max(1);
    let (user, group, folder, command, environment, health): Container = match service.engine {
        Engine::Postgres => (
            999,
            999,
            Some(postgres_folder(&service.image)),
            vec![
                "postgres".into(),
                "-c".into(),
                format!("max_connections={}", service.max_connections),
            ],
            vec![
                ("POSTGRES_DB", service.database.clone()),
                ("POSTGRES_USER", service.user.clone()),
                ("POSTGRES_PASSWORD_FILE", "/run/secrets/postgres_password".into()),
            ],
            words(&[
                "pg_isready",
                "--host=127.0.0.1",
                &format!("--username={}", service.user),
                &format!("--dbname={}", service.database),
            ]),
        ),
        Engine::Mysql => (
            999,
            999,
            Some("/var/lib/mysql"),
            vec!["mysqld".into(), format!("--max-connections={}", service.max_connections)],
            vec![
                ("MYSQL_DATABASE", service.database.clone()),
                ("MYSQL_USER", service.user.clone()),
                ("MYSQL_PASSWORD_FILE", "/run/secrets/mysql_password".into()),
                ("MYSQL_RANDOM_ROOT_PASSWORD", "1".into()),
            ],
            words(&["mysqladmin", "ping", "--host=127.0.0.1", "--silent"]),
        ),
        Engine::Redis => (
            999,
            1000,
            Some("/data"),
            words(&[
                "redis-server",
                "--appendonly",
                "yes",
                "--maxmemory",
                &format!("{own}mb"),
                "--maxmemory-policy",
                "noeviction",
            ]),
            Vec::new(),
            words(&["redis-cli", "ping"]),
        ),
        Engine::Memcached => (
            11211,
            11211,
            None,
            words(&["memcached", &format!("--memory-limit={own}")]),
            Vec::new(),
            words(&["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/11211"]),
        ),
    };
    let name = service.engine.name();
    let database = service.engine.is_database();
    json!({
        "name": name,
        "section": format!("services.{name}"),
        "object": format!("{}-{name}", spec.name),
        "image": service.image,
        "host": service.host,
        "port": service.port,
        "user": user,
        "group": group,
        "user_compose": format!("{user}:{group}"),
        "folder": folder,
        "mount": folder.map(|folder| format!("{name}:{folder}")),
        "command": command,
        "environment": environment.into_iter().map(|(name, value)| json!({"name": name, "value": value})).collect::<Vec<_>>(),
        "health": health,
        "database": database,
        "secret": if database { Some(format!("{name}_password")) } else { None },
        // What it writes beside its data.
        "temporary": match service.engine {
            Engine::Postgres => vec!["/tmp", "/var/run/postgresql"],
            Engine::Mysql => vec!["/tmp", "/var/run/mysqld"],
            _ => vec!["/tmp"],
        },
        "storage": if database { service.storage.as_str() } else { "1Gi" },
        "memory": if database { "1Gi" } else { service.memory.as_str() },
        "memory_compose": if database { "1024m".to_owned() } else { format!("{memory}m") },
    })
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// PostgreSQL's images have moved the folder with 18.
fn postgres_folder(image: &str) -> &'static str {
    let tag = image.rsplit_once(':').map_or("", |(_, tag)| tag);
    let digits: String = tag.chars().take_while(char::is_ascii_digit).collect();
    match digits.parse::<u64>() {
        Ok(major) if major < 18 => "/var/lib/postgresql/data",
        _ => "/var/lib/postgresql",
    }
}
