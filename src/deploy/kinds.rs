//! What a value of ruwsgi.yaml may look like, and what to write when it does not.
//!
//! Each kind refuses what no target file could carry; which key has which kind is `keys`.

use super::problem::{Position, Problem};
use super::shapes::{
    command, is_digest, is_email, is_goal, is_host, is_identifier, is_image, is_label,
    is_label_value, is_network, is_path, is_rate, is_schedule, is_tag, is_time_zone, is_url,
    is_variable, is_version, snippet,
};
use super::yaml::{Form, Node, Value};

pub use super::shapes::{is_module, is_name, is_public};

/// What may stand behind a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An RFC 1123 label: what Docker, Kubernetes and DNS all take.
    Name,
    /// `3.13`.
    Python,
    /// `package.module`.
    Module,
    /// `package.module` or `package.module:callable`.
    Application,
    /// A path of a URL, starting and ending with a slash.
    Url,
    /// A path of a URL, starting with a slash.
    UrlPath,
    /// A file or folder inside the project.
    Inside,
    /// A folder inside the project, or an absolute one.
    Folder,
    /// A whole number.
    Number(u64, u64),
    /// Seconds, `30` or `30s` or `5m`.
    Seconds(u64, u64),
    /// Bytes, `4096` or `32k` or `10m`.
    Size(u64, u64),
    /// `true` or `false`.
    Flag,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Host names or addresses, without scheme and port.
    Hosts,
    /// Networks such as `10.0.0.0/8`.
    Networks,
    /// An image, with or without a tag.
    Image,
    /// An image tag.
    Tag,
    /// An amount of memory or disk as Kubernetes writes it, `512Mi`.
    Bytes,
    /// An amount of processor time as Kubernetes writes it, `250m`.
    Cpu,
    /// `127.0.0.1:8080`.
    Publish,
    /// Names of environment variables and their values.
    Environment,
    /// Names of environment variables.
    Variables,
    /// uWSGI options and their values.
    Options,
    /// Files inside the project.
    Files,
    /// One host name or address.
    Host,
    /// A name in a database.
    Identifier,
    /// An address for letters.
    Email,
    /// `1.28`.
    Version,
    /// `sha256:…`.
    Digest,
    /// The words of a command.
    Command,
    /// Five fields of a crontab.
    Schedule,
    /// `Europe/Zurich`.
    TimeZone,
    /// Names such as those of queues.
    Labels,
    /// Some of these words.
    Words(&'static [&'static str]),
    /// Paths of URLs.
    UrlPaths,
    /// Where hosts and paths lead to.
    Redirects,
    /// Rates below paths.
    Rates,
    /// Sizes below paths.
    BodyLimits,
    /// Lines in nginx's own language.
    Snippet,
    /// What is different in which environment.
    Overlays,
    /// Files and what is different in them.
    Patches,
}

impl Kind {
    /// What is allowed, as the end of "must be ...".
    #[must_use]
    pub fn wants(self) -> String {
        match self {
            Self::Name => "a name of at most 40 lower-case letters, digits and `-`, starting with a letter".into(),
            Self::Python => "a Python version from 3.10 to 3.19, such as 3.13".into(),
            Self::Module => "a Python module such as `mysite.settings`".into(),
            Self::Application => "a Python module and a callable such as `mysite.wsgi:application`".into(),
            Self::Url => "a path that starts and ends with `/`, such as `/static/`".into(),
            Self::UrlPath => "a path that starts with `/`, such as `/-/health/`".into(),
            Self::Inside => "a path inside the project, without `..`, such as `requirements.txt`".into(),
            Self::Folder => "a folder inside the project such as `media`, or an absolute one such as `/srv/media`".into(),
            Self::Number(low, high) => format!("a whole number from {low} to {high}"),
            Self::Seconds(low, high) => format!("a time from {low}s to {high}s, such as 30s or 2m"),
            Self::Size(low, high) => format!("a size from {} to {}, such as 32k or 10m", size(low), size(high)),
            Self::Flag => "true or false".into(),
            Self::Choice(words) => {
                let words: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
                words.join(" or ")
            }
            Self::Hosts => "a list of host names without scheme, port and path, such as [www.example.com, localhost]".into(),
            Self::Networks => "a list of networks such as [10.0.0.0/8]".into(),
            Self::Image => "an image such as `registry.example.com/team/mysite`".into(),
            Self::Tag => "a tag of at most 63 letters, digits, `.`, `_` and `-`, such as `1.0`".into(),
            Self::Bytes => "an amount such as `512Mi` or `1Gi`".into(),
            Self::Cpu => "an amount such as `250m` or `1`".into(),
            Self::Publish => "an address and a port such as `127.0.0.1:8080`".into(),
            Self::Environment => "`NAME: text` lines".into(),
            Self::Variables => "a list of names of environment variables such as [DJANGO_SECRET_KEY]".into(),
            Self::Options => "`option: value` lines".into(),
            Self::Files => "a list of files such as [Dockerfile]".into(),
            Self::Host => "one host name or address, without scheme and port, such as db.example.com".into(),
            Self::Identifier => "a name of letters, digits and `_`, such as mysite".into(),
            Self::Email => "an address such as admin@example.com".into(),
            Self::Version => "a version such as 1.28".into(),
            Self::Digest => "`sha256:` and 64 hexadecimal digits".into(),
            Self::Command => "a command without a shell's `|`, `>` and `$`, such as `python manage.py clearsessions`".into(),
            Self::Schedule => "five fields of a crontab in numbers, such as `15 3 * * *`".into(),
            Self::TimeZone => "a time zone such as Europe/Zurich".into(),
            Self::Labels => "a list of names such as [mail, default]".into(),
            Self::Words(words) => format!("a list of some of {}", words.join(", ")),
            Self::UrlPaths => "a list of paths such as [/events/]".into(),
            Self::Redirects => "`example.com: /` or `/old/: /new/` lines".into(),
            Self::Rates => "`/path/: 10r/m` lines".into(),
            Self::BodyLimits => "`/path/: 100m` lines".into(),
            Self::Snippet => "whole lines of nginx's language, each ending in `;` or `}`".into(),
            Self::Patches => "files and what is different in them, such as `compose.yaml: {services: …}`".into(),
            Self::Overlays => "`staging:`, `production:` and the like, with keys of this file below each".into(),
        }
    }

