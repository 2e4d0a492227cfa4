//! What looks like a secret: names that promise one, and values that hold one.
//!
//! ruwsgi.yaml and all that is rendered from it are for a repository, so `check` refuses both, and `adopt` leaves
//! them out. A value that only says where its secret is, such as `$(NAME)` or `@(/run/secrets/name)`, holds none.

/// Words of a name whose value is nobody's business.
static TELLING: &[&str] = &[
    "SECRET",
    "SECRETS",
    "PASSWORD",
    "PASSWORDS",
    "PASSWD",
    "PASSPHRASE",
    "PASS",
    "PWD",
    "TOKEN",
    "TOKENS",
    "CREDENTIAL",
    "CREDENTIALS",
    "APIKEY",
    "AUTHKEY",
];

/// Keys that are no secret by being a key alone.
static KEYS: &[&str] =
    &["API", "ACCESS", "AUTH", "PRIVATE", "SIGNING", "ENCRYPTION", "FERNET", "MASTER", "SHARED"];

/// A name that ends so is about a secret, and its value is none.
static ABOUT: &[&str] = &[
    "FILE",
    "PATH",
    "DIR",
    "URL",
    "NAME",
    "HEADER",
    "TIMEOUT",
    "SECONDS",
    "MINUTES",
    "HOURS",
    "DAYS",
    "LIFETIME",
    "EXPIRY",
    "TTL",
    "AGE",
    "LENGTH",
    "ALGORITHM",
    "ENABLED",
    "BACKEND",
    "HASHERS",
    "VALIDATORS",
];

/// Directives of nginx that give a name a value.
static NAMING: &[&str] = &[
    "proxy_set_header",
    "uwsgi_param",
    "fastcgi_param",
    "scgi_param",
    "grpc_set_header",
    "add_header",
];

/// The name tells that its value is a secret.
pub(super) fn is_secret(name: &str) -> bool {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_-".contains(letter);
    if !name.chars().all(plain) {
        return false;
    }
    let upper = name.to_uppercase();
    let words: Vec<&str> = upper.split(['_', '-']).filter(|word| !word.is_empty()).collect();
    if words == ["PWD"] || words.last().is_some_and(|last| ABOUT.contains(last)) {
        return false;
    }
    let run_together =
        |word: &str| ["PASSWORD", "PASSWD", "SECRET"].iter().any(|end| word.ends_with(end));
    words.iter().any(|word| TELLING.contains(word) || run_together(word))
        || matches!(words.as_slice(), [.., of, "KEY"] if KEYS.contains(of))
}

/// The value itself holds a secret, whatever it is for.
pub(super) fn holds_secret(value: &str) -> bool {
    in_a_url(value) || in_words(value) || is_private_key(value)
}

/// An option of uWSGI holds a secret: by its name, in its value, or where its language has the place for one.
pub(super) fn in_option(name: &str, value: &str) -> bool {
    let last = || value.split_whitespace().next_back().unwrap_or_default();
    let placed = if name.starts_with("legion") {
        last().split_once(':').is_some_and(|(_, secret)| is_literal(secret))
    } else if let Some((_, jabber)) = value.split_once("xmpp:") {
        jabber.split(';').nth(1).is_some_and(is_literal)
    } else if let Some((_, realm)) = value.split_once("basicauth:") {
        let user = realm.split_once(',').map_or("", |(_, user)| user);
        user.split_once(':').is_some_and(|(_, password)| is_literal(password))
    } else {
        false
    };
    placed || (is_secret(name) && is_literal(value)) || holds_secret(value)
}

/// It is there, and does not only name the place of something.
pub(super) fn is_literal(value: &str) -> bool {
    let value = value.trim_matches(['"', '\'']);
    !value.is_empty()
        && !value.starts_with(['$', '/', '<', '{', '*'])
        && !value.starts_with("@(")
        && !value.starts_with("%(")
}

/// `scheme://user:password@host`; a password may hold what should have been written with a `%`.
fn in_a_url(value: &str) -> bool {
    value.match_indices("://").any(|(at, mark)| {
        let rest = value.get(at + mark.len()..).unwrap_or_default();
        let rest =
            rest.split(|letter: char| letter.is_whitespace() || "\"'".contains(letter)).next();
        let user = rest.and_then(|rest| rest.rsplit_once('@')).map_or("", |(user, _)| user);
        let Some((_, password)) = user.split_once(':') else { return false };
        // `host:8000/picture@2x.png` is an address with a path.
        let behind = password.trim_start_matches(|digit: char| digit.is_ascii_digit());
        let port = behind.len() < password.len() && behind.starts_with(['/', '?', '#']);
        is_literal(password) && !port
    })
}

