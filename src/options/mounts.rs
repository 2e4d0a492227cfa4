//! What is said about mounts: which application answers below which path.
//!
//! Choosing one for a request is for [`route::mounts`](crate::route::mounts).

use super::directive::{Origin, Said};
use super::table::Refusal;

/// An application with the place where it answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// The place as it was written, for messages.
    pub said: String,
    /// The host, where one was named.
    pub host: Option<String>,
    /// The path without a slash at its end; empty for everything.
    pub path: String,
    /// A file of Python or a module, as it was written.
    pub app: Said,
}

/// `/path=app`, `host=app`, `host/path=app` or, as `vhost` has it, `host|/path=app`.
pub(super) fn parse_mount(value: &str, origin: &Origin) -> Result<Mount, Refusal> {
    let form = || "it needs /path=app.py or /path=module:callable".to_owned();
    let (place, app) = value.split_once('=').ok_or_else(form)?;
    let (place, app) = (place.trim(), app.trim());
    if app.is_empty() {
        return Err(form());
    }
    let start = place.find(['/', '|']).unwrap_or(place.len());
    let (host, path) = place.split_at(start);
    Ok(Mount {
        said: place.to_owned(),
        host: Some(host).filter(|host| !host.is_empty()).map(str::to_ascii_lowercase),
        path: path.trim_start_matches('|').trim_end_matches('/').to_owned(),
        app: Said { value: app.to_owned(), origin: origin.clone() },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_forms_are_read() {
        fn check(value: &str, expected: &str) {
            let read = parse_mount(value, &Origin::CommandLine).map(|mount| {
                format!("{:?} {:?} {}", mount.host.unwrap_or_default(), mount.path, mount.app.value)
            });
            assert_eq!(read.unwrap_or_else(|why| why), expected, "{value}");
        }
        check("/one=app.py", r#""" "/one" app.py"#);
        check("/one/=m:f", r#""" "/one" m:f"#);
        check("/=m", r#""" "" m"#);
        check("=m", r#""" "" m"#);
        check("One.org=m", r#""one.org" "" m"#);
        check("one.org/x=m", r#""one.org" "/x" m"#);
        check("one.org|/x=m", r#""one.org" "/x" m"#);
        check("/one", "it needs /path=app.py or /path=module:callable");
        check("/one=", "it needs /path=app.py or /path=module:callable");
    }
}