    /// The scalar, normalised, or why not.
    pub fn scalar(self, node: &Node) -> Result<String, Option<String>> {
        let text = node.text().ok_or(None)?;
        let ok = |right: bool| if right { Ok(text.to_owned()) } else { Err(None) };
        match self {
            Self::Name => ok(is_label(text, 40)),
            Self::Python => ok(text.strip_prefix("3.").is_some_and(|minor| {
                !minor.starts_with('0') && matches!(minor.parse::<u8>(), Ok(10..=19))
            })),
            Self::Module => ok(is_module(text)),
            Self::Application => match text.split_once(':') {
                Some((module, callable)) => ok(is_module(module) && is_identifier(callable)),
                None if is_module(text) => Ok(format!("{text}:application")),
                None => Err(None),
            },
            Self::Url => ok(is_url(text) && text.len() > 1 && text.ends_with('/')),
            Self::UrlPath => ok(is_url(text)),
            Self::Inside => ok(is_path(text) && !text.starts_with('/')),
            Self::Folder => ok(is_path(text)).map(|text| text.trim_end_matches('/').to_owned()),
            Self::Number(low, high) => within(text.parse().ok(), low, high),
            Self::Seconds(low, high) => {
                within(units(text, &[("s", 1), ("m", 60), ("h", 3600)]), low, high)
            }
            Self::Size(low, high) => within(
                units(&text.to_lowercase(), &[("k", 1 << 10), ("m", 1 << 20), ("g", 1 << 30)]),
                low,
                high,
            ),
            Self::Flag => node.truth().map(|truth| truth.to_string()).ok_or(None),
            // `on` and `off` are truths to YAML.
            Self::Choice(words) => match (node.truth(), words.contains(&"on")) {
                (Some(truth), true) => Ok(if truth { "on" } else { "off" }.to_owned()),
                _ => ok(words.contains(&text)),
            },
            Self::Image => ok(is_image(text)),
            // It is the value of a label, too.
            Self::Tag => ok(is_tag(text) && is_label_value(text)),
            Self::Bytes => ok(quantity(text).is_some()),
            Self::Cpu => {
                ok(text.strip_suffix('m').unwrap_or(text).parse::<u32>().is_ok_and(|n| n > 0))
            }
            Self::Publish => ok(text.rsplit_once(':').is_some_and(|(host, port)| {
                host.parse::<std::net::Ipv4Addr>().is_ok()
                    && port.parse::<u16>().is_ok_and(|port| port > 0)
            })),
            Self::Host => ok(is_host(text) && !text.starts_with('*')),
            Self::Identifier => ok(text.len() <= 60 && is_identifier(text)),
            Self::Email => ok(is_email(text)),
            Self::Version => ok(is_version(text)),
            Self::Digest => ok(is_digest(text)),
            Self::Command => {
                ok(!text.contains(['|', '>', '<', '$', '`', ';', '&']) && command(text).is_some())
            }
            Self::Schedule => ok(is_schedule(text)),
            Self::TimeZone => ok(is_time_zone(text)),
            Self::Snippet => match snippet(text) {
                Ok(()) => Ok(text.trim_end().to_owned()),
                Err(why) => Err(Some(format!("{} ({why})", self.wants()))),
            },
            _ => Err(None),
        }
    }

