//! What words of a ruwsgi.yaml look like: names, paths, hosts, images, times of a crontab.
//!
//! Everything here is so narrow that no target file needs an escape for it. Which key holds which is `kinds`.

/// An RFC 1123 label.
pub(super) fn is_label(text: &str, longest: usize) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    text.len() <= longest
        && text.bytes().all(allowed)
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && !text.ends_with('-')
}

/// A name that can be a project's name.
#[must_use]
pub fn is_name(text: &str) -> bool {
    is_label(text, 40)
}

/// A name in Python, SQL and the like.
pub(super) fn is_identifier(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// `package.module`.
#[must_use]
pub fn is_module(text: &str) -> bool {
    text.len() <= 200 && text.split('.').all(is_identifier)
}

/// A path of a URL in which nothing needs an escape.
pub(super) fn is_url(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    text.starts_with('/')
        && text.len() <= 200
        && text.bytes().all(allowed)
        && !text.contains("//")
        && !text.split('/').any(|part| part == ".." || part == ".")
}

/// A path in a file system in which nothing needs an escape, and that leads nowhere else.
pub(super) fn is_path(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._@+".contains(&byte);
    let parts = text.trim_start_matches('/').trim_end_matches('/');
    !parts.is_empty()
        && text.len() <= 200
        && text.bytes().all(allowed)
        && !text.starts_with('-')
        && parts.split('/').all(|part| !part.is_empty() && part != ".." && part != ".")
}

/// A DNS name with at least one dot that is not an address: what an Ingress takes.
#[must_use]
pub fn is_public(host: &str) -> bool {
    host.contains('.') && host.parse::<std::net::IpAddr>().is_err()
}

/// A host name, `*.` in front allowed, or an address.
pub(super) fn is_host(text: &str) -> bool {
    if text.parse::<std::net::IpAddr>().is_ok() {
        return true;
    }
    let labels = text.strip_prefix("*.").unwrap_or(text);
    let label = |part: &str| {
        !part.is_empty()
            && part.len() <= 63
            && part
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    let numeric = labels.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    text.len() <= 253 && !numeric && labels.split('.').all(label)
}

/// `10.0.0.0/8`, never everything.
pub(super) fn is_network(text: &str) -> bool {
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address, bits.parse::<u8>().ok()),
        None => (text, Some(32)),
    };
    match address.parse::<std::net::IpAddr>() {
        Ok(std::net::IpAddr::V4(_)) => bits.is_some_and(|bits| (1..=32).contains(&bits)),
        Ok(std::net::IpAddr::V6(_)) => bits.is_some_and(|bits| (1..=128).contains(&bits)),
        Err(_) => false,
    }
}

/// A name of an environment variable.
pub(super) fn is_variable(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_uppercase() || first == '_')
        && text.len() <= 100
        && text
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

/// The tag of an image.
pub(super) fn is_tag(text: &str) -> bool {
    text.len() <= 128
        && text.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '_')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

/// The value of a Kubernetes label.
pub(super) fn is_label_value(text: &str) -> bool {
    let ends = |letter: char| letter.is_ascii_alphanumeric();
    text.len() <= 63 && text.starts_with(ends) && text.ends_with(ends)
}

/// A reference to an image.
pub(super) fn is_image(text: &str) -> bool {
    let (name, digest) =
        text.split_once('@').map_or((text, None), |(name, rest)| (name, Some(rest)));
    let (path, last) = name.rsplit_once('/').map_or(("", name), |(path, last)| (path, last));
    let (last, tag) = last.split_once(':').map_or((last, None), |(last, tag)| (last, Some(tag)));
    let part = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte)
            })
            && part.starts_with(|first: char| first.is_ascii_alphanumeric())
    };
    let host_part = |text: &str| part(text.split_once(':').map_or(text, |(host, _)| host));
    let path_right = path.is_empty()
        || path.split('/').enumerate().all(|(index, text)| {
            if index == 0 {
                host_part(text)
                    && text.split_once(':').is_none_or(|(_, port)| port.parse::<u16>().is_ok())
            } else {
                part(text)
            }
        });
    let digest_right = digest.is_none_or(|digest| {
        digest
            .strip_prefix("sha256:")
            .is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
    });
    text.len() <= 255 && path_right && part(last) && tag.is_none_or(is_tag) && digest_right
}

/// `name@example.com`.
pub(super) fn is_email(text: &str) -> bool {
    let name = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._+-".contains(&byte))
            && !part.starts_with('-')
    };
    text.len() <= 200
        && text
            .split_once('@')
            .is_some_and(|(who, host)| name(who) && is_host(host) && is_public(host))
}

/// `sha256:` and 64 digits.
pub(super) fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:").is_some_and(|hex| {
        hex.len() == 64
            && hex.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    })
}