/// `password=…` among other words, `--password …`, `Authorization: Basic …`.
fn in_words(value: &str) -> bool {
    let words: Vec<&str> = value
        .split(|letter: char| letter.is_whitespace() || ";,&?\"'".contains(letter))
        .filter(|word| !word.is_empty())
        .collect();
    let assigned = words.iter().any(|word| {
        let Some((name, value)) = word.split_once('=') else { return false };
        let name = name.rsplit(':').next().unwrap_or(name).trim_start_matches('-');
        is_secret(name) && is_literal(value)
    });
    let follows = words.windows(2).any(|pair| match pair {
        [name, value] => {
            let option = name.strip_prefix("--").is_some_and(is_secret);
            let scheme = ["basic", "bearer"].contains(&name.to_lowercase().as_str());
            let authorises = scheme && value.len() > 7;
            (option && is_literal(value) && !value.starts_with('-'))
                || (authorises && is_literal(value))
        }
        _ => false,
    });
    let named = words.windows(3).any(|three| match three {
        [directive, name, value] => {
            NAMING.contains(directive) && is_secret(name) && is_literal(value)
        }
        _ => false,
    });
    assigned || (follows && said_as_one(value)) || named
}

/// `Basic` and `Bearer` are words of English, too.
fn said_as_one(value: &str) -> bool {
    value.contains("--") || value.to_lowercase().contains("authorization")
}

fn is_private_key(value: &str) -> bool {
    value.contains("-----BEGIN") && value.contains("PRIVATE KEY-----")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_are_told_from_names_about_them() {
        for name in [
            "DJANGO_SECRET_KEY",
            "DB_PASSWORD",
            "PGPASSWORD",
            "db_pass",
            "MYSQL_PWD",
            "GITHUB_TOKEN",
            "auth-pass",
            "STRIPE_API_KEY",
            "AWS_SECRET_ACCESS_KEY",
            "FERNET_KEY",
            "KEY_PASSPHRASE",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in [
            "PWD",
            "DB_PASSWORD_FILE",
            "PASSWORD_RESET_TIMEOUT",
            "TOKENIZERS_PARALLELISM",
            "CACHE_KEY",
            "AWS_ACCESS_KEY_ID",
            "BYPASS",
            "COMPASS",
            "TOKEN_URL",
            "KEY_PREFIX",
            "/api/token",
            "",
        ] {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn values_that_hold_a_secret_are_told_from_those_that_name_its_place() {
        for value in [
            "postgres://me:hunter2@db/site",
            "redis://:hunter2@cache:6379/0",
            "amqp://a:b#c@queue//",
            "sentry:dsn=https://public:hunter2@sentry.example.com/2,logger=uwsgi",
            "curl:smtps://mail.example.com;mail_to=a@b.c;auth_user=me;auth_pass=hunter2",
            "https://a.example:80/x,https://me:hunter2@b.example",
            "host=db password=hunter2",
            "celery -A shop worker --broker-password hunter2",
            "addheader:Authorization: Basic bWU6aHVudGVyMg==",
            "proxy_set_header Authorization \"Bearer abcdefgh\";",
            "uwsgi_param API_TOKEN abc;",
            "-----BEGIN RSA PRIVATE KEY-----\nMII",
            "run --token=abc",
        ] {
            assert!(holds_secret(value), "{value}");
        }
        for value in [
            "postgres://me@db/site",
            "postgres://me:$(PASSWORD)@db",
            "redis://cache:6379/0",
            "http://localhost:8000/@me",
            "https://a.example:8000/picture@2x.png",
            "https://key@sentry.example.com/2",
            "password=$(PASSWORD)",
            "password=@(/run/secrets/p)",
            "name=cache-token,items=1000",
            "password_file=/run/secrets/p",
            "--token-file /run/secrets/t",
            "a basic description of it",
            "proxy_set_header X-Csrf-Token $http_x_csrf_token;",
            "basic auth",
            "mail to a:b@c",
            "python manage.py purge_login_tokens --days=3",
            "",
        ] {
            assert!(!holds_secret(value), "{value}");
        }
    }

    #[test]
    fn options_have_places_of_their_own_for_secrets() {
        for (name, value) in [
            ("legion", "one 225.1.1.1:4242 98 bf-cbc:hunter2"),
            ("alarm", "jabber xmpp:me@example.com;hunter2;you@example.com"),
            ("route", "^/private basicauth:Private,me:hunter2"),
            ("broker-password", "hunter2"),
        ] {
            assert!(in_option(name, value), "{name} = {value}");
        }
        for (name, value) in [
            ("legion", "one 225.1.1.1:4242 98 bf-cbc:$(SECRET)"),
            ("alarm", "shout cmd:/usr/local/bin/shout"),
            ("route", "^/private basicauth:Private,/etc/htpasswd"),
            ("broker-password", "@(/run/secrets/broker)"),
        ] {
            assert!(!in_option(name, value), "{name} = {value}");
        }
    }
}