    /// One item of a list, or why not.
    pub fn item(self, text: &str) -> Result<(), String> {
        let right = match self {
            Self::Hosts if text.contains("://") => {
                return Err("a host name without `https://` in front".into());
            }
            Self::Hosts => is_host(text),
            Self::Networks => is_network(text),
            Self::Variables => is_variable(text),
            Self::Files => is_path(text) && !text.starts_with('/'),
            Self::Labels => is_tag(text) && text.len() <= 60,
            Self::Words(words) => words.contains(&text),
            Self::UrlPaths => is_url(text) && text.len() > 1,
            _ => false,
        };
        let one = match self {
            Self::Hosts => "a host name without scheme, port and path, such as www.example.com",
            Self::Networks => "a network such as 10.0.0.0/8, and never everything (0.0.0.0/0)",
            Self::Variables => {
                "a name of capital letters, digits and `_`, such as DJANGO_SECRET_KEY"
            }
            Self::Labels => "a name of letters, digits, `.`, `_` and `-`",
            Self::Words(words) => {
                return if right { Ok(()) } else { Err(format!("one of {}", words.join(", "))) };
            }
            Self::UrlPaths => "a path such as /events/",
            _ => "a file inside the project, such as Dockerfile",
        };
        if right { Ok(()) } else { Err(one.to_owned()) }
    }

    /// True for kinds that are lists of scalars.
    #[must_use]
    pub fn is_list(self) -> bool {
        matches!(
            self,
            Self::Hosts
                | Self::Networks
                | Self::Variables
                | Self::Files
                | Self::Labels
                | Self::Words(_)
                | Self::UrlPaths
        )
    }

    /// True for kinds that are mappings with names of the user's own.
    #[must_use]
    pub fn is_map(self) -> bool {
        matches!(
            self,
            Self::Environment | Self::Options | Self::Redirects | Self::Rates | Self::BodyLimits
        )
    }

    /// A name in such a mapping, or what it must be.
    pub fn name(self, text: &str) -> Result<(), &'static str> {
        let option = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let (right, wants) = match self {
            Self::Environment => (is_variable(text), "a name of capital letters, digits and `_`"),
            Self::Options => (
                !text.is_empty() && text.bytes().all(option),
                "the name of a uWSGI option, without dashes in front",
            ),
            Self::Redirects => (
                is_url(text) || (is_host(text) && !text.contains(':')),
                "a host name such as example.com or a path such as /old/",
            ),
            _ => (is_url(text), "a path such as /accounts/login/"),
        };
        if right { Ok(()) } else { Err(wants) }
    }

    /// A value in such a mapping, normalised, or what it must be.
    pub fn pair(self, text: &str) -> Result<String, String> {
        match self {
            Self::Redirects if is_goal(text) => Ok(text.to_owned()),
            Self::Redirects => {
                Err("a path such as /new/ or a URL such as https://www.example.com/".into())
            }
            Self::Rates if is_rate(text) => Ok(text.to_owned()),
            Self::Rates => Err("requests in a second or minute, such as 5r/s or 10r/m".into()),
            Self::BodyLimits => {
                let value = Value::Scalar { text: text.to_owned(), form: Form::Text };
                let kind = Self::Size(1024, 1 << 40);
                kind.scalar(&Node { at: Position::default(), value }).map_err(|_| kind.wants())
            }
            _ => Ok(text.to_owned()),
        }
    }
}

/// Why a text of the user's own cannot be written into any file: line breaks and other control characters.
pub fn printable(node: &Node, key: &str) -> Result<String, Problem> {
    let text = node.text().unwrap_or_default();
    if text.chars().any(char::is_control) {
        return Err(Problem::new(
            node.at,
            format!("{key} holds a line break or another control character: {}", node.describe()),
        )
        .help("one line of text; put longer values into a file and name the file"));
    }
    Ok(text.to_owned())
}

fn within(value: Option<u64>, low: u64, high: u64) -> Result<String, Option<String>> {
    match value {
        Some(value) if (low..=high).contains(&value) => Ok(value.to_string()),
        _ => Err(None),
    }
}

/// The amount of `32k` with these units.
#[must_use]
pub fn units(text: &str, table: &[(&str, u64)]) -> Option<u64> {
    let found = table.iter().find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, *factor)));
    let (digits, factor) = found.unwrap_or((text, 1));
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse::<u64>().ok()?.checked_mul(factor)
}