/// `1.28` or `1.28.1`.
pub(super) fn is_version(text: &str) -> bool {
    let parts: Vec<_> = text.split('.').collect();
    let number = |part: &&str| {
        !part.is_empty() && part.len() <= 4 && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    (2..=3).contains(&parts.len()) && parts.iter().all(number)
}

/// The first two numbers of a version.
#[must_use]
pub(super) fn version(text: &str) -> (u64, u64) {
    let mut parts = text.split('.').map(|part| part.parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
}

/// Five fields of a crontab, in numbers: what Kubernetes takes.
pub(super) fn is_schedule(text: &str) -> bool {
    let limits = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)];
    let fields: Vec<_> = text.split(' ').collect();
    let within = |text: &str, (low, high): (u32, u32)| {
        text.len() <= 2 && text.parse::<u32>().is_ok_and(|value| (low..=high).contains(&value))
    };
    let one = |part: &str, limit| {
        let (range, step) =
            part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
        let stepped = step.is_none_or(|step| within(step, (1, limit_high(limit))));
        stepped
            && (range == "*"
                || match range.split_once('-') {
                    Some((from, to)) => within(from, limit) && within(to, limit),
                    None => within(range, limit),
                })
    };
    fields.len() == limits.len()
        && fields
            .iter()
            .zip(limits)
            .all(|(field, limit)| field.split(',').all(|part| one(part, limit)))
}

fn limit_high((_, high): (u32, u32)) -> u32 {
    high
}

/// `Europe/Zurich`.
pub(super) fn is_time_zone(text: &str) -> bool {
    text.len() <= 64
        && text.starts_with(|first: char| first.is_ascii_uppercase())
        && text.split('/').all(|part| {
            !part.is_empty()
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+-".contains(&byte))
        })
}

/// The words of a command, by the quoting of a shell; nothing else of a shell is read.
#[must_use]
pub(super) fn command(text: &str) -> Option<Vec<String>> {
    shlex::split(text).filter(|words| {
        !words.is_empty() && words.iter().all(|word| !word.chars().any(char::is_control))
    })
}

/// `10r/s`: how many, and whether per minute.
pub(super) fn is_rate(text: &str) -> bool {
    let number = text.strip_suffix("r/s").or_else(|| text.strip_suffix("r/m"));
    number
        .is_some_and(|digits| digits.len() <= 5 && digits.parse::<u32>().is_ok_and(|rate| rate > 0))
}

/// Where a redirect may lead: a path, or an http or https URL without anything to escape.
pub(super) fn is_goal(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else {
        return text == "/" || is_url(text);
    };
    let (host, path) = rest.find('/').map_or((rest, "/"), |slash| rest.split_at(slash));
    is_host(host) && !host.starts_with('*') && !host.contains(':') && (path == "/" || is_url(path))
}

/// Whole directives and blocks of nginx, so that what follows is not drawn into them.
pub(super) fn snippet(text: &str) -> Result<(), String> {
    if text.chars().any(|letter| letter.is_control() && letter != '\n' && letter != '\t') {
        return Err("it holds a control character".to_owned());
    }
    super::nginx::read(text)
        .map(|_| ())
        .map_err(|wrong| format!("line {}: {}", wrong.line, wrong.message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snippet_is_whole_or_refused() {
        for good in [
            "",
            "a b;",
            "location /x {\n  return 200 \"a;}\";\n}\n# }\n",
            "if ($a ~ x#y) { return 1; }",
        ] {
            assert_eq!(snippet(good), Ok(()), "{good}");
        }
        for wrong in ["a", "a;}", "}", "a {", "a \"b;", "a; b", "a { b }", "a;\u{0}", "a \\"] {
            assert!(snippet(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn times_rates_and_goals_are_told_from_what_only_looks_like_them() {
        for good in ["* * * * *", "*/5 0-6 1,15 * 1-5", "15 3 * * *"] {
            assert!(is_schedule(good), "{good}");
        }
        for wrong in [
            "",
            "* * * *",
            "60 * * * *",
            "@daily",
            "* * * * * *",
            "a * * * *",
            "*  * * *",
            "*/0 * * * *",
        ] {
            assert!(!is_schedule(wrong), "{wrong}");
        }
        assert!(is_rate("10r/m") && is_rate("1r/s"));
        assert!(!is_rate("0r/s") && !is_rate("r/s") && !is_rate("1.5r/s") && !is_rate("10"));
        assert!(is_goal("/a/") && is_goal("/") && is_goal("https://www.example.com/a"));
        assert!(
            !is_goal("//evil")
                && !is_goal("https://a b/")
                && !is_goal("javascript:x")
                && !is_goal("https://a/$x")
        );
        assert!(is_version("1.28") && !is_version("1") && !is_version("1.x"));
        assert_eq!(version("1.28.3"), (1, 28));
        assert_eq!(command("python 'a b'"), Some(vec!["python".into(), "a b".into()]));
        assert_eq!(command("python 'a"), None);
    }
}