/// Bytes in the shortest form nginx and people read: `10m`.
#[must_use]
pub fn size(bytes: u64) -> String {
    match bytes {
        0 => "0".to_owned(),
        bytes if bytes.is_multiple_of(1 << 30) => format!("{}g", bytes >> 30),
        bytes if bytes.is_multiple_of(1 << 20) => format!("{}m", bytes >> 20),
        bytes if bytes.is_multiple_of(1 << 10) => format!("{}k", bytes >> 10),
        bytes => bytes.to_string(),
    }
}

/// The bytes of `512Mi`.
#[must_use]
pub fn quantity(text: &str) -> Option<u64> {
    let (digits, factor) = [("Ki", 10), ("Mi", 20), ("Gi", 30), ("Ti", 40)]
        .iter()
        .find_map(|(unit, shift)| Some((text.strip_suffix(unit)?, 1_u64 << shift)))?;
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let amount = digits.parse::<u64>().ok().filter(|amount| plain && *amount > 0)?;
    amount.checked_mul(factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: Kind, text: &str, form: Form, expected: Option<&str>) {
        let value = Value::Scalar { text: text.to_owned(), form };
        let node = Node { at: Position::default(), value };
        assert_eq!(kind.scalar(&node).ok().as_deref(), expected, "{kind:?} {text}");
    }

    #[test]
    fn sizes_and_times_are_counted_in_bytes_and_seconds() {
        check(Kind::Size(0, 1 << 30), "10m", Form::Text, Some("10485760"));
        check(Kind::Size(0, 1 << 30), "32K", Form::Text, Some("32768"));
        check(Kind::Size(0, 1 << 30), "-1", Form::Number, None);
        check(Kind::Size(0, 1 << 30), "99999999999999999g", Form::Text, None);
        check(Kind::Seconds(1, 600), "2m", Form::Text, Some("120"));
        check(Kind::Seconds(1, 600), "1h", Form::Text, None);
        assert_eq!(
            (size(10 << 20), size(40960), size(5)),
            ("10m".into(), "40k".into(), "5".into())
        );
        assert_eq!(
            (quantity("512Mi"), quantity("0Mi"), quantity("+1Mi")),
            (Some(512 << 20), None, None)
        );
    }

    #[test]
    fn names_modules_and_paths_refuse_what_a_file_could_not_carry() {
        check(Kind::Name, "my-site", Form::Text, Some("my-site"));
        for wrong in ["My-site", "my_site", "-a", "a-", "1a", "a b", "a;b", "", "ä"] {
            check(Kind::Name, wrong, Form::Text, None);
        }
        check(Kind::Application, "a.b", Form::Text, Some("a.b:application"));
        check(Kind::Application, "a.b:c", Form::Text, Some("a.b:c"));
        check(Kind::Application, "a.b:c()", Form::Text, None);
        check(Kind::Module, "a..b", Form::Text, None);
        check(Kind::Python, "3.10", Form::Number, Some("3.10"));
        check(Kind::Python, "3.1", Form::Number, None);
        check(Kind::Inside, "requirements/base.txt", Form::Text, Some("requirements/base.txt"));
        for wrong in ["../x", "/etc/passwd", "a/../b", "a b", "a$b", "a{b", "-r", "a;"] {
            check(Kind::Inside, wrong, Form::Text, None);
        }
        check(Kind::Url, "/static/", Form::Text, Some("/static/"));
        for wrong in ["/", "static/", "/static", "//cdn/", "/a b/", "/a;/", "/$x/"] {
            check(Kind::Url, wrong, Form::Text, None);
        }
    }

    #[test]
    fn hosts_networks_and_images_are_told_from_what_only_looks_like_them() {
        for host in ["localhost", "127.0.0.1", "::1", "*.example.com", "a-b.example"] {
            assert!(Kind::Hosts.item(host).is_ok(), "{host}");
        }
        for host in ["https://a.b", "a.b:80", "a/b", "A.b", "a;b", "1.2.3", "", "_", "*", "a..b"] {
            assert!(Kind::Hosts.item(host).is_err(), "{host}");
        }
        assert!(Kind::Networks.item("10.0.0.0/8").is_ok());
        assert!(Kind::Networks.item("0.0.0.0/0").is_err());
        check(
            Kind::Image,
            "registry.example.com:5000/team/app:1",
            Form::Text,
            Some("registry.example.com:5000/team/app:1"),
        );
        check(Kind::Image, "a b", Form::Text, None);
        check(Kind::Publish, "127.0.0.1:8080", Form::Text, Some("127.0.0.1:8080"));
        check(Kind::Publish, "8080", Form::Number, None);
    }
}
